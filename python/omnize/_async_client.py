"""A client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from . import _omnize
from ._any_client import AnyClient, Left
from ._arguments import body_bytes, optional_seconds, optional_text, seconds
from ._async_conversation import AsyncConversation
from ._customer import Customer
from ._errors import Closed, CloseTimedOut, Error, ModeError, ResourceError, _another_way, _closed, _left_behind
from ._fields import Fields, id_text, of_customer, of_message
from ._lifetime import warn
from ._readiness import Readiness, weakly
from ._values import Department, Media, OnlineAgents, agents_of, departments_of
from ._worker import Handling, Worker, handling_now

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._events import Event
    from ._option_types import Options, Seconds

__all__ = ["AsyncClient"]

#: How many events that wait already are given in a row before other tasks have their turn.
_IN_A_ROW = 32

#: For how many seconds dispatch calls handlers before other tasks have their turn.
_IN_ONE_GO = 0.001

#: How many seconds dispatch waits where it could not take an event, for want of memory say, before it tries again.
_SECONDS_TO_RETRY = 0.1

#: How many seconds the calls and the handlers that closing has broken off have for telling so.
_BREAKING_OFF = 2.0


class AsyncClient(AnyClient[AsyncConversation]):
    """As :class:`Client`, for asyncio: the same names and options, and what waits is awaited.

    It belongs to the loop in which it is first used; once that is closed, to the next. Opening it reads the files that
    the options name. Handlers may be coroutine functions. Cancelling a task that waits for an answer ends the wait; a
    request that is on its way then goes on, and one that waits for its turn is not made.

    >>> async def main():
    ...     async with AsyncClient(token="some-token", listen="127.0.0.1:0") as client:
    ...         await client.deliver(b'{"status": "typing", "clientId": "12"}')
    ...         async for event in client.events(timeout=0.1):
    ...             print(event)
    >>> asyncio.run(main())
    <Typing client_id='12'>
    """

    __slots__ = (
        "_calls",
        "_handles",
        "_has_ended",
        "_loop",
        "_numbers",
        "_readiness",
        "_waiters",
        "_watches_events",
        "_workers",
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
            self._numbers = itertools.count(1)
            self._calls = {}
            self._waiters = deque()
            self._watches_events = False
            self._handles = None
            self._workers = set()
            self._has_ended = False
            super().__init__(token, config_file=config_file, environment=environment, **options)

    _loop: Optional[asyncio.AbstractEventLoop]
    _readiness: Readiness
    _numbers: itertools.count[int]
    _awaits = True
    #: Calls that have not ended, by number.
    _calls: dict[int, asyncio.Future[Any]]
    #: Tasks that wait for an event.
    _waiters: deque[asyncio.Future[bool]]
    _watches_events: bool
    #: Whether handlers are called by poll or by dispatch.
    _handles: Optional[str]
    #: The tasks that dispatch has started.
    _workers: set[Worker]
    #: Whether closing is over, or was given up.
    _has_ended: bool

    def _chat(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> AsyncConversation:
        return AsyncConversation(self, chat, customer, start)

    async def departments(self, client_id: Optional[Union[str, int]] = None) -> list[Department]:
        """Asks which departments there are. See :meth:`Client.departments`."""
        customer = None if client_id is None else id_text("client_id", client_id)
        return departments_of(await self._call(self._core.departments_for_loop, customer))

    async def online_agents(self, department: Union[str, int]) -> OnlineAgents:
        """Asks which agents of a department are there. Of the dialect interactions."""
        which = id_text("department", department)
        return agents_of(await self._call(self._core.online_agents_for_loop, which))

    async def off_hours(
        self, department: Union[str, int], text: str = "", *, customer: Customer, media: Optional[Media] = None
    ) -> Optional[str]:
        """Leaves a customer's message while no agent is there. See :meth:`Client.off_hours`."""
        which, fields = id_text("department", department), of_message(text, media) + of_customer(customer)
        hash_: Optional[str] = await self._call(self._core.off_hours_for_loop, which, fields)
        return hash_

    async def deliver(
        self, body: bytes, content_type: Optional[str] = None, content_encoding: Optional[str] = None
    ) -> None:
        """Hands over the body of a trigger that the application's own web server received.

        See :meth:`Client.deliver`.
        """
        received, type_ = body_bytes(body), optional_text("content_type", content_type)
        coding = optional_text("content_encoding", content_encoding)
        await self._call(self._core.deliver_for_loop, received, type_, coding)

    async def next(self, timeout: Optional[Seconds] = None) -> Optional[Event]:
        """Waits up to ``timeout`` seconds (None: for ever) for the next event; None where none came."""
        deadline = _deadline(timeout)
        self._bind()
        while True:
            event = self._take()
            if event is not None or not await self._readable(deadline):
                return event

    async def events(self, timeout: Optional[Seconds] = None) -> AsyncIterator[Event]:
        """Events, one by one, until none came for ``timeout`` seconds or the client is closed."""
        self._bind()
        for number in itertools.count(1):
            if number % _IN_A_ROW == 0:
                await asyncio.sleep(0)
            try:
                event = self._take()
                if event is None:
                    event = await self.next(timeout)
            except Closed:
                return
            if event is None:
                return
            try:
                yield event
            finally:
                event._let_go()

    async def poll(self, timeout: Optional[Seconds] = None) -> int:
        """Waits up to ``timeout`` seconds (None: for ever) for an event, then calls the handlers for all that wait, one
        after the other, and awaits those that are coroutines.

        Tells how many events were handled. What a handler raises comes out of here, after the other handlers of that
        event were called; with a store, the event comes again after the next start.
        """
        deadline = _deadline(timeout)
        self._choose("poll")
        turns = self._core.turns("polling task")
        handled = 0
        most = 1
        try:
            while handled < most:
                try:
                    event = turns.next(0)
                except Closed:
                    if handled == 0:
                        raise
                    # By a handler.
                    break
                if event is None:
                    if handled or not await self._readable(deadline):
                        break
                    continue
                if handled == 0:
                    most += self._core.waiting
                handled += 1
                failure = await self._handle(event, turns)
                if failure is not None:
                    raise failure
        finally:
            turns.end()
        return handled

    def dispatch(self) -> None:
        """Starts the tasks that call the handlers from now on, as many as the option ``dispatch_threads`` says.

        A second call does nothing. What a handler raises is told to the loop's exception handler; with a store, the
        event comes again after the next start.
        """
        self._choose("dispatch")
        loop = self._bind()
        self._watch_events()
        while len(self._workers) < self._core.dispatch_threads:
            worker = Worker(self._work(), loop=loop)
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def close(self, timeout: Seconds = 5.0) -> Left:
        """Closes the client: see :meth:`Client.close`.

        Until then handlers that run may make requests. A handler of dispatch that runs longer than ``timeout`` seconds
        is cancelled, and with a store its event comes again after the next start. One that goes on all the same is left
        behind two seconds later, and a warning is logged.
        """
        timeout = seconds("timeout", timeout)
        if self._is_of_parent() or not self._is_open:
            return Left(0, 0)
        self._is_open = False
        deadline = time.monotonic() + timeout
        handling = handling_now.get()
        inside = handling is not None and handling.is_of(self)
        cut_off: Optional[CloseTimedOut] = None
        try:
            try:
                # From inside a handler there is no waiting for what comes behind it.
                within = 0.0 if inside else timeout
                left = Left(*await self._call(self._core.close_for_loop, within, not inside))
            except CloseTimedOut as error:
                cut_off = error
                left = Left(error.events, error.requests)
            except Closed:
                left = Left(0, 0)
            finally:
                self._closed()
                self._wake_all()
            if cut_off is not None and not self._workers:
                # The handler is one of poll, whose task is the application's.
                raise cut_off
            if not inside and self._workers:
                await asyncio.wait(self._workers, timeout=max(0.0, deadline - time.monotonic()))
                self._cancel_workers()
                if self._workers:
                    _, running = await asyncio.wait(self._workers, timeout=_BREAKING_OFF)
                    if running:
                        warn("handlers that go on though they were cancelled are left behind: %d", len(running))
            # They are told of one by one, behind the end of closing.
            if self._calls:
                await asyncio.wait(self._calls.values(), timeout=_BREAKING_OFF)
            return left
        finally:
            # Also where closing was cancelled.
            self._has_ended = True
            if not inside:
                self._cancel_workers()
            self._wake_all()
            for ended in self._calls.values():
                if not ended.done():
                    ended.set_exception(_left_behind())
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

    def _choose(self, way: str) -> None:
        if self._handles not in (None, way):
            raise _another_way(self._handles, way)
        try:
            self._core.choose("polling task" if way == "poll" else "task")
        except ModeError:
            # The core knows of handlers, and not of what calls them here.
            raise _another_way("next", way) from None
        self._handles = way

    def _take(self) -> Optional[Event]:
        """An event, where one waits."""
        try:
            return self._core.next(0)
        except ModeError:
            raise _another_way(self._handles or "handlers", "next") from None

    def _cancel_workers(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _work(self) -> None:
        """What a task of dispatch does."""
        turns = self._core.turns("task")
        until = 0.0
        try:
            while True:
                try:
                    event = turns.next(0)
                    if event is None:
                        await self._readable(None)
                        continue
                except ResourceError as error:
                    await self._retry_later(error)
                    continue
                except Error:
                    # It is closed.
                    return
                except Exception as error:
                    # The event is kept, and taken by the next call.
                    await self._retry_later(error)
                    continue
                failure = await self._handle(event, turns)
                turns.end()
                if failure is not None:
                    _report(failure)
                # One that has much to do lets others have their turn.
                if time.monotonic() >= until:
                    await asyncio.sleep(0)
                    until = time.monotonic() + _IN_ONE_GO
        finally:
            turns.end()

    async def _retry_later(self, error: BaseException) -> None:
        _report(error)
        await asyncio.sleep(_SECONDS_TO_RETRY)

    async def _handle(self, event: Event, turns: _omnize.Turns) -> Optional[BaseException]:
        """Calls the handlers for an event; gives what the first one raised that failed."""
        wanting = self._handlers.wanting(event)
        failure: Optional[BaseException] = None
        worker = asyncio.current_task()
        if not wanting:
            turns.unwanted()
        is_handled = False
        handling = Handling(self)
        before = handling_now.set(handling)
        try:
            for function in wanting:
                if isinstance(worker, Worker):
                    worker.is_to_end = False
                try:
                    result = function(event)
                    if hasattr(result, "__await__"):
                        await result
                except (Exception, asyncio.CancelledError) as error:
                    is_cancellation = isinstance(error, asyncio.CancelledError)
                    if is_cancellation and (not isinstance(worker, Worker) or worker.is_to_end):
                        raise
                    if failure is None:
                        failure = error
                    else:
                        _report(error)
            is_handled = failure is None
        finally:
            handling.is_running = False
            # One that was collected in the midst is ended in another context.
            with contextlib.suppress(ValueError):
                handling_now.reset(before)
            if not is_handled:
                event._was_not_handled()
            event._let_go()
        return failure

    async def _call(self, submit: Callable[..., Optional[bool]], *arguments: Any) -> Any:
        """Has the core do something, and waits for its end; not where ``submit`` says that it has ended already."""
        loop = self._bind()
        number = next(self._numbers)
        ended: asyncio.Future[Any] = loop.create_future()
        self._calls[number] = ended
        try:
            if submit(number, *arguments) is False:
                return None
            return await ended
        finally:
            self._calls.pop(number, None)
            if ended.cancelled():
                self._core.cancel_call(number)

    def _on_ended_calls(self) -> None:
        for number, value, error in self._core.ended_calls():
            ended = self._calls.get(number)
            if ended is None or ended.done():
                continue
            if error is None:
                ended.set_result(value)
            else:
                ended.set_exception(error)

    async def _readable(self, deadline: Optional[float]) -> bool:
        """Waits until an event may be there; False where that was not so by the deadline."""
        if self._has_ended:
            raise _closed()
        loop = self._bind()
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        self._watch_events()
        if self._core.set_alarm():
            return True
        waiter: asyncio.Future[bool] = loop.create_future()
        timer = None if left is None else loop.call_later(left, _tell, waiter, False)
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():
                # It was woken for an event that it does not take.
                self._on_event()
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _watch_events(self) -> None:
        if not self._watches_events:
            self._readiness.watch(self._core.event_descriptor(), weakly(self._on_event))
            self._watches_events = True

    def _on_event(self) -> None:
        """Wakes as many of those that wait as there are events."""
        ready = self._core.alarm_rang(len(self._waiters))
        while ready and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(True)
                ready -= 1

    def _wake_all(self) -> None:
        while self._waiters:
            _tell(self._waiters.popleft(), True)

    def _bind(self) -> asyncio.AbstractEventLoop:
        """The loop that runs, which is this client's from now on."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return loop
        if self._loop is not None:
            if not self._loop.is_closed():
                raise RuntimeError("this client is used in another event loop; open one for each")
            self._unbind()
        readiness = Readiness(loop)
        readiness.watch(self._core.call_descriptor(), weakly(self._on_ended_calls))
        self._readiness = readiness
        self._loop = loop
        return loop

    def __del__(self) -> None:
        if getattr(self, "_loop", None) is not None and not self._is_of_parent():
            # Before the descriptors are closed, and their numbers another's. Who calls a closed one binds it too.
            with contextlib.suppress(Exception):
                self._unbind()
        super().__del__()

    def _unbind(self) -> None:
        """Lets go of the loop."""
        if self._loop is None:
            return
        self._readiness.forget(self._core.call_descriptor())
        if self._watches_events:
            self._readiness.forget(self._core.event_descriptor())
        # Nobody will ever run what waited in a loop that is closed.
        self._watches_events = False
        self._waiters.clear()
        self._calls.clear()
        self._workers.clear()
        self._loop = None


def _report(error: BaseException) -> None:
    """Tells the loop of what a handler has raised."""
    message = "a handler of an omnize client failed; the next one is called"
    asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})


def _deadline(timeout: Optional[Seconds]) -> Optional[float]:
    bound = optional_seconds("timeout", timeout)
    return None if bound is None else time.monotonic() + bound


def _tell(waiter: asyncio.Future[bool], value: bool) -> None:
    if not waiter.done():
        waiter.set_result(value)
