"""Checks arguments before the core receives them. The messages name the argument, and do not contain its text."""

from __future__ import annotations

import os
import sys
from typing import Any, Optional

from ._errors import ArgumentError

__all__ = [
    "body_bytes",
    "check_utf8",
    "describe_type",
    "maximum_of",
    "optional_age",
    "optional_seconds",
    "optional_text",
    "path_text",
    "required_text",
    "seconds",
    "ticket_number",
]


def describe_type(value: object) -> str:
    """Returns the name of a value's type, with an article."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"


def check_utf8(name: str, text: str) -> str:
    """Returns the text. Raises ArgumentError if it contains a lone surrogate, which UTF-8 cannot encode.

    Python's own error would contain the text.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        index = error.start
    else:
        return text
    # Not inside `except`, because the traceback would then contain Python's error.
    raise ArgumentError(f"{name}: there is a lone surrogate at index {index}; pass text that UTF-8 can encode")


def required_text(name: str, value: Any) -> str:
    """Returns a required text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {describe_type(value)}; pass a str")
    return check_utf8(name, value)


def optional_text(name: str, value: Any) -> Optional[str]:
    """Returns an optional text."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} is {describe_type(value)}; pass a str or None")
    return check_utf8(name, value)


def path_text(name: str, value: Any) -> str:
    """Returns the path of a file as text."""
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str):
        raise TypeError(f"{name} is {describe_type(value)}; pass a path as a str or an os.PathLike of str")
    return path


def seconds(name: str, value: Any) -> float:
    """Returns a timeout in seconds."""
    return _seconds(name, value, "seconds or a timedelta")


def optional_seconds(name: str, value: Any) -> Optional[float]:
    """Returns an optional timeout in seconds."""
    return None if value is None else _seconds(name, value, "seconds, a timedelta, or None for no bound")


def check_timeout(value: Any) -> Optional[float]:
    """Returns the timeout of a check in seconds. The C API means the option with 0, so 0 is not allowed here."""
    expected = "more than 0 seconds, a timedelta, or None for the option timeout"
    seconds = None if value is None else _seconds("timeout", value, expected)
    if seconds == 0:
        raise ArgumentError(f"timeout is {value}; pass {expected}")
    return seconds


def optional_age(name: str, value: Any) -> Optional[float]:
    """Returns an optional age limit in seconds."""
    expected = "seconds, a timedelta, math.inf for no limit, or None for the client's option"
    return None if value is None else _seconds(name, value, expected)


def _seconds(name: str, value: Any, expected: str) -> float:
    if hasattr(value, "total_seconds"):
        value = value.total_seconds()
    if isinstance(value, bool) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"{name} is {describe_type(value)}; pass {expected}")
    number = float(value)
    if not number >= 0:
        raise ArgumentError(f"{name} is {value}; pass {expected}")
    return number


def body_bytes(body: Any) -> bytes:
    """Returns the body of a trigger as bytes."""
    if isinstance(body, bytes):
        return body
    if not isinstance(body, (bytearray, memoryview)):
        raise TypeError(f"the body is {describe_type(body)}; pass the bytes that were received")
    return bytes(body)


def maximum_of(maximum: Optional[int]) -> int:
    """Returns a maximum number of events; for None, one that is never reached."""
    if maximum is None:
        return sys.maxsize
    if isinstance(maximum, bool) or not isinstance(maximum, int):
        raise TypeError(f"maximum is {describe_type(maximum)}; pass a number of events, or None for no maximum")
    if maximum < 1:
        raise ArgumentError(f"maximum is {maximum}; pass a number of events, or None for no maximum")
    return maximum


def ticket_number(ticket: Any) -> int:
    """Returns a ticket."""
    if isinstance(ticket, bool) or not isinstance(ticket, int):
        raise TypeError(f"ticket is {describe_type(ticket)}; pass the int that post returned")
    if not 0 < ticket < 2**63:
        raise ArgumentError("there is no such ticket; pass the number that post returned")
    return ticket
