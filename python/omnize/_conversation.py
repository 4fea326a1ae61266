"""A conversation that waits by blocking."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Optional, TypeVar, Union

from ._arguments import optional_seconds
from ._customer import Customer
from ._errors import Error, StateError
from ._fields import Fields, of_customer, of_external, of_message, of_transfer, of_update
from ._handlers import ConversationHandlers, check_function, check_kinds
from ._lifetime import warn
from ._values import Media

if TYPE_CHECKING:
    from ._any_client import AnyClient
    from ._events import Event
    from ._green import GreenChat
    from ._omnize import Chat
    from ._option_types import Seconds

__all__ = ["Conversation", "OneConversation"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class OneConversation:
    """What both kinds of conversations have. What is no attribute can't be set: a name that is mistyped is told."""

    __slots__ = ("__weakref__", "_chat", "_client", "_customer", "_handlers", "_start", "_timeout")

    def __init__(self, client: AnyClient[Any], chat: Union[Chat, GreenChat], customer: Fields, start: Fields) -> None:
        #: A client that nobody holds is closed, and a conversation needs an open one.
        self._client = client
        self._chat = chat
        #: What the start says of the customer, and beside that.
        self._customer = customer
        self._start = start
        self._timeout: Optional[float] = None
        self._handlers = ConversationHandlers(chat.client_id)

    @property
    def client_id(self) -> str:
        """The id that the application gave the customer."""
        return self._chat.client_id

    @property
    def department(self) -> str:
        """The id of the department that the customer talks to."""
        return self._chat.department

    @property
    def interaction_hash(self) -> Optional[str]:
        """The hash by which the service knows the interaction, where it does and it is known."""
        self._client._check_process()
        return self._chat.interaction_hash

    @property
    def state(self) -> str:
        """Where the interaction is: new, starting, waiting, active, finished or unavailable.

        It is active once an agent has accepted it, and unavailable where no agent is.
        """
        self._client._check_process()
        return self._chat.state

    @property
    def is_open(self) -> bool:
        """Whether the interaction is under way."""
        return self.state in ("starting", "waiting", "active")

    @property
    def timeout(self) -> Optional[float]:
        """How many seconds each later request may take; None is what the client's option says."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: Optional[Seconds]) -> None:
        self._timeout = optional_seconds("timeout", seconds)
        self._chat.set_timeout(self._timeout)

    def keystroke(self) -> None:
        """The customer has pressed a key.

        Call it for every key. The service sees one typing, and one cleared when no key came for as long as the option
        ``typing_pause`` says, or right before the message. Never waits for the network.
        """
        self._chat.keystroke()

    def on(self, *kinds: type[Event]) -> Callable[[_Function], _Function]:
        """Registers a function for this customer's events of these classes, or of all. See :meth:`Client.on`.

        It is called until the interaction is finished, by whichever side, or the client is closed. Keep the
        conversation until then: a function ends with it, while one of :meth:`Client.on` goes on.
        """
        check_kinds(kinds)

        def register(function: _Function) -> _Function:
            check_function(function, self._client._awaits)
            if self._handlers.have_ended:
                # They were of the interaction before.
                self._handlers = ConversationHandlers(self.client_id)
            self._client._handlers.add_to(self._handlers, kinds, function)
            return function

        return register

    def off(self, function: Callable[..., Any]) -> bool:
        """Calls a function of this conversation no more; tells whether it was registered. See :meth:`Client.off`."""
        return self._client._handlers.remove_from(self._handlers, function)

    def _has_finished(self) -> None:
        """The service has accepted the finish, or the interaction was over before."""
        self._handlers.end()

    def __del__(self) -> None:
        # Where the arguments were wrong, nothing is set.
        handlers: Optional[ConversationHandlers] = getattr(self, "_handlers", None)
        client = getattr(self, "_client", None)
        if handlers is None or client is None or not handlers.are_active:
            return
        if client._is_open and not client._is_of_parent() and self.is_open:
            warn(
                "a conversation was let go of while its interaction is under way, and its handlers with it; keep the "
                "conversation for as long as they are to be called, or register them with client.on"
            )

    def _of_start(self, customer: Optional[Customer]) -> Fields:
        """What the start says."""
        return (self._customer if customer is None else of_customer(customer)) + self._start

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} can't be copied or pickled; make another with the client's attach")

    def __repr__(self) -> str:
        # In a child only the parent knows.
        state = "forked" if self._client._is_of_parent() else self._chat.state
        return f"<{type(self).__name__} client_id={self.client_id!r} department={self.department!r} {state}>"


for _method in vars(OneConversation).values():
    if callable(_method) and hasattr(_method, "__qualname__"):
        # What Python says of wrong arguments shows this name; the one of a private class says nothing to anybody.
        _method.__qualname__ = f"Conversation.{_method.__name__}"


class Conversation(OneConversation):
    """One customer's interaction. Made by :meth:`Client.conversation`; can be used from any thread.

    Its requests leave in the order in which they are made, one at a time. ``start``, ``send``, ``typing``, ``cleared``
    and ``finish`` wait for the service's answer and raise where it is not that the service accepted: see
    :class:`RequestError`. The ``post`` methods give a ticket at once, and an :class:`Outcome` with this ticket comes as
    an event.

    In a ``with`` statement the interaction is started at the beginning, unless it is under way, and finished at the
    end.

    >>> with client.conversation("12", department="1", customer=Customer(name="Joao")) as chat:
    ...     chat.send("Bom dia!")
    ...     chat.state
    'waiting'
    >>> chat.state
    'finished'
    """

    __slots__ = ()

    def start(self, customer: Optional[Customer] = None) -> None:
        """Starts the interaction, with this customer or the one that the conversation was made with."""
        self._chat.request("start", self._of_start(customer))

    def send(self, text: str = "", media: Optional[Media] = None) -> None:
        """Sends the customer's message. Only the dialect interactions has media."""
        if media is None:
            self._chat.send(text)
        else:
            self._chat.request("message", of_message(text, media))

    def typing(self) -> None:
        """Says that the customer types."""
        self._chat.request("typing")

    def cleared(self) -> None:
        """Says that the customer has stopped typing."""
        self._chat.request("cleared")

    def finish(self) -> None:
        """Finishes the interaction."""
        self._chat.request("finish")
        self._has_finished()

    def update(
        self,
        *,
        mood: Optional[str] = None,
        tags: Iterable[str] = (),
        customer_key: Optional[str] = None,
        note: Optional[str] = None,
    ) -> None:
        """Notes something about the interaction. Of the dialect interactions.

        ``mood`` is ``"POSITIVE"`` or ``"NEGATIVE"``, ``tags`` are ids, and ``customer_key`` is the service's own id of
        the customer.
        """
        self._chat.request("update", of_update(mood, tags, customer_key, note))

    def whatsapp(
        self,
        external_id: str,
        text: str = "",
        media: Optional[Media] = None,
        customer: Optional[Customer] = None,
    ) -> None:
        """Starts the interaction by a message over WhatsApp to this customer. Of the dialect interactions."""
        fields = [*of_external(external_id), *of_message(text, media), *self._of_start(customer)]
        self._chat.request("whatsapp", fields)

    def bot_accept(self) -> None:
        """Takes the interaction that was given to the application, which is an external bot."""
        self._chat.request("bot_accept")

    def bot_transfer(self, department: Optional[Union[str, int]] = None) -> None:
        """Gives the external bot's interaction to a department, or back to where it started."""
        self._chat.request("bot_transfer", of_transfer(department))

    def post(self, text: str = "", media: Optional[Media] = None) -> int:
        """Posts the customer's message and gives its ticket. With a store, waits until it is on disk."""
        return self._chat.post("message", of_message(text, media))

    def post_start(self, customer: Optional[Customer] = None) -> int:
        """As ``start``, and gives a ticket at once."""
        return self._chat.post("start", self._of_start(customer))

    def post_finish(self) -> int:
        """As ``finish``, and gives a ticket at once."""
        return self._chat.post("finish")

    def post_bot_accept(self) -> int:
        """As ``bot_accept``, and gives a ticket at once."""
        return self._chat.post("bot_accept")

    def post_bot_transfer(self, department: Optional[Union[str, int]] = None) -> int:
        """As ``bot_transfer``, and gives a ticket at once."""
        return self._chat.post("bot_transfer", of_transfer(department))

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
        # A child leaves it to the parent.
        if self._client._is_of_parent() or not self.is_open:
            return
        if error is None:
            # Unless the agent was faster.
            with contextlib.suppress(StateError):
                self.finish()
            return
        # What went wrong in the body is what is to be told.
        try:
            if isinstance(error, Exception):
                self.finish()
            else:
                # Who presses Ctrl-C does not wait for an answer.
                self.post_finish()
        except StateError:
            pass
        except Error as failure:
            warn("an interaction was not finished at the end of its block, which an exception has left: %s", failure)
