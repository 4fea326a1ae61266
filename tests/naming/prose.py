#!/usr/bin/env python3
"""Checks sentences against the word card of CONTRIBUTING.md.

    prose.py                 checks all files
    prose.py FILE...         checks these files
    prose.py --count         prints the number of faults of each surface

It reads pages, the comments of headers and Pascal units, Rust doc comments, Python docstrings and the messages in
Rust sources. Code is skipped.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LONGEST = 30
LONGEST_DECISION = 350
PARTS = ("Context", "Decision", "What else was tried", "Consequences")
SURFACES = {
    "C header": ("include/omnize.h",),
    "README": (
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "benches/README.md",
        "bindings/*README.md",
        "python/README.md",
    ),
    "book": ("docs/src/*.md",),
    "C++ and Pascal": ("bindings/*.hpp", "bindings/*.pas", "bindings/*.inc"),
    "Python docs": ("python/package/*.py", "python/package/*.pyi"),
    "Rust comments and messages": ("src/*.rs", "python/src/*.rs"),
}

STATUS = r"(?:OMNIZE_[A-Z_]+)"
# What not to write, and what to write instead.
CARD = [
    (re.compile(pattern), advice)
    for pattern, advice in [
        (r"\b(?:[Tt]ells?|[Tt]old)\b", "returns, reports, contains"),
        (rf"\b(?:gives?|ends? with|is) {STATUS}", "fails with OMNIZE_E_X"),
        (rf"{STATUS},? where\b|\bwhere {STATUS}|\b(?:NULL|[Ee]mpty|[Nn]egative|\d),? where\b", "if, when"),
        (
            r"^Where\b|, where (?:it|they|there|one|that|nobody)\b|\bwhere (?:it|that|one|there) (?:is|has|does)\b",
            "if, when",
        ),
        (r"\bis answered(?: \d+)?\b|\b(?:the|an|its|no|this|that) answer\b", "responds with, response"),
        (r"\b(?:made|tried|comes?|sent|try|asked) again\b", "retried (requests), redelivered (events)"),
        (r"\b(?:under way|on (?:its|their) way)\b", "in progress, open"),
        (r"\bwhat (?:became|becomes|has become) of\b", "outcome"),
        (r"\bsurely\b", "certainly"),
        (r"(?<!\bthere )(?<!\bThere )\b(?:is|are|was|were) no\b(?! longer)", "is not a, is invalid"),
        (r"\b(?:is|are) none\b", "is invalid, is out of range, is unset"),
        (r"\b(?:takes?|took|taken) (?:up|in)\b", "creates, restores, accepts"),
        (r"\b(?:lets? go of|let in|kept out|turned away)\b", "releases, rejected"),
        (r"\b(?:breaks?|broken|broke) off\b", "aborts, is incomplete"),
        (r"\b(?:earlier run|next start)\b", "an earlier process, after a restart"),
        (r"\b(?:defects?|met (?:its|his) end)\b", "bug, panicked"),
        (r"\b(?:has|have|had) (?:a|no) meaning\b", "is (not) allowed in this state"),
        (r", for (?:it|they|there|this|that|these|those|only|nobody)\b", "because"),
        (r", say\b(?![ ,]+(?:whether|that|how|why))", "for example"),
        (
            r"\b(?:beside|upon|but for|for ever|whoever|whatever|meanwhile|at the most)\b",
            "in addition to, after, except, forever, anyone, any, in the meantime, at most",
        ),
        (r"\b(?:is|are) to (?:be|have|do|go|come|say|stay)\b", "must, should"),
        (r"\balone\b", "only"),
    ]
]
RELATIVE = re.compile(r"^\W*(?:What|Who|Whoever|Whatever|Whom|Whose)\b")
# Sentences of messages are cut into pieces by the values that they hold: only their words are checked.
MESSAGE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
UNIT_TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod tests \{.*?^\}", re.MULTILINE | re.DOTALL)


class Text(NamedTuple):
    """A paragraph, list item or cell of a table, and the line where it begins."""

    line: int
    text: str
    is_prose: bool = True


def markdown(lines: list[tuple[int, str]]) -> Iterator[Text]:
    """Splits markdown into paragraphs, without code."""
    gathered: list[str] = []
    start, is_code, after_blank = 0, False, True
    for number, line in [*lines, (0, "")]:
        bare = line.strip()
        is_fence = bare.startswith("```")
        starts_item = re.match(r"(?:[-*] |\d+\. |#|\||>)", bare)
        is_break = not bare or is_fence or starts_item
        if gathered and (is_break or is_code):
            yield Text(start, " ".join(gathered))
            gathered = []
        if is_fence:
            is_code = not is_code
        elif not is_code and bare.startswith("|"):
            for cell in bare.strip("|").split("|"):
                yield Text(number, clean(cell), False)
        elif not is_code and bare.startswith("#"):
            yield Text(number, clean(bare.lstrip("# ")), False)
        elif not is_code and bare and not (after_blank and line.startswith("    ")) and not bare.startswith(">>>"):
            start = start if gathered else number
            # The label of a paragraph, as in `**Context.** …`, is no sentence.
            gathered.append(clean(re.sub(r"^(?:[-*] |\d+\. )?(?:\*\*(?:\S+ ?){1,4}\.\*\*)?", "", bare)))
        after_blank = not bare or (after_blank and line.startswith("    "))


def clean(text: str) -> str:
    """Text without markup; code becomes one word, statuses keep their name."""
    text = re.sub(r"`+(OMNIZE_\w+)`+", r"\1", text)
    text = re.sub(r"`+[^`]+`+", "CODE", text)
    text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])?", r"\1", text)
    return re.sub(r"\*\*|__|\*", "", text).strip()


def comments(lines: list[str], marker: str) -> Iterator[Text]:
    """The paragraphs of the comments whose lines begin with one of the markers, a regular expression."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*lines, ""], 1):
        if match := re.match(rf"\s*(?:{marker}) ?", line):
            rest = line[match.end() :].rstrip().removesuffix("*/")
            block.append((number, "" if rest == "/" else rest))
        else:
            yield from markdown(block)
            block = []


