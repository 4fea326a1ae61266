"""The result of closing a client."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CloseReport"]


class CloseReport(NamedTuple):
    """The number of events and requests that remain after a close."""

    events: int
    """Events that were not delivered to the application. With a store, they are redelivered after a restart."""
    requests: int
    """Aborted requests, and posted requests that were not sent. With a store, the posted ones are sent, or their
    outcome is reported, after a restart."""
