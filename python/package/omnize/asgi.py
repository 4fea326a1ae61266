"""The webhook as an ASGI application, for FastAPI, Starlette, Django and other frameworks.

>>> import asyncio
>>> import omnize
>>> from omnize.asgi import Webhook
>>> async def post(webhook, body):
...     async def receive():
...         return {"type": "http.request", "body": body, "more_body": False}
...     async def send(message):
...         if message["type"] == "http.response.start":
...             print(message["status"])
...     path = "/omnize/a-part-that-nobody-guesses"
...     await webhook({"type": "http", "method": "POST", "path": path, "headers": []}, receive, send)
>>> with omnize.Client(token="some-token") as client:
...     webhook = Webhook(client, "/omnize/a-part-that-nobody-guesses")
...     asyncio.run(post(webhook, b'{"message": "Bom dia!", "clientId": "12"}'))
200
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from ._arguments import describe_type
from ._clients.base_client import BaseClient
from ._clients.close_report import CloseReport
from ._errors import Error
from ._webhooks.lifespan import confirm_lifespan, run_lifespan
from ._webhooks.request_validator import RequestHead, RequestPath, Response
from ._webhooks.webhook import BaseWebhook

if TYPE_CHECKING:
    from . import AsyncClient, Client
    from ._clients.option_types import Seconds

__all__ = ["Webhook"]

_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


class Webhook(BaseWebhook[Any, Application]):
    """Receives the triggers that the service posts to ``path``, and delivers them to ``client``.

    ``client`` may also be a function that opens a client, registers its handlers and returns it. It is called once in
    each process, so it works in the workers of a server that forks: at the server's startup, by :meth:`open`, or at the
    first trigger. At the server's shutdown, this client is closed: its handlers and posted requests have up to
    ``close_timeout`` seconds. A framework in which this application is mounted does not pass startup and shutdown on.
    So call :meth:`open` and :meth:`close` in its lifespan.

    ``path`` is the path below the path where this application is mounted. Anyone who knows the whole URL can post
    triggers, so it should contain a part that nobody can guess. With ``basic``, as ``"user:password"``, the service
    must send these credentials. A body of more than ``max_body`` bytes is rejected with 413. Requests for other paths
    are passed to the application ``otherwise``; without one, the response is 404.

    The response to a trigger is 200 if the client has it (with the option ``store``: on disk). It is 400 if the trigger
    is invalid, and 503 with ``Retry-After`` if the client cannot accept it now. The event loop never waits for the
    disk. The loop must be one of asyncio.
    """

    def __init__(
        self,
        client: Client | AsyncClient | Callable[[], Client | AsyncClient],
        path: str,
        *,
        basic: str | None = None,
        max_body: int = 1024 * 1024,
        otherwise: Application | None = None,
        close_timeout: Seconds = 5.0,
    ) -> None:
        super().__init__(client, _check_client, path, basic, max_body, otherwise, close_timeout)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Responds to a request."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(scope, receive, send)
            return
        path = _path(scope)
        is_http = scope["type"] == "http"
        if self._otherwise is not None and not (is_http and self._is_own(path)):
            await self._otherwise(scope, receive, send)
        elif is_http:
            response = await self._process(scope, path, receive)
            if response is not None:
                await _respond(response, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    async def close(self) -> CloseReport:
        """Closes the client that the function opened in this process, within ``close_timeout`` seconds.

        A client that the application opened stays open.
        """
        client = self._client.to_close()
        return CloseReport(0, 0) if client is None else await _close(client, self._close_timeout)

    async def _process(self, scope: Message, path: RequestPath, receive: Receive) -> Response | None:
        """Reads the request, delivers its trigger and returns the response. Returns None if the sender disconnected."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        rejection = self._reject(path, _head(scope, headers))
        if rejection is not None:
            return rejection
        client = self._client.get()
        body = b""
        has_more = True
        while has_more and not self._is_too_large(len(body)):
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            has_more = message.get("more_body", False)
        codings = b",".join(headers.get(b"content-encoding", ())).decode("latin-1")
        decoded = self._decode(body, None, codings)
        if isinstance(decoded, Response):
            return decoded
        try:
            await _deliver(client, decoded, _first(headers, b"content-type"))
        except Error as error:
            return self._response_to(error)
        return self._response_to(None)

    async def _run_lifespan(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._client.is_opened_by_function:
            await run_lifespan(self._otherwise, scope, receive, send, opens=self.open, closes=self.close)
        elif self._otherwise is not None:
            await self._otherwise(scope, receive, send)
        else:
            await confirm_lifespan(receive, send)


async def _deliver(client: Client | AsyncClient, body: bytes, content_type: str | None) -> None:
    if inspect.iscoroutinefunction(client.deliver):
        await client.deliver(body, content_type)
    elif client._core.stored:
        # The delivery waits for the disk.
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, client.deliver, body, content_type)
    else:
        client.deliver(body, content_type)


async def _close(client: Client | AsyncClient, timeout: float) -> CloseReport:
    close: Any = client.close
    report: CloseReport
    if client._awaits:
        report = await close(timeout)
    else:
        report = await asyncio.get_running_loop().run_in_executor(None, close, timeout)
    return report


def _check_client(client: Any) -> None:
    if not isinstance(client, BaseClient):
        raise TypeError(
            f"the client is {describe_type(client)}; pass an omnize.Client or an omnize.AsyncClient, or a function "
            "that returns one"
        )


def _path(scope: Message) -> RequestPath:
    # Some servers leave the scheme and host of an absolute URL in the path.
    path: str = _ORIGIN.sub("", scope.get("path", ""))
    root: str = scope.get("root_path", "")
    # Some servers omit the root from the path.
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :]
    raw: bytes | None = scope.get("raw_path")
    return RequestPath(path.encode(), None if raw is None else raw.decode("latin-1"))


def _head(scope: Message, headers: dict[bytes, list[bytes]]) -> RequestHead:
    return RequestHead(
        method=scope["method"],
        version=scope.get("http_version", ""),
        hosts=headers.get(b"host", []),
        authorization=_first(headers, b"authorization") or "",
        lengths=[length.decode("latin-1") for length in headers.get(b"content-length", ())],
    )


def _first(headers: dict[bytes, list[bytes]], name: bytes) -> str | None:
    values = headers.get(name)
    return values[0].decode("latin-1") if values else None


async def _respond(response: Response, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
    headers.append((b"content-length", b"0"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
