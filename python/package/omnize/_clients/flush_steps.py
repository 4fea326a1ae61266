"""The waits of a flush that must not block its thread."""

from __future__ import annotations

import time
from typing import Optional

from .. import _omnize
from .delivery_mode import deadline_of

__all__ = ["FlushSteps"]

#: The seconds before the first check and between later checks. A short flush ends early, a long one costs little.
_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


class FlushSteps:
    """Checks whether the requests that were posted before have ended. A thread for each flush would cost more."""

    __slots__ = ("_deadline", "_last_ticket", "_outbox", "_pause", "remaining")

    def __init__(self, outbox: _omnize.Outbox, seconds: Optional[float]) -> None:
        self._outbox = outbox
        self._last_ticket = outbox.last_ticket()
        self._deadline = deadline_of(seconds)
        self._pause = _FIRST_PAUSE
        #: The number of requests that have not ended.
        self.remaining = 0

    def next_pause(self) -> Optional[float]:
        """Returns the seconds before the next call; None if the flush has ended.

        Raises :class:`omnize.StateError` if the outbox is paused, and :class:`omnize.Closed`.
        """
        self.remaining = self._outbox.unflushed(self._last_ticket)
        left = self._pause if self._deadline is None else self._deadline - time.monotonic()
        if not self.remaining or left <= 0:
            return None
        pause = min(self._pause, left)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return pause
