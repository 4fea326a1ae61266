"""The delivery of a request, as an enum whose members equal their text."""

from __future__ import annotations

from enum import Enum

__all__ = ["Delivery"]


class Delivery(str, Enum):
    """Whether the service received a request. Each member equals its text.

    >>> Delivery.NOT_SENT == "not sent"
    True
    >>> print(Delivery("not sent"))
    not sent
    """

    ACCEPTED = "accepted"
    """The service accepted the request."""
    REJECTED = "rejected"
    """The service received the request and rejected it."""
    NOT_SENT = "not sent"
    """The service certainly did not receive the request."""
    UNKNOWN = "unknown"
    """The service may or may not have received the request."""

    # Python 3.9 to 3.13 print a member of such an enum in different ways.
    def __str__(self) -> str:
        return self.value

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)

    # Equal objects must have equal hashes. Enum hashes the name.
    def __hash__(self) -> int:
        return hash(self.value)
