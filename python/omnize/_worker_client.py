"""The client of a webhook, in whichever process the webhook answers."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Generic, Optional, TypeVar, Union

from ._any_client import AnyClient
from ._errors import Forked

__all__ = ["WorkerClient"]

_Client = TypeVar("_Client", bound=AnyClient[Any])


class WorkerClient(Generic[_Client]):
    """A client that was given as such, or the function that opens one in each process. ``check`` raises where an object
    can't be the client.
    """

    def __init__(self, given: Union[_Client, Callable[[], _Client]], check: Callable[[Any], None]) -> None:
        self._check = check
        self._open: Optional[Callable[[], _Client]] = None
        self._client: Optional[_Client] = None
        self._process = os.getpid()
        # One for each process: that of the parent may be held by a thread that stayed there.
        self._locks: dict[int, threading.Lock] = {}
        # A class is no function that opens a client, though it can be called.
        if not isinstance(given, (AnyClient, type)) and callable(given):
            self._open = given
            return
        check(given)
        client: Any = given
        self._client = client

    @property
    def is_opened_here(self) -> bool:
        """Whether the function has opened a client in this process."""
        return self._open is not None and self._client is not None and self._process == os.getpid()

    def get(self) -> _Client:
        """The client. Raises :class:`Forked` where it was opened in another process."""
        client = self._client
        if self._open is None:
            if client is None or client._is_of_parent():
                raise _opened_before_the_fork()
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


def _opened_before_the_fork() -> Forked:
    error = Forked(
        "the client of this webhook was opened before the server forked this worker, so triggers that are posted here "
        "reach nobody. Pass Webhook a function that opens the client, such as Webhook(open_client, path): it is called "
        "in each worker. Or have the server load the application in the worker: gunicorn without --preload, uWSGI with "
        "lazy-apps"
    )
    error.status = "OMNIZE_E_FORKED"
    return error
