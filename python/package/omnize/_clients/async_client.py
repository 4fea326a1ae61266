"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Literal, Optional, Union

from .. import _omnize
from .._arguments import check_timeout, maximum_of, optional_seconds, seconds, ticket_number
from .._conversations.async_conversation import AsyncConversation
from .._conversations.customer import Customer
from .._conversations.request_fields import Fields, id_text, of_post
from .._conversations.result_types import Department, Media, OnlineAgents, agents_of, departments_of
from .._errors import (
    Closed,
    CloseTimedOut,
    ModeError,
    _abandoned_call_error,
    _closed_error,
    _flush_error,
    _handler_wait_error,
)
from .._shutdown import warn
from .base_client import BaseClient
from .check_level import CheckLevel
from .close_report import CloseReport
from .delivery_mode import DeliveryMode, deadline_of
from .descriptor_watch import DescriptorWatch, weakly
from .dispatch_task import current_handler_call
from .flush_steps import FlushSteps
from .handler_tasks import HandlerTasks, call_handlers

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._events.event import Event
    from .option_types import Options, Seconds

__all__ = ["AsyncClient"]

#: The number of queued events that an iteration returns before it lets other tasks run.
_YIELD_EVERY = 32

#: The seconds that cancelled handlers and aborted calls have to end after a close.
_CANCEL_GRACE_SECONDS = 2.0


