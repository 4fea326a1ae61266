"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from .. import _omnize
from .._arguments import optional_seconds, seconds
from .._conversations.async_conversation import AsyncConversation
from .._conversations.customer import Customer
from .._conversations.request_fields import Fields, id_text
from .._conversations.result_types import Department, Media, OnlineAgents, agents_of, departments_of
from .._errors import Closed, CloseTimedOut, Error, ResourceError, _abandoned_call_error, _closed_error
from .._shutdown import warn
from .base_client import BaseClient
from .check_level import CheckLevel
from .close_report import CloseReport
from .delivery_mode import DeliveryMode, deadline_of
from .descriptor_watch import DescriptorWatch, weakly
from .dispatch_task import DispatchTask, HandlerCall, current_handler_call

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._events.event import Event
    from .option_types import Options, Seconds

__all__ = ["AsyncClient"]

#: The number of queued events that ``events`` returns before it lets other tasks run.
_YIELD_EVERY = 32

#: The seconds for which dispatch calls handlers before it lets other tasks run.
_YIELD_AFTER_SECONDS = 0.001

#: The delay in seconds before dispatch retries to take an event, for example after a lack of memory.
_RETRY_SECONDS = 0.1

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
        "_is_finished",
        "_loop",
        "_mode",
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
            self._call_numbers = itertools.count(1)
            self._calls = {}
            self._waiters = deque()
            self._watches_events = False
            self._workers = set()
            self._is_finished = False
            super().__init__(token, config_file=config_file, environment=environment, **options)
            self._mode = DeliveryMode(self._core)

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
    #: The tasks of dispatch.
    _workers: set[DispatchTask]
    #: Whether ``close`` has ended, also if it was cancelled.
    _is_finished: bool

    def _make_conversation(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> AsyncConversation:
        return AsyncConversation(self, chat, customer, start)

    async def check(self, timeout: Optional[Seconds] = None) -> CheckLevel:
        """Checks the configuration. See :meth:`Client.check`."""
        return CheckLevel(await self._call(self._core.check_for_loop, optional_seconds("timeout", timeout)))

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
            event = self._mode.take_event()
            if event is not None or not await self._wait_for_event(deadline):
                return event

    async def events(self, timeout: Optional[Seconds] = None) -> AsyncIterator[Event]:
        """Iterates over the events, until none came for ``timeout`` seconds (None: forever) or the client is closed."""
        self._bind()
        for number in itertools.count(1):
            if number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
            try:
                event = self._mode.take_event()
                if event is None:
                    event = await self.next(timeout)
            except Closed:
                return
            if event is None:
                return
            try:
                yield event
            finally:
                event._release()

    async def poll(self, timeout: Optional[Seconds] = None) -> int:
        """Waits up to ``timeout`` seconds (None: forever) for an event, then calls the handlers for all queued events.

        Calls one handler after the other, and awaits it if it is a coroutine function. Returns the number of handled
        events. Exceptions are raised as by :meth:`Client.poll`.
        """
        deadline = _deadline(timeout)
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
                    limit += self._core.waiting
                handled += 1
                failure = await self._handle(event, cursor)
                if failure is not None:
                    raise failure
        finally:
            cursor.release()
        return handled

    def dispatch(self) -> None:
        """Starts tasks that call the handlers. The option ``dispatch_threads`` is their number.

        A second call does nothing. An exception of a handler is passed to the loop's exception handler. With a store,
        that event is redelivered after a restart.
        """
        self._mode.use("dispatch")
        self._handlers.hold_back_unwanted()
        loop = self._bind()
        self._watch_events()
        while len(self._workers) < self._core.dispatch_threads:
            worker = DispatchTask(self._run_dispatch(), loop=loop)
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

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
            if timed_out is not None and not self._workers:
                # The handler was called by poll, whose task belongs to the application.
                raise timed_out
            others = self._workers_except(own)
            if others:
                _, running = await asyncio.wait(others, timeout=max(0.0, deadline - time.monotonic()))
                _cancel(running)
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
            _cancel(self._workers_except(own))
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

    def _workers_except(self, own: Optional[HandlerCall]) -> set[DispatchTask]:
        """Returns the tasks of dispatch, except for the one of this handler call."""
        return {worker for worker in self._workers if own is None or worker is not own.worker}

    async def _run_dispatch(self) -> None:
        """Runs a task of dispatch until the client is closed."""
        cursor = self._mode.cursor("dispatch")
        yield_at = 0.0
        try:
            while True:
                try:
                    event = cursor.next(0)
                    if event is None:
                        await self._wait_for_event(None)
                        continue
                except ResourceError as error:
                    await self._wait_to_retry(error)
                    continue
                except Error:
                    # The client is closed.
                    return
                except Exception as error:
                    # The core keeps the event. The next call returns it.
                    await self._wait_to_retry(error)
                    continue
                failure = await self._handle(event, cursor)
                cursor.release()
                if failure is not None:
                    _report(failure)
                if time.monotonic() >= yield_at:
                    await asyncio.sleep(0)
                    yield_at = time.monotonic() + _YIELD_AFTER_SECONDS
        finally:
            cursor.release()

    async def _wait_to_retry(self, error: BaseException) -> None:
        _report(error)
        await asyncio.sleep(_RETRY_SECONDS)

    async def _handle(self, event: Event, cursor: _omnize.EventCursor) -> Optional[BaseException]:
        """Calls the handlers for an event. Returns the exception of the first one that failed."""
        failure: Optional[BaseException] = None
        worker = asyncio.current_task()
        is_handled = False
        handler_call = HandlerCall(self, cursor.task)
        token = current_handler_call.set(handler_call)
        try:
            wanting = self._handlers.wanting(event)
            is_kept = not wanting and self._handlers.is_holding_back
            if not wanting and not is_kept:
                cursor.count_unwanted(self._handlers.has_any)
            for function in wanting:
                if isinstance(worker, DispatchTask):
                    worker.was_cancelled = False
                try:
                    result = function(event)
                    if hasattr(result, "__await__"):
                        await result
                except (Exception, asyncio.CancelledError) as error:
                    is_cancellation = isinstance(error, asyncio.CancelledError)
                    if is_cancellation and (not isinstance(worker, DispatchTask) or worker.was_cancelled):
                        raise
                    if failure is None:
                        failure = error
                    else:
                        _report(error)
            is_handled = failure is None and not is_kept
        finally:
            handler_call.is_running = False
            # A coroutine that is collected while it runs ends in another context.
            with contextlib.suppress(ValueError):
                current_handler_call.reset(token)
            if not is_handled:
                event._nack()
            event._release()
        return failure

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
        self._workers.clear()
        self._loop = None


def _cancel(workers: Iterable[asyncio.Task[None]]) -> None:
    for worker in workers:
        worker.cancel()


def _report(error: BaseException) -> None:
    """Passes the exception of a handler to the loop's exception handler."""
    message = "a handler of an omnize client failed; the next one is called"
    asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})


def _deadline(timeout: Optional[Seconds]) -> Optional[float]:
    return deadline_of(optional_seconds("timeout", timeout))


def _set_result(waiter: asyncio.Future[bool], value: bool) -> None:
    if not waiter.done():
        waiter.set_result(value)
