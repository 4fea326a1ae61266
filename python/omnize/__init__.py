"""Customer chat over the Omnize service.

An application starts an interaction for its customer, sends what the customer writes, and gets what the agent does as
events:

>>> with Client(listen="127.0.0.1:0") as client:
...     with client.conversation("12", department="1", customer=Customer(name="Joao")) as chat:
...         chat.send("Bom dia!")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._interpreter import check_interpreter

check_interpreter()

from ._any_client import Left
from ._client import Client
from ._conversation import Conversation
from ._customer import Customer
from ._errors import (
    ArgumentError,
    Closed,
    CloseTimedOut,
    ConfigError,
    ConnectFailed,
    CustomerError,
    DeliveryUnknown,
    Error,
    FileError,
    Forked,
    InteractionUnknown,
    InternalError,
    ListenError,
    ModeError,
    NotSent,
    QueueFull,
    Rejected,
    RequestError,
    ResourceError,
    ResponseError,
    StateError,
    StoreError,
    TimedOut,
    TLSFailed,
    TriggerError,
    Unsupported,
)
from ._events import (
    Accepted,
    Cleared,
    Event,
    Finished,
    Message,
    NewInteraction,
    Outcome,
    Queued,
    Transferred,
    Trigger,
    Typing,
    Unavailable,
    Unknown,
)
from ._listener import Listener
from ._omnize import VERSION as __version__
from ._parse_trigger import parse_trigger
from ._values import Agent, Channel, Department, Media, OnlineAgents, OpenInteraction

if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._async_conversation import AsyncConversation

__all__ = [
    "Accepted",
    "Agent",
    "ResponseError",
    "ArgumentError",
    "AsyncClient",
    "AsyncConversation",
    "Channel",
    "Cleared",
    "Client",
    "CloseTimedOut",
    "Closed",
    "ConfigError",
    "ConnectFailed",
    "Conversation",
    "Customer",
    "CustomerError",
    "DeliveryUnknown",
    "Department",
    "Error",
    "Event",
    "FileError",
    "Finished",
    "Forked",
    "InteractionUnknown",
    "InternalError",
    "Left",
    "ListenError",
    "Listener",
    "Media",
    "Message",
    "ModeError",
    "NewInteraction",
    "NotSent",
    "OnlineAgents",
    "OpenInteraction",
    "Outcome",
    "QueueFull",
    "Queued",
    "Rejected",
    "RequestError",
    "ResourceError",
    "StateError",
    "StoreError",
    "TLSFailed",
    "TimedOut",
    "Transferred",
    "Trigger",
    "TriggerError",
    "Typing",
    "Unavailable",
    "Unknown",
    "Unsupported",
    "__version__",
    "parse_trigger",
]


def __getattr__(name: str) -> Any:
    # Who does not use asyncio does not wait for its import.
    if name == "AsyncClient":
        from ._async_client import AsyncClient

        return AsyncClient
    if name == "AsyncConversation":
        from ._async_conversation import AsyncConversation

        return AsyncConversation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
