"""What happens, as frozen classes: one for each kind of trigger, and one for the outcome of a posted request."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, Optional

from . import _omnize
from ._errors import Error
from ._values import Agent, Media

__all__ = [
    "Accepted",
    "Cleared",
    "Event",
    "Finished",
    "Message",
    "NewInteraction",
    "Outcome",
    "Queued",
    "Transferred",
    "Trigger",
    "Typing",
    "Unavailable",
    "Unknown",
]

_set = object.__setattr__


class Event:
    """Something that happened, as it is handed to the application. It can't be changed.

    Two events are equal where they are of the same class and say the same: what stands in ``__match_args__``. When and
    in which order they were received does not count.
    """

    __slots__ = ("_receipt", "client_id", "received_at", "redelivered", "sequence")
    __match_args__: ClassVar[tuple[str, ...]] = ("client_id",)

    #: The kind in a word.
    kind: ClassVar[str] = "event"

    _receipt: Optional[_omnize.Receipt]
    #: The id that the application gave the customer.
    client_id: str
    #: Its place in the order in which the client received, from 1.
    sequence: int
    #: When it was received, in seconds since 1970-01-01 UTC, as ``time.time()`` has it.
    received_at: float
    #: Whether it was received in an earlier run, which may have handled it already.
    redelivered: bool

    def __init__(
        self, client_id: str, *, sequence: int = 0, received_at: float = 0.0, redelivered: bool = False
    ) -> None:
        _set(self, "_receipt", None)
        _set(self, "client_id", client_id)
        _set(self, "sequence", sequence)
        _set(self, "received_at", received_at)
        _set(self, "redelivered", redelivered)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def _said(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._said() == other._said()

    def __hash__(self) -> int:
        return hash((type(self), self._said()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} client_id={self.client_id!r}{self._shown()}>"

    def _shown(self) -> str:
        """What else may be shown: nothing of what was said."""
        return ""

    def to_dict(self) -> dict[str, Any]:
        """All of it as a dict, what is personal too.

        >>> Typing("12").to_dict()["kind"]
        'typing'
        """
        return {"kind": self.kind, **self._values()}

    def ack(self) -> None:
        """Says that the application has handled it, so that it does not come again after the next start.

        This is for a client with the options ``store`` and ``ack="manual"``. Without a store, and when called again, it
        does nothing. With ``ack="auto"`` it is done by the library: when the handlers have returned, when the loop over
        ``events`` goes on, or when the application lets go of what ``next`` gave.
        """
        if self._receipt is not None:
            self._receipt.sign()

    def _was_not_handled(self) -> None:
        """Its handler has failed, or was cut off: with a store it comes again."""
        if self._receipt is not None:
            self._receipt.refuse()

    def _let_go(self) -> None:
        if self._receipt is not None:
            self._receipt.let_go()

    def _values(self) -> dict[str, Any]:
        names = (name for base in reversed(type(self).__mro__) for name in getattr(base, "__slots__", ()))
        return {name: getattr(self, name) for name in names if name != "_receipt"}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._values())


def _restore(kind: type[Event], values: dict[str, Any]) -> Event:
    event = kind.__new__(kind)
    _set(event, "_receipt", None)
    for name, value in values.items():
        _set(event, name, value)
    return event


class Trigger(Event):
    """What the service has posted to the webhook."""

    __slots__ = ("_details", "raw", "replaced")
    kind = "trigger"

    #: What the later dialects tell; None where they tell nothing.
    _details: Optional[dict[str, Any]]

    #: The body as it came.
    raw: bytes
    #: Whether bytes that are no text were replaced by U+FFFD; ``raw`` has them.
    replaced: bool

    def __init__(
        self,
        client_id: str,
        *,
        raw: bytes = b"",
        replaced: bool = False,
        sequence: int = 0,
        received_at: float = 0.0,
        redelivered: bool = False,
    ) -> None:
        super().__init__(client_id, sequence=sequence, received_at=received_at, redelivered=redelivered)
        _set(self, "_details", None)
        _set(self, "raw", raw)
        _set(self, "replaced", replaced)

    def _detail(self, name: str) -> Any:
        return None if self._details is None else self._details[name]

    @property
    def interaction_hash(self) -> Optional[str]:
        """The hash by which the service knows the interaction. Of the dialect interactions, as what follows."""
        hash_: Optional[str] = self._detail("interaction_hash")
        return hash_

    @property
    def extra(self) -> Any:
        """The application's own fields, which the start has sent: what the JSON says, which is a dict as a rule."""
        text = self._detail("extra")
        if text is None:
            return None
        import json

        return json.loads(text)

    @property
    def bot_id(self) -> Optional[str]:
        """The bot that the start has named. Of the dialect gateway too."""
        bot_id: Optional[str] = self._detail("bot_id")
        return bot_id

    @property
    def external_id(self) -> Optional[str]:
        """The customer's id at WhatsApp."""
        external_id: Optional[str] = self._detail("external_id")
        return external_id

    @property
    def agent(self) -> Optional[Agent]:
        """Who speaks."""
        agent_id, name = self._detail("agent_id"), self._detail("agent_name")
        return None if agent_id is None and name is None else Agent(agent_id or "", name or "")

    def _values(self) -> dict[str, Any]:
        values = super()._values()
        del values["_details"]
        return values

    def to_dict(self) -> dict[str, Any]:
        """All of it as a dict, what is personal too.

        >>> Typing("12").to_dict()["kind"]
        'typing'
        """
        told = {name: value for name, value in (self._details or {}).items() if value is not None}
        return {**told, **super().to_dict()}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), {**self._values(), "_details": self._details})


