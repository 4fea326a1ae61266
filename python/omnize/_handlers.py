"""Who wants to be called with which events."""

from __future__ import annotations

import threading
from typing import Any, Callable, Optional

from ._arguments import what_is
from ._events import Event

__all__ = ["Handlers", "check_function", "check_kinds"]


def check_kinds(kinds: tuple[Any, ...]) -> None:
    """Whether these are classes of events."""
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Event)):
            raise TypeError(
                f"{kind!r} is no class of events; write on(omnize.Message), say, or on() for all, and the function "
                "behind it"
            )


def check_function(function: Any, awaited: bool) -> None:
    """Whether this can be called with an event; where it is not awaited, with nothing left to await."""
    if not callable(function):
        raise TypeError(f"the handler is {what_is(function)}; pass a function")
    if awaited:
        return
    import inspect

    # An object may be called as a function is.
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise TypeError(
            f"the handler {function!r} is a coroutine function, which nobody would await; pass a function, or use an "
            "omnize.AsyncClient"
        )


class _Handler:
    __slots__ = ("client_id", "function", "kinds")

    def __init__(
        self, kinds: tuple[type[Event], ...], client_id: Optional[str], function: Callable[[Any], Any]
    ) -> None:
        self.kinds = kinds
        self.client_id = client_id
        self.function = function


class Handlers:
    """The handlers of a client, in the order in which they were added. Can be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Never changed in place, so that whoever reads needs no lock.
        self._of_all: tuple[_Handler, ...] = ()
        self._of_one: dict[str, tuple[_Handler, ...]] = {}
        # Which of all want events of a class, as far as somebody has asked. Each change begins another one, as somebody
        # may be about to note in this one what was so before.
        self._by_class: dict[type[Event], tuple[Callable[[Any], Any], ...]] = {}

    def add(self, kinds: tuple[type[Event], ...], client_id: Optional[str], function: Callable[[Any], Any]) -> None:
        """Adds a handler for events of these classes, or of all; of this customer, or of all."""
        handler = _Handler(kinds or (Event,), client_id, function)
        with self._lock:
            if client_id is None:
                self._of_all += (handler,)
            else:
                self._of_one[client_id] = (*self._of_one.get(client_id, ()), handler)
            self._by_class = {}

    def remove(self, function: Callable[[Any], Any]) -> bool:
        """Takes out all that was added for this function; tells whether there was anything."""

        def rest(handlers: tuple[_Handler, ...]) -> tuple[_Handler, ...]:
            return tuple(handler for handler in handlers if handler.function != function)

        with self._lock:
            before = len(self._of_all) + sum(map(len, self._of_one.values()))
            self._of_all = rest(self._of_all)
            of_one = {client_id: rest(handlers) for client_id, handlers in self._of_one.items()}
            self._of_one = {client_id: handlers for client_id, handlers in of_one.items() if handlers}
            self._by_class = {}
            return before > len(self._of_all) + sum(map(len, self._of_one.values()))

    def wanting(self, event: Event) -> tuple[Callable[[Any], Any], ...]:
        """The functions that want this event."""
        by_class = self._by_class
        kind = type(event)
        of_all = by_class.get(kind)
        if of_all is None:
            of_all = by_class[kind] = _functions(self._of_all, kind)
        if not self._of_one:
            return of_all
        return of_all + _functions(self._of_one.get(event.client_id, ()), kind)


def _functions(handlers: tuple[_Handler, ...], kind: type[Event]) -> tuple[Callable[[Any], Any], ...]:
    """Those that want events of this class."""
    return tuple(handler.function for handler in handlers if issubclass(kind, handler.kinds))
