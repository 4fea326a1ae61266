"""A conversation for asyncio."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional

from ._conversation import OneConversation, message_text
from ._customer import Customer
from ._errors import Error, StateError

if TYPE_CHECKING:
    from ._handlers import Handlers
    from ._omnize import Chat

__all__ = ["AsyncConversation"]


class AsyncConversation(OneConversation):
    """As :class:`Conversation`, for asyncio. Made by :meth:`AsyncClient.conversation`.

    Its requests leave in the order in which the coroutines are started.

    >>> async def main():
    ...     async with AsyncClient(listen="127.0.0.1:0") as client:
    ...         async with client.conversation("12", department="1") as chat:
    ...             await chat.send("Bom dia!")
    ...             print(chat.state)
    >>> asyncio.run(main())
    waiting
    """

    def __init__(
        self,
        chat: Chat,
        handlers: Handlers,
        customer: Optional[Customer],
        call: Callable[[Callable[[int], Optional[bool]]], Awaitable[Any]],
    ) -> None:
        super().__init__(chat, handlers, customer)
        self._call = call

    async def start(self, customer: Optional[Customer] = None) -> None:
        """Starts the interaction, with this customer or the one that the conversation was made with."""
        await self._request("start", None, self._of_start(customer))

    async def send(self, text: str) -> None:
        """Sends the customer's message."""
        await self._request("message", message_text(text))

    async def typing(self) -> None:
        """Says that the customer types."""
        await self._request("typing")

    async def cleared(self) -> None:
        """Says that the customer has stopped typing."""
        await self._request("cleared")

    async def finish(self) -> None:
        """Finishes the interaction."""
        await self._request("finish")

    async def post(self, text: str) -> int:
        """Posts the customer's message and gives its ticket. With a store, waits until it is on disk."""
        return await self._post("message", message_text(text))

    async def post_start(self, customer: Optional[Customer] = None) -> int:
        """As ``start``, and gives a ticket at once."""
        return await self._post("start", None, self._of_start(customer))

    async def post_finish(self) -> int:
        """As ``finish``, and gives a ticket at once."""
        return await self._post("finish")

    async def _request(
        self, name: str, text: Optional[str] = None, customer: tuple[Optional[str], ...] | None = None
    ) -> None:
        await self._call(lambda number: self._chat.request_for_loop(number, name, text, customer))

    async def _post(
        self, name: str, text: Optional[str] = None, customer: tuple[Optional[str], ...] | None = None
    ) -> int:
        ticket: int = await self._call(lambda number: self._chat.post_for_loop(number, name, text, customer))
        return ticket

    async def __aenter__(self) -> AsyncConversation:
        if not self.is_open:
            await self.start()
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if not self.is_open:
            return
        if error is None:
            # Unless the agent was faster.
            with contextlib.suppress(StateError):
                await self.finish()
            return
        # What went wrong in the body is what is to be told.
        try:
            if isinstance(error, Exception):
                await self.finish()
            else:
                # A task that is cancelled does not wait for an answer. Behind it, this leaves when it can.
                self._chat.post("finish")
        except Error:
            pass
