"""The fields of requests, as the core's table of requests names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from ._arguments import optional_text, what_is, whole_text
from ._customer import Customer
from ._values import Media

__all__ = ["Fields", "id_text", "of_customer", "of_external", "of_message", "of_start", "of_transfer", "of_update"]

Fields = list[tuple[str, str]]


def id_text(name: str, value: object) -> str:
    """An id as the service has it."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"{name} is {what_is(value)}; pass a str or an int")
    return whole_text(name, str(value))


def _given(**fields: Optional[str]) -> Fields:
    checked = ((name, optional_text(name, value)) for name, value in fields.items())
    return [(name, value) for name, value in checked if value is not None]


def of_customer(customer: Optional[Customer]) -> Fields:
    """Who the customer is."""
    if customer is None:
        return []
    if not isinstance(customer, Customer):
        raise TypeError(f"customer is {what_is(customer)}; pass an omnize.Customer or None")
    return _given(name=customer.name, email=customer.email, phone=customer.phone, cpf=customer.cpf)


def of_start(
    bot_id: Optional[str],
    media_type: Optional[str],
    extra: Optional[Mapping[str, Any]],
    external_history: Optional[str],
) -> Fields:
    """How an interaction starts, beside its customer."""
    written = None
    if extra is not None:
        if not isinstance(extra, Mapping):
            raise TypeError(f"extra is {what_is(extra)}; pass a dict or None")
        import json

        written = json.dumps(dict(extra), ensure_ascii=False)
    return _given(bot_id=bot_id, media_type=media_type, extra=written, external_history=external_history)


def of_message(text: str, media: Optional[Media]) -> Fields:
    """What a message says."""
    if not isinstance(text, str):
        raise TypeError(f"the message is {what_is(text)}; pass a str")
    fields = [("text", whole_text("the message", text))]
    if media is not None:
        if not isinstance(media, Media):
            raise TypeError(f"media is {what_is(media)}; pass an omnize.Media or None")
        size = None if media.size is None else str(media.size)
        fields += _given(media=media.kind, url=media.url, size=size)
    return fields


def of_update(mood: Optional[str], tags: Iterable[str], customer_key: Optional[str], note: Optional[str]) -> Fields:
    """What is noted about an interaction."""
    if isinstance(tags, str):
        raise TypeError("tags is a str; pass a list of str")
    tags = list(tags)
    for tag in tags:
        if not isinstance(tag, str):
            raise TypeError(f"a tag is {what_is(tag)}; pass a str")
        if "," in tag:
            raise ValueError("a tag has a comma, at which the service would part it; pass two tags")
    return _given(mood=mood, tags=",".join(tags) or None, customer_key=customer_key, note=note)


def of_external(external_id: str) -> Fields:
    """Whom a message over WhatsApp goes to."""
    if not isinstance(external_id, str):
        raise TypeError(f"external_id is {what_is(external_id)}; pass a str")
    return _given(external_id=external_id)


def of_transfer(department: Optional[Union[str, int]]) -> Fields:
    """Where an interaction goes."""
    return [] if department is None else [("department", id_text("department", department))]
