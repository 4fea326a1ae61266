"""The events, as immutable classes: one for each kind of trigger, and one for the outcome of a posted request."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Optional, TypedDict, Union

from .. import _omnize
from .._conversations.result_types import Agent, Department, Media, OnlineAgents
from .._delivery import Delivery
from .._errors import Error, _state_error

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._clients.base_client import BaseClient

__all__ = [
    "Accepted",
    "Cleared",
    "Event",
    "EventFields",
    "Finished",
    "Message",
    "NewInteraction",
    "Outcome",
    "Queued",
    "Transferred",
    "Trigger",
    "TriggerFields",
    "Typing",
    "Unavailable",
    "Unknown",
]

_set = object.__setattr__


class EventFields(TypedDict, total=False):
    """The keyword arguments of all events."""

    sequence: int
    received_at: float
    redelivered: bool


class TriggerFields(EventFields, total=False):
    """The keyword arguments of all triggers."""

    raw: bytes
    replaced: bool


class Event:
    """Base class of all events. An event is immutable.

    Two events are equal if they have the same class and equal ``__match_args__`` values. Their time and order are
    ignored.
    """

    __slots__ = ("_owner", "_receipt", "client_id", "received_at", "redelivered", "sequence")
    __match_args__: ClassVar[tuple[str, ...]] = ("client_id",)

    kind: ClassVar[str] = "event"
    """The kind of event."""

    _receipt: Optional[_omnize.Receipt]
    #: The client that delivered the event; None if the application made it.
    _owner: Optional[weakref.ref[BaseClient[Any, Any]]]
    client_id: str
    """The application's id of the customer."""
    sequence: int
    """The number of the event in the order of arrival, from 1."""
    received_at: float
    """The time of arrival in seconds since 1970-01-01 UTC, as ``time.time()`` returns it."""
    redelivered: bool
    """Whether an earlier process received the event. It may already have handled it."""

    def __init__(
        self, client_id: str, *, sequence: int = 0, received_at: float = 0.0, redelivered: bool = False
    ) -> None:
        _set(self, "_receipt", None)
        _set(self, "_owner", None)
        _set(self, "client_id", client_id)
        _set(self, "sequence", sequence)
        _set(self, "received_at", received_at)
        _set(self, "redelivered", redelivered)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} client_id={self.client_id!r}{self._repr_fields()}>"

    def _repr_fields(self) -> str:
        """Returns the further fields for ``repr``, without personal data."""
        return ""

    @property
    def conversation(self) -> Any:
        """The conversation with the event's customer: a :class:`Conversation`, or an :class:`AsyncConversation` of an
        :class:`AsyncClient`.

        It is another object than the one that started the interaction, and has the same state. Raises
        :class:`StateError` if no client delivered the event, or if the client does not know the interaction.
        """
        client = None if self._owner is None else self._owner()
        if client is None:
            raise _state_error(
                "no client delivered this event, or the client no longer exists; get the conversation with the "
                "client's attach"
            )
        return client._conversation_of(self)

    def reply(self, text: str = "", media: Optional[Media] = None) -> Any:
        """Sends a message of the event's customer, as :meth:`Conversation.send` does. Blocks until the response.

        For an event of an :class:`AsyncClient`, returns a coroutine: ``await event.reply("Bom dia!")``. Raises
        :class:`StateError` if there is no :attr:`conversation`.
        """
        return self.conversation.send(text, media)

    def to_dict(self) -> dict[str, Any]:
        """Returns all fields as a dict, including personal data.

        >>> Typing("12").to_dict()["kind"]
        'typing'
        """
        return {"kind": self.kind, **self._values()}

    def ack(self) -> None:
        """Acknowledges that the event was handled, so that it is not redelivered after a restart.

        This is for a client with the options ``store`` and ``ack="manual"``. Without a store it does nothing, and
        neither does a second call. With ``ack="auto"`` the library acknowledges the event when its handlers have
        returned, when the loop over ``events`` continues, or when an event from ``next`` is garbage-collected.
        """
        if self._receipt is not None:
            self._receipt.ack()

    def _nack(self) -> None:
        """Reports that the event was not handled. A store redelivers it after a restart."""
        if self._receipt is not None:
            self._receipt.nack()

    def _release(self) -> None:
        if self._receipt is not None:
            self._receipt.release()

    def _values(self) -> dict[str, Any]:
        names = (name for base in reversed(type(self).__mro__) for name in getattr(base, "__slots__", ()))
        return {name: getattr(self, name) for name in names if name not in ("_owner", "_receipt")}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._values())


