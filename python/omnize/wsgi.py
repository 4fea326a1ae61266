"""The webhook as a WSGI application, to be mounted in one of Flask, Django or any other framework.

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
...     answer = webhook(environ, lambda status, headers: print(status))
200 OK
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from ._any_client import AnyClient
from ._arguments import what_is
from ._client import Client
from ._errors import Error
from ._webhook import Answer, Door, Head, Path, answer_to, check_otherwise, length_of
from ._worker_client import WorkerClient

__all__ = ["Webhook"]

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Webhook:
    """Takes the triggers that the service posts to ``path``, and hands them to ``client``.

    ``client`` may also be a function that opens the client, registers its handlers and returns it. It is called at the
    first trigger of each process, so that it works in the workers of a server that forks.

    ``path`` is the path below the place where this application is mounted. Whoever knows the whole URL can post
    triggers, so it should hold a part that nobody can guess. With ``basic``, as ``"user:password"``, the service must
    send these credentials. A body of more than ``max_body`` bytes is answered 413. What is not for ``path`` goes to the
    application ``otherwise``; without one it is answered 404.

    A trigger is answered 200 when the client has it (with the option ``store``: on disk), 400 when it is none, and 503
    with ``Retry-After`` when it can't be taken now.
    """

    def __init__(
        self,
        client: Client | Callable[[], Client],
        path: str,
        *,
        basic: str | None = None,
        max_body: int = 1024 * 1024,
        otherwise: Application | None = None,
    ) -> None:
        check_otherwise(otherwise)
        if inspect.iscoroutinefunction(otherwise):
            raise TypeError("otherwise is a coroutine function, which nobody awaits here; pass a WSGI application")
        self._client = WorkerClient(client, _check_client)
        self._door = Door(path, basic, max_body)
        self._otherwise = otherwise

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        path = _path(environ)
        if self._otherwise is not None and not self._door.is_at(path):
            return self._otherwise(environ, start_response)
        answer = self._take(environ, path)
        headers = [*answer.headers, ("Content-Length", "0")]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [b""]

    def _take(self, environ: Environ, path: Path) -> Answer:
        # A server may give an empty one where there is none.
        lengths = [length] if (length := environ.get("CONTENT_LENGTH")) else []
        refusal = self._door.refuse(path, _head(environ, lengths))
        if refusal is not None:
            return refusal
        length = length_of(lengths) if lengths else None
        client = self._client.get()
        if length is None and "HTTP_TRANSFER_ENCODING" in environ and not environ.get("wsgi.input_terminated"):
            # The server gives no way to tell where the body ends.
            return Answer(411)
        body = self._body(environ, length)
        if len(body) > self._door.max_body:
            return Answer(413)
        if length is not None and len(body) < length:
            # It broke off. Half a trigger must not be taken for a whole one.
            return Answer(400)
        decoded = self._door.decompressed(body, environ.get("HTTP_CONTENT_ENCODING"))
        if isinstance(decoded, Answer):
            return decoded
        try:
            client.deliver(decoded, environ.get("CONTENT_TYPE") or None)
        except Error as error:
            return answer_to(error)
        return answer_to(None)

    def _body(self, environ: Environ, length: int | None) -> bytes:
        if length is None and not environ.get("wsgi.input_terminated"):
            return b""
        wanted = self._door.max_body + 1 if length is None else length
        parts = []
        while wanted > 0:
            part = environ["wsgi.input"].read(wanted)
            if not part:
                break
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)


def _path(environ: Environ) -> Path:
    # WSGI gives bytes of the path as text of the same code points.
    decoded = environ.get("PATH_INFO", "").encode("latin-1", "replace")
    # The names that gunicorn and others have for it.
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return Path(decoded, raw.partition("?")[0] if isinstance(raw, str) else None)


def _head(environ: Environ, lengths: list[str]) -> Head:
    host = environ.get("HTTP_HOST")
    return Head(
        method=environ["REQUEST_METHOD"],
        version=environ.get("SERVER_PROTOCOL", "").removeprefix("HTTP/"),
        hosts=[] if host is None else [host.encode("latin-1", "replace")],
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        lengths=lengths,
    )


def _check_client(client: Any) -> None:
    if isinstance(client, AnyClient) and client._awaits:
        raise TypeError("the client is an AsyncClient, which nobody awaits here; pass an omnize.Client")
    if not isinstance(client, Client):
        raise TypeError(f"the client is {what_is(client)}; pass an omnize.Client, or a function that returns one")
