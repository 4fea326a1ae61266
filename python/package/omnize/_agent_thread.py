"""A function of a test that plays the agent of the sandbox, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .sandbox import Entry, Sandbox, Step

__all__ = ["AgentThread"]


class AgentThread:
    """A thread that calls a function for each new request in the transcript, and plays the steps that it returns."""

    def __init__(self, sandbox: Sandbox, agent: Callable[[Entry], Optional[Iterable[Step]]]) -> None:
        self.error: Optional[BaseException] = None
        self._sandbox = sandbox
        self._agent = agent
        self._stopped = threading.Event()
        entries = sandbox.transcript()
        self._last_number = entries[-1].n if entries else 0
        self._thread = threading.Thread(target=self._run, name="omnize-agent", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                for entry in self._sandbox.transcript(self._last_number):
                    self._last_number = entry.n
                    if entry.direction == "request" and entry.status == 200 and entry.client_id is not None:
                        self._play(entry.client_id, self._agent(entry) or ())
                self._sandbox._wait_for_entries(self._last_number, 50)
        except BaseException as error:
            # The end of the with block raises it.
            self.error = error

    def _play(self, client_id: str, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Mapping) and "wait" in step:
                self._stopped.wait(step["wait"] / 1000)
            else:
                self._sandbox.play(client_id, step)
