"""A client that waits by blocking."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Optional, Union

from . import _omnize
from ._any_client import AnyClient, Left
from ._arguments import body_bytes, optional_seconds, optional_text, seconds
from ._conversation import Conversation
from ._customer import Customer
from ._errors import Closed, Error
from ._fields import Fields, id_text, of_customer, of_message
from ._green import GreenChat, GreenCore, GreenTurns, is_patched
from ._handlers import Handlers, awaitable_error
from ._lifetime import report, start_thread
from ._values import Department, Media, OnlineAgents, agents_of, departments_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._events import Event
    from ._option_types import Options, Seconds

__all__ = ["Client"]


class Client(AnyClient[Conversation]):
    """Holds conversations for one token, and receives what the service says of them. Can be used from any thread.

    ``options`` are those of the table of options, with underscores for dots: ``dispatch_threads=2``. Times are in
    seconds. What is not given here comes from the environment (``OMNIZE_TOKEN`` and so on), and what is not
    there from ``config_file``, an INI file. With ``environment=False`` nothing comes from the environment, and no proxy
    that it names is used.

    Events leave by one of three ways, and a client uses the same one always: a loop over :meth:`events` (or
    :meth:`next`), :meth:`poll`, or :meth:`dispatch`.

    >>> with Client(token="some-token", listen="127.0.0.1:0") as client:
    ...     client.deliver(b'{"status": "typing", "clientId": "12"}')
    ...     for event in client.events(timeout=0.1):
    ...         print(event)
    <Typing client_id='12'>
    """

    __slots__ = ("_blocking", "_lock", "_threads")

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
            self._blocking = GreenCore(self._core) if is_green else self._core

    #: What waits for the core.
    _blocking: Union[_omnize.Core, GreenCore]
    _threads: list[threading.Thread]
    _lock: threading.Lock

    def _chat(self, chat: _omnize.Chat, customer: Fields, start: Fields) -> Conversation:
        if isinstance(self._blocking, GreenCore):
            return Conversation(self, GreenChat(self._blocking, chat), customer, start)
        return Conversation(self, chat, customer, start)

    def departments(self, client_id: Optional[Union[str, int]] = None) -> list[Department]:
        """Asks which departments there are. Of the dialects gateway, which wants a customer's id, and interactions."""
        return departments_of(
            self._blocking.departments(None if client_id is None else id_text("client_id", client_id))
        )

    def online_agents(self, department: Union[str, int]) -> OnlineAgents:
        """Asks which agents of a department are there. Of the dialect interactions."""
        return agents_of(self._blocking.online_agents(id_text("department", department)))

    def off_hours(
        self, department: Union[str, int], text: str = "", *, customer: Customer, media: Optional[Media] = None
    ) -> Optional[str]:
        """Leaves a customer's message while no agent is there. Of the dialect interactions.

        The customer needs an e-mail address. Gives the hash of the interaction that the service made of it, where it
        tells one.
        """
        fields = of_message(text, media) + of_customer(customer)
        hash_: Optional[str] = self._blocking.off_hours(id_text("department", department), fields)
        return hash_

    def deliver(self, body: bytes, content_type: Optional[str] = None, content_encoding: Optional[str] = None) -> None:
        """Hands over the body of a trigger that the application's own web server received.

        A body with the ``content_encoding`` gzip or deflate is decompressed, up to the option ``listen_max_body``.
        Where it raises :class:`TriggerError`, answer the service 400; where it raises :class:`Unsupported`, for another
        coding, 415; where it raises another :class:`Error`, 503. Never waits for the application; with a store, waits
        until the trigger is on disk.
        """
        type_, coding = optional_text("content_type", content_type), optional_text("content_encoding", content_encoding)
        self._blocking.deliver(body_bytes(body), type_, coding)

    def next(self, timeout: Optional[Seconds] = None) -> Optional[Event]:
        """Waits up to ``timeout`` seconds (None: for ever) for the next event; None where none came."""
        return self._blocking.next(optional_seconds("timeout", timeout))

    def events(self, timeout: Optional[Seconds] = None) -> Iterator[Event]:
        """Events, one by one, until none came for ``timeout`` seconds or the client is closed."""
        timeout = optional_seconds("timeout", timeout)
        while True:
            try:
                event = self._blocking.next(timeout)
            except Closed:
                return
            if event is None:
                return
            try:
                yield event
            finally:
                event._let_go()

    def poll(self, timeout: Optional[Seconds] = None) -> int:
        """Waits up to ``timeout`` seconds (None: for ever) for an event, then calls the handlers for all that wait.

        Tells how many events were handled. What a handler raises comes out of here, after the other handlers of that
        event were called; with a store, the event comes again after the next start.
        """
        timeout = optional_seconds("timeout", timeout)
        turns = self._blocking.turns("poll")
        handled = 0
        most = 1
        try:
            while handled < most:
                try:
                    event = turns.next(timeout if handled == 0 else 0)
                except Closed:
                    if handled == 0:
                        raise
                    # By a handler.
                    break
                if event is None:
                    break
                if handled == 0:
                    # What arrives while handlers run is for the next call.
                    most += self._core.waiting
                handled += 1
                failure = _handle(event, turns, self._handlers)
                if failure is not None:
                    raise failure
        finally:
            turns.end()
        return handled

    def dispatch(self) -> None:
        """Starts the threads that call the handlers from now on, as many as the option ``dispatch_threads`` says.

        A second call does nothing. What a handler raises goes to ``threading.excepthook``, and the next one is called;
        with a store, the event comes again after the next start. Raises :class:`ResourceError` where a thread can't
        start; call it again then.
        """
        with self._lock:
            self._blocking.choose("thread")
            while len(self._threads) < self._core.dispatch_threads:
                name = f"omnize-dispatch-{len(self._threads) + 1}"
                # It does not hold the client, nor the handlers, which may: one that nobody else holds is closed.
                known = (self._blocking, weakref.ref(self._handlers))
                thread = threading.Thread(target=_work, args=known, name=name, daemon=True)
                start_thread(thread)
                self._threads.append(thread)

    def close(self, timeout: Seconds = 5.0) -> Left:
        """Closes the client: takes in no trigger, waits up to ``timeout`` seconds for requests under way and for the
        handlers to finish what a dispatch thread has before it, then breaks off what is left. Handlers that run may
        make requests until then; with a store, the event of one that runs longer comes again after the next start.

        No handler runs after this has returned; called from inside one, it takes effect when that returns. A second
        call does nothing, and so does one in a child of the process that opened the client.
        """
        timeout = seconds("timeout", timeout)
        if self._is_of_parent() or not self._is_open:
            return Left(0, 0)
        self._is_open = False
        inside = self._blocking.is_calling
        begun = time.monotonic()
        try:
            left = Left(*self._blocking.close(timeout))
        except Closed:
            # By another thread, just now.
            return Left(0, 0)
        finally:
            self._closed()
        if not inside:
            for thread in self._threads:
                # They call nobody any more, and are about to end.
                thread.join(max(0.1, timeout - (time.monotonic() - begun)))
        return left

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        # Who presses Ctrl-C does not wait for long.
        self.close(5.0 if error is None or isinstance(error, Exception) else 0.5)


