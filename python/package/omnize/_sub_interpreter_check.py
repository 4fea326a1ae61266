"""Checks that the extension module is imported in the main interpreter."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["check_interpreter"]


def check_interpreter() -> None:
    """Raises ImportError in a sub-interpreter, in which the extension module would crash the process."""
    # The name since CPython 3.13, and the name before.
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters: Any = importlib.import_module(name)
        except ImportError:
            continue
        if _number(interpreters.get_current()) != _number(interpreters.get_main()):
            raise ImportError(
                "omnize runs only in the main interpreter, and this is a sub-interpreter; import it in the main "
                "interpreter (with mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
            )
        return


def _number(interpreter: Any) -> int:
    """Returns the id of an interpreter. Since CPython 3.13 it is the first item of a tuple."""
    return int(interpreter[0] if isinstance(interpreter, tuple) else interpreter)
