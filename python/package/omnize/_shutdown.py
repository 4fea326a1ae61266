"""Closes open clients when the interpreter ends, resets the state of forked children, and forwards the log."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from . import _omnize
from ._clients.greenlets import is_patched
from ._errors import ResourceError

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

__all__ = ["forward_log", "register_client", "report", "seconds_at_exit", "start_thread", "warn"]

#: The seconds that requests in progress have when the interpreter ends.
seconds_at_exit = 1.0


class _Client(Protocol):
    def _close_at_exit(self, seconds: float) -> None: ...


_open: weakref.WeakSet[Any] = weakref.WeakSet()
_lock = threading.Lock()
_hooks_are_registered = False
_forwarder: threading.Thread | None = None


def register_client(client: _Client) -> None:
    """Registers an open client. If nobody closes it, it is closed when the interpreter ends."""
    global _hooks_are_registered
    _open.add(client)
    with _lock:
        if not _hooks_are_registered:
            _hooks_are_registered = True
            _register_hooks()


def _register_hooks() -> None:
    import atexit

    atexit.register(_at_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_in_child)


def _at_exit() -> None:
    _omnize.mark_finalizing()
    deadline = time.monotonic() + seconds_at_exit
    for client in list(_open):
        client._close_at_exit(max(0.0, deadline - time.monotonic()))
    _flush()


def _in_child() -> None:
    global _forwarder, _lock
    _omnize.mark_forked()
    # The clients belong to the parent, and another thread of it may have held the lock.
    _open.clear()
    _lock = threading.Lock()
    _forwarder = None


def forward_log() -> None:
    """Starts the thread that passes the library's log to ``logging``, and sets the log level."""
    global _forwarder
    logger = _logger()
    if not logger.handlers:
        import logging

        # As the documentation of logging requires of a library: the application decides whether it sees the log.
        logger.addHandler(logging.NullHandler())
    _omnize.set_log_level(logger.getEffectiveLevel())
    with _lock:
        if _forwarder is None:
            forwarder = threading.Thread(target=_forward, args=(logger, is_patched()), name="omnize-log", daemon=True)
            start_thread(forwarder)
            _forwarder = forwarder


def start_thread(thread: threading.Thread) -> None:
    """Starts a thread. Raises :class:`ResourceError` if the operating system refuses it."""
    try:
        thread.start()
    except RuntimeError as error:
        failure = ResourceError(
            "the operating system refused a thread that the client needs; end other threads, or raise the limit"
        )
        failure.status = "OMNIZE_E_SYSTEM"
        raise failure from error


def _logger() -> logging.Logger:
    import logging

    return logging.getLogger("omnize")


#: The seconds between two looks of a greenlet for lines. A blocking wait would stop all other greenlets.
_GREENLET_INTERVAL = 0.25


def _forward(logger: logging.Logger, is_greenlet: bool) -> None:
    while True:
        # The application may change the level at any time.
        if is_greenlet:
            time.sleep(_GREENLET_INTERVAL)
        else:
            _omnize.wait_for_log(1.0)
        _omnize.set_log_level(logger.getEffectiveLevel())
        _flush()


#: The attributes of every record of the log. A field that does not apply is None.
LOG_FIELDS = ("event_kind", "request_kind", "ticket", "delivery", "status", "client_id_hash")


def _extra(fields: Mapping[str, object]) -> dict[str, object]:
    """Returns the further attributes of a record. A format such as ``%(ticket)s`` requires them in every record."""
    return {name: fields.get(name) for name in LOG_FIELDS}


def warn(text: str, *values: object, **fields: object) -> None:
    """Logs a warning about a mistake of the application. The record names the module and line of the caller."""
    _logger().warning(text, *values, extra=_extra(fields), stacklevel=2)


def report(error: BaseException) -> None:
    """Passes an exception that no caller can catch to ``threading.excepthook``, as Python does for a thread."""
    if isinstance(error, SystemExit):
        # The hook ignores SystemExit, because it normally ends the thread. Here the thread continues.
        exit_, error = error, RuntimeError("a handler called sys.exit, which does not end the package's threads")
        error.__cause__ = exit_
    details = (type(error), error, error.__traceback__, threading.current_thread())
    try:
        threading.excepthook(threading.ExceptHookArgs(details))
    except Exception as failure:
        # The application's hook failed. The caller continues.
        sys.excepthook(type(failure), failure, failure.__traceback__)


def _flush() -> None:
    """Passes the queued lines to ``logging``."""
    lines, dropped = _omnize.take_log()
    if not lines and not dropped:
        return
    logger = _logger()
    if dropped:
        warn("%d lines of the log were dropped, because the queue of the log was full", dropped)
    for level, text, created, file, line, fields in lines:
        if logger.isEnabledFor(level):
            record = logger.makeRecord(logger.name, level, file, line, text, (), None, None, _extra(dict(fields)))
            record.created = created
            record.msecs = created % 1 * 1000
            try:
                logger.handle(record)
            except Exception as error:
                # A handler of the application failed. The next line is passed in any case.
                report(error)
