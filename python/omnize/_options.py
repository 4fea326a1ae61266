"""Options, from what Python gives to what the core's table takes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

from . import _omnize
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


def texts(options: Mapping[str, Any] | Options) -> list[tuple[str, str]]:
    """The names and values as the core reads them. What is None is left out."""
    if not _KINDS:
        for name, kind, _default, _doc in _omnize.option_table():
            _KINDS[name.replace(".", "_")] = kind
    given = []
    for name, value in options.items():
        known = _KINDS.get(name.replace(".", "_"))
        if known is None:
            raise _unknown(name)
        if value is not None:
            given.append((name, _text(name, known, value)))
    return given


def _text(name: str, kind: str, value: Any) -> str:
    text: str
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if hasattr(value, "total_seconds"):
        value = value.total_seconds()
    if isinstance(value, (int, float)):
        if kind != "milliseconds":
            return str(value)
        if value != value or value in (float("inf"), float("-inf")):
            raise ConfigError(f"option {name}: {value} is no time; pass seconds")
        # What is more than nothing does not become nothing.
        milliseconds = round(value * 1000)
        return str(milliseconds if milliseconds or not value else 1)
    if isinstance(value, os.PathLike):
        text = os.fspath(value)
        return text
    if isinstance(value, Iterable) and kind in ("networks", "text"):
        return ",".join(str(part) for part in value)
    raise TypeError(f"option {name}: a value of type {type(value).__name__} can't be used")


def _unknown(name: str) -> ConfigError:
    from difflib import get_close_matches

    near = get_close_matches(name.replace(".", "_"), _KINDS, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(_KINDS))}"
    error = ConfigError(f"there is no option {name!r}{meant}")
    error.status = "OMNIZE_E_OPTION"
    return error
