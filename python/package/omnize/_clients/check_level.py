"""The result of a check."""

from __future__ import annotations

from enum import Enum

__all__ = ["CheckLevel"]


class CheckLevel(str, Enum):
    """The part of the configuration that :meth:`Client.check` has shown to be right. Equal to its text.

    >>> CheckLevel.ACCOUNT == "account"
    True
    """

    #: The service can be reached: name, TCP, TLS and proxy are right. The token was not sent.
    CONNECTION = "connection"
    #: The service can be reached, and accepted a harmless request with the token.
    ACCOUNT = "account"

    def __str__(self) -> str:
        text: str = self.value
        return text
