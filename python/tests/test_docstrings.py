"""Every example in a docstring does what it says.

The package's names and a client are at hand, and the sandbox's token is in the environment.
"""

from __future__ import annotations

import asyncio
import doctest
import importlib
import pkgutil

import pytest

import omnize


def examples():
    for module in pkgutil.iter_modules(omnize.__path__, "omnize."):
        # The one would run the command, the other has no docstrings of its own.
        if module.name not in ("omnize.__main__", "omnize._omnize"):
            yield from found_in(importlib.import_module(module.name))
    yield from found_in(omnize)


def found_in(module):
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        if test.examples:
            yield pytest.param(test, id=test.name)


@pytest.mark.parametrize("test", examples())
def test_example(test, omnize_sandbox, monkeypatch):
    for name, value in omnize_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    with omnize.Client() as client:
        names = {name: getattr(omnize, name) for name in omnize.__all__}
        test.globs.update({**names, "asyncio": asyncio, "client": client})
        told = []
        failed, tried = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert tried > 0
    assert failed == 0, "".join(told)
