"""Tasks that call handlers, and what runs inside a handler."""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from typing import Any, Optional

__all__ = ["Handling", "Worker", "handling_now"]


class Worker(asyncio.Task[None]):
    """A task of dispatch. It knows whether it was cancelled itself, or awaits what was."""

    #: Whether somebody has cancelled it since this was last set back.
    is_to_end = False

    def cancel(self, *arguments: Any, **options: Any) -> bool:
        """Cancels the task."""
        self.is_to_end = True
        return super().cancel(*arguments, **options)


class Handling:
    """The call of the handlers for one event of a client."""

    def __init__(self, client: Any) -> None:
        self._client = weakref.ref(client)
        #: Whether they have not returned yet.
        self.is_running = True

    def is_of(self, client: Any) -> bool:
        """Whether handlers of this client run."""
        return self.is_running and self._client() is client


#: The call that this task runs in. Tasks that a handler starts inherit it: one of them that closes is inside, too.
handling_now: contextvars.ContextVar[Optional[Handling]] = contextvars.ContextVar("omnize_handling", default=None)
