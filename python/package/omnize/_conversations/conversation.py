"""The conversation with blocking methods, and the base class of both conversation classes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Generic, NoReturn, Optional, Union, overload

from .._arguments import optional_seconds
from .._errors import Error, StateError
from .._events.handler_types import Result
from .._events.handlers import ConversationHandlers, check_function, check_kinds
from .._shutdown import warn
from .customer import Customer
from .request_fields import Fields, of_customer, of_external, of_message, of_post, of_transfer, of_update
from .result_types import Media, Mood, State

if TYPE_CHECKING:
    from .._clients.base_client import BaseClient
    from .._clients.client import Client
    from .._clients.greenlets import GreenletChat
    from .._clients.option_types import Seconds
    from .._events.event import Event
    from .._events.handler_types import Event1, Event2, Event3, Event4, Registration
    from .._omnize import Chat

__all__ = ["BaseConversation", "Conversation"]


class BaseConversation(Generic[Result]):
    """Base class of both conversation classes.

    Setting an unknown attribute raises AttributeError, so misspelled names are detected.
    """

    __slots__ = ("__weakref__", "_chat", "_client", "_customer", "_handlers", "_start", "_timeout", "user_data")

    user_data: Any
    """Any object of the application, None by default. The library does not use it."""

    def __init__(
        self, client: BaseClient[Any, Result], chat: Union[Chat, GreenletChat], customer: Fields, start: Fields
    ) -> None:
        #: A client without references is closed, so the conversation keeps one.
        self._client = client
        self._chat = chat
        #: The fields of the start request: those of the customer, and the others.
        self._customer = customer
        self._start = start
        self._timeout: Optional[float] = None
        self.user_data = None
        self._handlers = ConversationHandlers(chat.client_id)

    @property
    def client_id(self) -> str:
        """The application's id of the customer."""
        return self._chat.client_id

    @property
    def department(self) -> str:
        """The id of the department for requests: while the interaction is open, that of its start."""
        return self._chat.department

    @property
    def current_department(self) -> str:
        """The id of the department that serves the customer, for display. It changes with a transfer."""
        return self._chat.current_department

    @property
    def interaction_hash(self) -> Optional[str]:
        """The interaction hash; None if the dialect has no hashes or the hash is not known yet."""
        self._client._check_process()
        return self._chat.interaction_hash

    @property
    def state(self) -> State:
        """The state of the interaction: new, starting, waiting, active, finished or unavailable.

        It becomes active when an agent accepts it, and unavailable if no agent is available.
        """
        self._client._check_process()
        return self._chat.state

    @property
    def is_open(self) -> bool:
        """Whether the state is starting, waiting or active."""
        return self.state in ("starting", "waiting", "active")

    @property
    def timeout(self) -> Optional[float]:
        """The timeout of later requests in seconds. None (default): the client's option ``timeout``."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: Optional[Seconds]) -> None:
        self._timeout = optional_seconds("timeout", seconds)
        self._chat.set_timeout(self._timeout)

    def keystroke(self) -> None:
        """Reports that the customer pressed a key. Call this for every key. Does not wait for the network.

        The library sends one ``typing``. It sends ``cleared`` after a pause of the length of the option
        ``typing_pause``, or just before the message.
        """
        self._chat.keystroke()

    @overload
    def on(self) -> Registration[Event, Result]: ...

    @overload
    def on(self, kind: type[Event1], /) -> Registration[Event1, Result]: ...

    @overload
    def on(self, kind1: type[Event1], kind2: type[Event2], /) -> Registration[Union[Event1, Event2], Result]: ...

    @overload
    def on(
        self, kind1: type[Event1], kind2: type[Event2], kind3: type[Event3], /
    ) -> Registration[Union[Event1, Event2, Event3], Result]: ...

    @overload
    def on(
        self, kind1: type[Event1], kind2: type[Event2], kind3: type[Event3], kind4: type[Event4], /
    ) -> Registration[Union[Event1, Event2, Event3, Event4], Result]: ...

    @overload
    def on(self, *kinds: type[Event]) -> Registration[Any, Result]: ...

    def on(self, *kinds: type[Event]) -> Registration[Any, Result]:
        """Registers a handler for events of these classes (none: all) of this customer. See :meth:`Client.on`.

        The handler is called until the interaction is finished by either side, or the client is closed. Keep a
        reference to the conversation until then: its handlers are removed with it. Handlers of :meth:`Client.on` are
        not.
        """
        check_kinds(kinds)

        def register(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
            check_function(function, self._client._awaits)
            if self._handlers.have_ended:
                # The old handlers belong to an earlier interaction.
                self._handlers = ConversationHandlers(self.client_id)
            self._client._handlers.add_to(self._handlers, kinds, function)
            return function

        return register

    def off(self, function: Callable[..., Any]) -> bool:
        """Unregisters a handler of this conversation. Returns whether it was registered. See :meth:`Client.off`."""
        return self._client._handlers.remove_from(self._handlers, function)

    def _end_handlers(self) -> None:
        """Ends the handlers after the service accepted the finish."""
        self._client._handlers.end_conversation(self._handlers)

    def __del__(self) -> None:
        # If an argument was invalid, no attribute is set.
        handlers: Optional[ConversationHandlers] = getattr(self, "_handlers", None)
        client = getattr(self, "_client", None)
        if handlers is None or client is None or not handlers.are_active:
            return
        if client._is_open and not client._is_of_parent() and self.is_open:
            warn(
                "a conversation with handlers was garbage-collected while its interaction is open, so they are not "
                "called any more; keep a reference to the conversation, or register the handlers with client.on"
            )

    def _start_fields(self, customer: Optional[Customer]) -> Fields:
        """Returns the fields of the start request."""
        return (self._customer if customer is None else of_customer(customer)) + self._start

    def _whatsapp_fields(
        self, external_id: str, text: str, media: Optional[Media], customer: Optional[Customer]
    ) -> Fields:
        """Returns the fields of a WhatsApp request."""
        return [*of_external(external_id), *of_message(text, media), *self._start_fields(customer)]

    def _must_finish(self) -> bool:
        """Returns whether the end of a ``with`` block must finish the interaction. A forked child leaves it open."""
        return not self._client._is_of_parent() and self.is_open

    def _warn_unfinished(self, failure: Error) -> None:
        warn(
            "an interaction was not finished at the end of its block, which raised an exception: %s",
            failure,
            request_kind="finish",
            delivery=failure.delivery,
            status=failure.status,
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} can't be copied or pickled; make another with the client's attach")

    def __repr__(self) -> str:
        # A forked child does not know the state.
        state = "forked" if self._client._is_of_parent() else self._chat.state
        return f"<{type(self).__name__} client_id={self.client_id!r} department={self.department!r} {state}>"


for _method in vars(BaseConversation).values():
    if callable(_method) and hasattr(_method, "__qualname__"):
        # Python's messages about wrong arguments contain this name. It must not be that of a private class.
        _method.__qualname__ = f"Conversation.{_method.__name__}"


class Conversation(BaseConversation[None]):
    """An interaction of a customer, created by :meth:`Client.conversation`. All threads may use it.

    Requests are sent one at a time, in the order of the calls. ``start``, ``send``, ``typing``, ``cleared`` and
    ``finish`` block until the response, and raise :class:`RequestError` if the service did not accept the request. The
    ``post`` methods return a ticket at once. Later, an :class:`Outcome` with this ticket is delivered as an event.

    A ``with`` statement starts the interaction, unless it is open, and finishes it at the end.

    >>> with client.conversation("12", department="1", customer=Customer(name="Joao")) as chat:
    ...     chat.send("Bom dia!")
    ...     chat.state
    'waiting'
    >>> chat.state
    'finished'
    """

    __slots__ = ()

    _client: Client

    def next(self, timeout: Optional[Seconds] = None) -> Optional[Event]:
        """Returns the next event of this interaction. Blocks up to ``timeout`` seconds (None: forever).

        Returns None if no event came, or if the interaction has ended and its last event was returned. From the first
        call until this conversation is garbage-collected, :meth:`Client.next` and :meth:`Client.events` do not return
        events of this interaction.
        """
        return self._client._next(self._chat, optional_seconds("timeout", timeout))

    def events(self, timeout: Optional[Seconds] = None) -> Iterator[Event]:
        """Iterates over the events of this interaction. See :meth:`next`.

        Ends after the last event of the interaction, when none came for ``timeout`` seconds (None: forever), or when
        the client is closed. The last event is :class:`Finished`, or the :class:`Outcome` of the posted finish.
        """
        return self._client._events(self._chat, optional_seconds("timeout", timeout))

    def start(self, customer: Optional[Customer] = None) -> None:
        """Starts the interaction. ``customer`` replaces the one that was passed to :meth:`Client.conversation`."""
        self._chat.request("start", self._start_fields(customer))

    def send(self, text: str = "", media: Optional[Media] = None) -> None:
        """Sends a message of the customer. ``media`` requires the dialect ``interactions``."""
        if media is None:
            self._chat.send(text)
        else:
            self._chat.request("message", of_message(text, media))

    def typing(self) -> None:
        """Reports that the customer is typing."""
        self._chat.request("typing")

    def cleared(self) -> None:
        """Reports that the customer deleted the text that they were typing."""
        self._chat.request("cleared")

    def finish(self) -> None:
        """Finishes the interaction."""
        self._chat.request("finish")
        self._end_handlers()

    def update(
        self,
        *,
        mood: Optional[Mood] = None,
        tags: Iterable[str] = (),
        customer_key: Optional[str] = None,
        note: Optional[str] = None,
    ) -> None:
        """Updates notes about the interaction. Supported by the dialect ``interactions``.

        ``mood`` is ``"POSITIVE"`` or ``"NEGATIVE"``. ``tags`` are ids. ``customer_key`` is the service's id of the
        customer.
        """
        self._chat.request("update", of_update(mood, tags, customer_key, note))

    def whatsapp(
        self,
        external_id: str,
        text: str = "",
        media: Optional[Media] = None,
        customer: Optional[Customer] = None,
    ) -> None:
        """Starts the interaction with a WhatsApp message. Supported by the dialect ``interactions``."""
        self._chat.request("whatsapp", self._whatsapp_fields(external_id, text, media, customer))

    def bot_accept(self) -> None:
        """Accepts an interaction that was assigned to the application's external bot."""
        self._chat.request("bot_accept")

    def bot_transfer(self, department: Optional[Union[str, int]] = None) -> None:
        """Transfers the external bot's interaction to a department (None: back to where it started)."""
        self._chat.request("bot_transfer", of_transfer(department))

    def post(
        self,
        text: str = "",
        media: Optional[Media] = None,
        *,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts a message of the customer and returns its ticket. With a store, blocks until it is on disk.

        ``reference`` is the application's own text of at most 255 bytes, which the outcome contains. A repeated post
        with the same reference returns the first ticket and sends nothing, also after a crash with a store.

        A request that is still in the outbox after ``max_age`` seconds is not sent, and its outcome has the error
        :class:`Expired`. ``math.inf`` means no limit, and None the option ``message_max_age``.
        """
        return self._chat.post("message", of_message(text, media), *of_post(reference, max_age))

    def post_start(
        self,
        customer: Optional[Customer] = None,
        *,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts a start request and returns its ticket. See :meth:`start`."""
        return self._chat.post("start", self._start_fields(customer), *of_post(reference, max_age))

    def post_finish(self, *, reference: Optional[str] = None, max_age: Optional[Seconds] = None) -> int:
        """Posts a finish request and returns its ticket. See :meth:`finish`."""
        return self._chat.post("finish", [], *of_post(reference, max_age))

    def post_bot_accept(self, *, reference: Optional[str] = None, max_age: Optional[Seconds] = None) -> int:
        """Posts an accept request and returns its ticket. See :meth:`bot_accept`."""
        return self._chat.post("bot_accept", [], *of_post(reference, max_age))

    def post_bot_transfer(
        self,
        department: Optional[Union[str, int]] = None,
        *,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts a transfer request and returns its ticket. See :meth:`bot_transfer`."""
        return self._chat.post("bot_transfer", of_transfer(department), *of_post(reference, max_age))

    def cancel(self) -> int:
        """Cancels the posted requests of the interaction that wait. Returns their number.

        A request in progress is not cancelled. With a store, blocks until this is on disk. See :meth:`Client.cancel`.
        """
        return self._chat.cancel()

    def __enter__(self) -> Conversation:
        if not self.is_open:
            self.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if not self._must_finish():
            return
        if error is None:
            # The agent may have finished first.
            with contextlib.suppress(StateError):
                self.finish()
            return
        # The exception of the block must be raised, not one of the finish.
        try:
            if isinstance(error, Exception):
                self.finish()
            else:
                # After Ctrl-C, the user must not wait for a response.
                self.post_finish()
        except StateError:
            pass
        except Error as failure:
            self._warn_unfinished(failure)