def pascal_comments(source: str) -> Iterator[Text]:
    """The paragraphs of the comments in braces."""
    for comment in re.finditer(r"\{(?!\$)(.*?)\}", source, re.DOTALL):
        first = source.count("\n", 0, comment.start()) + 1
        lines = [line.removeprefix("  ") for line in comment[1].splitlines()]
        yield from markdown([(first + offset, line) for offset, line in enumerate(lines)])


def docstrings(source: str) -> Iterator[Text]:
    """The paragraphs of a module's docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, holders) and ast.get_docstring(node):
            lines = ast.get_docstring(node).splitlines()
            first = node.body[0].lineno
            yield from markdown([(first + offset, line) for offset, line in enumerate(lines)])


def messages(source: str) -> Iterator[Text]:
    """The strings of at least four words, outside of unit tests."""
    source = UNIT_TESTS.sub(lambda tests: "\n" * tests[0].count("\n"), source)
    for number, line in enumerate(source.splitlines(), 1):
        if not line.lstrip().startswith("//"):
            for text in MESSAGE.findall(line):
                if text.count(" ") >= 3:
                    yield Text(number, text, False)


def texts(file: str) -> Iterator[Text]:
    """All prose of a file."""
    source = Path(file).read_text(encoding="utf-8")
    lines = source.splitlines()
    if file.endswith(".md"):
        yield from markdown(list(enumerate(lines, 1)))
    elif file.endswith(".rs"):
        yield from comments(lines, "///|//!")
        yield from messages(source)
    elif file.endswith(".h"):
        yield from comments(lines, r"/\*\*?|\*")
    elif file.endswith(".hpp"):
        yield from comments(lines, r"///?|/\*\*?|\* ")
    elif file.endswith((".pas", ".inc")):
        yield from pascal_comments(source)
    else:
        yield from docstrings(source)


def sentences(text: str) -> list[str]:
    """Splits a paragraph where a sentence ends; `e.g.` and versions do not end one."""
    return re.split(r"(?<=[.!?])[\")]*\s+(?=[\"(]*[A-Z0-9])", text)


def form(file: str) -> list[str]:
    """Returns the faults in the form of a decision: four parts in this order, on a screen."""
    if not file.startswith("docs/src/decisions/"):
        return []
    text = Path(file).read_text(encoding="utf-8")
    places = [text.find(f"\n**{part}.**") for part in PARTS]
    faults = []
    if -1 in places or places != sorted(places):
        faults.append(
            f"1: a decision has these parts, in this order, each in bold with a full stop: {', '.join(PARTS)}"
        )
    if len(text.split()) > LONGEST_DECISION:
        faults.append(f"1: {len(text.split())} words, {LONGEST_DECISION} is the limit of a decision")
    return faults


def check(file: str) -> list[str]:
    """Returns a message for each fault of a file."""
    faults = form(file)
    for paragraph in texts(file):
        for sentence in sentences(paragraph.text):
            shown = sentence if len(sentence) < 90 else sentence[:87] + "..."
            for pattern, advice in CARD:
                if match := pattern.search(sentence):
                    faults.append(f"{paragraph.line}: `{match[0].strip(', ')}`: write {advice}: {shown}")
            if not sentence.rstrip().endswith("?") and RELATIVE.match(sentence):
                faults.append(f"{paragraph.line}: begin with a noun, not with a relative pronoun: {shown}")
            length = len(re.findall(r"\S*\w\S*", sentence))
            if paragraph.is_prose and length > LONGEST:
                faults.append(f"{paragraph.line}: {length} words, {LONGEST} is the limit; split it: {shown}")
    return faults


def tracked(patterns: tuple[str, ...]) -> list[str]:
    """The files of the repository that match."""
    found = subprocess.run(["git", "ls-files", *patterns], check=True, capture_output=True, text=True)
    return [name for name in found.stdout.split() if Path(name).exists()]


def main() -> int:
    """Runs the check."""
    arguments = sys.argv[1:]
    if "--count" in arguments:
        for surface, patterns in SURFACES.items():
            print(f"{surface}: {sum(len(check(file)) for file in tracked(patterns))}")
        return 0
    files = [name for name in arguments if not name.startswith("--")]
    files = files or [file for patterns in SURFACES.values() for file in tracked(patterns)]
    faults = [f"{file}:{fault}" for file in files for fault in check(file)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
