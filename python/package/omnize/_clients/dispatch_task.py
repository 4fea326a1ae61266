"""The tasks of dispatch, and the handler call that a task runs in."""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from typing import Any, Optional

__all__ = ["DispatchTask", "HandlerCall", "current_handler_call"]


class DispatchTask(asyncio.Task[None]):
    """A task of dispatch. Records whether the task itself was cancelled, or only something that it awaits."""

    #: Whether ``cancel`` was called since this was last set to False.
    was_cancelled = False

    def cancel(self, *arguments: Any, **options: Any) -> bool:
        """Cancels the task."""
        self.was_cancelled = True
        return super().cancel(*arguments, **options)


class HandlerCall:
    """One call of the handlers of a client for an event."""

    def __init__(self, client: Any, lease: Optional[int]) -> None:
        self._client = weakref.ref(client)
        #: The core's number of the event's lease.
        self.lease = lease
        #: The task that calls the handlers.
        self.worker = asyncio.current_task()
        #: Whether a handler still runs.
        self.is_running = True

    def is_of(self, client: Any) -> bool:
        """Returns whether this is a call for this client that still runs."""
        return self.is_running and self._client() is client


#: The handler call that the current task runs in. Tasks that a handler starts inherit it, so they may not wait for it
#: either.
current_handler_call: contextvars.ContextVar[Optional[HandlerCall]] = contextvars.ContextVar(
    "omnize_handling", default=None
)