def _restore(kind: type[Event], values: dict[str, Any]) -> Event:
    event = kind.__new__(kind)
    _set(event, "_receipt", None)
    _set(event, "_owner", None)
    for name, value in values.items():
        _set(event, name, value)
    return event


class Trigger(Event):
    """An event that the service posted to the webhook."""

    __slots__ = ("_details", "raw", "replaced")
    kind = "trigger"

    #: The fields of the later dialects; None if there are none.
    _details: Optional[dict[str, Any]]

    raw: bytes
    """The body as it was received."""
    replaced: bool
    """Whether invalid bytes were replaced by U+FFFD. ``raw`` contains the original bytes."""

    def __init__(
        self, client_id: str, *, raw: bytes = b"", replaced: bool = False, **fields: Unpack[EventFields]
    ) -> None:
        super().__init__(client_id, **fields)
        _set(self, "_details", None)
        _set(self, "raw", raw)
        _set(self, "replaced", replaced)

    def _detail(self, name: str) -> Any:
        return None if self._details is None else self._details[name]

    @property
    def interaction_hash(self) -> Optional[str]:
        """The interaction hash. Only in the dialect ``interactions``."""
        hash_: Optional[str] = self._detail("interaction_hash")
        return hash_

    @property
    def extra(self) -> Any:
        """The parsed JSON of the start's field ``extra``, usually a dict. Only in the dialect ``interactions``."""
        text = self._detail("extra")
        if text is None:
            return None
        import json

        return json.loads(text)

    @property
    def bot_id(self) -> Optional[str]:
        """The bot that the start named. Only in the dialects ``gateway`` and ``interactions``."""
        bot_id: Optional[str] = self._detail("bot_id")
        return bot_id

    @property
    def external_id(self) -> Optional[str]:
        """The customer's id at WhatsApp. Only in the dialect ``interactions``."""
        external_id: Optional[str] = self._detail("external_id")
        return external_id

    @property
    def agent(self) -> Optional[Agent]:
        """The agent who caused the event. Only in the dialect ``interactions``."""
        agent_id, name = self._detail("agent_id"), self._detail("agent_name")
        return None if agent_id is None and name is None else Agent(agent_id or "", name or "")

    def _values(self) -> dict[str, Any]:
        values = super()._values()
        del values["_details"]
        return values

    def to_dict(self) -> dict[str, Any]:
        """Returns all fields as a dict, including personal data.

        >>> Typing("12").to_dict()["kind"]
        'typing'
        """
        details = {name: value for name, value in (self._details or {}).items() if value is not None}
        return {**details, **super().to_dict()}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), {**self._values(), "_details": self._details})


class Accepted(Trigger):
    """An agent accepted the interaction."""

    __slots__ = ()
    kind = "accepted"


class Unavailable(Trigger):
    """No agent is available."""

    __slots__ = ()
    kind = "unavailable"


class Finished(Trigger):
    """The agent finished the interaction."""

    __slots__ = ()
    kind = "finish"


class Typing(Trigger):
    """The agent is typing."""

    __slots__ = ()
    kind = "typing"


class Cleared(Trigger):
    """The agent deleted the text that they were typing."""

    __slots__ = ()
    kind = "cleared"


class Message(Trigger):
    """A message of the agent.

    >>> event = Message("12", "Bom dia!")
    >>> event.text
    'Bom dia!'
    >>> event
    <Message client_id='12' text=[redacted]>
    >>> event == Message("12", "Bom dia!")
    True
    """

    __slots__ = ("media", "text")
    __match_args__ = ("client_id", "text", "media")
    kind = "message"

    text: str
    """The text."""
    media: Optional[Media]
    """The attached media, or None."""

    def __init__(
        self, client_id: str, text: str, media: Optional[Media] = None, **fields: Unpack[TriggerFields]
    ) -> None:
        super().__init__(client_id, **fields)
        _set(self, "media", media)
        _set(self, "text", text)

    @property
    def hash(self) -> Optional[str]:
        """The service's id of the message. Only in the dialect ``interactions``."""
        hash_: Optional[str] = self._detail("message_hash")
        return hash_

    def _repr_fields(self) -> str:
        return " text=[redacted]"


