"""A conversation for asyncio."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Optional, Union

from ._conversation import OneConversation
from ._customer import Customer
from ._errors import Error, StateError
from ._fields import Fields, of_external, of_message, of_transfer, of_update
from ._lifetime import warn
from ._values import Media

if TYPE_CHECKING:
    from ._async_client import AsyncClient
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

    __slots__ = ("_call",)

    def __init__(self, client: AsyncClient, chat: Chat, customer: Fields, start: Fields) -> None:
        super().__init__(client, chat, customer, start)
        self._call = client._call

    async def start(self, customer: Optional[Customer] = None) -> None:
        """Starts the interaction, with this customer or the one that the conversation was made with."""
        await self._request("start", self._of_start(customer))

    async def send(self, text: str = "", media: Optional[Media] = None) -> None:
        """Sends the customer's message. Only the dialect interactions has media."""
        if media is None:
            await self._call(self._chat.send_for_loop, text)
        else:
            await self._request("message", of_message(text, media))

    async def typing(self) -> None:
        """Says that the customer types."""
        await self._request("typing")

    async def cleared(self) -> None:
        """Says that the customer has stopped typing."""
        await self._request("cleared")

    async def finish(self) -> None:
        """Finishes the interaction."""
        await self._request("finish")
        self._has_finished()

    async def update(
        self,
        *,
        mood: Optional[str] = None,
        tags: Iterable[str] = (),
        customer_key: Optional[str] = None,
        note: Optional[str] = None,
    ) -> None:
        """Notes something about the interaction. See :meth:`Conversation.update`."""
        await self._request("update", of_update(mood, tags, customer_key, note))

    async def whatsapp(
        self,
        external_id: str,
        text: str = "",
        media: Optional[Media] = None,
        customer: Optional[Customer] = None,
    ) -> None:
        """Starts the interaction by a message over WhatsApp to this customer. Of the dialect interactions."""
        fields = [*of_external(external_id), *of_message(text, media), *self._of_start(customer)]
        await self._request("whatsapp", fields)

    async def bot_accept(self) -> None:
        """Takes the interaction that was given to the application, which is an external bot."""
        await self._request("bot_accept")

    async def bot_transfer(self, department: Optional[Union[str, int]] = None) -> None:
        """Gives the external bot's interaction to a department, or back to where it started."""
        await self._request("bot_transfer", of_transfer(department))

    async def post(self, text: str = "", media: Optional[Media] = None) -> int:
        """Posts the customer's message and gives its ticket. With a store, waits until it is on disk."""
        return await self._post("message", of_message(text, media))

    async def post_start(self, customer: Optional[Customer] = None) -> int:
        """As ``start``, and gives a ticket at once."""
        return await self._post("start", self._of_start(customer))

    async def post_finish(self) -> int:
        """As ``finish``, and gives a ticket at once."""
        return await self._post("finish")

    async def post_bot_accept(self) -> int:
        """As ``bot_accept``, and gives a ticket at once."""
        return await self._post("bot_accept")

    async def post_bot_transfer(self, department: Optional[Union[str, int]] = None) -> int:
        """As ``bot_transfer``, and gives a ticket at once."""
        return await self._post("bot_transfer", of_transfer(department))

    async def _request(self, name: str, fields: Sequence[tuple[str, str]] = ()) -> None:
        await self._call(self._chat.request_for_loop, name, list(fields))

    async def _post(self, name: str, fields: Sequence[tuple[str, str]] = ()) -> int:
        ticket: int = await self._call(self._chat.post_for_loop, name, list(fields))
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
        # A child leaves it to the parent.
        if self._client._is_of_parent() or not self.is_open:
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
                # A task that is cancelled does not wait for an answer. Behind it, this leaves when it can, and does not
                # overtake what was to be sent before.
                self._chat.post_behind("finish")
        except StateError:
            pass
        except Error as failure:
            warn("an interaction was not finished at the end of its block, which an exception has left: %s", failure)
