"""The handlers of a client and of its conversations."""

from __future__ import annotations

import math
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Callable, Optional

from .._arguments import describe_type
from .event import Event, Finished, Outcome

if TYPE_CHECKING:
    from .. import _omnize

__all__ = ["ConversationHandlers", "Handlers", "awaitable_error", "check_function", "check_kinds"]


def check_kinds(kinds: tuple[Any, ...]) -> None:
    """Raises TypeError if one of these is not a class of events."""
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Event)):
            raise TypeError(
                f"{kind!r} is not a class of events; write @client.on(omnize.Message), or @client.on() for all events, "
                "above the function"
            )


def check_function(function: Any, awaited: bool) -> None:
    """Raises TypeError if this cannot be called with an event, or must be awaited although nobody awaits it."""
    if not callable(function):
        raise TypeError(f"the handler is {describe_type(function)}; pass a function")
    if awaited:
        return
    import inspect

    # A handler may be an object with the method __call__.
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise TypeError(
            f"the handler {function!r} is a coroutine function, and this client awaits nothing; pass a function, or "
            "use an omnize.AsyncClient"
        )


def awaitable_error(function: Any, result: Any) -> Optional[TypeError]:
    """Returns an error if the result of a handler must be awaited, and nobody awaits it. Otherwise returns None."""
    if result is None or not hasattr(result, "__await__"):
        return None
    close = getattr(result, "close", None)
    if callable(close):
        # Otherwise Python would warn later that the coroutine was never awaited.
        close()
    return TypeError(
        f"the handler {function!r} returned an awaitable, and this client awaits nothing, so its code did not run; "
        "pass a function that blocks, or use an omnize.AsyncClient"
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
    """The handlers of one conversation. Only the conversation keeps them alive.

    They are changed under the lock of :class:`Handlers`.
    """

    __slots__ = ("__weakref__", "_ends_at", "_handlers", "_reference", "_since", "client_id")

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        # Replaced, never changed in place.
        self._handlers: tuple[_Handler, ...] = ()
        self._since = _now()
        #: The time after which events are not for these handlers.
        self._ends_at: Optional[float] = None
        #: The reference that :class:`Handlers` has.
        self._reference: Optional[weakref.ref[ConversationHandlers]] = None

    @property
    def are_active(self) -> bool:
        """Whether there is a handler, and the interaction has not ended."""
        return self._ends_at is None and bool(self._handlers)

    @property
    def have_ended(self) -> bool:
        """Whether the interaction has ended."""
        return self._ends_at is not None

    def _end_with(self, event: Event) -> None:
        """Ends the interaction with this event, unless the interaction began after it."""
        if self._ends_at is None and event.received_at >= self._since:
            self._ends_at = event.received_at

    def _wanting(self, event: Event, kind: type[Event]) -> tuple[Callable[[Any], Any], ...]:
        if self._ends_at is not None and event.received_at >= self._ends_at:
            return ()
        return _functions(self._handlers, kind)


class Handlers:
    """The handlers of a client, in the order in which they were added. All threads may use it."""

    def __init__(self, core: _omnize.Core) -> None:
        self._core = core
        #: Whether the core holds events back while there is no handler, and whether it does now.
        self._holds_back_unwanted = False
        self._is_holding_back = False
        # Reentrant, because the garbage collector may run in a locked section and collect a conversation.
        self._lock = threading.RLock()
        #: The function that receives the exceptions of handlers.
        self.error_hook: Optional[Callable[[Any, Any], Any]] = None
        # Replaced, never changed in place, so that a reader needs no lock.
        self._of_all: tuple[_Handler, ...] = ()
        self._of_one: dict[str, tuple[_Handler, ...]] = {}
        self._of_conversations: dict[str, tuple[weakref.ref[ConversationHandlers], ...]] = {}
        #: The handlers of those conversations that have not ended.
        self._active: set[weakref.ref[ConversationHandlers]] = set()
        # A cache of the functions of _of_all, by class of event. Each change replaces it, because a reader may just now
        # add a value of before the change.
        self._by_class: dict[type[Event], tuple[Callable[[Any], Any], ...]] = {}

    @property
    def has_any(self) -> bool:
        """Whether there is any handler."""
        return bool(self._of_all or self._of_one or self._active)

    def add(self, kinds: tuple[type[Event], ...], client_id: Optional[str], function: Callable[[Any], Any]) -> None:
        """Adds a handler for events of these classes (none: all), of this customer (None: all)."""
        handler = _Handler(kinds or (Event,), client_id, function)
        with self._lock:
            if client_id is None:
                self._of_all += (handler,)
            else:
                self._of_one[client_id] = (*self._of_one.get(client_id, ()), handler)
            self._by_class = {}
            self._update_hold()

    def add_to(
        self, conversation: ConversationHandlers, kinds: tuple[type[Event], ...], function: Callable[[Any], Any]
    ) -> None:
        """Adds a handler of a conversation."""
        handler = _Handler(kinds or (Event,), conversation.client_id, function)
        with self._lock:
            if not conversation._handlers:
                reference = weakref.ref(conversation, _removal(weakref.ref(self), conversation.client_id))
                conversation._reference = reference
                others = self._of_conversations.get(conversation.client_id, ())
                self._of_conversations[conversation.client_id] = (*others, reference)
            conversation._handlers += (handler,)
            self._update_activity(conversation)
            self._update_hold()

    def end_conversation(self, conversation: ConversationHandlers) -> None:
        """Ends the interaction of these handlers now. Events that were received before are still handled."""
        with self._lock:
            if conversation._ends_at is None:
                conversation._ends_at = _now()
            self._update_activity(conversation)
            self._update_hold()

    def remove(self, function: Callable[..., Any]) -> bool:
        """Removes this function everywhere, also as the error hook. Returns whether it was registered."""
        with self._lock:
            is_hook = self.error_hook == function
            if is_hook:
                self.error_hook = None
            before = len(self._of_all) + sum(map(len, self._of_one.values()))
            self._of_all = _without(self._of_all, function)
            of_one = {client_id: _without(handlers, function) for client_id, handlers in self._of_one.items()}
            self._of_one = {client_id: handlers for client_id, handlers in of_one.items() if handlers}
            self._by_class = {}
            removed = is_hook or before > len(self._of_all) + sum(map(len, self._of_one.values()))
            for conversations in list(self._of_conversations.values()):
                for reference in conversations:
                    conversation = reference()
                    if conversation is not None:
                        removed = self.remove_from(conversation, function) or removed
            self._update_hold()
            return removed

    def remove_from(self, conversation: ConversationHandlers, function: Callable[[Any], Any]) -> bool:
        """Removes this function from a conversation. Returns whether it was registered."""
        with self._lock:
            before = len(conversation._handlers)
            conversation._handlers = _without(conversation._handlers, function)
            self._update_activity(conversation)
            if before and not conversation._handlers:
                self._remove_references(conversation.client_id, conversation)
            return before > len(conversation._handlers)

    def clear(self) -> None:
        """Removes all handlers after the client was closed."""
        with self._lock:
            self._holds_back_unwanted = False
            self.error_hook = None
            self._of_all = ()
            self._of_one = {}
            for conversations in self._of_conversations.values():
                for reference in conversations:
                    conversation = reference()
                    if conversation is not None:
                        conversation._handlers = ()
            self._of_conversations = {}
            self._active = set()
            self._by_class = {}

    def hold_back_unwanted(self) -> None:
        """From now on, while there is no handler at all, a client with a store holds its events back.

        Otherwise events of an earlier process would be used up before the application registers its first handler.
        """
        with self._lock:
            self._holds_back_unwanted = True
            self._update_hold()

    def _update_hold(self) -> None:
        """Holds events back, or releases them. Must be called with the lock held, after each change."""
        hold = self._holds_back_unwanted and not self.has_any
        if hold == self._is_holding_back:
            return
        if hold:
            self._core.hold_back_events()
        else:
            self._core.release_events()
        self._is_holding_back = hold

    def _update_activity(self, conversation: ConversationHandlers) -> None:
        """Records whether these handlers are active. Must be called with the lock held, after each change."""
        reference = conversation._reference
        if reference is None:
            return
        if conversation.are_active:
            self._active.add(reference)
        else:
            self._active.discard(reference)

    @property
    def is_holding_back(self) -> bool:
        """Whether there is a store and no handler. Then an event that was already taken must not be acknowledged."""
        return self._is_holding_back and self._core.stored

    def wanting(self, event: Event) -> tuple[Callable[[Any], Any], ...]:
        """Returns the functions to call with this event. The event of an end ends the handlers of its conversation."""
        by_class = self._by_class
        kind = type(event)
        of_all = by_class.get(kind)
        if of_all is None:
            of_all = by_class[kind] = _functions(self._of_all, kind)
        found = of_all
        if self._of_one:
            found += _functions(self._of_one.get(event.client_id, ()), kind)
        if self._of_conversations:
            for reference in self._of_conversations.get(event.client_id, ()):
                conversation = reference()
                if conversation is not None:
                    found += conversation._wanting(event, kind)
                    if _ends_interaction(event):
                        self._end_with(conversation, event)
        return found

    def _end_with(self, conversation: ConversationHandlers, event: Event) -> None:
        with self._lock:
            conversation._end_with(event)
            self._update_activity(conversation)
            self._update_hold()

    def _remove_references(self, client_id: str, removed: Optional[ConversationHandlers] = None) -> None:
        """Removes the references to handlers that were removed or collected."""
        with self._lock:
            references = self._of_conversations.get(client_id, ())
            rest = tuple(one for one in references if one() is not None and one() is not removed)
            if rest:
                self._of_conversations[client_id] = rest
            else:
                self._of_conversations.pop(client_id, None)
            self._update_hold()


def _removal(handlers_reference: weakref.ref[Handlers], client_id: str) -> Callable[[Any], None]:
    """Returns the callback for when the handlers of a conversation are collected."""

    def remove(collected: Any) -> None:
        handlers = handlers_reference()
        if handlers is not None:
            with handlers._lock:
                handlers._active.discard(collected)
                handlers._remove_references(client_id)

    return remove


def _ends_interaction(event: Event) -> bool:
    if isinstance(event, Outcome):
        return event.request == "finish" and event.delivery == "accepted"
    return isinstance(event, Finished)


def _now() -> float:
    """Returns the time in seconds, rounded down to milliseconds as in events."""
    return math.floor(time.time() * 1000) / 1000


def _without(handlers: tuple[_Handler, ...], function: Callable[[Any], Any]) -> tuple[_Handler, ...]:
    return tuple(handler for handler in handlers if handler.function != function)


def _functions(handlers: tuple[_Handler, ...], kind: type[Event]) -> tuple[Callable[[Any], Any], ...]:
    """Returns the functions of the handlers for this class of events."""
    return tuple(handler.function for handler in handlers if issubclass(kind, handler.kinds))
