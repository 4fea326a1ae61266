"""The types of handlers, for the type checkers: a handler's parameter is an event of the classes that ``on`` names."""

from __future__ import annotations

from typing import Callable, TypeVar

from .event import Event

__all__ = ["Event1", "Event2", "Event3", "Event4", "Registration", "Result"]

Event1 = TypeVar("Event1", bound=Event)
Event2 = TypeVar("Event2", bound=Event)
Event3 = TypeVar("Event3", bound=Event)
Event4 = TypeVar("Event4", bound=Event)
#: The result of a handler. It is None for a blocking client, so that a coroutine function does not match.
Result = TypeVar("Result")

_Wanted = TypeVar("_Wanted")
#: The decorator that ``on`` returns.
Registration = Callable[[Callable[[_Wanted], Result]], Callable[[_Wanted], Result]]
