"""Waits that let other greenlets run, for where gevent or eventlet has patched the standard library.

A wait inside the core would stop the only thread on which all greenlets run. So the core's calls for event loops are
used, and descriptors are waited for by what the standard library has been patched with.
"""

from __future__ import annotations

import itertools
import select
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any, Callable, Optional

from . import _omnize
from ._errors import ModeError, Unsupported, _another_way, _closed
from ._events import Event

__all__ = ["GreenChat", "GreenCore", "is_patched"]

#: For how many seconds a descriptor is waited for before a look whether its client is still there.
_LOOK = 1.0


def is_patched() -> bool:
    """Whether threads are greenlets here.

    Raises :class:`Unsupported` where they are, and nothing lets them wait for a descriptor.
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
                f"{name} has patched threads here, and not select, so nothing here can wait without stopping all "
                f"greenlets; patch both, as {name} does unless it is told otherwise"
            )
            error.status = "OMNIZE_E_UNSUPPORTED"
            raise error
        return True
    return False


class _Call:
    __slots__ = ("ended", "error", "value")

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.value: Any = None
        self.error: Optional[BaseException] = None


class GreenCore:
    """What :class:`omnize.Client` calls in the place of the core where a call may wait."""

    def __init__(self, core: _omnize.Core) -> None:
        self._core = core
        self._numbers = itertools.count(1)
        self._calls: dict[int, _Call] = {}
        self._waiters: deque[threading.Event] = deque()
        #: The greenlets that run handlers.
        self._calling: set[int] = set()
        #: Whether handlers are called by poll or by dispatch.
        self._handles: Optional[str] = None
        self._watches_calls = False
        self._watches_events = False
        self._has_ended = False

    def __getattr__(self, name: str) -> Any:
        # What does not wait.
        return getattr(self._core, name)

    @property
    def is_calling(self) -> bool:
        """Whether this greenlet runs a handler."""
        return threading.get_ident() in self._calling

    def departments(self, client_id: Optional[str] = None) -> Any:
        return self.call(self._core.departments_for_loop, client_id)

    def online_agents(self, department: str) -> Any:
        return self.call(self._core.online_agents_for_loop, department)

    def off_hours(self, department: str, fields: list[tuple[str, str]]) -> Any:
        return self.call(self._core.off_hours_for_loop, department, fields)

    def deliver(self, body: bytes, content_type: Optional[str], content_encoding: Optional[str]) -> None:
        self.call(self._core.deliver_for_loop, body, content_type, content_encoding)

    def next(self, seconds: Optional[float]) -> Optional[Event]:
        deadline = _deadline(seconds)
        while True:
            try:
                event = self._core.next(0)
            except ModeError:
                raise _another_way(self._handles or "handlers", "next") from None
            if event is not None or not self.wait(deadline):
                return event

    def choose(self, by: str) -> None:
        way = "poll" if by == "poll" else "dispatch"
        if self._handles not in (None, way):
            raise _another_way(self._handles, way)
        try:
            self._core.choose("polling task" if way == "poll" else "task")
        except ModeError:
            raise _another_way("next", way) from None
        self._handles = way

    def turns(self, by: str) -> GreenTurns:
        if by == "poll" and self.is_calling:
            error = ModeError("a handler must not poll its own client; return from the handler to get the next event")
            error.status = "OMNIZE_E_MODE"
            raise error
        self.choose(by)
        return GreenTurns(self, self._core.turns("polling task" if by == "poll" else "task"))

    def close(self, seconds: float) -> tuple[int, int]:
        # From inside a handler there is no waiting for what comes behind it.
        inside = self.is_calling
        try:
            left: tuple[int, int] = self.call(self._core.close_for_loop, 0.0 if inside else seconds, not inside)
            return left
        finally:
            self._has_ended = True
            while self._waiters:
                self._waiters.popleft().set()

    def call(self, submit: Callable[..., Optional[bool]], *arguments: Any) -> Any:
        """Has the core do something, and waits for its end; not where ``submit`` says that it has ended already."""
        number = next(self._numbers)
        call = self._calls[number] = _Call()
        try:
            if not self._watches_calls:
                _watch(self, self._core.call_descriptor(), "_on_ended_calls")
                self._watches_calls = True
            if submit(number, *arguments) is False:
                return None
            call.ended.wait()
        finally:
            self._calls.pop(number, None)
            if not call.ended.is_set():
                self._core.cancel_call(number)
        if call.error is not None:
            raise call.error
        return call.value

    def wait(self, deadline: Optional[float]) -> bool:
        """Waits until an event may be there; False where that was not so by the deadline."""
        if self._has_ended:
            raise _closed()
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        if not self._watches_events:
            _watch(self, self._core.event_descriptor(), "_on_event")
            self._watches_events = True
        if self._core.set_alarm():
            return True
        waiter = threading.Event()
        self._waiters.append(waiter)
        try:
            return waiter.wait(left)
        except BaseException:
            if waiter.is_set():
                # It was woken for an event that it does not take.
                self._on_event()
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _on_ended_calls(self) -> None:
        for number, value, error in self._core.ended_calls():
            call = self._calls.get(number)
            if call is not None:
                call.value, call.error = value, error
                call.ended.set()

    def _on_event(self) -> None:
        """Wakes as many of those that wait as there are events."""
        ready = self._core.alarm_rang(len(self._waiters))
        while ready and self._waiters:
            self._waiters.popleft().set()
            ready -= 1


class GreenTurns:
    """As the core's: events with the turn to handle each."""

    def __init__(self, core: GreenCore, turns: _omnize.Turns) -> None:
        self._core = core
        self._turns = turns

    def next(self, seconds: Optional[float]) -> Optional[Event]:
        self.end()
        deadline = _deadline(seconds)
        while True:
            event = self._turns.next(0)
            if event is not None:
                self._core._calling.add(threading.get_ident())
                return event
            if not self._core.wait(deadline):
                return None

    def unwanted(self) -> None:
        self._turns.unwanted()

    def end(self) -> None:
        self._core._calling.discard(threading.get_ident())
        self._turns.end()

    def give_up(self) -> None:
        self._core._calling.discard(threading.get_ident())
        self._turns.give_up()