class Accepted(Trigger):
    """An agent has accepted the interaction."""

    __slots__ = ()
    kind = "accepted"


class Unavailable(Trigger):
    """No agent is available."""

    __slots__ = ()
    kind = "unavailable"


class Finished(Trigger):
    """The agent has finished the interaction."""

    __slots__ = ()
    kind = "finish"


class Typing(Trigger):
    """The agent types."""

    __slots__ = ()
    kind = "typing"


class Cleared(Trigger):
    """The agent has stopped typing."""

    __slots__ = ()
    kind = "cleared"


class Message(Trigger):
    """The agent's message.

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

    #: What the agent wrote.
    text: str
    #: What comes with it.
    media: Optional[Media]

    def __init__(
        self,
        client_id: str,
        text: str,
        media: Optional[Media] = None,
        *,
        raw: bytes = b"",
        replaced: bool = False,
        sequence: int = 0,
        received_at: float = 0.0,
        redelivered: bool = False,
    ) -> None:
        super().__init__(
            client_id,
            raw=raw,
            replaced=replaced,
            sequence=sequence,
            received_at=received_at,
            redelivered=redelivered,
        )
        _set(self, "media", media)
        _set(self, "text", text)

    @property
    def hash(self) -> Optional[str]:
        """The message's own hash. Of the dialect interactions."""
        hash_: Optional[str] = self._detail("message_hash")
        return hash_

    def _shown(self) -> str:
        return " text=[redacted]"


class Queued(Trigger):
    """The customer waits behind others. Of the dialect interactions."""

    __slots__ = ("position",)
    __match_args__ = ("client_id", "position")
    kind = "queued"

    #: The customer's place among those who wait, from the service's count.
    position: Optional[int]

    def __init__(
        self,
        client_id: str,
        position: Optional[int] = None,
        *,
        raw: bytes = b"",
        replaced: bool = False,
        sequence: int = 0,
        received_at: float = 0.0,
        redelivered: bool = False,
    ) -> None:
        super().__init__(
            client_id,
            raw=raw,
            replaced=replaced,
            sequence=sequence,
            received_at=received_at,
            redelivered=redelivered,
        )
        _set(self, "position", position)


class _OfDepartment(Trigger):
    __slots__ = ("department",)
    __match_args__ = ("client_id", "department")

    #: The department that the interaction was given to.
    department: Optional[str]

    def __init__(
        self,
        client_id: str,
        department: Optional[str] = None,
        *,
        raw: bytes = b"",
        replaced: bool = False,
        sequence: int = 0,
        received_at: float = 0.0,
        redelivered: bool = False,
    ) -> None:
        super().__init__(
            client_id,
            raw=raw,
            replaced=replaced,
            sequence=sequence,
            received_at=received_at,
            redelivered=redelivered,
        )
        _set(self, "department", department)


class Transferred(_OfDepartment):
    """The interaction was given to a department. Of the dialect interactions."""

    __slots__ = ()
    kind = "transferred"


class NewInteraction(_OfDepartment):
    """An interaction was given to the application, which is an external bot. Of the dialect interactions.

    Take it up with :meth:`Client.bot_attach`, by ``interaction_hash``; ``client_id`` is the same.
    """

    __slots__ = ()
    kind = "new_interaction"


class Unknown(Trigger):
    """Something that this version does not know; ``raw`` has the whole object."""

    __slots__ = ()
    __match_args__ = ("client_id", "raw")
    kind = "unknown"


class Outcome(Event):
    """A posted request has ended."""

    __slots__ = ("delivery", "error", "request", "ticket")
    __match_args__ = ("client_id", "ticket", "delivery")
    kind = "outcome"

    #: The number that posting gave.
    ticket: int
    #: The request's name: start, message, finish, update or whatsapp; of an external bot bot_accept, bot_transfer,
    #: bot_message or bot_finish.
    request: str
    #: ``"accepted"``, ``"rejected"``, ``"not sent"`` or ``"unknown"``.
    delivery: str
    #: What a call that waits would have raised; None where the service accepted.
    error: Optional[Error]

    def __init__(
        self,
        client_id: str,
        ticket: int,
        delivery: str,
        *,
        request: str = "message",
        error: Optional[Error] = None,
        sequence: int = 0,
        received_at: float = 0.0,
        redelivered: bool = False,
    ) -> None:
        super().__init__(client_id, sequence=sequence, received_at=received_at, redelivered=redelivered)
        _set(self, "ticket", ticket)
        _set(self, "request", request)
        _set(self, "delivery", delivery)
        _set(self, "error", error)

    @property
    def is_accepted(self) -> bool:
        """Whether the service took it."""
        return self.error is None

    def _shown(self) -> str:
        return f" ticket={self.ticket} request={self.request} delivery={self.delivery!r}"
