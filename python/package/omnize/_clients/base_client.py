"""The base class of both clients."""

from __future__ import annotations

import contextlib
import os
import warnings
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Generic, NoReturn, Optional, TypeVar, Union, overload

from .. import _omnize, _shutdown
from .._arguments import body_bytes, optional_text, path_text
from .._conversations.customer import Customer
from .._conversations.request_fields import id_text, of_customer, of_message, of_start
from .._conversations.result_types import Media, OpenInteraction, OutboxEntry
from .._errors import Closed, _forked_error, _state_error
from .._events.handler_types import Result
from .._events.handlers import Handlers, check_function, check_kinds
from .listener import Listener
from .options import serialize_options
from .statistics import Statistics

if TYPE_CHECKING:
    from .._conversations.request_fields import Fields
    from .._conversations.result_types import MediaType
    from .._events.event import Event
    from .._events.handler_types import Event1, Event2, Event3, Event4, Registration

__all__ = ["BaseClient"]

#: The class of the client's conversations.
_Conversation = TypeVar("_Conversation")


class BaseClient(Generic[_Conversation, Result]):
    """Base class of both client classes.

    Setting an unknown attribute raises AttributeError, so misspelled names are detected. A derived class of the
    application may have further attributes.
    """

    __slots__ = ("__weakref__", "_core", "_environment", "_handlers", "_is_open", "_listener", "_outbox", "_process")

    #: Whether the awaitables that handlers return are awaited.
    _awaits = False

    def __init__(
        self,
        token: Optional[str] = None,
        *,
        config_file: Optional[Union[str, os.PathLike[str]]] = None,
        environment: bool = True,
        **options: Any,
    ) -> None:
        self._is_open = False
        if token is not None:
            options["token"] = token
        file = None if config_file is None else path_text("config_file", config_file)
        texts = serialize_options(options)
        _shutdown.forward_log()
        self._core = _omnize.Core(texts, file, environment)
        self._core.set_owner(weakref.ref(self))
        self._outbox = _omnize.Outbox(self._core)
        self._environment = environment
        self._handlers = Handlers(self._core)
        self._listener: Optional[Listener] = None
        self._process = os.getpid()
        self._is_open = True
        _shutdown.register_client(self)

    @property
    def webhook_url(self) -> Optional[str]:
        """The URL to set as the webhook in the service's portal. Anyone who knows it can post triggers.

        None if the client has no listener. Then the application delivers the triggers itself.
        """
        if self._listener is not None:
            return self._listener.url(self)
        return self._core.webhook_url

    @property
    def waiting(self) -> int:
        """The number of queued events."""
        self._check_process()
        return self._core.waiting

    @property
    def statistics(self) -> Statistics:
        """The statistics since the client was opened, by name, with the durations of requests."""
        self._check_process()
        return Statistics(self._core.statistics())

    @property
    def open_interactions(self) -> list[OpenInteraction]:
        """The open interactions, longest unchanged first. With a store, this includes those of an earlier process."""
        self._check_process()
        return [OpenInteraction(*open_) for open_ in self._core.open_interactions()]

    def outbox(self) -> list[OutboxEntry]:
        """Returns the posted requests that wait or are in progress, in the order of their tickets.

        With a store, this includes those of an earlier process. ``outbox_count`` is their number.
        """
        self._check_process()
        return [OutboxEntry(*entry) for entry in self._outbox.list()]

    @property
    def outbox_count(self) -> int:
        """The number of posted requests that wait or are in progress."""
        self._check_process()
        return self._outbox.count()

    @property
    def paused(self) -> bool:
        """Whether the sending of posted requests is paused."""
        self._check_process()
        return self._outbox.is_paused()

    def pause(self) -> None:
        """Pauses the sending of posted requests. Does not block.

        No further attempt starts. Requests in progress continue, and further requests may be posted. Blocking requests
        are sent, except behind a posted request of the same interaction. The option ``outbox_paused`` pauses a client
        from its start. A paused client that is closed leaves its requests in the store; without a store, they are not
        sent.
        """
        self._outbox.pause()

    def resume(self) -> None:
        """Resumes the sending of posted requests. Does not block."""
        self._outbox.resume()

    def conversation(
        self,
        client_id: Union[str, int],
        *,
        department: Union[str, int],
        customer: Optional[Customer] = None,
        bot_id: Optional[str] = None,
        media_type: Optional[MediaType] = None,
        extra: Optional[Mapping[str, Any]] = None,
        external_history: Optional[str] = None,
    ) -> _Conversation:
        """Returns a conversation for a new interaction. Sends nothing.

        ``client_id`` is the application's id of its customer. Each trigger of the interaction repeats it. ``bot_id``
        requires the dialect ``gateway`` or ``interactions``. The other arguments require the dialect ``interactions``:
        ``media_type`` is ``"TEXT"``, ``"SMS"`` or ``"WHATSAPP"``. ``extra`` is repeated in each trigger.
        ``external_history`` is the URL of a document with the messages exchanged before.
        """
        start = of_start(bot_id, media_type, extra, external_history)
        chat = self._core.prepare(id_text("department", department), id_text("client_id", client_id))
        return self._make_conversation(chat, of_customer(customer), start)

    def attach(
        self, client_id: Union[str, int], *, department: Union[str, int], interaction_hash: Optional[str] = None
    ) -> _Conversation:
        """Returns a conversation for an open interaction, for example after a restart. Sends nothing.

        In the dialect ``interactions``, pass the ``interaction_hash`` if this client did not start the interaction.
        """
        ids = id_text("department", department), id_text("client_id", client_id)
        return self._make_conversation(
            self._core.attach(*ids, optional_text("interaction_hash", interaction_hash)), [], []
        )

    def bot_attach(self, interaction_hash: str) -> _Conversation:
        """Returns a conversation for an interaction that the application serves as an external bot. Sends nothing.

        See :class:`NewInteraction`. The conversation sends the messages and the finish of the bot. Its ``client_id`` is
        the interaction hash.
        """
        return self._make_conversation(self._core.bot_attach(id_text("interaction_hash", interaction_hash)), [], [])

    def _conversation_of(self, event: Event) -> _Conversation:
        """Returns the conversation of the event's customer."""
        self._check_process()
        hash_: Optional[str] = getattr(event, "interaction_hash", None)
        department = self._core.department_of(event.client_id)
        # The interaction of a bot has its hash as client id, and no department.
        if department == "" or (department is None and hash_ == event.client_id):
            return self.bot_attach(event.client_id)
        if department is None:
            raise _state_error(
                "this client does not know the interaction of the event: it has ended, or another client started it; "
                "pass its department to the client's attach"
            )
        return self.attach(event.client_id, department=department, interaction_hash=hash_)

    def _make_conversation(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> _Conversation:
        """Creates a conversation of this class of client."""
        raise NotImplementedError

    def listen(self, address: str, path: Optional[str] = None, **options: Any) -> Listener:
        """Opens a listener for this client, as the option ``listen`` does.

        ``address`` is an IP address and a port, such as ``"127.0.0.1:0"``. Port 0 selects any free port. ``options``
        are those of the class :class:`Listener`.

        >>> client.listen("127.0.0.1:0", path="/omnize/8a4e").url(client) == client.webhook_url
        True
        """
        if not self._is_open:
            raise _already_closed_error()
        listener = Listener(address, environment=self._environment, **options)
        try:
            listener.attach(self, path)
        except BaseException:
            listener.close()
            raise
        if self._listener is None:
            self._listener = listener
        return listener

    @overload
    def on(self, *, client_id: Optional[Union[str, int]] = None) -> Registration[Event, Result]: ...

    @overload
    def on(
        self, kind: type[Event1], /, *, client_id: Optional[Union[str, int]] = None
    ) -> Registration[Event1, Result]: ...

    @overload
    def on(
        self, kind1: type[Event1], kind2: type[Event2], /, *, client_id: Optional[Union[str, int]] = None
    ) -> Registration[Union[Event1, Event2], Result]: ...

    @overload
    def on(
        self,
        kind1: type[Event1],
        kind2: type[Event2],
        kind3: type[Event3],
        /,
        *,
        client_id: Optional[Union[str, int]] = None,
    ) -> Registration[Union[Event1, Event2, Event3], Result]: ...

    @overload
    def on(
        self,
        kind1: type[Event1],
        kind2: type[Event2],
        kind3: type[Event3],
        kind4: type[Event4],
        /,
        *,
        client_id: Optional[Union[str, int]] = None,
    ) -> Registration[Union[Event1, Event2, Event3, Event4], Result]: ...

    @overload
    def on(self, *kinds: type[Event], client_id: Optional[Union[str, int]] = None) -> Registration[Any, Result]: ...

    def on(self, *kinds: type[Event], client_id: Optional[Union[str, int]] = None) -> Registration[Any, Result]:
        """Registers a handler for events of these classes. ``@client.on()`` is for all events.

        With ``client_id``, the handler is called only with events of this customer. Handlers are called by ``poll``, or
        by the threads or tasks of ``dispatch``. Handlers for events of one customer never run concurrently. Only an
        :class:`AsyncClient` accepts coroutine functions.

        >>> @client.on(Message, Typing)
        ... def show(event):
        ...     print(event.kind)
        """
        wanted = None if client_id is None else id_text("client_id", client_id)
        check_kinds(kinds)

        def register(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
            check_function(function, self._awaits)
            self._handlers.add(kinds, wanted, function)
            return function

        return register

    def on_error(self, function: Callable[[Event, Exception], Result]) -> Callable[[Event, Exception], Result]:
        """Registers the error hook, which is called with the event and the exception of each handler that fails.

        Without a hook, ``poll`` raises the exception, and ``dispatch`` passes it to ``threading.excepthook`` or, for an
        :class:`AsyncClient`, to the loop's exception handler. With a hook neither happens, unless the hook raises an
        exception itself: then that one is raised or passed on. The hook may be a coroutine function if the client is
        an :class:`AsyncClient`. Another hook replaces this one, and :meth:`off` removes it.

        The event still counts as not handled: with a store, it is redelivered after a restart. To prevent this, the
        hook calls ``event.ack()``.

        >>> @client.on_error
        ... def show_failure(event, error):
        ...     print(event.kind, type(error).__name__)
        """
        check_function(function, self._awaits)
        self._handlers.error_hook = function
        return function

    def off(self, function: Callable[..., Any]) -> bool:
        """Unregisters a handler, also if a conversation registered it, or the error hook.

        Returns whether it was registered. A call in progress continues.
        """
        return self._handlers.remove(function)

    @staticmethod
    def _off_hours_arguments(
        department: Union[str, int], text: str, customer: Customer, media: Optional[Media]
    ) -> tuple[str, Fields]:
        """Checks and converts the arguments of ``off_hours``."""
        return id_text("department", department), of_message(text, media) + of_customer(customer)

    @staticmethod
    def _trigger_arguments(
        body: bytes, content_type: Optional[str], content_encoding: Optional[str]
    ) -> tuple[bytes, Optional[str], Optional[str]]:
        """Checks and converts the arguments of ``deliver``."""
        type_, coding = optional_text("content_type", content_type), optional_text("content_encoding", content_encoding)
        return body_bytes(body), type_, coding

    def _is_of_parent(self) -> bool:
        return os.getpid() != self._process

    def _check_process(self) -> None:
        """Raises Forked in a forked child, whose copy of the client's state is outdated."""
        if self._is_of_parent():
            raise _forked_error()

    def _after_close(self) -> None:
        """Releases the handlers and the listener after the core was closed."""
        self._is_open = False
        self._handlers.clear()
        if self._listener is not None:
            self._listener.close(0)

    def _close_at_exit(self, seconds: float) -> None:
        if not self._is_open or self._is_of_parent():
            return
        # Nobody can handle an error now.
        with contextlib.suppress(Exception):
            self._core.close(seconds)
        self._after_close()

    def __del__(self) -> None:
        # If an argument was invalid, no attribute is set.
        if getattr(self, "_is_open", False) and not self._is_of_parent():
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=2)
            self._is_open = False
            with contextlib.suppress(Exception):
                self._core.close(0)

    def __reduce__(self) -> NoReturn:
        # Two objects must not close the same client.
        raise TypeError(f"a {type(self).__name__} can't be copied or pickled; open another one")

    def __repr__(self) -> str:
        state = "closed" if not self._is_open else "forked" if self._is_of_parent() else "open"
        return f"<{type(self).__name__} {state}>"


for _method in vars(BaseClient).values():
    if callable(_method) and hasattr(_method, "__qualname__"):
        # Python's messages about wrong arguments contain this name. It must not be that of a private class.
        _method.__qualname__ = f"Client.{_method.__name__}"


def _already_closed_error() -> Closed:
    error = Closed("the client is closed; open another one")
    error.status = "OMNIZE_E_CLOSED"
    return error