#: How many seconds dispatch waits where it could not take an event, for want of memory say, before it tries again.
_SECONDS_TO_RETRY = 0.1


def _handle(
    event: Event,
    turns: Union[_omnize.Turns, GreenTurns],
    handlers: Handlers,
    caught: type[BaseException] = Exception,
) -> Optional[BaseException]:
    """Calls the handlers for an event; gives what the first one raised that failed."""
    wanting = handlers.wanting(event)
    failure: Optional[BaseException] = None
    if not wanting:
        turns.unwanted()
    is_handled = False
    try:
        for function in wanting:
            try:
                result = function(event)
                if result is not None:
                    unawaited = awaitable_error(function, result)
                    if unawaited is not None:
                        raise unawaited
            except caught as error:
                if failure is None:
                    failure = error
                else:
                    report(error)
        is_handled = failure is None
    finally:
        if not is_handled:
            event._was_not_handled()
        event._let_go()
    return failure


def _work(core: Union[_omnize.Core, GreenCore], known: weakref.ref[Handlers]) -> None:
    """What a dispatch thread does."""
    turns = core.turns("thread")
    is_failing = False
    while True:
        try:
            event = turns.next(None)
        except Error:
            # It is closed.
            return
        except Exception as error:
            # The event is kept, and taken by the next call.
            if not is_failing:
                report(error)
            is_failing = True
            time.sleep(_SECONDS_TO_RETRY)
            continue
        is_failing = False
        if event is not None:
            handlers = known()
            if handlers is None:
                # The client ends, which had them.
                turns.give_up()
                return
            # One that ends its thread would end all that come after it.
            try:
                failure = _handle(event, turns, handlers, BaseException)
            except Exception as error:
                failure = error
            if failure is not None:
                turns.end()
                report(failure)
            del failure, handlers, event
