"""The result of a check."""

from __future__ import annotations

from .._text_enum import TextEnum

__all__ = ["CheckLevel"]


class CheckLevel(TextEnum):
    """The part of the configuration that :meth:`Client.check` has shown to be right. Equal to its text.

    >>> CheckLevel.ACCOUNT == "account"
    True
    """

    CONNECTION = "connection"
    """The service can be reached: name, TCP, TLS and proxy are right. The token was not sent."""
    ACCOUNT = "account"
    """The service can be reached, and accepted a harmless request with the token."""
