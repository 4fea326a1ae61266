"""The exceptions: one base class, and a subclass for each kind of reaction of an application."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import new_class
from typing import Any, Optional, TypeVar, cast

from ._delivery import Delivery

__all__ = [
    "ArgumentError",
    "AuthenticationFailed",
    "Cancelled",
    "CloseTimedOut",
    "Closed",
    "ConfigError",
    "ConnectFailed",
    "CustomerError",
    "DeliveryUnknown",
    "Error",
    "Expired",
    "FileError",
    "FlushTimedOut",
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
    "ResponseTimedOut",
    "StateError",
    "StoreError",
    "TLSFailed",
    "TimedOut",
    "TriggerError",
    "Unsupported",
]


class Error(Exception):
    """Base class of all exceptions of this package.

    The text names the fault, the expected value and what to do. It never contains the token or personal data.

    >>> issubclass(Rejected, Error)
    True
    """

    status: str = "OMNIZE_E_ARGUMENT"
    """The name of the status in the C header, for example ``"OMNIZE_E_REFUSED"``."""
    delivery: Optional[Delivery] = None
    """The delivery of the request. It equals its text: ``"rejected"``, ``"not sent"`` or ``"unknown"``.

    ``"accepted"`` if only the data of the response is invalid. None if there was no request.
    """
    http_status: Optional[int] = None
    """The HTTP status of the service's response, or None if there was no response."""
    body: bytes = b""
    """The body of the response. The request's token and personal data are redacted."""
    retryable: bool = False
    """Whether a retry may succeed and cannot cause a duplicate."""
    retry_after: Optional[float] = None
    """The seconds that the service requests to wait before a retry."""

    @property
    def message(self) -> str:
        """The text."""
        return str(self)

    @property
    def timed_out(self) -> bool:
        """Whether a timeout passed. Then the error is also a ``TimeoutError``."""
        return isinstance(self, TimeoutError)


class ConfigError(Error, ValueError):
    """An option, its value or the token is invalid."""


class ArgumentError(Error, ValueError):
    """An argument is missing or out of range."""


class FileError(ConfigError):
    """A file that an option names cannot be read or is invalid."""


class RequestError(Error):
    """A request was not accepted, or the data of its response is invalid."""


class Rejected(RequestError):
    """The service received the request and rejected it."""


class AuthenticationFailed(Rejected):
    """The service rejected the token. Check the option ``token``, or generate a new one in the portal."""


class NotSent(RequestError):
    """The service certainly did not receive the request.

    Every error with the delivery ``"not sent"`` is also a NotSent, for example a :class:`QueueFull` of a full outbox.
    """


class ConnectFailed(NotSent, ConnectionError):
    """The service's host is unknown or unreachable, or refused the connection."""


class TLSFailed(NotSent):
    """The TLS handshake with the service failed."""


class Expired(NotSent):
    """A posted request reached its age limit in the outbox. It was not sent."""


class Cancelled(NotSent):
    """The application cancelled a posted request in the outbox. It was not sent."""


class TimedOut(NotSent, TimeoutError):
    """The timeout passed before anything was sent."""


class DeliveryUnknown(RequestError):
    """The service may or may not have received the request."""


class ResponseTimedOut(DeliveryUnknown, TimeoutError):
    """The timeout passed after the request was sent. The service may or may not have received it."""


class StateError(Error):
    """The state does not allow this call.

    The interaction does not allow a request, for example a message after its finish. Then the error is also a
    :class:`NotSent`. Or a request cannot be cancelled, because it is in progress or has ended, or a paused outbox
    cannot be flushed. Then it is not a NotSent, because the service may receive the request.
    """


class CustomerError(RequestError, ValueError):
    """A field of the customer does not have the form that ``validate="customer"`` requires.

    The error of a request is also a :class:`NotSent`.
    """


class QueueFull(Error):
    """The event queue or the outbox is full."""


class InteractionUnknown(RequestError):
    """The interaction hash is unknown, and the request requires it.

    The error of a request is also a :class:`NotSent`.
    """


class ResponseError(RequestError):
    """The service accepted the request, but the response does not contain the requested data."""


class Closed(Error):
    """The client or listener is closed, or is being closed."""


class CloseTimedOut(Error, TimeoutError):
    """A handler ran longer than the timeout of a close. No further handler is called."""

    events: int = 0
    """Events that were not delivered to the application. See :class:`CloseReport`."""
    requests: int = 0
    """Requests that were aborted or not sent. See :class:`CloseReport`."""


class FlushTimedOut(Error, TimeoutError):
    """Posted requests have not ended within the timeout of a flush. The client continues to send them."""

    status = "OMNIZE_E_TIMEOUT"
    requests: int = 0
    """The number of these requests."""


class ModeError(Error):
    """The client already uses another delivery mode."""


class Forked(Error):
    """The client was opened by a parent of this process."""


class TriggerError(Error, ValueError):
    """The bytes are not a valid trigger. Respond to the service with 400."""


class ListenError(Error):
    """The listener cannot be opened at this address."""


class StoreError(Error):
    """The store cannot be opened or written."""


class ResourceError(Error):
    """The operating system refused a thread, a file descriptor or random numbers."""


class Unsupported(Error):
    """Not supported by this build, this operating system or the configured dialect."""


class InternalError(Error):
    """A bug of the library. Please report it."""


