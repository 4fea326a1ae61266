"""Every example in the docstrings runs in a sandbox."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import pkgutil

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
