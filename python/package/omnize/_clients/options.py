"""Converts options from Python values to the texts that the core parses."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

from .. import _omnize
from .._arguments import check_utf8, describe_type, path_text
from .._errors import ConfigError

if TYPE_CHECKING:
    from .option_types import Options

__all__ = ["OptionValue", "serialize_options"]


class _Span(Protocol):
    """A duration, such as datetime.timedelta."""

    def total_seconds(self) -> float: ...


OptionValue = Union[str, bool, int, float, "os.PathLike[str]", _Span, Iterable[str], None]

#: The kind of each option, by its name with underscores.
_KINDS: dict[str, str] = {}
#: The smallest and the largest value of each duration, in milliseconds.
_TIMES: dict[str, tuple[int, int]] = {}


def serialize_options(options: Mapping[str, Any] | Options) -> list[tuple[str, str]]:
    """Returns the names and the texts of the options. Omits options that are None."""
    if not _KINDS:
        for name, kind, _default, _doc, bounds in _omnize.option_table():
            if bounds is not None:
                _TIMES[name.replace(".", "_")] = bounds
            _KINDS[name.replace(".", "_")] = kind
    serialized = []
    for name, value in options.items():
        known_kind = _KINDS.get(name.replace(".", "_"))
        if known_kind is None:
            raise _unknown_option_error(name)
        if value is not None:
            serialized.append((name, _text(name, known_kind, value)))
    return serialized


#: The accepted values of some kinds of options, for error messages.
_ACCEPTED = {
    "credentials": "a str such as 'user:password'",
    "encoding": "a str such as 'utf-8'",
    "networks": "a str or a list of str",
    "secret": "a str",
}


def _text(name: str, kind: str, value: Any) -> str:
    if kind == "milliseconds":
        return _milliseconds(name, value)
    if isinstance(value, str):
        return check_utf8(f"option {name}", value)
    if kind == "file":
        return check_utf8(f"option {name}", path_text(f"option {name}", value))
    if kind in ("credentials", "encoding", "secret"):
        raise TypeError(f"option {name} is {describe_type(value)}; pass {_ACCEPTED[kind]}")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, os.PathLike):
        return check_utf8(f"option {name}", path_text(f"option {name}", value))
    if isinstance(value, Iterable) and kind in ("networks", "text"):
        return check_utf8(f"option {name}", ",".join(str(part) for part in value))
    raise TypeError(f"option {name} is {describe_type(value)}; pass {_ACCEPTED.get(kind, 'a str, a number or a bool')}")


def _milliseconds(name: str, value: Any) -> str:
    """Converts a duration in seconds to milliseconds."""
    seconds = value.total_seconds() if hasattr(value, "total_seconds") else value
    # A text could be meant in seconds or in milliseconds.
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"option {name} is {describe_type(value)}; pass a number of seconds or a timedelta")
    smallest, largest = _TIMES[name.replace(".", "_")]
    if not 0 <= seconds <= largest / 1000 or (smallest and not seconds):
        expected = "seconds, more than 0 and" if smallest else "seconds from 0"
        error = ConfigError(
            f"option {name}: {seconds} can't be used; it takes {expected} up to {largest // 1000} (a week)"
        )
        error.status = "OMNIZE_E_VALUE"
        raise error
    milliseconds = round(seconds * 1000)
    # A value above 0 must not be rounded to 0.
    return str(milliseconds if milliseconds or not seconds else 1)


def _unknown_option_error(name: str) -> ConfigError:
    from difflib import get_close_matches

    matches = get_close_matches(name.replace(".", "_"), _KINDS, n=1)
    suggestion = f"; did you mean {matches[0]!r}?" if matches else f"; there are {', '.join(sorted(_KINDS))}"
    error = ConfigError(f"there is no option {name!r}{suggestion}")
    error.status = "OMNIZE_E_OPTION"
    return error
