"""Who wants to be called with which events."""

from __future__ import annotations

import math
import threading
import time
import weakref
from typing import Any, Callable, Optional

from ._arguments import what_is
from ._events import Event, Finished, Outcome

__all__ = ["ConversationHandlers", "Handlers", "awaitable_error", "check_function", "check_kinds"]


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


def awaitable_error(function: Any, result: Any) -> Optional[TypeError]:
    """The error of a handler whose result must be awaited, where nobody awaits it; None for any other result."""
    if result is None or not hasattr(result, "__await__"):
        return None
    close = getattr(result, "close", None)
    if callable(close):
        # A coroutine that never ran would otherwise warn of that itself, at another place.
        close()
    return TypeError(
        f"the handler {function!r} returned an awaitable, which nobody awaits, so what it was to do was not done; pass "
        "a function that waits itself, or use an omnize.AsyncClient"
    )


class _Handler:
    __slots__ = ("client_id", "function", "kinds")

    def __init__(
        self, kinds: tuple[type[Event], ...], client_id: Optional[str], function: Callable[[Any], Any]
    ) -> None:
        self.kinds = kinds
        self.client_id = client_id
        self.function = function


class ConversationHandlers:
    """The handlers of one conversation, which alone holds them: they end with it. Changed under the lock of
    :class:`Handlers`.
    """

    __slots__ = ("__weakref__", "_ends_at", "_handlers", "_since", "client_id")

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        # Never changed in place.
        self._handlers: tuple[_Handler, ...] = ()
        self._since = _now()
        #: Events that were received from then on are not for these handlers.
        self._ends_at: Optional[float] = None

    @property
    def are_active(self) -> bool:
        """Whether there are any, and their interaction has not ended."""
        return self._ends_at is None and bool(self._handlers)

    @property
    def have_ended(self) -> bool:
        """Whether their interaction has ended."""
        return self._ends_at is not None

    def end(self) -> None:
        """The interaction has ended now. What was received before is still handled."""
        if self._ends_at is None:
            self._ends_at = _now()

    def end_with(self, event: Event) -> None:
        """This event has ended an interaction: this one, unless it began later."""
        if self._ends_at is None and event.received_at >= self._since:
            self._ends_at = event.received_at

    def _wanting(self, event: Event, kind: type[Event]) -> tuple[Callable[[Any], Any], ...]:
        if self._ends_at is not None and event.received_at >= self._ends_at:
            return ()
        return _functions(self._handlers, kind)


class Handlers:
    """The handlers of a client, in the order in which they were added. Can be used from any thread."""

    def __init__(self) -> None:
        # Reentrant: the garbage collector may run in the midst of it, and let go of a conversation.
        self._lock = threading.RLock()
        # Never changed in place, so that whoever reads needs no lock.
        self._of_all: tuple[_Handler, ...] = ()
        self._of_one: dict[str, tuple[_Handler, ...]] = {}
        self._of_conversations: dict[str, tuple[weakref.ref[ConversationHandlers], ...]] = {}
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

    def add_to(
        self, conversation: ConversationHandlers, kinds: tuple[type[Event], ...], function: Callable[[Any], Any]
    ) -> None:
        """Adds a handler that ends with its conversation."""
        handler = _Handler(kinds or (Event,), conversation.client_id, function)
        with self._lock:
            if not conversation._handlers:
                known = weakref.ref(conversation, _forget_in(weakref.ref(self), conversation.client_id))
                others = self._of_conversations.get(conversation.client_id, ())
                self._of_conversations[conversation.client_id] = (*others, known)
            conversation._handlers += (handler,)

    def remove(self, function: Callable[[Any], Any]) -> bool:
        """Takes out all that was added for this function; tells whether there was anything."""
        with self._lock:
            before = len(self._of_all) + sum(map(len, self._of_one.values()))
            self._of_all = _without(self._of_all, function)
            of_one = {client_id: _without(handlers, function) for client_id, handlers in self._of_one.items()}
            self._of_one = {client_id: handlers for client_id, handlers in of_one.items() if handlers}
            self._by_class = {}
            removed = before > len(self._of_all) + sum(map(len, self._of_one.values()))
            for conversations in list(self._of_conversations.values()):
                for known in conversations:
                    conversation = known()
                    if conversation is not None:
                        removed = self.remove_from(conversation, function) or removed
            return removed

    def remove_from(self, conversation: ConversationHandlers, function: Callable[[Any], Any]) -> bool:
        """Takes out what was added to a conversation for this function; tells whether there was anything."""
        with self._lock:
            before = len(conversation._handlers)
            conversation._handlers = _without(conversation._handlers, function)
            if before and not conversation._handlers:
                self._forget(conversation.client_id, conversation)
            return before > len(conversation._handlers)

    def clear(self) -> None:
        """Lets go of all handlers: the client is closed."""
        with self._lock:
            self._of_all = ()
            self._of_one = {}
            for conversations in self._of_conversations.values():
                for known in conversations:
                    conversation = known()
                    if conversation is not None:
                        conversation._handlers = ()
            self._of_conversations = {}
            self._by_class = {}

    def wanting(self, event: Event) -> tuple[Callable[[Any], Any], ...]:
        """The functions that want this event. Those of a conversation that it ends get no later one."""
        by_class = self._by_class
        kind = type(event)
        of_all = by_class.get(kind)
        if of_all is None:
            of_all = by_class[kind] = _functions(self._of_all, kind)
        found = of_all
        if self._of_one:
            found += _functions(self._of_one.get(event.client_id, ()), kind)
        if self._of_conversations:
            for known in self._of_conversations.get(event.client_id, ()):
                conversation = known()
                if conversation is not None:
                    found += conversation._wanting(event, kind)
                    if _ends_interaction(event):
                        conversation.end_with(event)
        return found

    def _forget(self, client_id: str, gone: Optional[ConversationHandlers] = None) -> None:
        """Lets go of the references to handlers that are gone."""
        with self._lock:
            known = self._of_conversations.get(client_id, ())
            rest = tuple(one for one in known if one() is not None and one() is not gone)
            if rest:
                self._of_conversations[client_id] = rest
            else:
                self._of_conversations.pop(client_id, None)


def _forget_in(known: weakref.ref[Handlers], client_id: str) -> Callable[[Any], None]:
    """What is called when a conversation's handlers are collected."""

    def forget(_: Any) -> None:
        handlers = known()
        if handlers is not None:
            handlers._forget(client_id)

    return forget


def _ends_interaction(event: Event) -> bool:
    if isinstance(event, Outcome):
        return event.request == "finish" and event.delivery == "accepted"
    return isinstance(event, Finished)


def _now() -> float:
    """The time in the unit that events have: whole milliseconds."""
    return math.floor(time.time() * 1000) / 1000


def _without(handlers: tuple[_Handler, ...], function: Callable[[Any], Any]) -> tuple[_Handler, ...]:
    return tuple(handler for handler in handlers if handler.function != function)


def _functions(handlers: tuple[_Handler, ...], kind: type[Event]) -> tuple[Callable[[Any], Any], ...]:
    """Those that want events of this class."""
    return tuple(handler.function for handler in handlers if issubclass(kind, handler.kinds))
