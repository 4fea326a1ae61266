"""Whether this is the interpreter that the extension module can run in."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["check_interpreter"]


def check_interpreter() -> None:
    """Raises ImportError in a sub-interpreter: the module attaches to the main one, which would end the process."""
    # The name that CPython 3.13 has, and the one before.
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters: Any = importlib.import_module(name)
        except ImportError:
            continue
        if _number(interpreters.get_current()) != _number(interpreters.get_main()):
            raise ImportError(
                "omnize runs in the main interpreter only, and this is a sub-interpreter: import it in the main one "
                "(with mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
            )
        return


def _number(interpreter: Any) -> int:
    """The id of an interpreter, which comes with where it is from since CPython 3.13."""
    return int(interpreter[0] if isinstance(interpreter, tuple) else interpreter)
