#!/usr/bin/env python3
"""Checks the names of files, modules, types and functions.

    names.py                 checks all files
    names.py FILE...         checks these files

- Each word of a module's or public type's name is in the glossary of the book or in common_words.txt.
- No name has a word of banned_words.txt, and no function's name begins with a relative pronoun.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path("tests/naming")
GLOSSARY = Path("docs/src/glossary.md")
SOURCES = ("*.rs", "*.py", "*.c", "*.cc", "*.cpp", "*.h", "*.hpp", "*.pas", "*.inc", "*.sh", "docs/src/*.md")
MODULES = ("src/", "python/src/", "python/package/omnize/")

RUST_TYPE = re.compile(r"^ *(pub(?:\([^)]*\))? )?(?:struct|enum|union|trait|type) (\w+)")
RUST_FUNCTION = re.compile(r'^ *(?:pub(?:\([^)]*\))? )?(?:(?:const|async|unsafe|extern "C") )*fn (\w+)')
PYTHON_TYPE = re.compile(r"^()class (\w+)")
PYTHON_FUNCTION = re.compile(r"^ *(?:async )?def (\w+)")
RELATIVE = {"what", "who", "whoever", "whom", "whatever"}


class Name(NamedTuple):
    """A name and where it stands."""

    line: int
    kind: str
    text: str
    is_public: bool


def words(name: str) -> list[str]:
    """`HTTPClient_id` as `http`, `client` and `id`; digits are no words."""
    spaced = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", name)
    return re.findall(r"[a-z]+", spaced.lower())


def entries(path: Path) -> list[str]:
    """The lines of a list. Empty lines and lines that begin with `#` are comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def known_words() -> set[str]:
    """The words of the glossary's terms, which are in bold or code in the first column, and the common ones."""
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| **")]
    terms = [row.split("|")[1] for row in rows]
    common = entries(HERE / "common_words.txt")
    return {word for term in [*terms, *common] for word in words(term)}


def is_known(word: str, known: set[str]) -> bool:
    """Returns whether the word or its singular is known."""
    singulars = [word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y"]
    return len(word) == 1 or any(form in known for form in singulars)


def banned_words() -> dict[str, str]:
    """Each banned word with its replacement."""
    return dict(line.split(None, 1) for line in entries(HERE / "banned_words.txt"))


def names_of(file: str) -> list[Name]:
    """The names that a file has and declares."""
    path = Path(file)
    found = [Name(1, "file", path.stem, False)]
    for root in MODULES:
        if file.startswith(root):
            modules = Path(file.removeprefix(root)).with_suffix("").parts
            found += [Name(1, "module", module, True) for module in modules]
            break
    patterns = {".rs": (RUST_TYPE, RUST_FUNCTION), ".py": (PYTHON_TYPE, PYTHON_FUNCTION)}.get(path.suffix)
    if patterns is None:
        return found
    of_type, of_function = patterns
    in_tests = "tests/" in file
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := of_type.match(line):
            public = match[1] is not None and not match[2].startswith("_") and not in_tests
            found.append(Name(number, "type", match[2], public))
        elif match := of_function.match(line):
            found.append(Name(number, "function", match[1], False))
    return found


def check(file: str, known: set[str], banned: dict[str, str]) -> list[str]:
    """Returns a message for each word that a name of this file should not have."""
    faults = []
    for name in names_of(file):
        parts = words(name.text)
        joined = "_".join(parts)
        for word, replacement in banned.items():
            if joined == word.removeprefix("=") or f"_{word}_" in f"_{joined}_":
                faults.append(f"{name.line}: {name.kind} {name.text}: do not use `{word}`; use {replacement}")
        for word in parts:
            if name.is_public and word not in banned and not is_known(word, known):
                faults.append(
                    f"{name.line}: {name.kind} {name.text}: `{word}` is not in {GLOSSARY}; "
                    f"use a term of the field, explain it there, or add a common word to {HERE}/common_words.txt"
                )
        start = parts[1:2] if parts[:1] == ["test"] else parts[:1]
        if name.kind in ("function", "file") and start and start[0] in RELATIVE:
            faults.append(f"{name.line}: {name.kind} {name.text}: begin with a noun or a verb, not with `{start[0]}`")
    return faults


def main() -> int:
    """Runs the check."""
    files = sys.argv[1:]
    if not files:
        listed = subprocess.run(["git", "ls-files", *SOURCES], check=True, capture_output=True, text=True)
        files = [name for name in listed.stdout.split() if Path(name).exists()]
    known, banned = known_words(), banned_words()
    faults = [f"{file}:{fault}" for file in files for fault in check(file, known, banned)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
