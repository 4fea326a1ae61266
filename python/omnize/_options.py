"""Options, from what Python gives to what the core's table takes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

from . import _omnize
from ._arguments import path_text, what_is, whole_text
from ._errors import ConfigError

if TYPE_CHECKING:
    from ._option_types import Options

__all__ = ["OptionValue", "texts"]


class _Span(Protocol):
    """A time that knows its seconds, such as datetime.timedelta."""

    def total_seconds(self) -> float: ...


OptionValue = Union[str, bool, int, float, "os.PathLike[str]", _Span, Iterable[str], None]

#: The kind of each option, by its name with underscores.
_KINDS: dict[str, str] = {}
#: The least and the most milliseconds of each that is a time.
_TIMES: dict[str, tuple[int, int]] = {}


def texts(options: Mapping[str, Any] | Options) -> list[tuple[str, str]]:
    """The names and values as the core reads them. What is None is left out."""
    if not _KINDS:
        for name, kind, _default, _doc, bounds in _omnize.option_table():
            if bounds is not None:
                _TIMES[name.replace(".", "_")] = bounds
            _KINDS[name.replace(".", "_")] = kind
    given = []
    for name, value in options.items():
        known = _KINDS.get(name.replace(".", "_"))
        if known is None:
            raise _unknown(name)
        if value is not None:
            given.append((name, _text(name, known, value)))
    return given


#: What an option takes that is of one of these kinds, for who has given something else.
_TEXTS = {
    "credentials": "a str such as 'user:password'",
    "encoding": "a str such as 'utf-8'",
    "networks": "a str or a list of str",
    "secret": "a str",
}


def _text(name: str, kind: str, value: Any) -> str:
    if kind == "milliseconds":
        return _milliseconds(name, value)
    if isinstance(value, str):
        return whole_text(f"option {name}", value)
    if kind == "file":
        return whole_text(f"option {name}", path_text(f"option {name}", value))
    if kind in ("credentials", "encoding", "secret"):
        raise TypeError(f"option {name} is {what_is(value)}; pass {_TEXTS[kind]}")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, os.PathLike):
        return whole_text(f"option {name}", path_text(f"option {name}", value))
    if isinstance(value, Iterable) and kind in ("networks", "text"):
        return whole_text(f"option {name}", ",".join(str(part) for part in value))
    raise TypeError(f"option {name} is {what_is(value)}; pass {_TEXTS.get(kind, 'a str, a number or a bool')}")


def _milliseconds(name: str, value: Any) -> str:
    """A time as the table of options has it; Python's are seconds."""
    seconds = value.total_seconds() if hasattr(value, "total_seconds") else value
    # A text in milliseconds beside numbers in seconds would be off by a thousand.
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"option {name} is {what_is(value)}; pass a number of seconds or a timedelta")
    least, most = _TIMES[name.replace(".", "_")]
    if not 0 <= seconds <= most / 1000 or (least and not seconds):
        expected = "seconds, more than 0 and" if least else "seconds from 0"
        error = ConfigError(
            f"option {name}: {seconds} can't be used; it takes {expected} up to {most // 1000} (a week)"
        )
        error.status = "OMNIZE_E_VALUE"
        raise error
    milliseconds = round(seconds * 1000)
    # What is more than nothing does not become nothing.
    return str(milliseconds if milliseconds or not seconds else 1)


def _unknown(name: str) -> ConfigError:
    from difflib import get_close_matches

    near = get_close_matches(name.replace(".", "_"), _KINDS, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(_KINDS))}"
    error = ConfigError(f"there is no option {name!r}{meant}")
    error.status = "OMNIZE_E_OPTION"
    return error
