"""The base class of enums whose members equal their text."""

from __future__ import annotations

from enum import Enum

__all__ = ["TextEnum"]


class TextEnum(str, Enum):
    """An enum of texts. A member equals its text, also as a key of a dict, and is printed as its text."""

    # Python 3.9 to 3.13 print a member of such an enum in different ways.
    def __str__(self) -> str:
        text: str = self.value
        return text

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    # Equal objects must have equal hashes. Enum hashes the name.
    def __hash__(self) -> int:
        return hash(self.value)
