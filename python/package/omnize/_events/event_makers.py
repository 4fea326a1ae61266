"""Creates the events from the core's data. The extension module calls these functions."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Optional

from .. import _omnize
from .._conversations.result_types import Media, agents_of, departments_of
from .._errors import _error_of_status
from .event import (
    Accepted,
    Cleared,
    Event,
    Finished,
    Message,
    NewInteraction,
    Outcome,
    Queued,
    Transferred,
    Trigger,
    Typing,
    Unavailable,
    Unknown,
    _DepartmentEvent,
)

__all__ = ["of_outcome", "of_trigger"]

_new = object.__new__


def _setter(kind: type, name: str) -> Callable[[Any, Any], None]:
    """Returns a function that sets a slot of an event. ``object.__setattr__`` is slower: it looks up the name."""
    setter: Callable[[Any, Any], None] = vars(kind)[name].__set__
    return setter


_TRIGGERS: dict[str, type[Trigger]] = {
    kind.kind: kind
    for kind in (Accepted, Unavailable, Finished, Typing, Cleared, Queued, Transferred, NewInteraction, Unknown)
}

_set_client_id = _setter(Event, "client_id")
_set_sequence = _setter(Event, "sequence")
_set_received_at = _setter(Event, "received_at")
_set_redelivered = _setter(Event, "redelivered")
_set_receipt = _setter(Event, "_receipt")
_set_owner = _setter(Event, "_owner")
_set_raw = _setter(Trigger, "raw")
_set_replaced = _setter(Trigger, "replaced")
_set_details = _setter(Trigger, "_details")
_set_text = _setter(Message, "text")
_set_media = _setter(Message, "media")
_set_position = _setter(Queued, "position")
_set_department = _setter(_DepartmentEvent, "department")


def of_trigger(
    kind: str,
    client_id: str,
    text: Optional[str],
    raw: bytes,
    replaced: bool,
    sequence: int,
    received_at: float,
    redelivered: bool,
    receipt: Optional[_omnize.Receipt],
    owner: Optional[weakref.ref[Any]],
    details: Optional[dict[str, Any]],
) -> Trigger:
    """Creates the event of a trigger. ``details`` are the fields of the later dialects."""
    event: Trigger
    if kind == "message":
        event = _new(Message)
        _set_text(event, text or "")
        media = None
        if details is not None and details["media"] is not None:
            media = Media._make((details["media"], details["url"], None))
        _set_media(event, media)
    else:
        event = _new(_TRIGGERS.get(kind, Unknown))
        if isinstance(event, Queued):
            _set_position(event, None if details is None else details["position"])
        elif isinstance(event, _DepartmentEvent):
            _set_department(event, None if details is None else details["department"])
    _set_details(event, details)
    _set_client_id(event, client_id)
    _set_raw(event, raw)
    _set_replaced(event, replaced)
    _set_sequence(event, sequence)
    _set_received_at(event, received_at)
    _set_redelivered(event, redelivered)
    _set_receipt(event, receipt)
    _set_owner(event, owner)
    return event


def of_outcome(
    ticket: int,
    client_id: str,
    delivery: str,
    status: str,
    http_status: int,
    message: str,
    posted: tuple[str, Optional[str], Optional[float], Any, Any, Optional[str]],
    sequence: int,
    received_at: float,
    redelivered: bool,
    receipt: Optional[_omnize.Receipt],
    owner: Optional[weakref.ref[Any]],
) -> Outcome:
    """Creates the event of a posted request's outcome.

    ``posted`` is the request's name, its reference and its time, the data of the departments and of the agents, and the
    interaction hash.
    """
    request, reference, posted_at, departments, agents, interaction_hash = posted
    error = None
    if delivery != "accepted":
        error = _error_of_status(status, message, delivery, http_status or None, b"", False, None)
    event = Outcome(
        client_id,
        ticket,
        delivery,
        request=request,
        error=error,
        reference=reference,
        posted_at=posted_at,
        departments=None if departments is None else departments_of(departments),
        agents=None if agents is None else agents_of(agents),
        interaction_hash=interaction_hash,
        sequence=sequence,
        received_at=received_at,
        redelivered=redelivered,
    )
    _set_receipt(event, receipt)
    _set_owner(event, owner)
    return event