class Queued(Trigger):
    """The customer waits for an agent. Only in the dialect ``interactions``."""

    __slots__ = ("position",)
    __match_args__ = ("client_id", "position")
    kind = "queued"

    position: Optional[int]
    """The customer's position in the queue, as the service counts it."""

    def __init__(self, client_id: str, position: Optional[int] = None, **fields: Unpack[TriggerFields]) -> None:
        super().__init__(client_id, **fields)
        _set(self, "position", position)


class _DepartmentEvent(Trigger):
    __slots__ = ("department",)
    __match_args__ = ("client_id", "department")

    department: Optional[str]
    """The department that received the interaction."""

    def __init__(self, client_id: str, department: Optional[str] = None, **fields: Unpack[TriggerFields]) -> None:
        super().__init__(client_id, **fields)
        _set(self, "department", department)


class Transferred(_DepartmentEvent):
    """The interaction was transferred to a department. Only in the dialect ``interactions``."""

    __slots__ = ()
    kind = "transferred"


class NewInteraction(_DepartmentEvent):
    """An interaction was assigned to the application's external bot. Only in the dialect ``interactions``.

    Pass ``interaction_hash`` to :meth:`Client.bot_attach`. ``client_id`` has the same value.
    """

    __slots__ = ()
    kind = "new_interaction"


class Unknown(Trigger):
    """A trigger that this version does not know. ``raw`` contains the whole object."""

    __slots__ = ()
    __match_args__ = ("client_id", "raw")
    kind = "unknown"


class Outcome(Event):
    """The outcome of a posted request."""

    __slots__ = (
        "agents",
        "delivery",
        "departments",
        "error",
        "interaction_hash",
        "posted_at",
        "reference",
        "request",
        "ticket",
    )
    __match_args__ = ("client_id", "ticket", "delivery")
    kind = "outcome"

    ticket: int
    """The ticket that the post returned."""
    request: str
    """The kind: start, message, typing, cleared, finish, bot_accept, bot_transfer, departments, online_agents or
    off_hours. The message and the finish of an external bot have the kinds of the customer's."""
    delivery: Delivery
    """The delivery. It equals its text: ``"accepted"``, ``"rejected"``, ``"not sent"`` or ``"unknown"``."""
    error: Optional[Error]
    """The exception that the blocking call would have raised; None if the request was accepted."""

    reference: Optional[str]
    """The reference of the post, or None. It is unique for the client, also after a restart with a store."""
    posted_at: Optional[float]
    """The time of the post in seconds since 1970-01-01 UTC; None if an earlier version of the library stored it."""

    departments: Optional[tuple[Department, ...]]
    """The departments, if :meth:`Client.post_departments` was accepted; otherwise None."""
    agents: Optional[OnlineAgents]
    """The agents who are online, if :meth:`Client.post_online_agents` was accepted; otherwise None."""
    interaction_hash: Optional[str]
    """The hash of the interaction that a start or an off-hours message created; None without one."""

    def __init__(
        self,
        client_id: str,
        ticket: int,
        delivery: Union[Delivery, str],
        *,
        request: str = "message",
        error: Optional[Error] = None,
        reference: Optional[str] = None,
        posted_at: Optional[float] = None,
        departments: Optional[Iterable[Department]] = None,
        agents: Optional[OnlineAgents] = None,
        interaction_hash: Optional[str] = None,
        **fields: Unpack[EventFields],
    ) -> None:
        super().__init__(client_id, **fields)
        _set(self, "ticket", ticket)
        _set(self, "request", request)
        _set(self, "delivery", Delivery(delivery))
        _set(self, "error", error)
        _set(self, "reference", reference)
        _set(self, "posted_at", posted_at)
        _set(self, "departments", None if departments is None else tuple(departments))
        _set(self, "agents", agents)
        _set(self, "interaction_hash", interaction_hash)

    @property
    def is_accepted(self) -> bool:
        """Whether the service accepted the request."""
        return self.error is None

    def _repr_fields(self) -> str:
        return f" ticket={self.ticket} request={self.request} delivery={str(self.delivery)!r}"
