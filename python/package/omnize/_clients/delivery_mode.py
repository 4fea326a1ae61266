"""The delivery mode of a client whose handlers run in tasks or greenlets."""

from __future__ import annotations

import time
from typing import Literal, Optional, Union

from .. import _omnize
from .._errors import ModeError, _mode_error
from .._events.event import Event

__all__ = ["DeliveryMode", "deadline_of"]


class DeliveryMode:
    """Ensures that a client uses only one of ``poll``, ``dispatch`` and ``next``.

    The core runs both ``poll`` and ``dispatch`` in tasks, so its own error does not name the mode that is in use.
    """

    __slots__ = ("_core", "_mode")

    def __init__(self, core: _omnize.Core) -> None:
        self._core = core
        #: ``"poll"`` or ``"dispatch"``; None before the first call.
        self._mode: Optional[str] = None

    def use(self, mode: str) -> None:
        """Begins to call handlers by ``"poll"`` or ``"dispatch"``."""
        if self._mode not in (None, mode):
            raise _mode_error(self._mode, mode)
        try:
            self._core.set_consumer(consumer_of(mode))
        except ModeError:
            raise _mode_error("next", mode) from None
        self._mode = mode

    def take_event(self) -> Optional[Event]:
        """Returns the next event, or None if no event is queued."""
        try:
            return self._core.next(0)
        except ModeError:
            raise _mode_error(self._mode or "handlers", "next") from None

    def take_event_of(self, chat: _omnize.Chat) -> Union[Event, Literal[False], None]:
        """Returns the next event of a conversation, None if none is queued, or False if the interaction has ended."""
        try:
            return chat.next(0)
        except ModeError:
            raise _mode_error(self._mode or "handlers", "next") from None

    def cursor(self, mode: str) -> _omnize.EventCursor:
        """Begins to call handlers by ``mode``, and returns an iterator over the events."""
        self.use(mode)
        return _omnize.EventCursor(self._core, consumer_of(mode))


def consumer_of(mode: str) -> str:
    """Returns the core's name of the task that calls handlers in this mode."""
    return "polling task" if mode == "poll" else "task"


def deadline_of(seconds: Optional[float]) -> Optional[float]:
    """Returns the instant ``seconds`` from now, or None for None."""
    return None if seconds is None else time.monotonic() + seconds
