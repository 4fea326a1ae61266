"""What the later dialects of the service have to tell: media, agents, departments, interactions."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ._arguments import needed_text, what_is
from ._errors import ArgumentError

__all__ = ["Agent", "Channel", "Department", "Media", "OnlineAgents", "OpenInteraction", "agents_of", "departments_of"]


_KINDS_OF_MEDIA = ("image", "video", "audio", "file")


class _Media(NamedTuple):
    """The fields of Media, whose own class can have no other way to be made."""

    kind: str
    url: str
    size: Optional[int] = None


class Media(_Media):
    """An image, a video, a sound or a file that comes with a message.

    >>> Media("image", "https://example.com/cat.png")
    <Media image url=[redacted]>

    ``kind`` is ``"image"``, ``"video"``, ``"audio"`` or ``"file"``, ``url`` is where it is, and ``size``, which only an
    external bot says, is how large it is, in bytes. It has these as attributes.
    """

    __slots__ = ()

    def __new__(cls, kind: str, url: str, size: Optional[int] = None) -> Media:
        if needed_text("kind", kind) not in _KINDS_OF_MEDIA:
            # What stands there may be the URL.
            raise ArgumentError(f"there is no media of this kind; pass {', '.join(_KINDS_OF_MEDIA[:-1])} or file")
        if not isinstance(url, str):
            raise TypeError(f"url is {what_is(url)}; pass a str")
        if not url:
            raise ArgumentError("the media's url is empty; pass where it is")
        if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
            raise TypeError(f"size is {what_is(size)}; pass an int or None")
        return super().__new__(cls, kind, url, size)

    def __reduce__(self) -> tuple[Any, ...]:
        # What the service has sent is taken as it is.
        return Media._make, (tuple(self),)

    def __repr__(self) -> str:
        return f"<Media {self.kind} url=[redacted]>"


class Agent(NamedTuple):
    """An agent."""

    #: The agent's id.
    id: str
    #: The agent's name.
    name: str

    def __repr__(self) -> str:
        return f"<Agent id={self.id!r} name=[redacted]>"


class Channel(NamedTuple):
    """A channel of a department."""

    #: Its id.
    id: str
    #: Its name.
    name: str
    #: Whether it is open; None where the service does not say.
    is_open: Optional[bool]


class Department(NamedTuple):
    """A department."""

    #: Its id, which a conversation takes.
    id: str
    #: Its name.
    name: str
    #: Whether it is open; None where the service does not say.
    is_open: Optional[bool]
    #: How many customers wait there; None where the service does not say.
    queue: Optional[int]
    #: Over what customers can write to it.
    channels: tuple[Channel, ...]


class OnlineAgents(NamedTuple):
    """The agents of a department who are there."""

    #: Some of them: the service names three at the most, chosen at random.
    agents: tuple[Agent, ...]
    #: How many there are.
    total: int
    #: How many seconds they take on average for a customer; None where the service does not say.
    average: Optional[float]


class OpenInteraction(NamedTuple):
    """An interaction that is under way."""

    #: The id that the application gave the customer.
    client_id: str
    #: The department that the customer talks to.
    department: str
    #: Where it is: starting, waiting or active.
    state: str
    #: Since when it is there, in seconds since 1970-01-01 UTC.
    since: float


def departments_of(answer: Any) -> list[Department]:
    """Departments, as the core gives them."""
    return [
        Department(id_, name, is_open, queue, tuple(Channel(*channel) for channel in channels))
        for id_, name, is_open, queue, channels in answer
    ]


def agents_of(answer: Any) -> OnlineAgents:
    """Agents, as the core gives them."""
    agents, count, average = answer
    return OnlineAgents(tuple(Agent(*agent) for agent in agents), count, average)
