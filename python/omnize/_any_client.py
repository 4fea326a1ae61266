"""What both kinds of clients have."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Generic, NamedTuple, NoReturn, Optional, TypeVar, Union

from . import _lifetime, _omnize
from ._arguments import optional_text, path_text
from ._customer import Customer
from ._errors import Closed, _forked
from ._fields import id_text, of_customer, of_start
from ._handlers import Handlers, check_function, check_kinds
from ._listener import Listener
from ._options import texts
from ._values import OpenInteraction

if TYPE_CHECKING:
    from ._events import Event
    from ._fields import Fields

__all__ = ["AnyClient", "Left"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
#: The kind of its conversations.
_Conversation = TypeVar("_Conversation")


class Left(NamedTuple):
    """What closing a client has left."""

    #: Events that the application was not given. With a store they wait there for the next start.
    events: int
    #: Requests that were broken off, and posted ones that were not sent. With a store the posted ones go out, or are
    #: reported, after the next start.
    requests: int


class AnyClient(Generic[_Conversation]):
    """What both kinds of clients have. What is no attribute can't be set: a name that is mistyped is told. A class that
    the application derives from one has its own.
    """

    __slots__ = ("__weakref__", "_core", "_environment", "_handlers", "_is_open", "_listener", "_process")

    #: Whether what handlers give is awaited.
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
        given = texts(options)
        _lifetime.forward_log()
        self._core = _omnize.Core(given, file, environment)
        self._environment = environment
        self._handlers = Handlers()
        self._listener: Optional[Listener] = None
        self._process = os.getpid()
        self._is_open = True
        _lifetime.opened(self)

    @property
    def webhook_url(self) -> Optional[str]:
        """The URL that is to be set as the webhook in the service's portal. Who knows it can post triggers.

        None where the client has no listener: the application hands the triggers over itself then.
        """
        if self._listener is not None:
            return self._listener.url(self)
        return self._core.webhook_url

    @property
    def waiting(self) -> int:
        """How many events wait."""
        self._check_process()
        return self._core.waiting

    @property
    def statistics(self) -> dict[str, int]:
        """What was counted since the client was opened, by name."""
        self._check_process()
        return dict(self._core.statistics())

    @property
    def open_interactions(self) -> list[OpenInteraction]:
        """The interactions that are under way; with a store, also those that an earlier run has left.

        The ones that have been where they are for the longest time come first.
        """
        self._check_process()
        return [OpenInteraction(*open_) for open_ in self._core.open_interactions()]

    def conversation(
        self,
        client_id: Union[str, int],
        *,
        department: Union[str, int],
        customer: Optional[Customer] = None,
        bot_id: Optional[str] = None,
        media_type: Optional[str] = None,
        extra: Optional[Mapping[str, Any]] = None,
        external_history: Optional[str] = None,
    ) -> _Conversation:
        """A conversation for an interaction that is still to be started. Sends nothing.

        ``client_id`` is the application's id for its customer: each trigger of the interaction carries it. The dialect
        gateway also has ``bot_id``, and the dialect interactions all that follows: ``media_type`` is ``"TEXT"``,
        ``"SMS"`` or ``"WHATSAPP"``, ``extra`` comes back with each trigger, and ``external_history`` is the URL of a
        document that tells what was said before.
        """
        start = of_start(bot_id, media_type, extra, external_history)
        chat = self._core.prepare(id_text("department", department), id_text("client_id", client_id))
        return self._chat(chat, of_customer(customer), start)

    def attach(
        self, client_id: Union[str, int], *, department: Union[str, int], interaction_hash: Optional[str] = None
    ) -> _Conversation:
        """A conversation for an interaction that is under way, after a restart say. Sends nothing.

        In the dialect interactions, one that this client has not started itself needs its ``interaction_hash``.
        """
        ids = id_text("department", department), id_text("client_id", client_id)
        return self._chat(self._core.attach(*ids, optional_text("interaction_hash", interaction_hash)), [], [])

    def bot_attach(self, interaction_hash: str) -> _Conversation:
        """A conversation that was given to the application as an external bot: see :class:`NewInteraction`.

        Its messages and its finish are the bot's, and the hash stands for the customer's id. Sends nothing.
        """
        return self._chat(self._core.bot_attach(id_text("interaction_hash", interaction_hash)), [], [])

    def _chat(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> _Conversation:
        """A conversation of this kind of client."""
        raise NotImplementedError

    def listen(self, address: str, path: Optional[str] = None, **options: Any) -> Listener:
        """Opens a listener for this client, where the option ``listen`` was not set.

        ``address`` is an IP address and a port, such as ``"127.0.0.1:0"``, where 0 is any free port. ``options`` are
        those of the class :class:`Listener`.

        >>> client.listen("127.0.0.1:0", path="/omnize/8a4e").url(client) == client.webhook_url
        True
        """
        if not self._is_open:
            raise _closed_already()
        listener = Listener(address, environment=self._environment, **options)
        try:
            listener.attach(self, path)
        except BaseException:
            listener.close()
            raise
        if self._listener is None:
            self._listener = listener
        return listener

    def on(self, *kinds: type[Event], client_id: Optional[Union[str, int]] = None) -> Callable[[_Function], _Function]:
        """Registers a function that is called with events of these classes; ``@client.on()`` is for all.

        With ``client_id``, only with those of one customer. Handlers are called by ``poll``, or by what ``dispatch``
        starts; those of one customer's events never overlap. Only an :class:`AsyncClient` takes coroutine functions.

        >>> @client.on(Message, Typing)
        ... def show(event):
        ...     print(event.kind)
        """
        wanted = None if client_id is None else id_text("client_id", client_id)
        check_kinds(kinds)

        def register(function: _Function) -> _Function:
            check_function(function, self._awaits)
            self._handlers.add(kinds, wanted, function)
            return function

        return register

    def off(self, function: Callable[..., Any]) -> bool:
        """Calls a function no more, also where a conversation has registered it; tells whether it was registered. A
        call that is under way is the last one.
        """
        return self._handlers.remove(function)

    def _is_of_parent(self) -> bool:
        return os.getpid() != self._process

    def _check_process(self) -> None:
        """Raises Forked in a child of the process that opened it: what the core knows there is of no use."""
        if self._is_of_parent():
            raise _forked()

    def _closed(self) -> None:
        """The core is closed."""
        self._is_open = False
        self._handlers.clear()
        if self._listener is not None:
            self._listener.close(0)

    def _close_at_exit(self, seconds: float) -> None:
        if not self._is_open or self._is_of_parent():
            return
        # There is nobody to tell of a failure.
        with contextlib.suppress(Exception):
            self._core.close(seconds)
        self._closed()

    def __del__(self) -> None:
        # Where the arguments were wrong, nothing is set.
        if getattr(self, "_is_open", False) and not self._is_of_parent():
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=2)
            self._is_open = False
            with contextlib.suppress(Exception):
                self._core.close(0)

    def __reduce__(self) -> NoReturn:
        # Two that close the same would each take it from the other.
        raise TypeError(f"a {type(self).__name__} can't be copied or pickled; open another one")

    def __repr__(self) -> str:
        state = "closed" if not self._is_open else "forked" if self._is_of_parent() else "open"
        return f"<{type(self).__name__} {state}>"


for _method in vars(AnyClient).values():
    if callable(_method) and hasattr(_method, "__qualname__"):
        # What Python says of wrong arguments shows this name; the one of a private class says nothing to anybody.
        _method.__qualname__ = f"Client.{_method.__name__}"


def _closed_already() -> Closed:
    error = Closed("the client is closed; open another one")
    error.status = "OMNIZE_E_CLOSED"
    return error
