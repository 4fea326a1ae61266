"""Watches descriptors for an event loop. Uses the loop itself, or a thread if the loop does not support it."""

from __future__ import annotations

import asyncio
import select
import threading
import weakref
from typing import Callable

__all__ = ["DescriptorWatch", "weakly"]


#: The seconds after which a thread without work notices that its client is closed.
_CHECK_SECONDS = 1.0


class DescriptorWatch:
    """The watched descriptors of one loop. All methods must be called on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._threads: dict[int, _Watcher] = {}

    def watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Calls ``callback`` whenever the descriptor is readable, until :meth:`unwatch`."""
        try:
            self._loop.add_reader(descriptor, callback)
        except NotImplementedError:
            self._threads[descriptor] = _Watcher(self._loop, descriptor, callback)

    def unwatch(self, descriptor: int) -> None:
        """Stops watching the descriptor."""
        watcher = self._threads.pop(descriptor, None)
        if watcher is not None:
            watcher.end()
        elif not self._loop.is_closed():
            self._loop.remove_reader(descriptor)


class _Watcher:
    """A thread that watches one descriptor, for a loop without ``add_reader``: on Windows, asyncio's default loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._callback = callback
        self._ended = False
        self._called = threading.Event()
        threading.Thread(target=self._run, name="omnize-watch", daemon=True).start()

    def end(self) -> None:
        self._ended = True
        self._called.set()

    def _run(self) -> None:
        while not self._ended:
            try:
                ready, _, _ = select.select([self._descriptor], [], [], _CHECK_SECONDS)
            except OSError:
                if self._ended:
                    # The descriptor may already be closed.
                    return
                raise
            if ready and not self._ended:
                self._called.clear()
                try:
                    self._loop.call_soon_threadsafe(self._call)
                except RuntimeError:
                    # The loop is closed.
                    return
                # The descriptor stays readable until the callback has run.
                self._called.wait(1.0)

    def _call(self) -> None:
        try:
            if not self._ended:
                self._callback()
        finally:
            self._called.set()


def weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Returns a function that calls the method, and does not keep its object alive."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        method = reference()
        if method is not None:
            method()

    return call
