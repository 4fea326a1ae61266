"""A list of files that a check does not accept yet. The list may only become shorter.

A file that fails and is not on the list is a failure. So is a file on the list that passes or does not exist.
"""

from __future__ import annotations

from pathlib import Path


def read(path: Path) -> list[str]:
    """Returns the entries of a list. Empty lines and lines that begin with `#` are comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def report(path: Path, faults: dict[str, list[str]], checked: list[str]) -> int:
    """Prints the faults of unlisted files and the entries to remove. Returns 1 if there are any, otherwise 0.

    `faults` has the messages for each file, `checked` the names of all files that were checked.
    """
    listed = read(path)
    # A check of a few files, given by name, says nothing about the other entries.
    stale = [name for name in listed if not faults.get(name) and (name in checked or not Path(name).exists())]
    new = [name for name in checked if faults.get(name) and name not in listed]
    for name in new:
        print("\n".join(f"{name}:{fault}" for fault in faults[name]))
    for name in stale:
        print(f"{name}: passes or does not exist; remove it from {path}")
    return 1 if new or stale else 0
