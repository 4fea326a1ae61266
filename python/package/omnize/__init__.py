"""Customer chat over the Omnize service.

An application starts an interaction for a customer and sends the customer's messages. The agent's actions arrive as
events:

>>> with Client(listen="127.0.0.1:0") as client:
...     with client.conversation("12", department="1", customer=Customer(name="Joao")) as chat:
...         chat.send("Bom dia!")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._sub_interpreter_check import check_interpreter

check_interpreter()

from ._clients.check_level import CheckLevel
from ._clients.client import Client
from ._clients.close_report import CloseReport
from ._clients.listener import Listener
from ._clients.option_types import Dialect
from ._clients.statistics import Latency, LatencyBucket, Statistics
from ._conversations.conversation import Conversation
from ._conversations.customer import Customer
from ._conversations.result_types import (
    Agent,
    Channel,
    Department,
    Media,
    MediaKind,
    MediaType,
    Mood,
    OnlineAgents,
    OpenInteraction,
    OutboxEntry,
    State,
)
from ._delivery import Delivery
from ._errors import (
    ArgumentError,
    AuthenticationFailed,
    Cancelled,
    Closed,
    CloseTimedOut,
    ConfigError,
    ConnectFailed,
    CustomerError,
    DeliveryUnknown,
    Error,
    Expired,
    FileError,
    FlushTimedOut,
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
    ResponseTimedOut,
    StateError,
    StoreError,
    TimedOut,
    TLSFailed,
    TriggerError,
    Unsupported,
)
from ._events.event import (
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
from ._events.parse_trigger import parse_trigger
from ._omnize import VERSION as __version__

if TYPE_CHECKING:
    from ._clients.async_client import AsyncClient
    from ._conversations.async_conversation import AsyncConversation

__all__ = [
    "Accepted",
    "Agent",
    "ArgumentError",
    "AsyncClient",
    "AsyncConversation",
    "AuthenticationFailed",
    "Cancelled",
    "Channel",
    "CheckLevel",
    "Cleared",
    "Client",
    "CloseReport",
    "CloseTimedOut",
    "Closed",
    "ConfigError",
    "ConnectFailed",
    "Conversation",
    "Customer",
    "CustomerError",
    "Delivery",
    "DeliveryUnknown",
    "Department",
    "Dialect",
    "Error",
    "Event",
    "Expired",
    "FileError",
    "Finished",
    "FlushTimedOut",
    "Forked",
    "InteractionUnknown",
    "InternalError",
    "Latency",
    "LatencyBucket",
    "ListenError",
    "Listener",
    "Media",
    "MediaKind",
    "MediaType",
    "Message",
    "ModeError",
    "Mood",
    "NewInteraction",
    "NotSent",
    "OnlineAgents",
    "OpenInteraction",
    "OutboxEntry",
    "Outcome",
    "QueueFull",
    "Queued",
    "Rejected",
    "RequestError",
    "ResourceError",
    "ResponseError",
    "ResponseTimedOut",
    "State",
    "StateError",
    "Statistics",
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
    # Imported on demand, because importing asyncio takes time.
    if name == "AsyncClient":
        from ._clients.async_client import AsyncClient

        return AsyncClient
    if name == "AsyncConversation":
        from ._conversations.async_conversation import AsyncConversation

        return AsyncConversation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