_BY_STATUS = {
    "OMNIZE_E_RESPONSE": ResponseError,
    "OMNIZE_E_ARGUMENT": ArgumentError,
    "OMNIZE_E_AUTH": AuthenticationFailed,
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

_NOT_SENT_BY_STATUS = {
    "OMNIZE_E_CANCELLED": Cancelled,
    "OMNIZE_E_EXPIRED": Expired,
    "OMNIZE_E_REFUSED": ConnectFailed,
    "OMNIZE_E_TIMEOUT": TimedOut,
    "OMNIZE_E_TLS": TLSFailed,
    "OMNIZE_E_UNREACHABLE": ConnectFailed,
}


def _error_of_status(
    status: str,
    message: str,
    delivery: Optional[str],
    http_status: Optional[int],
    body: bytes,
    retryable: bool,
    retry_after: Optional[float],
    close_report: Optional[tuple[int, int]] = None,
) -> Error:
    """Creates the exception for an error of the core."""
    kind: type[Error] | None = _BY_STATUS.get(status)
    if delivery == "unknown":
        kind = ResponseTimedOut if status == "OMNIZE_E_TIMEOUT" else DeliveryUnknown
    elif kind is None and delivery == "rejected":
        kind = Rejected
    elif kind is None and delivery == "not sent":
        kind = _NOT_SENT_BY_STATUS.get(status, NotSent)
    elif kind is None and status == "OMNIZE_E_TIMEOUT":
        kind = CloseTimedOut
    if kind is Forked:
        # The core's text does not suggest to open another client.
        return _forked_error()
    if kind is not None and delivery == "not sent":
        kind = _not_sent_kind(kind)
    error = (kind or Error)(message)
    error.status = status
    error.delivery = None if delivery is None else Delivery(delivery)
    error.http_status = http_status
    error.body = body
    error.retryable = retryable
    error.retry_after = retry_after
    if isinstance(error, CloseTimedOut) and close_report is not None:
        error.events, error.requests = close_report
    return error


#: The classes that :func:`_not_sent_kind` created.
_NOT_SENT_KINDS: dict[type[Error], type[Error]] = {}


def _not_sent_kind(kind: type[Error]) -> type[Error]:
    """Returns a class of the same name that derives from ``kind`` and from :class:`NotSent`.

    Most classes are not limited to requests: a :class:`Closed` without a request has no delivery.
    """
    if issubclass(kind, NotSent):
        return kind
    created = _NOT_SENT_KINDS.get(kind)
    if created is None:
        members = {"__module__": kind.__module__, "__doc__": kind.__doc__, "__reduce__": _reduce_not_sent}
        created = new_class(kind.__name__, (kind, NotSent), exec_body=lambda names: names.update(members))
        _NOT_SENT_KINDS[kind] = created
    return created


def _reduce_not_sent(error: Error) -> tuple[Any, ...]:
    return _restore_not_sent, (type(error).__bases__[0], error.args), vars(error)


def _restore_not_sent(kind: type[Error], arguments: tuple[Any, ...]) -> Error:
    return _not_sent_kind(kind)(*arguments)


_Function = TypeVar("_Function", bound=Callable[..., Any])


def _for_request(function: _Function) -> _Function:
    """Decorates a function that checks arguments of a request: its ArgumentError is a :class:`NotSent`."""

    @wraps(function)
    def checked(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except ArgumentError as error:
            # The same object, because the traceback of another one would contain this one.
            error.__class__ = cast(Any, _not_sent_kind(type(error)))
            error.delivery = Delivery.NOT_SENT
            raise

    return cast(_Function, checked)


def _flush_error(seconds: float, requests: int) -> FlushTimedOut:
    """Creates the error of a flush that timed out."""
    remain = "posted request remains" if requests == 1 else "posted requests remain"
    error = FlushTimedOut(f"the flush did not end within {seconds:g} seconds; {requests} {remain}")
    error.requests = requests
    return error


def _closed_error() -> Closed:
    """Creates the error of a call during or after a close."""
    error = Closed("the client is closed, or closing; open another one")
    error.status = "OMNIZE_E_CLOSED"
    return error


def _mode_error(mode: str, wanted: str) -> ModeError:
    """Creates the error of a call for another delivery mode."""
    error = ModeError(
        f"this client delivers events by {mode}, so {wanted} is not allowed; use one delivery mode for the whole life "
        "of a client"
    )
    error.status = "OMNIZE_E_MODE"
    return error


def _handler_wait_error() -> ModeError:
    """Creates the error of a handler that waits for the next event, which is held until the handler has returned."""
    error = ModeError(
        "a handler can't wait for events of its own client: the next event of its customer is delivered only after it "
        "has returned; return, and handle that event in a handler"
    )
    error.status = "OMNIZE_E_MODE"
    return error


def _state_error(message: str) -> Error:
    """Creates the error of an event without a conversation."""
    error = _not_sent_kind(StateError)(message)
    error.status = "OMNIZE_E_STATE"
    error.delivery = Delivery.NOT_SENT
    return error


def _forked_error() -> Forked:
    """Creates the error of a call in a forked child."""
    error = Forked("the client was opened by a parent of this process; open another one in this process")
    error.status = "OMNIZE_E_FORKED"
    return error


def _abandoned_call_error() -> DeliveryUnknown:
    """Creates the error of a call that a close did not wait for."""
    error = DeliveryUnknown("the client was closed during the call; the service may or may not receive the request")
    error.status = "OMNIZE_E_LOST"
    error.delivery = Delivery.UNKNOWN
    return error
