"""Fenced code blocks of README.md and the book, and the marks in their first line."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_FENCE = re.compile(r"^( *)(`{3,})([a-z]*)([^\n`]*)\n(.*?)^\1\2`* *$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r'([a-z]+)(?:="([^"]*)"|=(\S+))?')


class Block:
    """A block, such as ```python file=bot.py fragment"""

    def __init__(self, page: Path, found: re.Match[str]) -> None:
        indent, _, self.language, marks, text = found.groups()
        self.page = page
        self.line = page.read_text(encoding="utf-8")[: found.start()].count("\n") + 1
        self.marks = {name: quoted or word for name, quoted, word in _MARK.findall(marks)}
        self.text = "".join(line[len(indent) :] for line in text.splitlines(keepends=True))

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def read_blocks(page: Path) -> list[Block]:
    """Returns the blocks of a page, in order."""
    return [Block(page, found) for found in _FENCE.finditer(page.read_text(encoding="utf-8"))]
