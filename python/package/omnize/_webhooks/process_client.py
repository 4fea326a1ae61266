"""The client of a webhook, in each process of a server that forks."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Any, Callable, Generic, Optional, TypeVar, Union

from .._clients.base_client import BaseClient
from .._errors import Forked

__all__ = ["ProcessClient"]

_Client = TypeVar("_Client", bound=BaseClient[Any, Any])


class ProcessClient(Generic[_Client]):
    """A client, or a function that opens a client in each process. ``check`` raises TypeError for an invalid client.

    A client that the function opened is closed when its process ends, within ``close_timeout`` seconds.
    """

    def __init__(
        self, client: Union[_Client, Callable[[], _Client]], check: Callable[[Any], None], close_timeout: float
    ) -> None:
        self._check = check
        self._close_timeout = close_timeout
        self._open: Optional[Callable[[], _Client]] = None
        #: The client and the process that it belongs to, read and written at once.
        self._opened: Optional[tuple[int, _Client]] = None
        # A lock for each process, because a thread of the parent may hold the parent's lock.
        self._locks: dict[int, threading.Lock] = {}
        # A class is callable too, but not a function that opens a client.
        if not isinstance(client, (BaseClient, type)) and callable(client):
            self._open = client
            return
        check(client)
        checked: Any = client
        self._opened = (os.getpid(), checked)

    @property
    def is_opened_by_function(self) -> bool:
        """Whether the client is, or will be, opened by the function. Then only the webhook can close it."""
        return self._open is not None

    def get(self) -> _Client:
        """Returns the client, which may be closed. Raises :class:`Forked` if it was opened in another process."""
        return self._get(lambda client: True)

    def open(self) -> _Client:
        """Returns the client. If the function opened it and it is closed, the function opens another one."""
        return self._get(lambda client: client._is_open)

    def to_close(self) -> Optional[_Client]:
        """Returns the client that the function opened in this process, if any."""
        return self._opened_here() if self.is_opened_by_function else None

    def _get(self, is_usable: Callable[[_Client], bool]) -> _Client:
        if self._open is None:
            if self._opened is None or self._opened[1]._is_of_parent():
                raise _opened_before_fork_error()
            return self._opened[1]
        client = self._opened_here()
        if client is not None and is_usable(client):
            return client
        with self._locks.setdefault(os.getpid(), threading.Lock()):
            client = self._opened_here()
            if client is None or not is_usable(client):
                client = self._open()
                try:
                    self._check(client)
                except TypeError:
                    # Each request opens another one.
                    if isinstance(client, BaseClient):
                        client._close_at_exit(0)
                    raise
                self._opened = (os.getpid(), client)
                self._close_when_the_process_ends(client)
            return client

    def _close_when_the_process_ends(self, client: _Client) -> None:
        if client._awaits:
            # Its event loop has ended by then.
            return
        # Runs before the hook that closes all clients, because that one was registered first.
        atexit.register(_close_if_referenced, weakref.ref(client), self._close_timeout)

    def _opened_here(self) -> Optional[_Client]:
        opened = self._opened
        return opened[1] if opened is not None and opened[0] == os.getpid() else None


def _close_if_referenced(reference: weakref.ref[Any], timeout: float) -> None:
    client = reference()
    if client is not None:
        # Does nothing if the client is closed, or if a parent of this process opened it.
        client.close(timeout)


def _opened_before_fork_error() -> Forked:
    error = Forked(
        "the client of this webhook was opened before the server forked this worker, so it can't receive triggers "
        "here. Pass Webhook a function that opens the client, such as Webhook(open_client, path): it is called in each "
        "worker. Or configure the server to load the application in the worker: gunicorn without --preload, uWSGI with "
        "lazy-apps"
    )
    error.status = "OMNIZE_E_FORKED"
    return error
