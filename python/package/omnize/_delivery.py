"""The delivery of a request, as an enum whose members equal their text."""

from __future__ import annotations

from ._text_enum import TextEnum

__all__ = ["Delivery"]


class Delivery(TextEnum):
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
