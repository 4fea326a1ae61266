"""The lifespan of an ASGI server: opens the client of a webhook at the startup, and closes it at the shutdown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Optional

__all__ = ["confirm_lifespan", "run_lifespan"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


async def confirm_lifespan(receive: Receive, send: Send) -> None:
    """Confirms the startup and the shutdown."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def run_lifespan(
    application: Optional[Application],
    scope: Message,
    receive: Receive,
    send: Send,
    *,
    opens: Callable[[], object],
    closes: Callable[[], Awaitable[object]],
) -> None:
    """Opens the client before the startup of the application, and closes it after the application's shutdown.

    If the client cannot be opened, the startup fails: the server logs the reason and ends.
    """
    queued = [await receive()]
    try:
        opens()
    except Exception as error:
        await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
        raise

    async def receive_next() -> Message:
        return queued.pop() if queued else await receive()

    async def close_and_send(message: Message) -> None:
        if message["type"] in _LAST_MESSAGES:
            await closes()
        await send(message)

    try:
        if application is not None:
            await application(scope, receive_next, close_and_send)
    except Exception:
        if not queued:
            await closes()
            raise
    if queued:
        # There is no application, or it does not support the lifespan, as in Django.
        await confirm_lifespan(receive_next, close_and_send)


#: The messages after which the server sends no further one.
_LAST_MESSAGES = ("lifespan.startup.failed", "lifespan.shutdown.complete", "lifespan.shutdown.failed")
