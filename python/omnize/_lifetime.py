"""What becomes of open clients when the interpreter ends or the process forks, and of their log."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from . import _omnize
from ._errors import ResourceError
from ._green import is_patched

if TYPE_CHECKING:
    import logging

__all__ = ["forward_log", "opened", "report", "seconds_at_exit", "start_thread", "warn"]

#: How long requests under way get when the interpreter ends.
seconds_at_exit = 1.0


class _Client(Protocol):
    def _close_at_exit(self, seconds: float) -> None: ...


_open: weakref.WeakSet[Any] = weakref.WeakSet()
_lock = threading.Lock()
_watching = False
_forwarder: threading.Thread | None = None


def opened(client: _Client) -> None:
    """A client is open. It is closed when the interpreter ends, if nobody does it before."""
    global _watching
    _open.add(client)
    with _lock:
        if not _watching:
            _watching = True
            _watch()


def _watch() -> None:
    import atexit

    atexit.register(_at_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_in_child)


def _at_exit() -> None:
    _omnize.ending()
    deadline = time.monotonic() + seconds_at_exit
    for client in list(_open):
        client._close_at_exit(max(0.0, deadline - time.monotonic()))
    _flush()


def _in_child() -> None:
    global _forwarder, _lock
    _omnize.forked()
    # Those of the parent, and a lock that another thread may have had.
    _open.clear()
    _lock = threading.Lock()
    _forwarder = None


def forward_log() -> None:
    """Starts the thread that hands the library's log to ``logging``, and sees what is wanted of it."""
    global _forwarder
    logger = _logger()
    if not logger.handlers:
        import logging

        # Who wants to see what a library logs says so.
        logger.addHandler(logging.NullHandler())
    _omnize.log_level(logger.getEffectiveLevel())
    with _lock:
        if _forwarder is None:
            forwarder = threading.Thread(target=_forward, args=(logger, is_patched()), name="omnize-log", daemon=True)
            start_thread(forwarder)
            _forwarder = forwarder


def start_thread(thread: threading.Thread) -> None:
    """Starts a thread. Raises :class:`ResourceError` where there can be no more."""
    try:
        thread.start()
    except RuntimeError as error:
        failure = ResourceError(
            "the operating system refused a thread that the client needs; end others, or allow more"
        )
        failure.status = "OMNIZE_E_SYSTEM"
        raise failure from error


def _logger() -> logging.Logger:
    import logging

    return logging.getLogger("omnize")


#: How often a greenlet looks for lines, in seconds: it can't wait for them without stopping all others.
_LOOK = 0.25


def _forward(logger: logging.Logger, is_green: bool) -> None:
    while True:
        # The level may be changed at any time, and nobody tells.
        if is_green:
            time.sleep(_LOOK)
        else:
            _omnize.wait_for_log(1.0)
        _omnize.log_level(logger.getEffectiveLevel())
        _flush()


def warn(text: str, *values: object) -> None:
    """Logs what the application ought to know of itself."""
    _logger().warning(text, *values)


def report(error: BaseException) -> None:
    """Tells of what the application's code has raised where nobody can catch it, as of what ends a thread."""
    if isinstance(error, SystemExit):
        # The hook is silent about it, as it ends a thread. Here the thread goes on.
        exit_, error = error, RuntimeError("a handler has called sys.exit, which ends no thread of the package's")
        error.__cause__ = exit_
    told = (type(error), error, error.__traceback__, threading.current_thread())
    try:
        threading.excepthook(threading.ExceptHookArgs(told))
    except Exception as failure:
        # The application's. Who called this goes on.
        sys.excepthook(type(failure), failure, failure.__traceback__)


def _flush() -> None:
    """Hands over what waits."""
    lines, lost = _omnize.take_log()
    if not lines and not lost:
        return
    logger = _logger()
    if lost:
        logger.warning("%d lines of the log were lost: they came faster than they were taken", lost)
    for level, text, created in lines:
        if logger.isEnabledFor(level):
            record = logger.makeRecord(logger.name, level, "(omnize)", 0, text, (), None)
            record.created = created
            record.msecs = created % 1 * 1000
            try:
                logger.handle(record)
            except Exception as error:
                # The application's. The next line is handed over all the same.
                report(error)
