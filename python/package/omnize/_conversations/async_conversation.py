"""The conversation for asyncio."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

from .._arguments import optional_seconds
from .._clients.delivery_mode import deadline_of
from .._errors import Error, StateError
from .conversation import BaseConversation
from .customer import Customer
from .request_fields import Fields, of_message, of_post, of_transfer, of_update
from .result_types import Media, Mood

if TYPE_CHECKING:
    from .._clients.async_client import AsyncClient
    from .._clients.option_types import Seconds
    from .._events.event import Event
    from .._omnize import Chat

__all__ = ["AsyncConversation"]


class AsyncConversation(BaseConversation[Any]):
    """A conversation for asyncio, created by :meth:`AsyncClient.conversation`. See :class:`Conversation`.

    Requests are sent in the order in which their coroutines start.

    >>> async def main():
    ...     async with AsyncClient(listen="127.0.0.1:0") as client:
    ...         async with client.conversation("12", department="1") as chat:
    ...             await chat.send("Bom dia!")
    ...             print(chat.state)
    >>> asyncio.run(main())
    waiting
    """

    __slots__ = ("_call",)

    _client: AsyncClient
    _chat: Chat

    def __init__(self, client: AsyncClient, chat: Chat, customer: Fields, start: Fields) -> None:
        super().__init__(client, chat, customer, start)
        self._call = client._call

    async def next(self, timeout: Optional[Seconds] = None) -> Optional[Event]:
        """Returns the next event of this interaction, or None. See :meth:`Conversation.next`."""
        deadline = deadline_of(optional_seconds("timeout", timeout))
        self._client._bind()
        while True:
            event = self._take_event()
            if event is not None or not await self._client._wait_for_chat(self._chat, deadline):
                return event or None

    def events(self, timeout: Optional[Seconds] = None) -> AsyncIterator[Event]:
        """Iterates over the events of this interaction. See :meth:`Conversation.events`."""
        return self._client._events(self._take_event, self.next, timeout)

    def _take_event(self) -> Union[Event, Literal[False], None]:
        return self._client._take_event_of(self._chat)

    async def start(self, customer: Optional[Customer] = None) -> None:
        """Starts the interaction. See :meth:`Conversation.start`."""
        await self._request("start", self._start_fields(customer))

    async def send(self, text: str = "", media: Optional[Media] = None) -> None:
        """Sends a message of the customer. ``media`` requires the dialect ``interactions``."""
        if media is None:
            await self._call(self._chat.send_for_loop, text)
        else:
            await self._request("message", of_message(text, media))

    async def typing(self) -> None:
        """Reports that the customer is typing."""
        await self._request("typing")

    async def cleared(self) -> None:
        """Reports that the customer deleted the text that they were typing."""
        await self._request("cleared")

    async def finish(self) -> None:
        """Finishes the interaction."""
        await self._request("finish")
        self._end_handlers()

    async def update(
        self,
        *,
        mood: Optional[Mood] = None,
        tags: Iterable[str] = (),
        customer_key: Optional[str] = None,
        note: Optional[str] = None,
    ) -> None:
        """Updates notes about the interaction. See :meth:`Conversation.update`."""
        await self._request("update", of_update(mood, tags, customer_key, note))

    async def whatsapp(
        self,
        external_id: str,
        text: str = "",
        media: Optional[Media] = None,
        customer: Optional[Customer] = None,
    ) -> None:
        """Starts the interaction with a WhatsApp message. Supported by the dialect ``interactions``."""
        await self._request("whatsapp", self._whatsapp_fields(external_id, text, media, customer))

    async def bot_accept(self) -> None:
        """Accepts an interaction that was assigned to the application's external bot."""
        await self._request("bot_accept")

    async def bot_transfer(self, department: Optional[Union[str, int]] = None) -> None:
        """Transfers the external bot's interaction to a department (None: back to where it started)."""
        await self._request("bot_transfer", of_transfer(department))

    async def post(
        self,
        text: str = "",
        media: Optional[Media] = None,
        *,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts a message of the customer and returns its ticket. With a store, waits until it is on disk.

        ``reference`` makes it repeatable, and ``max_age`` limits its age: see :meth:`Conversation.post`.
        """
        return await self._post("message", of_message(text, media), *of_post(reference, max_age))

    async def post_start(
        self,
        customer: Optional[Customer] = None,
        *,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts a start request and returns its ticket. See :meth:`start`."""
        return await self._post("start", self._start_fields(customer), *of_post(reference, max_age))

    async def post_finish(self, *, reference: Optional[str] = None, max_age: Optional[Seconds] = None) -> int:
        """Posts a finish request and returns its ticket. See :meth:`finish`."""
        return await self._post("finish", [], *of_post(reference, max_age))

    async def post_bot_accept(self, *, reference: Optional[str] = None, max_age: Optional[Seconds] = None) -> int:
        """Posts an accept request and returns its ticket. See :meth:`bot_accept`."""
        return await self._post("bot_accept", [], *of_post(reference, max_age))

    async def post_bot_transfer(
        self,
        department: Optional[Union[str, int]] = None,
        *,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts a transfer request and returns its ticket. See :meth:`bot_transfer`."""
        return await self._post("bot_transfer", of_transfer(department), *of_post(reference, max_age))

    async def cancel(self) -> int:
        """Cancels the posted requests of the interaction that wait. See :meth:`Conversation.cancel`."""
        count: int = await self._call(self._chat.cancel_for_loop)
        return count

    async def _request(self, name: str, fields: Sequence[tuple[str, str]] = ()) -> None:
        await self._call(self._chat.request_for_loop, name, list(fields))

    async def _post(
        self, name: str, fields: Sequence[tuple[str, str]], reference: Optional[str], max_age: Optional[float]
    ) -> int:
        ticket: int = await self._call(self._chat.post_for_loop, name, list(fields), reference, max_age)
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
        if not self._must_finish():
            return
        if error is None:
            # The agent may have finished first.
            with contextlib.suppress(StateError):
                await self.finish()
            return
        # The exception of the block must be raised, not one of the finish.
        try:
            if isinstance(error, Exception):
                await self.finish()
            else:
                # A cancelled task must not wait for a response. The finish is posted after the task's queued requests.
                self._chat.post_after_queue("finish")
        except StateError:
            pass
        except Error as failure:
            self._warn_unfinished(failure)
