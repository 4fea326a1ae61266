"""Blocking calls that let other greenlets run, if gevent or eventlet has patched the standard library.

A call that blocks inside the core would stop the thread on which all greenlets run. So these classes use the core's
methods for event loops, and wait for its descriptors with the patched functions of the standard library.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Callable, Literal, Optional, Union

from .. import _omnize
from .._errors import Unsupported, _closed_error, _handler_wait_error
from .._events.event import Event
from .delivery_mode import DeliveryMode, deadline_of
from .flush_steps import FlushSteps

__all__ = ["GreenletChat", "GreenletCore", "GreenletEventCursor", "GreenletOutbox", "is_patched"]

#: The seconds between two checks of a watching greenlet whether its client still exists.
_CHECK_SECONDS = 1.0


def is_patched() -> bool:
    """Returns whether threads are greenlets.

    Raises :class:`Unsupported` if they are, and the module ``select`` is not patched.
    """
    for name, module, check, threads in (
        ("gevent", "gevent.monkey", "is_module_patched", "threading"),
        ("eventlet", "eventlet.patcher", "is_monkey_patched", "thread"),
    ):
        patcher = sys.modules.get(module)
        if patcher is None:
            continue
        is_module_patched = getattr(patcher, check)
        if not is_module_patched(threads):
            continue
        if not is_module_patched("select"):
            error = Unsupported(
                f"{name} has patched threads but not select, so a wait would stop all greenlets; patch both, as "
                f"{name} does by default"
            )
            error.status = "OMNIZE_E_UNSUPPORTED"
            raise error
        return True
    return False


class _Call:
    __slots__ = ("completed", "error", "value")

    def __init__(self) -> None:
        self.completed = threading.Event()
        self.value: Any = None
        self.error: Optional[BaseException] = None


class GreenletCore:
    """Replaces the core of a :class:`omnize.Client` for calls that may block."""

    def __init__(self, core: _omnize.Core) -> None:
        self._core = core
        self._numbers = itertools.count(1)
        self._calls: dict[int, _Call] = {}
        self._waiters: deque[threading.Event] = deque()
        #: The greenlets that run handlers, and the number of the lease that each has.
        self._in_handler: dict[int, Optional[int]] = {}
        self._mode = DeliveryMode(core)
        self._watches_calls = False
        self._watches_events = False
        self._is_closed = False

    def __getattr__(self, name: str) -> Any:
        # The methods that do not block.
        return getattr(self._core, name)

    @property
    def is_in_handler(self) -> bool:
        """Whether this greenlet runs a handler."""
        return threading.get_ident() in self._in_handler

    def check(self, seconds: Optional[float]) -> Any:
        return self.call(self._core.check_for_loop, seconds)

    def departments(self, client_id: Optional[str] = None) -> Any:
        return self.call(self._core.departments_for_loop, client_id)

    def online_agents(self, department: str) -> Any:
        return self.call(self._core.online_agents_for_loop, department)

    def off_hours(self, department: str, fields: list[tuple[str, str]]) -> Any:
        return self.call(self._core.off_hours_for_loop, department, fields)

    def deliver(self, body: bytes, content_type: Optional[str], content_encoding: Optional[str]) -> None:
        self.call(self._core.deliver_for_loop, body, content_type, content_encoding)

    def next(self, seconds: Optional[float]) -> Optional[Event]:
        deadline = deadline_of(seconds)
        while True:
            event = self._mode.take_event()
            if event is not None or not self.wait(deadline):
                return event

    def set_consumer(self, consumer: str) -> None:
        self._mode.use("poll" if consumer == "poll" else "dispatch")

    def cursor(self, consumer: str) -> GreenletEventCursor:
        if consumer == "poll" and self.is_in_handler:
            raise _handler_wait_error()
        return GreenletEventCursor(self, self._mode.cursor("poll" if consumer == "poll" else "dispatch"))

    def close(self, seconds: float) -> tuple[int, int]:
        # A handler must not wait for itself.
        closing = self._in_handler.get(threading.get_ident())
        try:
            report: tuple[int, int] = self.call(self._core.close_for_loop, seconds, closing)
            return report
        finally:
            self._is_closed = True
            while self._waiters:
                self._waiters.popleft().set()

    def call(self, submit: Callable[..., Optional[bool]], *arguments: Any) -> Any:
        """Calls ``submit`` with a call number, and returns the call's value when it is completed.

        If ``submit`` returns False, the call is already completed.
        """
        with self._new_call() as (number, call):
            try:
                if submit(number, *arguments) is False:
                    return None
                call.completed.wait()
            finally:
                if not call.completed.is_set():
                    self._core.cancel_call(number)
        if call.error is not None:
            raise call.error
        return call.value

    def wait(self, deadline: Optional[float]) -> bool:
        """Waits until an event may be queued. Returns False if the deadline passed."""
        if self._is_closed:
            raise _closed_error()
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            return False
        if not self._watches_events:
            _watch(self, self._core.event_descriptor(), "_on_event")
            self._watches_events = True
        if self._core.arm_event_descriptor():
            return True
        waiter = threading.Event()
        self._waiters.append(waiter)
        try:
            return waiter.wait(remaining)
        except BaseException:
            if waiter.is_set():
                # Another waiter must take the event.
                self._on_event()
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def wait_for_chat(self, chat: _omnize.Chat, deadline: Optional[float]) -> bool:
        """Waits until an event of this conversation may be queued. Returns False if the deadline passed."""
        remaining = None if deadline is None else deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            return False
        with self._new_call() as (number, call):
            wake = chat.wake_for_loop(number)
            try:
                return call.completed.wait(remaining)
            finally:
                if not call.completed.is_set():
                    chat.cancel_wake(wake)

    @contextlib.contextmanager
    def _new_call(self) -> Iterator[tuple[int, _Call]]:
        """Returns a call and its number, and watches for its completion until the end of the block."""
        number = next(self._numbers)
        call = self._calls[number] = _Call()
        try:
            if not self._watches_calls:
                _watch(self, self._core.completion_descriptor(), "_on_completions")
                self._watches_calls = True
            yield number, call
        finally:
            self._calls.pop(number, None)

    def _on_completions(self) -> None:
        for number, value, error in self._core.take_completions():
            call = self._calls.get(number)
            if call is not None:
                call.value, call.error = value, error
                call.completed.set()

    def _on_event(self) -> None:
        """Wakes one waiter for each deliverable event."""
        ready = self._core.clear_event_descriptor(len(self._waiters))
        while ready and self._waiters:
            self._waiters.popleft().set()
            ready -= 1


class GreenletEventCursor:
    """Replaces the core's iterator over the events that handlers are called with."""

    def __init__(self, core: GreenletCore, cursor: _omnize.EventCursor) -> None:
        self._core = core
        self._cursor = cursor

    def next(self, seconds: Optional[float]) -> Optional[Event]:
        self.release()
        deadline = deadline_of(seconds)
        while True:
            event = self._cursor.next(0)
            if event is not None:
                self._core._in_handler[threading.get_ident()] = self._cursor.lease_number
                return event
            if not self._core.wait(deadline):
                return None

    def count_unwanted(self, has_handlers: bool) -> None:
        self._cursor.count_unwanted(has_handlers)

    def release(self) -> None:
        self._core._in_handler.pop(threading.get_ident(), None)
        self._cursor.release()

    def abandon(self) -> None:
        self._core._in_handler.pop(threading.get_ident(), None)
        self._cursor.abandon()


