"""Parses triggers without a client."""

from __future__ import annotations

from typing import Optional

from .. import _omnize
from .._arguments import body_bytes, optional_text, required_text
from .._clients.option_types import Dialect
from .event import Trigger

__all__ = ["parse_trigger"]


def parse_trigger(body: bytes, content_type: Optional[str] = None, dialect: Dialect = "rest") -> Trigger:
    """Parses the body of a trigger and returns the event.

    Raises :class:`TriggerError` if the body is not a valid trigger.

    >>> parse_trigger(b'{"message": "Bom dia!", "clientId": 12}')
    <Message client_id='12' text=[redacted]>
    """
    return _omnize.parse_trigger(
        body_bytes(body), optional_text("content_type", content_type), required_text("dialect", dialect)
    )
