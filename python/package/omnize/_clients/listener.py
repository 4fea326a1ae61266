"""The listener that several clients share."""

from __future__ import annotations

import contextlib
import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Union

from .. import _omnize
from .._arguments import optional_text, path_text, seconds
from .._errors import Closed
from .options import serialize_options

if TYPE_CHECKING:
    from .base_client import BaseClient
    from .option_types import Seconds

__all__ = ["Listener"]


class Listener:
    """Receives triggers for any number of clients at one address, with a path for each client.

    A client with the option ``listen`` has its own listener and does not need this class. ``options`` are the options
    that begin with ``listen_``, without this prefix: ``Listener("0.0.0.0:8443", tls_certificate="chat.pem",
    tls_key="chat.key")``.

    >>> with Listener("127.0.0.1:0") as listener, Client(token="one") as one, Client(token="two") as two:
    ...     listener.attach(one)
    ...     listener.attach(two, path="/two")
    ...     listener.url(two).endswith("/two")
    True
    """

    __slots__ = ("__weakref__", "_address", "_is_open", "_listener")

    def __init__(
        self,
        address: str,
        *,
        config_file: Optional[Union[str, os.PathLike[str]]] = None,
        environment: bool = True,
        **options: Any,
    ) -> None:
        self._address = address
        self._is_open = False
        file = None if config_file is None else path_text("config_file", config_file)
        listen_options = {"listen": address, **{f"listen_{name}": value for name, value in options.items()}}
        self._listener = _omnize.SharedListener(serialize_options(listen_options), file, environment)
        self._is_open = True

    def attach(self, client: BaseClient[Any, Any], path: Optional[str] = None) -> None:
        """Delivers the triggers for ``path`` to the client. None: the listener generates a random path."""
        self._listener.attach(client._core, optional_text("path", path))

    def detach(self, client: BaseClient[Any, Any]) -> None:
        """Stops delivering triggers to the client. Requests for its path get the response 404."""
        self._listener.detach(client._core)

    def url(self, client: BaseClient[Any, Any]) -> Optional[str]:
        """Returns the webhook URL of the client, or None if it is not attached."""
        return self._listener.url(client._core)

    def close(self, timeout: Seconds = 5.0) -> None:
        """Stops accepting connections, and waits up to ``timeout`` seconds for triggers that are being stored.

        The clients stay open. A second call does nothing.
        """
        timeout = seconds("timeout", timeout)
        self._is_open = False
        with contextlib.suppress(Closed):
            self._listener.close(timeout)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Listener can't be copied or pickled; open another one")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._address} {'open' if self._is_open else 'closed'}>"

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()