class GreenletChat:
    """Replaces the core's conversation of a :class:`omnize.Conversation` for calls that may block."""

    def __init__(self, core: GreenletCore, chat: _omnize.Chat) -> None:
        self._core = core
        self._chat = chat

    def __getattr__(self, name: str) -> Any:
        # The methods that do not block.
        return getattr(self._chat, name)

    def send(self, text: str) -> None:
        self._core.call(self._chat.send_for_loop, text)

    def request(self, name: str, fields: Sequence[tuple[str, str]] = ()) -> None:
        self._core.call(self._chat.request_for_loop, name, list(fields))

    def next(self, seconds: Optional[float]) -> Union[Event, Literal[False], None]:
        deadline = deadline_of(seconds)
        while True:
            event = self._core._mode.take_event_of(self._chat)
            if event is not None or not self._core.wait_for_chat(self._chat, deadline):
                return event

    def post(
        self,
        name: str,
        fields: Sequence[tuple[str, str]] = (),
        reference: Optional[str] = None,
        max_age: Optional[float] = None,
    ) -> int:
        ticket: int = self._core.call(self._chat.post_for_loop, name, list(fields), reference, max_age)
        return ticket

    def cancel(self) -> int:
        count: int = self._core.call(self._chat.cancel_for_loop)
        return count


class GreenletOutbox:
    """Replaces the core's outbox of a :class:`omnize.Client` for calls that may block."""

    def __init__(self, core: GreenletCore, outbox: _omnize.Outbox) -> None:
        self._core = core
        self._outbox = outbox

    def post_departments(self, client_id: Optional[str] = None) -> Any:
        return self._core.call(self._outbox.post_departments_for_loop, client_id)

    def post_online_agents(self, department: str) -> Any:
        return self._core.call(self._outbox.post_online_agents_for_loop, department)

    def post_off_hours(
        self, department: str, fields: list[tuple[str, str]], reference: Optional[str], max_age: Optional[float]
    ) -> Any:
        return self._core.call(self._outbox.post_off_hours_for_loop, department, fields, reference, max_age)

    def cancel(self, ticket: int) -> None:
        self._core.call(self._outbox.cancel_for_loop, ticket)

    def flush(self, seconds: Optional[float]) -> int:
        steps = FlushSteps(self._outbox, seconds)
        while True:
            pause = steps.next_pause()
            if pause is None:
                return steps.remaining
            time.sleep(pause)


def _watch(core: GreenletCore, descriptor: int, method: str) -> None:
    """Starts a greenlet that calls this method whenever the descriptor is readable."""
    # The greenlet keeps the inner core alive, which owns the descriptor, but not the GreenletCore.
    arguments = (core._core, weakref.ref(core), descriptor, method)
    threading.Thread(target=_call_when_readable, args=arguments, name="omnize-watch", daemon=True).start()


def _call_when_readable(
    owner: _omnize.Core, reference: weakref.ref[GreenletCore], descriptor: int, method: str
) -> None:
    while True:
        ready = _is_readable(descriptor, _CHECK_SECONDS)
        core = reference()
        if core is None:
            return
        if ready:
            getattr(core, method)()
        if core._is_closed and not core._calls:
            return
        del core


def _is_readable(descriptor: int, seconds: float) -> bool:
    """Waits for the descriptor with a patched function. Under eventlet, ``select.poll`` does not exist."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    return bool(select.select([descriptor], [], [], seconds)[0])
