"""The exceptions: one root, and below it a class for each thing that an application may do about it."""

from __future__ import annotations

from typing import Optional

__all__ = [
    "ArgumentError",
    "CloseTimedOut",
    "Closed",
    "ConfigError",
    "ConnectFailed",
    "CustomerError",
    "DeliveryUnknown",
    "Error",
    "FileError",
    "Forked",
    "InteractionUnknown",
    "InternalError",
    "ListenError",
    "ModeError",
    "NotSent",
    "QueueFull",
    "Rejected",
    "RequestError",
    "ResourceError",
    "ResponseError",
    "StateError",
    "StoreError",
    "TLSFailed",
    "TimedOut",
    "TriggerError",
    "Unsupported",
]


class Error(Exception):
    """The root of all exceptions of this package.

    The text says what was wrong, what was expected and what to do. It never holds the token or anything personal.

    >>> issubclass(Rejected, Error)
    True
    """

    #: The status by the name that the C header has, such as ``"OMNIZE_E_REFUSED"``.
    status: str = "OMNIZE_E_ARGUMENT"
    #: What became of the request: ``"rejected"``, ``"not sent"``, ``"unknown"``, or ``"accepted"`` where what
    #: the service has answered can't be used; None where there was none.
    delivery: Optional[str] = None
    #: The HTTP status of the service's answer, where there was one.
    http_status: Optional[int] = None
    #: The body of the answer; what the request held of token and personal data is taken out.
    body: bytes = b""
    #: Whether the same call may succeed later, and making it again does no harm.
    retryable: bool = False
    #: How many seconds the service asks to wait before the request is made again.
    retry_after: Optional[float] = None

    @property
    def message(self) -> str:
        """The text."""
        return str(self)


class ConfigError(Error, ValueError):
    """An option, a value or the token can't be used."""


class ArgumentError(Error, ValueError):
    """An argument is missing or out of range."""


class FileError(ConfigError):
    """A file that the options name can't be used."""


class RequestError(Error):
    """A request did not end as accepted."""


class Rejected(RequestError):
    """The service received the request and refused it."""


class NotSent(RequestError):
    """The service surely has not received the request."""


class ConnectFailed(NotSent):
    """The service's host is unknown, can't be reached, or refused the connection."""


class TLSFailed(NotSent):
    """No secure connection could be made."""


class TimedOut(NotSent):
    """The time was over before anything was sent."""


class DeliveryUnknown(RequestError):
    """The service may or may not have received the request."""


class StateError(NotSent):
    """The interaction is not where this request has a meaning. Nothing was sent."""


class CustomerError(NotSent, ValueError):
    """A field of the customer failed the check of ``validate="customer"``. Nothing was sent."""


class QueueFull(Error):
    """As many events or posted requests wait as may."""


class InteractionUnknown(NotSent):
    """The hash of the interaction is not known, so the service can't be told which it is. Nothing was sent."""


class ResponseError(RequestError):
    """The service accepted the request, but the response does not contain the requested data."""


class Closed(Error):
    """The client is closed, or closing."""


class CloseTimedOut(Error):
    """A handler ran longer than closing may take. It is the last one."""

    #: Events that the application was not given: see :class:`Left`.
    events: int = 0
    #: Requests that were broken off or not sent: see :class:`Left`.
    requests: int = 0


class ModeError(Error):
    """Events of this client already leave another way."""


class Forked(Error):
    """This process was forked from one that uses the client."""


class TriggerError(Error, ValueError):
    """The bytes are no trigger. Answer the service 400."""


class ListenError(Error):
    """The listener can't be opened at this address."""


class StoreError(Error):
    """The store can't be opened or written to."""


class ResourceError(Error):
    """The operating system refused a thread, a descriptor or randomness."""


class Unsupported(Error):
    """Not supported by this build, by this operating system, or by the configured dialect."""


class InternalError(Error):
    """The library has a defect. Please report it."""


