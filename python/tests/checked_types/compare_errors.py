"""Compares the errors of mypy or pyright with the marks in rejected.py and accepted.py, which has no mark.

Usage: compare_errors.py mypy|pyright.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
FILES = (HERE / "accepted.py", HERE / "rejected.py")
MARK = re.compile(r"# error: (\S+)$")


def errors_of_mypy() -> list[tuple[Path, int, str]]:
    """Returns the file, the line and the message of each error."""
    command = ["mypy", "--config-file", str(PROJECT / "pyproject.toml"), "--output", "json", *map(str, FILES)]
    lines = [json.loads(line) for line in _output(command).splitlines() if line.startswith("{")]
    return [
        (Path(line["file"]).resolve(), line["line"], f"{line['message']} {line['hint'] or ''}")
        for line in lines
        if line["severity"] == "error"
    ]


def errors_of_pyright() -> list[tuple[Path, int, str]]:
    """Returns the file, the line and the message of each error."""
    report = json.loads(_output(["pyright", "--pythonpath", sys.executable, "--project", str(HERE), "--outputjson"]))
    return [
        (Path(one["file"]), one["range"]["start"]["line"] + 1, one["message"])
        for one in report["generalDiagnostics"]
        if one["severity"] == "error"
    ]


def _output(command: list[str]) -> str:
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False).stdout


def differences(source: str, errors: list[tuple[int, str]]) -> list[str]:
    """Returns a line for each mark without its error, and for each error without a mark."""
    marks = {number: mark[1] for number, text in enumerate(source.splitlines(), 1) if (mark := MARK.search(text))}
    found: dict[int, str] = {}
    for number, message in errors:
        found[number] = f"{found.get(number, '')} {message}"
    wrong = [f"line {number}: no error with the word {word}" for number, word in marks.items() if number not in found]
    for number, message in found.items():
        if number not in marks:
            wrong.append(f"line {number}: unexpected error:{message}")
        elif marks[number] not in message:
            wrong.append(f"line {number}: no word {marks[number]} in:{message}")
    return wrong


def main() -> None:
    """Prints the differences, and exits with 1 if there are any."""
    assert differences("a  # error: b\nc", []) == ["line 1: no error with the word b"]
    assert differences("a\nc", [(2, "b")]) == ["line 2: unexpected error: b"]
    checkers = {"mypy": errors_of_mypy, "pyright": errors_of_pyright}
    errors = checkers[sys.argv[1]]()
    exit_status = 0
    for file in FILES:
        of_file = [(number, message) for path, number, message in errors if path == file]
        for line in differences(file.read_text(encoding="utf-8"), of_file):
            print(f"{file.name} {line}")
            exit_status = 1
    sys.exit(exit_status)


main()
