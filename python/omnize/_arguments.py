"""Arguments, checked before the core has them: what is wrong is said by its name, and no text is shown."""

from __future__ import annotations

import os
from typing import Any, Optional

from ._errors import ArgumentError

__all__ = [
    "body_bytes",
    "needed_text",
    "optional_seconds",
    "optional_text",
    "path_text",
    "seconds",
    "what_is",
    "whole_text",
]


def what_is(value: object) -> str:
    """The kind of a value, with its article."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"


def whole_text(name: str, text: str) -> str:
    """The text, where it has a form in UTF-8.

    Python's own error would hold the text.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        index = error.start
    else:
        return text
    # Here, for an error that is raised within `except` brings that one along.
    raise ArgumentError(f"{name}: a lone surrogate stands at index {index}; pass text that has a form in UTF-8")


def needed_text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {what_is(value)}; pass a str")
    return whole_text(name, value)


def optional_text(name: str, value: Any) -> Optional[str]:
    """A text, or None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} is {what_is(value)}; pass a str or None")
    return whole_text(name, value)


def path_text(name: str, value: Any) -> str:
    """The path of a file."""
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str):
        raise TypeError(f"{name} is {what_is(value)}; pass a path as a str or an os.PathLike of str")
    return path


def seconds(name: str, value: Any) -> float:
    """A time that is waited at the most."""
    return _seconds(name, value, "seconds or a timedelta")


def optional_seconds(name: str, value: Any) -> Optional[float]:
    """A time that is waited at the most, or None."""
    return None if value is None else _seconds(name, value, "seconds, a timedelta, or None for no bound")


def _seconds(name: str, value: Any, expected: str) -> float:
    if hasattr(value, "total_seconds"):
        value = value.total_seconds()
    if isinstance(value, bool) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"{name} is {what_is(value)}; pass {expected}")
    number = float(value)
    if not number >= 0:
        raise ArgumentError(f"{name} is {value}; pass {expected}")
    return number


def body_bytes(body: Any) -> bytes:
    """The body of a trigger, as it was received."""
    if isinstance(body, bytes):
        return body
    if not isinstance(body, (bytearray, memoryview)):
        raise TypeError(f"the body is {what_is(body)}; pass the bytes that were received")
    return bytes(body)
