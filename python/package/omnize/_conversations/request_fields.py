"""Builds the fields of requests, with the names of the core's request schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from .._arguments import check_utf8, describe_type, optional_age, optional_text
from .._errors import _for_request
from .customer import Customer
from .result_types import Media

__all__ = [
    "Fields",
    "id_text",
    "of_customer",
    "of_external",
    "of_message",
    "of_post",
    "of_start",
    "of_transfer",
    "of_update",
]

Fields = list[tuple[str, str]]


@_for_request
def id_text(name: str, value: object) -> str:
    """Returns an id as text."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"{name} is {describe_type(value)}; pass a str or an int")
    return check_utf8(name, str(value))


def _present(**fields: Optional[str]) -> Fields:
    checked = ((name, optional_text(name, value)) for name, value in fields.items())
    return [(name, value) for name, value in checked if value is not None]


@_for_request
def of_customer(customer: Optional[Customer]) -> Fields:
    """Returns the fields of the customer."""
    if customer is None:
        return []
    if not isinstance(customer, Customer):
        raise TypeError(f"customer is {describe_type(customer)}; pass an omnize.Customer or None")
    return _present(name=customer.name, email=customer.email, phone=customer.phone, cpf=customer.cpf)


@_for_request
def of_start(
    bot_id: Optional[str],
    media_type: Optional[str],
    extra: Optional[Mapping[str, Any]],
    external_history: Optional[str],
) -> Fields:
    """Returns the fields of a start, except those of the customer."""
    json_text = None
    if extra is not None:
        if not isinstance(extra, Mapping):
            raise TypeError(f"extra is {describe_type(extra)}; pass a dict or None")
        import json

        json_text = json.dumps(dict(extra), ensure_ascii=False)
    return _present(bot_id=bot_id, media_type=media_type, extra=json_text, external_history=external_history)


@_for_request
def of_message(text: str, media: Optional[Media]) -> Fields:
    """Returns the fields of a message."""
    if not isinstance(text, str):
        raise TypeError(f"the message is {describe_type(text)}; pass a str")
    fields = [("text", check_utf8("the message", text))]
    if media is not None:
        if not isinstance(media, Media):
            raise TypeError(f"media is {describe_type(media)}; pass an omnize.Media or None")
        size = None if media.size is None else str(media.size)
        fields += _present(media=media.kind, url=media.url, size=size)
    return fields


@_for_request
def of_update(mood: Optional[str], tags: Iterable[str], customer_key: Optional[str], note: Optional[str]) -> Fields:
    """Returns the fields of an update."""
    if isinstance(tags, str):
        raise TypeError("tags is a str; pass a list of str")
    tags = list(tags)
    for tag in tags:
        if not isinstance(tag, str):
            raise TypeError(f"a tag is {describe_type(tag)}; pass a str")
        if "," in tag:
            raise ValueError("a tag contains a comma, at which the service would split it; pass two tags")
    return _present(mood=mood, tags=",".join(tags) or None, customer_key=customer_key, note=note)


@_for_request
def of_external(external_id: str) -> Fields:
    """Returns the field of the customer's id at WhatsApp."""
    if not isinstance(external_id, str):
        raise TypeError(f"external_id is {describe_type(external_id)}; pass a str")
    return _present(external_id=external_id)


@_for_request
def of_transfer(department: Optional[Union[str, int]]) -> Fields:
    """Returns the fields of a transfer."""
    return [] if department is None else [("department", id_text("department", department))]


@_for_request
def of_post(reference: Optional[str], max_age: object) -> tuple[Optional[str], Optional[float]]:
    """Returns the reference and the age limit of a post."""
    return optional_text("reference", reference), optional_age("max_age", max_age)