_BY_STATUS = {
    "OMNIZE_E_RESPONSE": ResponseError,
    "OMNIZE_E_ARGUMENT": ArgumentError,
    "OMNIZE_E_CLIENT_ID": ArgumentError,
    "OMNIZE_E_CLOSED": Closed,
    "OMNIZE_E_CUSTOMER": CustomerError,
    "OMNIZE_E_DEPARTMENT": ArgumentError,
    "OMNIZE_E_ENCODING": ConfigError,
    "OMNIZE_E_FILE": FileError,
    "OMNIZE_E_FORKED": Forked,
    "OMNIZE_E_FULL": QueueFull,
    "OMNIZE_E_INTERACTION": InteractionUnknown,
    "OMNIZE_E_LISTEN": ListenError,
    "OMNIZE_E_MODE": ModeError,
    "OMNIZE_E_NO_CLIENT_ID": TriggerError,
    "OMNIZE_E_NOT_JSON": TriggerError,
    "OMNIZE_E_OPTION": ConfigError,
    "OMNIZE_E_PANIC": InternalError,
    "OMNIZE_E_STATE": StateError,
    "OMNIZE_E_STORE": StoreError,
    "OMNIZE_E_SYSTEM": ResourceError,
    "OMNIZE_E_TOKEN": ConfigError,
    "OMNIZE_E_TRIGGER_TOO_LARGE": TriggerError,
    "OMNIZE_E_UNSUPPORTED": Unsupported,
    "OMNIZE_E_VALUE": ConfigError,
}

_OF_UNSENT = {
    "OMNIZE_E_REFUSED": ConnectFailed,
    "OMNIZE_E_TIMEOUT": TimedOut,
    "OMNIZE_E_TLS": TLSFailed,
    "OMNIZE_E_UNREACHABLE": ConnectFailed,
}


def _of_status(
    status: str,
    message: str,
    delivery: Optional[str],
    http_status: Optional[int],
    body: bytes,
    retryable: bool,
    retry_after: Optional[float],
    left: Optional[tuple[int, int]] = None,
) -> Error:
    """Makes the exception that tells of an error of the core."""
    kind: type[Error] | None = _BY_STATUS.get(status)
    if delivery == "unknown":
        kind = DeliveryUnknown
    elif kind is None and delivery == "rejected":
        kind = Rejected
    elif kind is None and delivery == "not sent":
        kind = _OF_UNSENT.get(status, NotSent)
    elif kind is None and status == "OMNIZE_E_TIMEOUT":
        kind = CloseTimedOut
    if kind is Forked:
        # The core's text is for hosts that can't open another one.
        return _forked()
    error = (kind or Error)(message)
    error.status = status
    error.delivery = delivery
    error.http_status = http_status
    error.body = body
    error.retryable = retryable
    error.retry_after = retry_after
    if isinstance(error, CloseTimedOut) and left is not None:
        error.events, error.requests = left
    return error


def _closed() -> Closed:
    """What is left to tell where closing was given up, and is not over."""
    error = Closed("the client is closed, or closing; open another one")
    error.status = "OMNIZE_E_CLOSED"
    return error


def _another_way(way: str, wanted: str) -> ModeError:
    """What there is to tell where events leave one way and are asked for by another."""
    error = ModeError(
        f"events of this client leave by {way}, so {wanted} can't take them; use one way for the whole life of a client"
    )
    error.status = "OMNIZE_E_MODE"
    return error


def _forked() -> Forked:
    """What a child is told of what its parent has opened."""
    error = Forked("the client was opened in the process that this one was forked from; open another one here")
    error.status = "OMNIZE_E_FORKED"
    return error


def _left_behind() -> DeliveryUnknown:
    """What became of a call that closing did not wait for."""
    error = DeliveryUnknown("the client was closed during the call; whether the service receives it is unknown")
    error.status = "OMNIZE_E_LOST"
    error.delivery = "unknown"
    return error
