"""The client with blocking methods."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from .. import _omnize
from .._arguments import check_timeout, maximum_of, optional_seconds, seconds, ticket_number
from .._conversations.conversation import Conversation
from .._conversations.customer import Customer
from .._conversations.request_fields import Fields, id_text, of_post
from .._conversations.result_types import Department, Media, OnlineAgents, agents_of, departments_of
from .._errors import Closed, Error, ModeError, _flush_error, _handler_wait_error
from .._events.handlers import Handlers, awaitable_error
from .._shutdown import report, start_thread
from .base_client import BaseClient
from .check_level import CheckLevel
from .close_report import CloseReport
from .greenlets import GreenletChat, GreenletCore, GreenletEventCursor, GreenletOutbox, is_patched

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._events.event import Event
    from .option_types import Options, Seconds

    _EventSource = Union[_omnize.Core, GreenletCore, _omnize.Chat, GreenletChat]

__all__ = ["Client"]


class Client(BaseClient[Conversation, None]):
    """A client of the service for one account: creates conversations and receives events. All threads may use it.

    ``options`` are those of the table of options, with underscores for dots: ``dispatch_threads=2``. Times are in
    seconds. An option that is not passed is read from the environment (for example ``OMNIZE_TOKEN``), then from
    ``config_file``, an INI file. With ``environment=False`` the environment is ignored, also its proxy variables.

    A client has one of three delivery modes: a loop over :meth:`events` (or :meth:`next`), :meth:`poll`, or
    :meth:`dispatch`. The first call selects the mode.

    >>> with Client(token="some-token", listen="127.0.0.1:0") as client:
    ...     client.deliver(b'{"status": "typing", "clientId": "12"}')
    ...     for event in client.events(timeout=0.1):
    ...         print(event)
    <Typing client_id='12'>
    """

    __slots__ = ("_blocking", "_blocking_outbox", "_lock", "_threads")

    if TYPE_CHECKING:

        def __init__(
            self,
            token: Optional[str] = None,
            *,
            config_file: Optional[Union[str, os.PathLike[str]]] = None,
            environment: bool = True,
            **options: Unpack[Options],
        ) -> None: ...

    else:

        def __init__(self, token=None, *, config_file=None, environment=True, **options):
            self._threads = []
            self._lock = threading.Lock()
            is_green = is_patched()
            super().__init__(token, config_file=config_file, environment=environment, **options)
            self._blocking = GreenletCore(self._core) if is_green else self._core
            self._blocking_outbox = GreenletOutbox(self._blocking, self._outbox) if is_green else self._outbox

    #: The core, or its replacement for greenlets.
    _blocking: Union[_omnize.Core, GreenletCore]
    _blocking_outbox: Union[_omnize.Outbox, GreenletOutbox]
    _threads: list[threading.Thread]
    _lock: threading.Lock

    def _make_conversation(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> Conversation:
        if isinstance(self._blocking, GreenletCore):
            return Conversation(self, GreenletChat(self._blocking, chat), customer, start)
        return Conversation(self, chat, customer, start)

    def check(self, timeout: Optional[Seconds] = None) -> CheckLevel:
        """Checks the configuration, for example when the application starts. Waits up to ``timeout`` seconds.

        None means the option ``timeout``, and 0 is an error. The dialects ``gateway`` and ``interactions`` have a
        harmless request: if the service accepts it, this returns :attr:`CheckLevel.ACCOUNT`. The dialect ``rest`` has
        none: this opens a connection, sends nothing, and returns :attr:`CheckLevel.CONNECTION`.

        Raises :class:`AuthenticationFailed` if the service rejects the token, and otherwise what a request raises.
        """
        return CheckLevel(self._blocking.check(check_timeout(timeout)))

    def departments(self, client_id: Optional[Union[str, int]] = None) -> list[Department]:
        """Returns the departments of the account.

        Supported by the dialects ``gateway``, which requires ``client_id``, and ``interactions``.
        """
        return departments_of(
            self._blocking.departments(None if client_id is None else id_text("client_id", client_id))
        )

    def online_agents(self, department: Union[str, int]) -> OnlineAgents:
        """Returns the agents of a department who are online. Supported by the dialect ``interactions``."""
        return agents_of(self._blocking.online_agents(id_text("department", department)))

    def off_hours(
        self, department: Union[str, int], text: str = "", *, customer: Customer, media: Optional[Media] = None
    ) -> Optional[str]:
        """Sends a customer's message while no agent is available. Supported by the dialect ``interactions``.

        The customer must have an e-mail address. Returns the hash of the created interaction, or None if the response
        contains none.
        """
        arguments = self._off_hours_arguments(department, text, customer, media)
        hash_: Optional[str] = self._blocking.off_hours(*arguments)
        return hash_

    def cancel(self, ticket: int) -> None:
        """Cancels a posted request that waits. With a store, blocks until this is on disk.

        The ``error`` of its :class:`Outcome` is :class:`Cancelled`, or :class:`DeliveryUnknown` if the service may have
        received an earlier attempt. Raises :class:`StateError` if the request is in progress, has ended, or is not in
        this outbox.
        """
        self._blocking_outbox.cancel(ticket_number(ticket))

    def flush(self, timeout: Optional[Seconds] = None) -> None:
        """Blocks until the requests that were posted before have an outcome, up to ``timeout`` seconds (None: forever).

        Does not close the client, and does not wait for handlers. Handlers may call it. Raises :class:`FlushTimedOut`
        after the timeout, and :class:`StateError` if the outbox is paused and no request is in progress.
        """
        timeout = optional_seconds("timeout", timeout)
        remaining = self._blocking_outbox.flush(timeout)
        if remaining:
            raise _flush_error(timeout or 0.0, remaining)

    def post_departments(self, client_id: Optional[Union[str, int]] = None) -> int:
        """Posts the request of :meth:`departments` and returns its ticket. ``Outcome.departments`` contains the result.

        The outcome belongs to no customer: its ``client_id`` is empty. A store contains neither the request nor its
        outcome, because a response after a restart would be outdated.
        """
        customer = None if client_id is None else id_text("client_id", client_id)
        ticket: int = self._blocking_outbox.post_departments(customer)
        return ticket

    def post_online_agents(self, department: Union[str, int]) -> int:
        """Posts the request of :meth:`online_agents` and returns its ticket. ``Outcome.agents`` contains the result.

        See :meth:`post_departments`.
        """
        ticket: int = self._blocking_outbox.post_online_agents(id_text("department", department))
        return ticket

    def post_off_hours(
        self,
        department: Union[str, int],
        text: str = "",
        *,
        customer: Customer,
        media: Optional[Media] = None,
        reference: Optional[str] = None,
        max_age: Optional[Seconds] = None,
    ) -> int:
        """Posts the message of :meth:`off_hours` and returns its ticket. With a store, blocks until it is on disk.

        ``Outcome.interaction_hash`` contains the hash of the created interaction. The outcome's ``client_id`` is empty.
        For ``reference`` and ``max_age``, see :meth:`Conversation.post`.
        """
        arguments = self._off_hours_arguments(department, text, customer, media)
        ticket: int = self._blocking_outbox.post_off_hours(*arguments, *of_post(reference, max_age))
        return ticket

    def deliver(self, body: bytes, content_type: Optional[str] = None, content_encoding: Optional[str] = None) -> None:
        """Delivers the body of a trigger that the application's own web server received.

        If ``content_encoding`` is gzip or deflate, the body is decompressed, up to the option ``listen_max_body``. Does
        not wait for handlers. With a store, blocks until the trigger is on disk.

        If this raises :class:`TriggerError`, respond to the service with 400. If it raises :class:`Unsupported` because
        of another coding, respond with 415. For any other :class:`Error`, respond with 503.
        """
        self._blocking.deliver(*self._trigger_arguments(body, content_type, content_encoding))

    def next(self, timeout: Optional[Seconds] = None) -> Optional[Event]:
        """Returns the next event. Blocks up to ``timeout`` seconds (None: forever); returns None if no event came."""
        return self._next(self._blocking, optional_seconds("timeout", timeout))

    def events(self, timeout: Optional[Seconds] = None) -> Iterator[Event]:
        """Iterates over the events, until none came for ``timeout`` seconds (None: forever) or the client is closed."""
        return self._events(self._blocking, optional_seconds("timeout", timeout))

    def _events(self, source: _EventSource, timeout: Optional[float]) -> Iterator[Event]:
        """Iterates over the events of the client or of a conversation."""
        while True:
            try:
                event = self._next(source, timeout)
            except Closed:
                return
            if event is None:
                return
            try:
                yield event
            finally:
                event._release()

    def _next(self, source: _EventSource, timeout: Optional[float]) -> Optional[Event]:
        """Returns the next event of the client or of a conversation."""
        try:
            return source.next(timeout) or None
        except ModeError:
            if self._blocking.is_in_handler:
                raise _handler_wait_error() from None
            raise

    def poll(self, timeout: Optional[Seconds] = None, maximum: Optional[int] = None) -> int:
        """Blocks up to ``timeout`` seconds (None: forever) for an event, then calls the handlers for all queued events.

        With ``maximum``, handles at most so many events; the others stay queued. Returns the number of handled events.
        An exception of a handler is raised here, after the other handlers of the event were called. With a store, that
        event is redelivered after a restart. With a store and without any handler, events wait until a handler is
        registered.
        """
        timeout = optional_seconds("timeout", timeout)
        most = maximum_of(maximum)
        cursor = _cursor(self._blocking, "poll")
        self._handlers.hold_back_unwanted()
        handled = 0
        limit = 1
        try:
            while handled < limit:
                try:
                    event = cursor.next(timeout if handled == 0 else 0)
                except Closed:
                    if handled == 0:
                        raise
                    # A handler closed the client.
                    break
                except ModeError:
                    if self._blocking.is_in_handler:
                        raise _handler_wait_error() from None
                    raise
                if event is None:
                    break
                if handled == 0:
                    # Events that arrive while handlers run are left for the next call.
                    limit = min(most, limit + self._core.waiting)
                handled += 1
                failure = _handle(event, cursor, self._handlers)
                if failure is not None:
                    raise failure
        finally:
            cursor.release()
        return handled

    def dispatch(self) -> None:
        """Starts threads that call the handlers. The option ``dispatch_threads`` is their number.

        A second call does nothing. An exception of a handler is passed to ``threading.excepthook``, and the next
        handler is called. With a store, that event is redelivered after a restart. With a store and without any
        handler, events wait until a handler is registered. Raises :class:`ResourceError` if a thread cannot start. Then
        the call may be repeated.
        """
        with self._lock:
            self._blocking.set_consumer("thread")
            self._handlers.hold_back_unwanted()
            while len(self._threads) < self._core.dispatch_threads:
                name = f"omnize-dispatch-{len(self._threads) + 1}"
                # The thread must not keep the client alive, nor the handlers, which may refer to the client.
                arguments = (self._blocking, weakref.ref(self._handlers))
                thread = threading.Thread(target=_run_dispatch, args=arguments, name=name, daemon=True)
                start_thread(thread)
                self._threads.append(thread)

    def close(self, timeout: Seconds = 5.0) -> CloseReport:
        """Closes the client. The first step is to reject triggers.

        Then it waits up to ``timeout`` seconds for requests in progress, and for dispatch threads to handle the queued
        events. These handlers may send requests. After the timeout, the remaining requests are aborted. With a store,
        the event of a handler that still runs is redelivered after a restart.

        No handler runs after this returned. If a handler calls this, it waits for requests and for the other running
        handlers, but not for its own, and queued events remain. A second call does nothing, and so does a call in a
        forked child.
        """
        timeout = seconds("timeout", timeout)
        if self._is_of_parent() or not self._is_open:
            return CloseReport(0, 0)
        self._is_open = False
        inside = self._blocking.is_in_handler
        started_at = time.monotonic()
        try:
            report = CloseReport(*self._blocking.close(timeout))
        except Closed:
            # Another thread closed it just now.
            return CloseReport(0, 0)
        finally:
            self._after_close()
        if not inside:
            for thread in self._threads:
                # These threads call no handler any more.
                thread.join(max(0.1, timeout - (time.monotonic() - started_at)))
        return report

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        # After Ctrl-C, the user must not wait for long.
        self.close(5.0 if error is None or isinstance(error, Exception) else 0.5)


#: The delay in seconds before dispatch retries to take an event, for example after a lack of memory.
_RETRY_SECONDS = 0.1


def _cursor(core: Union[_omnize.Core, GreenletCore], consumer: str) -> Union[_omnize.EventCursor, GreenletEventCursor]:
    if isinstance(core, GreenletCore):
        return core.cursor(consumer)
    return _omnize.EventCursor(core, consumer)


def _handle(
    event: Event,
    cursor: Union[_omnize.EventCursor, GreenletEventCursor],
    handlers: Handlers,
    caught: type[BaseException] = Exception,
) -> Optional[BaseException]:
    """Calls the handlers for an event. Returns the first exception that no error hook received."""
    hook = handlers.error_hook
    failure: Optional[BaseException] = None
    is_handled = False
    try:
        wanting = handlers.wanting(event)
        is_kept = not wanting and handlers.is_holding_back
        if not wanting and not is_kept:
            cursor.count_unwanted(handlers.has_any)
        has_failed = False
        for function in wanting:
            error = _call(caught, function, event)
            if error is None:
                continue
            has_failed = True
            if hook is not None and isinstance(error, Exception):
                error = _call_hook(caught, hook, event, error)
            if error is not None and failure is None:
                failure = error
            elif error is not None:
                report(error)
        is_handled = not has_failed and not is_kept
    finally:
        if not is_handled:
            event._nack()
        event._release()
    return failure


def _call(caught: type[BaseException], function: Callable[..., Any], *arguments: Any) -> Optional[BaseException]:
    """Calls a function of the application. Returns its exception."""
    try:
        result = function(*arguments)
    except caught as error:
        return error
    return awaitable_error(function, result)


def _call_hook(
    caught: type[BaseException], hook: Callable[..., Any], event: Event, error: BaseException
) -> Optional[BaseException]:
    """Calls the error hook. Returns its exception."""
    failure = _call(caught, hook, event, error)
    if failure is not None and failure is not error:
        failure.__context__ = error
    return failure


def _run_dispatch(core: Union[_omnize.Core, GreenletCore], handlers_reference: weakref.ref[Handlers]) -> None:
    """Runs a dispatch thread until the client is closed."""
    cursor = _cursor(core, "thread")
    is_failing = False
    while True:
        try:
            event = cursor.next(None)
        except Error:
            # The client is closed.
            return
        except Exception as error:
            # The core keeps the event. The next call returns it.
            if not is_failing:
                report(error)
            is_failing = True
            time.sleep(_RETRY_SECONDS)
            continue
        is_failing = False
        if event is not None:
            handlers = handlers_reference()
            if handlers is None:
                # The client was collected.
                cursor.abandon()
                return
            # SystemExit of a handler must not end the thread.
            try:
                failure = _handle(event, cursor, handlers, BaseException)
            except Exception as error:
                failure = error
            if failure is not None:
                cursor.release()
                report(failure)
            del failure, handlers, event