class GreenChat:
    """What :class:`omnize.Conversation` calls in the place of the core's conversation."""

    def __init__(self, core: GreenCore, chat: _omnize.Chat) -> None:
        self._core = core
        self._chat = chat

    def __getattr__(self, name: str) -> Any:
        # What does not wait.
        return getattr(self._chat, name)

    def send(self, text: str) -> None:
        self._core.call(self._chat.send_for_loop, text)

    def request(self, name: str, fields: Sequence[tuple[str, str]] = ()) -> None:
        self._core.call(self._chat.request_for_loop, name, list(fields))

    def post(self, name: str, fields: Sequence[tuple[str, str]] = ()) -> int:
        ticket: int = self._core.call(self._chat.post_for_loop, name, list(fields))
        return ticket


def _watch(green: GreenCore, descriptor: int, method: str) -> None:
    """Starts a greenlet that calls this method whenever the descriptor is readable."""
    # It holds the core, so that the descriptor is not another's meanwhile, and not what waits for it.
    arguments = (green._core, weakref.ref(green), descriptor, method)
    threading.Thread(target=_follow, args=arguments, name="omnize-watch", daemon=True).start()


def _follow(core: _omnize.Core, known: weakref.ref[GreenCore], descriptor: int, method: str) -> None:
    while True:
        ready = _is_readable(descriptor, _LOOK)
        green = known()
        if green is None:
            return
        if ready:
            getattr(green, method)()
        if green._has_ended and not green._calls:
            return
        del green


def _is_readable(descriptor: int, seconds: float) -> bool:
    """Waits for the descriptor. Both functions are the patched ones, and eventlet takes the first one away."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    return bool(select.select([descriptor], [], [], seconds)[0])


def _deadline(seconds: Optional[float]) -> Optional[float]:
    return None if seconds is None else time.monotonic() + seconds