class AsyncClient(BaseClient[AsyncConversation, Any]):
    """A client for asyncio. Has the methods and options of :class:`Client`; methods that would block are coroutines.

    The client belongs to the loop in which it is first used. After that loop is closed, it may be used in another.
    Opening a client blocks: it reads the files that the options name. Handlers may be coroutine functions.

    Cancelling a task ends its wait. A request in progress continues; a request that is still queued is not sent.

    >>> async def main():
    ...     async with AsyncClient(token="some-token", listen="127.0.0.1:0") as client:
    ...         await client.deliver(b'{"status": "typing", "clientId": "12"}')
    ...         async for event in client.events(timeout=0.1):
    ...             print(event)
    >>> asyncio.run(main())
    <Typing client_id='12'>
    """

    __slots__ = (
        "_call_numbers",
        "_calls",
        "_descriptor_watch",
        "_handler_tasks",
        "_is_finished",
        "_loop",
        "_mode",
        "_waiters",
        "_watches_events",
    )

    if TYPE_CHECKING:

        def __init__(
            self,
            token: Optional[str] = None,
            *,
            config_file: Optional[Union[str, os.PathLike[str]]] = None,
            environment: bool = True,
            **options: Unpack[Options],
        ) -> None: ...

    else:

        def __init__(self, token=None, *, config_file=None, environment=True, **options):
            self._loop = None
            self._call_numbers = itertools.count(1)
            self._calls = {}
            self._waiters = deque()
            self._watches_events = False
            self._is_finished = False
            super().__init__(token, config_file=config_file, environment=environment, **options)
            self._mode = DeliveryMode(self._core)
            self._handler_tasks = HandlerTasks(self._core.handlers_concurrency)

    _loop: Optional[asyncio.AbstractEventLoop]
    _descriptor_watch: DescriptorWatch
    _call_numbers: itertools.count[int]
    _awaits = True
    #: Calls that are not completed, by number.
    _calls: dict[int, asyncio.Future[Any]]
    #: Tasks that wait for an event.
    _waiters: deque[asyncio.Future[bool]]
    _watches_events: bool
    _mode: DeliveryMode
    _handler_tasks: HandlerTasks
    #: Whether ``close`` has ended, also if it was cancelled.
    _is_finished: bool

    def _make_conversation(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> AsyncConversation:
        return AsyncConversation(self, chat, customer, start)

    async def check(self, timeout: Optional[Seconds] = None) -> CheckLevel:
        """Checks the configuration. See :meth:`Client.check`."""
        return CheckLevel(await self._call(self._core.check_for_loop, check_timeout(timeout)))

    async def departments(self, client_id: Optional[Union[str, int]] = None) -> list[Department]:
        """Returns the departments of the account. See :meth:`Client.departments`."""
        customer = None if client_id is None else id_text("client_id", client_id)
        return departments_of(await self._call(self._core.departments_for_loop, customer))

    async def online_agents(self, department: Union[str, int]) -> OnlineAgents:
        """Returns the agents of a department who are online. Supported by the dialect ``interactions``."""
        return agents_of(await self._call(self._core.online_agents_for_loop, id_text("department", department)))

    async def off_hours(
        self, department: Union[str, int], text: str = "", *, customer: Customer, media: Optional[Media] = None
    ) -> Optional[str]:
        """Sends a customer's message while no agent is available. See :meth:`Client.off_hours`."""
        arguments = self._off_hours_arguments(department, text, customer, media)
        hash_: Optional[str] = await self._call(self._core.off_hours_for_loop, *arguments)
        return hash_

    async def cancel(self, ticket: int) -> None:
        """Cancels a posted request that waits. See :meth:`Client.cancel`."""
        await self._call(self._outbox.cancel_for_loop, ticket_number(ticket))

    async def flush(self, timeout: Optional[Seconds] = None) -> None:
        """Waits until the requests that were posted before have an outcome. See :meth:`Client.flush`."""
        timeout = optional_seconds("timeout", timeout)
        steps = FlushSteps(self._outbox, timeout)
        while True:
            pause = steps.next_pause()
            if pause is None:
                break
            await asyncio.sleep(pause)
        if steps.remaining:
            raise _flush_error(timeout or 0.0, steps.remaining)

    async def post_departments(self, client_id: Optional[Union[str, int]] = None) -> int:
        """Posts the request of :meth:`departments` and returns its ticket. See :meth:`Client.post_departments`."""
        customer = None if client_id is None else id_text("client_id", client_id)
        return int(await self._call(self._outbox.post_departments_for_loop, customer))

    async def post_online_agents(self, department: Union[str, int]) -> int:
        """Posts the request of :meth:`online_agents` and returns its ticket. See :meth:`Client.post_online_agents`."""
        return int(await self._call(self._outbox.post_online_agents_for_loop, id_text("department", department)))

    async def post_off_hours(
        self,
        department: Union[str, int],
        text: str = "",
        *,
        customer: Customer,
        media: Optional[Media] = None,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts the message of :meth:`off_hours` and returns its ticket. See :meth:`Client.post_off_hours`."""
        arguments = (*self._off_hours_arguments(department, text, customer, media), *of_post(reference, max_age))
        return int(await self._call(self._outbox.post_off_hours_for_loop, *arguments))

    async def deliver(
        self, body: bytes, content_type: Optional[str] = None, content_encoding: Optional[str] = None
    ) -> None:
        """Delivers the body of a trigger that the application's own web server received.

        See :meth:`Client.deliver`.
        """
        arguments = self._trigger_arguments(body, content_type, content_encoding)
        await self._call(self._core.deliver_for_loop, *arguments)

    async def next(self, timeout: Optional[Seconds] = None) -> Optional[Event]:
        """Returns the next event. Waits up to ``timeout`` seconds (None: forever); returns None if no event came."""
        deadline = _deadline(timeout)
        self._bind()
        while True:
            event = self._take_event()
            if event is not None or not await self._wait_for_event(deadline):
                return event

    def events(self, timeout: Optional[Seconds] = None) -> AsyncIterator[Event]:
        """Iterates over the events, until none came for ``timeout`` seconds (None: forever) or the client is closed."""
        return self._events(self._take_event, self.next, timeout)

    async def _events(
        self,
        take: Callable[[], Union[Event, Literal[False], None]],
        wait: Callable[[Optional[Seconds]], Awaitable[Optional[Event]]],
        timeout: Optional[Seconds],
    ) -> AsyncIterator[Event]:
        """Iterates over the events of the client or of a conversation. ``take`` is quicker if an event is queued."""
        self._bind()
        for number in itertools.count(1):
            if number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
            try:
                event = take() or await wait(timeout)
            except Closed:
                return
            if event is None:
                return
            try:
                yield event
            finally:
                event._release()

    def _take_event(self) -> Optional[Event]:
        try:
            return self._mode.take_event()
        except ModeError:
            self._check_outside_handler()
            raise

    def _take_event_of(self, chat: _omnize.Chat) -> Union[Event, Literal[False], None]:
        try:
            return self._mode.take_event_of(chat)
        except ModeError:
            self._check_outside_handler()
            raise

    def _check_outside_handler(self) -> None:
        """Raises ModeError if this task runs a handler, whose customer's next event is held until it has returned."""
        handler_call = current_handler_call.get()
        if handler_call is not None and handler_call.is_of(self):
            raise _handler_wait_error()

    async def poll(self, timeout: Optional[Seconds] = None, maximum: Optional[int] = None) -> int:
        """Waits up to ``timeout`` seconds (None: forever) for an event, then calls the handlers for all queued events.

        Calls one handler after the other, and awaits it if it is a coroutine function. Use :meth:`dispatch` for
        handlers that run concurrently. With ``maximum``, handles at most so many events; the others stay queued.
        Returns the number of handled events. Exceptions are raised as by :meth:`Client.poll`.
        """
        deadline = _deadline(timeout)
        most = maximum_of(maximum)
        self._check_outside_handler()
        cursor = self._mode.cursor("poll")
        self._handlers.hold_back_unwanted()
        handled = 0
        limit = 1
        try:
            while handled < limit:
                try:
                    event = cursor.next(0)
                except Closed:
                    if handled == 0:
                        raise
                    # A handler closed the client.
                    break
                if event is None:
                    if handled or not await self._wait_for_event(deadline):
                        break
                    continue
                if handled == 0:
                    limit = min(most, limit + self._core.waiting)
                handled += 1
                failure = await call_handlers(self, event, cursor)
                if failure is not None:
                    raise failure
        finally:
            cursor.release()
        return handled

    def dispatch(self) -> None:
        """Starts to call the handlers in tasks.

        Handlers for different customers run concurrently, at most as many as the option ``handlers_concurrency``.
        Events of one customer are handled one after the other, in order. A second call does nothing.

        An exception of a handler is passed to the error hook (:meth:`on_error`), or else to the loop's exception
        handler. With a store, that event is redelivered after a restart.
        """
        self._mode.use("dispatch")
        self._handlers.hold_back_unwanted()
        self._bind()
        self._watch_events()
        self._handler_tasks.begin(self)

    async def close(self, timeout: Seconds = 5.0) -> CloseReport:
        """Closes the client. See :meth:`Client.close`.

        A handler of dispatch that runs longer than ``timeout`` seconds is cancelled. With a store, its event is
        redelivered after a restart. If a handler ignores the cancellation, ``close`` stops waiting for it after two
        more seconds and logs a warning.
        """
        timeout = seconds("timeout", timeout)
        if self._is_of_parent() or not self._is_open:
            return CloseReport(0, 0)
        self._is_open = False
        deadline = time.monotonic() + timeout
        handler_call = current_handler_call.get()
        # A handler must not wait for itself.
        own = handler_call if handler_call is not None and handler_call.is_of(self) else None
        timed_out: Optional[CloseTimedOut] = None
        try:
            try:
                closing = None if own is None else own.lease
                report = CloseReport(*await self._call(self._core.close_for_loop, timeout, closing))
            except CloseTimedOut as error:
                timed_out = error
                report = CloseReport(error.events, error.requests)
            except Closed:
                report = CloseReport(0, 0)
            finally:
                self._after_close()
                self._wake_all()
            if timed_out is not None and not self._handler_tasks:
                # The handler was called by poll, whose task belongs to the application.
                raise timed_out
            others = self._handler_tasks.all_except(own)
            if others:
                _, running = await asyncio.wait(others, timeout=max(0.0, deadline - time.monotonic()))
                self._handler_tasks.cancel(running)
                if running:
                    _, running = await asyncio.wait(running, timeout=_CANCEL_GRACE_SECONDS)
                    if running:
                        warn("%d handlers ignore their cancellation; close no longer waits for them", len(running))
            # The results of aborted calls come after the result of the close.
            if self._calls:
                await asyncio.wait(self._calls.values(), timeout=_CANCEL_GRACE_SECONDS)
            return report
        finally:
            # Also if the close was cancelled.
            self._is_finished = True
            self._handler_tasks.cancel(self._handler_tasks.all_except(own))
            self._wake_all()
            for call in self._calls.values():
                if not call.done():
                    call.set_exception(_abandoned_call_error())
            self._unbind()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close(5.0 if error is None or isinstance(error, Exception) else 0.5)

    async def _call(self, submit: Callable[..., Optional[bool]], *arguments: Any) -> Any:
        """Calls ``submit`` with a call number, and returns the call's value when it is completed.

        If ``submit`` returns False, the call is already completed.
        """
        loop = self._bind()
        number = next(self._call_numbers)
        call: asyncio.Future[Any] = loop.create_future()
        self._calls[number] = call
        try:
            if submit(number, *arguments) is False:
                return None
            return await call
        finally:
            self._calls.pop(number, None)
            if call.cancelled():
                self._core.cancel_call(number)

    def _on_completions(self) -> None:
        for number, value, error in self._core.take_completions():
            call = self._calls.get(number)
            if call is None or call.done():
                continue
            if error is None:
                call.set_result(value)
            else:
                call.set_exception(error)

    async def _wait_for_event(self, deadline: Optional[float]) -> bool:
        """Waits until an event may be queued. Returns False if the deadline passed."""
        if self._is_finished:
            raise _closed_error()
        loop = self._bind()
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            return False
        self._watch_events()
        if self._core.arm_event_descriptor():
            return True
        waiter: asyncio.Future[bool] = loop.create_future()
        timer = None if remaining is None else loop.call_later(remaining, _set_result, waiter, False)
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():
                # Another waiter must take the event.
                self._on_event()
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    async def _wait_for_chat(self, chat: _omnize.Chat, deadline: Optional[float]) -> bool:
        """Waits until an event of this conversation may be queued. Returns False if the deadline passed."""
        if self._is_finished:
            raise _closed_error()
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            return False
        wakes: list[int] = []
        try:
            waiting = self._call(lambda number: wakes.append(chat.wake_for_loop(number)))
            await asyncio.wait_for(waiting, remaining)
            return True
        except asyncio.TimeoutError:
            return False
        finally:
            for wake in wakes:
                chat.cancel_wake(wake)

    def _watch_events(self) -> None:
        if not self._watches_events:
            self._descriptor_watch.watch(self._core.event_descriptor(), weakly(self._on_event))
            self._watches_events = True

    def _on_event(self) -> None:
        """Wakes one waiter for each deliverable event."""
        ready = self._core.clear_event_descriptor(len(self._waiters))
        while ready and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(True)
                ready -= 1

    def _wake_all(self) -> None:
        while self._waiters:
            _set_result(self._waiters.popleft(), True)

    def _bind(self) -> asyncio.AbstractEventLoop:
        """Returns the running loop, after binding this client to it."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return loop
        if self._loop is not None:
            if not self._loop.is_closed():
                raise RuntimeError("this client belongs to another event loop; open a client for each loop")
            self._unbind()
        descriptor_watch = DescriptorWatch(loop)
        descriptor_watch.watch(self._core.completion_descriptor(), weakly(self._on_completions))
        self._descriptor_watch = descriptor_watch
        self._loop = loop
        return loop

    def __del__(self) -> None:
        if getattr(self, "_loop", None) is not None and not self._is_of_parent():
            # Before the descriptors are closed, because their numbers may be reused. A closed client may be bound too.
            with contextlib.suppress(Exception):
                self._unbind()
        super().__del__()

    def _unbind(self) -> None:
        """Releases the loop."""
        if self._loop is None:
            return
        self._descriptor_watch.unwatch(self._core.completion_descriptor())
        if self._watches_events:
            self._descriptor_watch.unwatch(self._core.event_descriptor())
        # Tasks of a closed loop never run again.
        self._watches_events = False
        self._waiters.clear()
        self._calls.clear()
        self._handler_tasks.clear()
        self._loop = None


def _deadline(timeout: Optional[Seconds]) -> Optional[float]:
    return deadline_of(optional_seconds("timeout", timeout))


def _set_result(waiter: asyncio.Future[bool], value: bool) -> None:
    if not waiter.done():
        waiter.set_result(value)
