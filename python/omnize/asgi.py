"""The webhook as an ASGI application, to be mounted in one of FastAPI, Starlette, Django or any other framework.

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

from ._any_client import AnyClient
from ._arguments import what_is
from ._errors import Error
from ._webhook import Answer, Door, Head, Path, answer_to, check_otherwise
from ._worker_client import WorkerClient

if TYPE_CHECKING:
    from . import AsyncClient, Client

__all__ = ["Webhook"]

_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


class Webhook:
    """Takes the triggers that the service posts to ``path``, and hands them to ``client``.

    ``client`` may also be a function that opens the client, registers its handlers and returns it. It is called at the
    first trigger of each process, so that it works in the workers of a server that forks. Where the server tells of its
    shutdown, the client is closed then.

    ``path`` is the path below the place where this application is mounted. Whoever knows the whole URL can post
    triggers, so it should hold a part that nobody can guess. With ``basic``, as ``"user:password"``, the service must
    send these credentials. A body of more than ``max_body`` bytes is answered 413. What is not for ``path`` goes to the
    application ``otherwise``; without one it is answered 404.

    A trigger is answered 200 when the client has it (with the option ``store``: on disk), 400 when it is none, and 503
    with ``Retry-After`` when it can't be taken now. The event loop never waits for the disk. It runs on asyncio.
    """

    def __init__(
        self,
        client: Client | AsyncClient | Callable[[], Client | AsyncClient],
        path: str,
        *,
        basic: str | None = None,
        max_body: int = 1024 * 1024,
        otherwise: Application | None = None,
    ) -> None:
        check_otherwise(otherwise)
        self._client: WorkerClient[Any] = WorkerClient(client, _check_client)
        self._door = Door(path, basic, max_body)
        self._otherwise = otherwise

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = _path(scope)
        ours = scope["type"] == "http" and self._door.is_at(path)
        if self._otherwise is not None and not ours:
            await self._otherwise(scope, receive, send)
        elif scope["type"] == "http":
            answer = await self._take(scope, path, receive)
            if answer is not None:
                await _respond(answer, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    async def _take(self, scope: Message, path: Path, receive: Receive) -> Answer | None:
        """The answer; ``None`` where nobody is left to be answered."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        refusal = self._door.refuse(path, _head(scope, headers))
        if refusal is not None:
            return refusal
        client = self._client.get()
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._door.max_body:
                return Answer(413)
        codings = b",".join(headers.get(b"content-encoding", ())).decode("latin-1")
        decoded = self._door.decompressed(body, codings)
        if isinstance(decoded, Answer):
            return decoded
        try:
            await _deliver(client, decoded, _first(headers, b"content-type"))
        except Error as error:
            return answer_to(error)
        return answer_to(None)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Tell a server that serves nothing else that the application has begun and ended."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self._client.is_opened_here:
                # Nobody else knows the client that was opened here.
                await _close(self._client.get())
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def _deliver(client: Client | AsyncClient, body: bytes, content_type: str | None) -> None:
    if inspect.iscoroutinefunction(client.deliver):
        await client.deliver(body, content_type)
    elif client._core.stored:
        # It waits for the disk.
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, client.deliver, body, content_type)
    else:
        client.deliver(body, content_type)


async def _close(client: Client | AsyncClient) -> None:
    if inspect.iscoroutinefunction(client.close):
        await client.close()
    else:
        await asyncio.get_running_loop().run_in_executor(None, client.close)


def _check_client(client: Any) -> None:
    if not isinstance(client, AnyClient):
        raise TypeError(
            f"the client is {what_is(client)}; pass an omnize.Client or an omnize.AsyncClient, or a function that "
            "returns one"
        )


def _path(scope: Message) -> Path:
    # Some servers leave scheme and host of an absolute target in the path.
    path: str = _ORIGIN.sub("", scope.get("path", ""))
    root: str = scope.get("root_path", "")
    # Some servers leave the root out of the path.
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :]
    raw: bytes | None = scope.get("raw_path")
    return Path(path.encode(), None if raw is None else raw.decode("latin-1"))


def _head(scope: Message, headers: dict[bytes, list[bytes]]) -> Head:
    return Head(
        method=scope["method"],
        version=scope.get("http_version", ""),
        hosts=headers.get(b"host", []),
        authorization=_first(headers, b"authorization") or "",
        lengths=[length.decode("latin-1") for length in headers.get(b"content-length", ())],
    )


def _first(headers: dict[bytes, list[bytes]], name: bytes) -> str | None:
    values = headers.get(name)
    return values[0].decode("latin-1") if values else None


async def _respond(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    headers.append((b"content-length", b"0"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
