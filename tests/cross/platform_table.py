#!/usr/bin/env python3
"""Compares the table of platforms in the book with tests/cross/platforms.txt, and with what a build measured.

platform_table.py                 the table of the book equals the list; with OMNIZE_BLESS=1, writes it
platform_table.py MEASURED        the files need nothing newer than the list says; MEASURED has a line for each
platform_table.py --triples       prints the platforms
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

LIST = Path("tests/cross/platforms.txt")
PAGE = Path("docs/src/platforms.md")
TABLE = re.compile(r"^\| platform \|.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


class Platform(NamedTuple):
    """A line of the list."""

    triple: str
    needs: str
    tests: list[str]
    untried: str


def platforms() -> list[Platform]:
    """Returns the lines of the list."""
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [Platform(triple, needs, tests.split(), untried) for triple, needs, tests, untried in cells]


def table() -> str:
    """Returns the table of the book."""
    rows = ["| platform | needs at least | tested by | not tried |", "|---|---|---|---|"]
    for platform in platforms():
        tests = ", ".join(f"`{test}`" for test in platform.tests)
        rows.append(f"| `{platform.triple}` | {platform.needs} | {tests} | {platform.untried} |")
    return "\n".join(rows)


def problems_of_page() -> list[str]:
    """Returns how the book differs from the list, and the check files that do not exist."""
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("OMNIZE_BLESS"):
        PAGE.write_text(TABLE.sub(lambda _: table(), page), encoding="utf-8")
        return []
    found = TABLE.search(page)
    missing = [
        f"{LIST}: {platform.triple}: there is no executable tests/run.d/{test}.sh"
        for platform in platforms()
        for test in platform.tests
        if not os.access(f"tests/run.d/{test}.sh", os.X_OK)
    ]
    if found is None or found[0] != table():
        missing.append(f"{PAGE}: its table differs from {LIST}; OMNIZE_BLESS=1 tests/cross/platform_table.py writes it")
    return missing


def version_numbers(text: str) -> list[int]:
    """Returns the numbers of the first version in a text."""
    found = re.search(r"\d+(\.\d+)*", text)
    return [int(number) for number in found[0].split(".")] if found else []


def problems_of_build(measured: Path) -> list[str]:
    """Returns the platforms that were not built, and those whose files need a newer glibc than the list says."""
    rows = {}
    for line in measured.read_text(encoding="utf-8").splitlines():
        triple, needs, _ = (cell.strip() for cell in line.split("|", 2))
        rows[triple] = needs
    found = [f"{platform.triple} was not built" for platform in platforms() if platform.triple not in rows]
    for platform in platforms():
        needs = rows.get(platform.triple, "")
        if "glibc" in needs and version_numbers(needs) > version_numbers(platform.needs):
            found.append(f"{platform.triple} needs {needs}; {LIST} says {platform.needs}")
    return found


def main() -> None:
    """Prints the problems. Exits with 1 if there are some."""
    if sys.argv[1:] == ["--triples"]:
        print("\n".join(platform.triple for platform in platforms()))
        return
    found = problems_of_build(Path(sys.argv[1])) if sys.argv[1:] else problems_of_page()
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
