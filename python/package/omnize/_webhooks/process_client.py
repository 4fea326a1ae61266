"""The client of a webhook, in each process of a server that forks."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Generic, Optional, TypeVar, Union

from .._clients.base_client import BaseClient
from .._errors import Forked

__all__ = ["ProcessClient"]

_Client = TypeVar("_Client", bound=BaseClient[Any])


class ProcessClient(Generic[_Client]):
    """A client, or a function that opens a client in each process. ``check`` raises TypeError for an invalid client."""

    def __init__(self, client: Union[_Client, Callable[[], _Client]], check: Callable[[Any], None]) -> None:
        self._check = check
        self._open: Optional[Callable[[], _Client]] = None
        self._client: Optional[_Client] = None
        self._process = os.getpid()
        # A lock for each process, because a thread of the parent may hold the parent's lock.
        self._locks: dict[int, threading.Lock] = {}
        # A class is callable too, but not a function that opens a client.
        if not isinstance(client, (BaseClient, type)) and callable(client):
            self._open = client
            return
        check(client)
        checked: Any = client
        self._client = checked

    @property
    def is_opened_here(self) -> bool:
        """Whether the function opened a client in this process."""
        return self._open is not None and self._client is not None and self._process == os.getpid()

    def get(self) -> _Client:
        """Returns the client. Raises :class:`Forked` if it was opened in another process."""
        client = self._client
        if self._open is None:
            if client is None or client._is_of_parent():
                raise _opened_before_fork_error()
            return client
        if client is not None and self._process == os.getpid():
            return client
        with self._locks.setdefault(os.getpid(), threading.Lock()):
            if self._client is None or self._process != os.getpid():
                opened = self._open()
                self._check(opened)
                self._client = opened
                self._process = os.getpid()
            return self._client


def _opened_before_fork_error() -> Forked:
    error = Forked(
        "the client of this webhook was opened before the server forked this worker, so it can't receive triggers "
        "here. Pass Webhook a function that opens the client, such as Webhook(open_client, path): it is called in each "
        "worker. Or configure the server to load the application in the worker: gunicorn without --preload, uWSGI with "
        "lazy-apps"
    )
    error.status = "OMNIZE_E_FORKED"
    return error
