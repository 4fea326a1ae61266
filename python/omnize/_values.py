"""What the later dialects of the service have to tell: media, agents, departments, interactions."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

__all__ = ["Agent", "Channel", "Department", "Media", "OnlineAgents", "OpenInteraction", "agents_of", "departments_of"]


class Media(NamedTuple):
    """An image, a video, a sound or a file that comes with a message.

    >>> Media("image", "https://example.com/cat.png")
    <Media image url=[redacted]>
    """

    #: ``"image"``, ``"video"``, ``"audio"`` or ``"file"``.
    kind: str
    #: Where it is.
    url: str
    #: How large it is, in bytes. Only an external bot says it.
    size: Optional[int] = None

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
