"""Every example in the docstrings runs in a sandbox."""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import pkgutil
from pathlib import Path

import omnize
import pytest


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    names = ["omnize", *(module.name for module in pkgutil.walk_packages(omnize.__path__, "omnize."))]
    found = []
    for name in names:
        if name not in ("omnize.__main__", "omnize._omnize"):
            found += [test for test in finder.find(importlib.import_module(name)) if test.examples]
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example(example, omnize_sandbox, monkeypatch):
    monkeypatch.setenv("OMNIZE_TOKEN", omnize_sandbox.options["token"])
    monkeypatch.setenv("OMNIZE_BASE_URL", omnize_sandbox.options["base_url"])
    with omnize.Client(**omnize_sandbox.options) as client:
        names = {name: getattr(omnize, name) for name in omnize.__all__}
        example.globs = {**example.globs, **names, "asyncio": asyncio, "client": client}
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        output: list[str] = []
        runner.run(example, out=output.append)
        assert runner.failures == 0, "".join(output)


def test_main_classes_have_examples():
    with_examples = {example.name.rsplit(".", 1)[-1] for example in examples()}
    assert {"Client", "AsyncClient", "Conversation", "AsyncConversation", "Customer", "Message"} <= with_examples


def attributes_without_docstring(path: Path) -> list[str]:
    """Returns the public attributes, of public classes and of their base classes, that no string describes."""
    public = [getattr(omnize, name) for name in omnize.__all__]
    names = {base.__name__ for kind in public if isinstance(kind, type) for base in kind.__mro__}
    names = {name for name in names if not name.startswith("_")}
    missing = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ClassDef) or node.name not in names:
            continue
        for statement, after in zip(node.body, [*node.body[1:], None]):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            is_described = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if not statement.target.id.startswith("_") and not is_described:
                missing.append(f"{node.name}.{statement.target.id}")
    return missing


def test_public_attributes_have_docstrings(tmp_path):
    package = Path(omnize.__file__).parent
    assert [name for path in package.rglob("*.py") for name in attributes_without_docstring(path)] == []
    (tmp_path / "one.py").write_text("class Error:\n    status: str\n    body: bytes\n    '''The body.'''\n")
    assert attributes_without_docstring(tmp_path / "one.py") == ["Error.status"]
