"""Values of the later dialects, of open interactions and of the outbox."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Optional, get_args

from .._arguments import describe_type, required_text
from .._errors import ArgumentError

__all__ = [
    "Agent",
    "Channel",
    "Department",
    "Media",
    "MediaKind",
    "MediaType",
    "Mood",
    "OnlineAgents",
    "OpenInteraction",
    "OutboxEntry",
    "State",
    "agents_of",
    "departments_of",
]

#: The kind of media.
MediaKind = Literal["image", "video", "audio", "file"]
#: The medium of an interaction.
MediaType = Literal["TEXT", "SMS", "WHATSAPP"]
#: The mood of a customer.
Mood = Literal["POSITIVE", "NEGATIVE"]
#: The state of an interaction.
State = Literal["new", "starting", "waiting", "active", "finished", "unavailable"]

_KINDS_OF_MEDIA: tuple[str, ...] = get_args(MediaKind)


class _Media(NamedTuple):
    """The fields of Media. A NamedTuple itself cannot define ``__new__``."""

    kind: MediaKind
    url: str
    size: Optional[int] = None


class Media(_Media):
    """An image, a video, an audio recording or a file that is sent with a message.

    >>> Media("image", "https://example.com/cat.png")
    <Media image url=[redacted]>

    ``kind`` is ``"image"``, ``"video"``, ``"audio"`` or ``"file"``. ``url`` is the URL of the data. ``size`` is the
    size in bytes; only an external bot sends it. These are also the attributes.
    """

    __slots__ = ()

    def __new__(cls, kind: MediaKind, url: str, size: Optional[int] = None) -> Media:
        if required_text("kind", kind) not in _KINDS_OF_MEDIA:
            # The value may be the URL, so the message does not contain it.
            raise ArgumentError(f"unknown kind of media; pass {', '.join(_KINDS_OF_MEDIA[:-1])} or file")
        if not isinstance(url, str):
            raise TypeError(f"url is {describe_type(url)}; pass a str")
        if not url:
            raise ArgumentError("the media's url is empty; pass the URL of the data")
        if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
            raise TypeError(f"size is {describe_type(size)}; pass an int or None")
        return super().__new__(cls, kind, url, size)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the checks, because data of the service may be invalid.
        return Media._make, (tuple(self),)

    def __repr__(self) -> str:
        return f"<Media {self.kind} url=[redacted]>"


class Agent(NamedTuple):
    """An agent of the account."""

    id: str
    """The agent's id."""
    name: str
    """The agent's name."""

    def __repr__(self) -> str:
        return f"<Agent id={self.id!r} name=[redacted]>"


class Channel(NamedTuple):
    """A channel of a department."""

    id: str
    """The channel's id."""
    name: str
    """The channel's name."""
    is_open: Optional[bool]
    """Whether the channel is open; None if the service did not send this."""


class Department(NamedTuple):
    """A department of the account."""

    id: str
    """The department's id, for :meth:`Client.conversation`."""
    name: str
    """The department's name."""
    is_open: Optional[bool]
    """Whether the department is open; None if the service did not send this."""
    queue: Optional[int]
    """The number of waiting customers; None if the service did not send this."""
    channels: tuple[Channel, ...]
    """The channels in which customers can write to the department."""


class OnlineAgents(NamedTuple):
    """The agents of a department who are online."""

    agents: tuple[Agent, ...]
    """At most three of these agents, which the service selects at random."""
    total: int
    """The number of agents who are online."""
    average: Optional[float]
    """The average time that an agent needs for a customer, in seconds; None if the service did not send this."""


class OpenInteraction(NamedTuple):
    """An interaction whose state is starting, waiting or active."""

    client_id: str
    """The application's id of the customer."""
    department: str
    """The id of the department of the start."""
    state: State
    """The state: starting, waiting or active."""
    since: float
    """The time of the last change of state, in seconds since 1970-01-01 UTC."""
    current_department: str
    """The id of the department that serves the customer: after a transfer, not that of the start."""


class OutboxEntry(NamedTuple):
    """A posted request that has no outcome yet."""

    ticket: int
    """The ticket that ``post`` returned."""
    client_id: str
    """The application's id of the customer. For an external bot, the interaction hash."""
    kind: str
    """The kind of the request, for example ``"message"`` or ``"start"``."""
    age: float
    """The time since the post in seconds, also in an earlier process."""
    attempts: int
    """The number of attempts in this process, including one in progress."""
    in_progress: bool
    """Whether an attempt was in progress."""
    last_status: Optional[str]
    """The status of the last failed attempt in this process, for example ``"OMNIZE_E_REFUSED"``; None without one."""
    last_message: Optional[str]
    """The text of that error; None without one. It never contains the token or personal data."""
    reference: Optional[str]
    """The ``reference`` of the post; None without one."""

    def __repr__(self) -> str:
        # A reference may contain personal data.
        reference = "" if self.reference is None else " reference=[redacted]"
        attempts = f"attempts={self.attempts} status={self.last_status}"
        return f"<OutboxEntry {self.kind} ticket={self.ticket}{reference} {attempts}>"


def departments_of(data: Any) -> list[Department]:
    """Creates departments from the core's data."""
    return [
        Department(id_, name, is_open, queue, tuple(Channel(*channel) for channel in channels))
        for id_, name, is_open, queue, channels in data
    ]


def agents_of(data: Any) -> OnlineAgents:
    """Creates agents from the core's data."""
    agents, count, average = data
    return OnlineAgents(tuple(Agent(*agent) for agent in agents), count, average)
