"""The webhook as a WSGI application, for Flask, Django and other frameworks.

>>> import io
>>> import omnize
>>> from omnize.wsgi import Webhook
>>> with omnize.Client(token="some-token") as client:
...     webhook = Webhook(client, "/omnize/a-part-that-nobody-guesses")
...     body = b'{"message": "Bom dia!", "clientId": "12"}'
...     environ = {
...         "REQUEST_METHOD": "POST",
...         "PATH_INFO": "/omnize/a-part-that-nobody-guesses",
...         "CONTENT_LENGTH": str(len(body)),
...         "wsgi.input": io.BytesIO(body),
...     }
...     response = webhook(environ, lambda status, headers: print(status))
200 OK
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ._arguments import describe_type
from ._clients.base_client import BaseClient
from ._clients.client import Client
from ._clients.close_report import CloseReport
from ._errors import Error
from ._webhooks.request_validator import RequestHead, RequestPath, Response, length_of
from ._webhooks.webhook import BaseWebhook

if TYPE_CHECKING:
    from ._clients.option_types import Seconds

__all__ = ["Webhook"]

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Webhook(BaseWebhook[Client, Application]):
    """Receives the triggers that the service posts to ``path``, and delivers them to ``client``.

    ``client`` may also be a function that opens a client, registers its handlers and returns it. It is called at the
    first trigger in each process, or by :meth:`open`, so it works in the workers of a server that forks. When the
    process ends, this client is closed: its handlers and posted requests have up to ``close_timeout`` seconds.

    ``path`` is the path below the path where this application is mounted. Anyone who knows the whole URL can post
    triggers, so it should contain a part that nobody can guess. With ``basic``, as ``"user:password"``, the service
    must send these credentials. A body of more than ``max_body`` bytes is rejected with 413. Requests for other paths
    are passed to the application ``otherwise``; without one, the response is 404.

    The response to a trigger is 200 if the client has it (with the option ``store``: on disk). It is 400 if the trigger
    is invalid, and 503 with ``Retry-After`` if the client cannot accept it now.
    """

    def __init__(
        self,
        client: Client | Callable[[], Client],
        path: str,
        *,
        basic: str | None = None,
        max_body: int = 1024 * 1024,
        otherwise: Application | None = None,
        close_timeout: Seconds = 5.0,
    ) -> None:
        if inspect.iscoroutinefunction(otherwise):
            raise TypeError("otherwise is a coroutine function, and WSGI awaits nothing; pass a WSGI application")
        super().__init__(client, _check_client, path, basic, max_body, otherwise, close_timeout)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Responds to a request."""
        path = _path(environ)
        if self._otherwise is not None and not self._is_own(path):
            return self._otherwise(environ, start_response)
        response = self._process(environ, path)
        headers = [*response.headers, ("Content-Length", "0")]
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        return [b""]

    def close(self) -> CloseReport:
        """Closes the client that the function opened in this process, within ``close_timeout`` seconds.

        A client that the application opened stays open.
        """
        client = self._client.to_close()
        return CloseReport(0, 0) if client is None else client.close(self._close_timeout)

    def _process(self, environ: Environ, path: RequestPath) -> Response:
        """Reads the request, delivers its trigger and returns the response."""
        # Some servers pass an empty value if the header is absent.
        lengths = [length] if (length := environ.get("CONTENT_LENGTH")) else []
        rejection = self._reject(path, _head(environ, lengths))
        if rejection is not None:
            return rejection
        length = length_of(lengths) if lengths else None
        client = self._client.get()
        if length is None and "HTTP_TRANSFER_ENCODING" in environ and not environ.get("wsgi.input_terminated"):
            # The server does not provide the end of the body.
            return Response(411)
        decoded = self._decode(self._body(environ, length), length, environ.get("HTTP_CONTENT_ENCODING"))
        if isinstance(decoded, Response):
            return decoded
        try:
            client.deliver(decoded, environ.get("CONTENT_TYPE") or None)
        except Error as error:
            return self._response_to(error)
        return self._response_to(None)

    def _body(self, environ: Environ, length: int | None) -> bytes:
        """Reads the body, at most one byte beyond the limit."""
        if length is None and not environ.get("wsgi.input_terminated"):
            return b""
        remaining = self._validator.max_body + 1 if length is None else length
        parts = []
        while remaining > 0:
            part = environ["wsgi.input"].read(remaining)
            if not part:
                break
            parts.append(part)
            remaining -= len(part)
        return b"".join(parts)


def _path(environ: Environ) -> RequestPath:
    # WSGI passes the bytes of the path as a text of the same code points.
    decoded = environ.get("PATH_INFO", "").encode("latin-1", "replace")
    # Not in the standard: gunicorn and other servers set one of these.
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return RequestPath(decoded, raw.partition("?")[0] if isinstance(raw, str) else None)


def _head(environ: Environ, lengths: list[str]) -> RequestHead:
    host = environ.get("HTTP_HOST")
    return RequestHead(
        method=environ["REQUEST_METHOD"],
        version=environ.get("SERVER_PROTOCOL", "").removeprefix("HTTP/"),
        hosts=[] if host is None else [host.encode("latin-1", "replace")],
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        lengths=lengths,
    )


def _check_client(client: Any) -> None:
    if isinstance(client, BaseClient) and client._awaits:
        raise TypeError("the client is an AsyncClient, and WSGI awaits nothing; pass an omnize.Client")
    if not isinstance(client, Client):
        raise TypeError(f"the client is {describe_type(client)}; pass an omnize.Client, or a function that returns one")
