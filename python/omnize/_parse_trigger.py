"""Reads a trigger without a client."""

from __future__ import annotations

from typing import Optional

from . import _omnize
from ._arguments import body_bytes, needed_text, optional_text
from ._events import Trigger

__all__ = ["parse_trigger"]


def parse_trigger(body: bytes, content_type: Optional[str] = None, dialect: str = "rest") -> Trigger:
    """The event that these bytes are, as the service posts them.

    Raises :class:`TriggerError` where they are none.

    >>> parse_trigger(b'{"message": "Bom dia!", "clientId": 12}')
    <Message client_id='12' text=[redacted]>
    """
    return _omnize.parse_trigger(
        body_bytes(body), optional_text("content_type", content_type), needed_text("dialect", dialect)
    )
