"""Every Python block in README.md and the book runs. tests/documentation runs the other blocks.

A block is run as a program in the sandbox, to which ``sandbox="…"`` gives arguments; with the mark ``pytest`` it is run
by pytest; a ``fragment`` is compiled. ``text output`` behind a block is compared with what it printed, in any order of
lines; ``…`` in it stands for any text. ``norun="WHY"`` leaves a block out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from code_blocks import ROOT, read_blocks

PAGES = [ROOT / "README.md", ROOT / "python/README.md", *sorted((ROOT / "docs/src").rglob("*.md"))]


def blocks():
    """Returns each Python block, with the output that the page shows, if any."""
    for page in PAGES:
        every = read_blocks(page)
        for block, after in zip(every, [*every[1:], None]):
            if block.language == "python" and "norun" not in block.marks:
                shown = after.text if after and after.language == "text" and "output" in after.marks else None
                yield pytest.param(block, shown, id=block.name)


@pytest.mark.parametrize(("block", "shown"), blocks())
def test_block(block, shown, tmp_path):
    file = tmp_path / block.marks.get("file", "test_block.py" if "pytest" in block.marks else "block.py")
    file.write_text(block.text, encoding="utf-8")
    if "fragment" in block.marks:
        compile(block.text, block.name, "exec")
        return
    if "pytest" in block.marks:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    else:
        around = [sys.executable, "-m", "omnize", "sandbox", "--quiet", *block.marks.get("sandbox", "").split()]
        command = [*around, "--", sys.executable, str(file)]
    # The page does not describe the settings of the current user.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIZE_")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if shown is not None:
        compare(shown, done.stdout)


def compare(shown, printed):
    left = printed.splitlines()
    for wanted in shown.splitlines():
        pattern = ".*".join(map(re.escape, wanted.split("…")))
        found = next((line for line in left if re.fullmatch(pattern, line.rstrip())), None)
        assert found is not None, f"{wanted!r} was not printed, but\n{printed}"
        left.remove(found)
    assert not left, f"the page does not show {left}"


def test_different_outputs_are_detected():
    compare("a …c\nb\n", "b\na bc\n")
    with pytest.raises(AssertionError, match="was not printed"):
        compare("a\n", "b\n")
    with pytest.raises(AssertionError, match="does not show"):
        compare("a\n", "a\nb\n")
