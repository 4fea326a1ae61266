"""Calls the handlers of an asyncio client, in tasks that run concurrently for different customers.

A task takes an event, calls its handlers, and takes the next one. Before it awaits a handler, it ensures that another
task waits for the events of other customers. So a client whose handlers never suspend needs one task.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, Callable, Optional

from .. import _omnize
from .._errors import Error, ResourceError
from .dispatch_task import DispatchTask, HandlerCall, current_handler_call

if TYPE_CHECKING:
    from .._events.event import Event
    from .async_client import AsyncClient

__all__ = ["HandlerTasks", "call_handlers"]

#: The seconds for which a task calls handlers before it lets other tasks run.
_YIELD_AFTER_SECONDS = 0.001

#: The delay in seconds before a task retries to take an event, for example after a lack of memory.
_RETRY_SECONDS = 0.1

#: The number of tasks that may wait for an event. To end and start tasks costs more than to let a few of them wait.
_MAX_IDLE = 8


class HandlerTasks:
    """The tasks of ``dispatch``, at most ``limit`` of them."""

    __slots__ = ("_context", "_idle", "_limit", "_tasks")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        #: The context of all tasks. Otherwise a task would get the context of the handler that starts it.
        self._context = contextvars.copy_context()
        self._tasks: set[DispatchTask] = set()
        #: The number of tasks that wait for an event, or are about to take one.
        self._idle = 0

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def begin(self, client: AsyncClient) -> None:
        """Starts the first task, in the current context."""
        if not self._tasks:
            self._context = contextvars.copy_context()
            self.start_if_none_waits(client)

    def start_if_none_waits(self, client: AsyncClient) -> None:
        """Starts a task if no other can take the next event, and the limit is not reached."""
        if self._idle or len(self._tasks) >= self._limit:
            return
        self._idle += 1
        task = self._context.run(DispatchTask, self._run(client), loop=asyncio.get_running_loop())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def all_except(self, call: Optional[HandlerCall]) -> set[DispatchTask]:
        """Returns the tasks, except for the one of this handler call."""
        return {task for task in self._tasks if call is None or task is not call.worker}

    @staticmethod
    def cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
        """Cancels these tasks."""
        for task in tasks:
            task.cancel()

    def clear(self) -> None:
        """Removes the tasks of a closed loop, which never run again."""
        self._tasks.clear()
        self._idle = 0

    async def _run(self, client: AsyncClient) -> None:
        """Calls handlers until the client is closed, or until enough other tasks wait for events."""
        self._idle -= 1
        cursor = client._mode.cursor("dispatch")
        yield_at = 0.0
        try:
            while True:
                try:
                    event = cursor.next(0)
                    if event is None:
                        if self._idle >= _MAX_IDLE:
                            return
                        await self._idle_during(client._wait_for_event(None))
                        continue
                except ResourceError as error:
                    await _wait_to_retry(error)
                    continue
                except Error:
                    # The client is closed.
                    return
                except Exception as error:
                    # The core keeps the event. The next call returns it.
                    await _wait_to_retry(error)
                    continue
                try:
                    failure = await call_handlers(client, event, cursor)
                except Exception as error:
                    failure = error
                cursor.release()
                if failure is not None:
                    report_failure(failure)
                if time.monotonic() >= yield_at:
                    await self._idle_during(asyncio.sleep(0))
                    yield_at = time.monotonic() + _YIELD_AFTER_SECONDS
        finally:
            cursor.release()

    async def _idle_during(self, wait: Awaitable[object]) -> None:
        self._idle += 1
        try:
            await wait
        finally:
            self._idle -= 1


async def call_handlers(client: AsyncClient, event: Event, cursor: _omnize.EventCursor) -> Optional[BaseException]:
    """Calls the handlers for an event. Returns the first exception that no error hook received."""
    handlers = client._handlers
    hook = handlers.error_hook
    worker = asyncio.current_task()
    failure: Optional[BaseException] = None
    is_handled = False
    handler_call = HandlerCall(client, cursor.lease_number)
    token = current_handler_call.set(handler_call)
    try:
        wanting = handlers.wanting(event)
        is_kept = not wanting and handlers.is_holding_back
        if not wanting and not is_kept:
            cursor.count_unwanted(handlers.has_any)
        has_failed = False
        for function in wanting:
            error = await _call(client, worker, function, event)
            if error is None:
                continue
            has_failed = True
            if hook is not None and isinstance(error, Exception):
                error = await _call_hook(client, worker, hook, event, error)
            if error is not None and failure is None:
                failure = error
            elif error is not None:
                report_failure(error)
        is_handled = not has_failed and not is_kept
    finally:
        handler_call.is_running = False
        # A coroutine that is collected while it runs ends in another context.
        with contextlib.suppress(ValueError):
            current_handler_call.reset(token)
        if not is_handled:
            event._nack()
        event._release()
    return failure


async def _call(
    client: AsyncClient, worker: Optional[asyncio.Task[Any]], function: Callable[..., Any], *arguments: Any
) -> Optional[BaseException]:
    """Calls a function of the application, and awaits its result if possible. Returns its exception.

    Raises CancelledError if the task itself was cancelled.
    """
    if isinstance(worker, DispatchTask):
        worker.was_cancelled = False
    try:
        result = function(*arguments)
        if hasattr(result, "__await__"):
            if isinstance(worker, DispatchTask):
                client._handler_tasks.start_if_none_waits(client)
            await result
    except asyncio.CancelledError as error:
        if not isinstance(worker, DispatchTask) or worker.was_cancelled:
            raise
        return error
    except Exception as error:
        return error
    return None


async def _call_hook(
    client: AsyncClient,
    worker: Optional[asyncio.Task[Any]],
    hook: Callable[..., Any],
    event: Event,
    error: BaseException,
) -> Optional[BaseException]:
    """Calls the error hook. Returns its exception."""
    failure = await _call(client, worker, hook, event, error)
    if failure is not None and failure is not error:
        failure.__context__ = error
    return failure


def report_failure(error: BaseException) -> None:
    """Passes the exception of a handler to the loop's exception handler."""
    message = "a handler of an omnize client failed; the next one is called"
    asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})


async def _wait_to_retry(error: BaseException) -> None:
    report_failure(error)
    await asyncio.sleep(_RETRY_SECONDS)
