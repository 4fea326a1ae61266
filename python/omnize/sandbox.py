"""A local Omnize for tests: the ``omnize sandbox`` command, started, asked and ended from Python.

With pytest, use the fixture ``omnize_sandbox``, which is one of these.

>>> import omnize
>>> from omnize.sandbox import Sandbox
>>> with Sandbox() as sandbox, omnize.Client(**sandbox.options, listen="127.0.0.1:0") as client:
...     sandbox.set_webhook(client.webhook_url)
...     sandbox.trigger("message", "12", "Bom dia!")
...     client.next(timeout=5).text
200
'Bom dia!'
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Optional, Union

__all__ = ["Agent", "Entry", "Sandbox", "SandboxError", "Step"]

#: A built-in agent (``"echo"``, ``"silent"``, ``"unavailable"``), or a scenario as the sandbox's page describes it.
Agent = Union[str, Mapping[str, Any]]
#: Something that an agent does: ``"accepted"``, ``"unavailable"``, ``"typing"``, ``"cleared"``, ``"finish"``,
#: ``{"message": TEXT}``, ``{"wait": MILLISECONDS}``, or another step of a scenario.
Step = Union[str, Mapping[str, Any]]

_WEBHOOK = "/portal/settings/integrations/clientsdk/webhook"
_TRANSCRIPT = "/sandbox/transcript"
_RESET = "/sandbox/reset"
_AGENTS = "/sandbox/agents"
_STEPS = "/sandbox/steps"
_TRIGGER = "/sandbox/trigger"
# The command of this package, wherever it was imported from, and not of a folder that happens to be the current one.
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_COMMAND = """
import sys
sys.path = [path for path in sys.path if path] + [sys.argv.pop(1)]
from omnize._command import main
sys.exit(main())
"""
# What a trigger by hand may be beside a message.
_SIGNS = ("accepted", "unavailable", "typing", "cleared", "finish")
# The kinds that the transcript has.
_KINDS = {
    "request": (
        *("start", "message", "typing", "cleared", "finish", "update", "departments", "agentsOnline", "offContact"),
        *("whatsApp", "accept", "transfer", "unknown"),
    ),
    "trigger": (
        *(*_SIGNS, "message", "queued", "transferred", "newInteraction", "newMessage", "finishedInteraction"),
        "unknown",
    ),
}
# An agent that hears nothing, so that a function can play it.
_DEAF: Agent = {"rules": [{"on": "finish", "steps": []}]}
_SECONDS_TO_START = 30.0
_SECONDS_TO_END = 10.0
# A wait for the transcript is cut into these, so that an end of the sandbox is noticed.
_WAIT_MS = 500


class SandboxError(RuntimeError):
    """The sandbox can't start, has ended, or refuses what it is asked. The text says why."""


@dataclass(frozen=True)
class Entry:
    """A request or a trigger, as the sandbox's transcript has it."""

    #: Its place, from 1.
    n: int
    #: ``"request"`` or ``"trigger"``.
    direction: str
    #: ``"start"``, ``"message"``, ``"typing"``, ``"cleared"`` or ``"finish"`` for a request; what the service says for
    #: a trigger; ``"unknown"`` for what is neither.
    kind: str
    #: ``"rest"``, ``"gateway"`` or ``"interactions"``; ``None`` where a request came to no dialect's path.
    dialect: Optional[str]
    #: The interaction's client id.
    client_id: Optional[str]
    #: What was said, of a message.
    text: Optional[str]
    #: The object; a token in it is redacted.
    body: Any
    #: The HTTP status of the answer; ``None`` where there was none.
    status: Optional[int]
    #: Why a request was refused, or a trigger failed.
    error: Optional[str]
    #: Milliseconds since the sandbox started.
    at: int
    #: The entry as the sandbox gave it.
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def is_settled(self) -> bool:
        """Whether it has its result. A trigger has none while its webhook has not answered."""
        return self.status is not None or self.error is not None

    def __str__(self) -> str:
        said = "" if self.text is None else f" {self.text!r}"
        failed = "" if self.error is None else f" -> {self.status or ''} {self.error}"
        return f"{self.n:>3} {self.direction}  {self.client_id or '-'}  {self.kind}{said}{failed}"


class Sandbox:
    """A sandbox in a process of its own, on a free port. Ends with ``with`` or ``close``, and with this process.

    ``dialect`` is the one that clients are to speak; the sandbox itself speaks all of them.
    ``agents`` says who answers: one agent for all departments, or a mapping of departments to agents, in which ``"*"``
    stands for all others. ``answers`` is the form of the answers to requests: ``"json"``, ``"empty"`` or ``"text"``.
    """

    def __init__(
        self,
        *,
        agents: Union[Agent, Mapping[str, Agent]] = "echo",
        dialect: str = "rest",
        answers: str = "json",
        trigger_timeout: float = 5.0,
    ) -> None:
        command = [sys.executable, "-c", _COMMAND, _HERE, "sandbox", "--json", "--until-stdin-closes"]
        command += ["--dialect", dialect, "--answers", answers, "--trigger-timeout", str(round(trigger_timeout * 1000))]
        # A file, for nobody reads a pipe once it has started.
        with tempfile.TemporaryFile() as complaints:
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
                )
            except OSError as error:
                raise SandboxError(f"the sandbox can't start: {error}") from error
            line = _first_line(self._process.stdout, self._process)
            if not line:
                self.close()
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip()
                raise SandboxError(f"the sandbox can't start: {said or 'it said nothing'} (command: {command})")
        told = json.loads(line)
        #: The dialect that clients are to speak.
        self.dialect = dialect
        #: Where the sandbox's own paths and the portal's begin.
        self.url: str = told["url"]
        #: The URL for requests, by dialect.
        self.base_urls: dict[str, str] = told["base_urls"]
        #: The token that the sandbox knows.
        self.token: str = told["token"]
        self._first_agents = agents
        self._webhook: Optional[str] = None
        self._players: list[_Player] = []
        self.set_agents(agents)

    @property
    def base_url(self) -> str:
        """The URL for requests in this dialect."""
        return self.base_urls[self.dialect]

    @property
    def options(self) -> dict[str, str]:
        """The options of a client that is to talk to this sandbox."""
        return self.options_in(self.dialect)

    def options_in(self, dialect: str) -> dict[str, str]:
        """The options of a client that is to talk to this sandbox in that dialect."""
        return {"token": self.token, "dialect": dialect, "base_url": self.base_urls[dialect]}

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a program talk to this sandbox."""
        options = {f"OMNIZE_{name.upper()}": value for name, value in self.options.items()}
        return {**options, "OMNIZE_SANDBOX_URL": self.url}

    def set_webhook(self, url: Optional[str]) -> None:
        """Have triggers posted there from now on, as the operator does in the portal."""
        if url is None:
            raise ValueError("there is no webhook URL; open the client with the option listen")
        self._call("PUT", _WEBHOOK, {"token": self.token, "url": url})
        self._webhook = url

    def set_agents(self, agents: Union[Agent, Mapping[str, Agent]]) -> None:
        """Have these agents hear of every request from now on."""
        one = isinstance(agents, str) or "rules" in agents
        self._call("PUT", _AGENTS, {"*": agents} if one else agents)
        self._agents_now = agents

    @contextlib.contextmanager
    def played_by(self, agent: Callable[[Entry], Optional[Iterable[Step]]]) -> Iterator[None]:
        """Within ``with``, a function plays the agent: it is called with each request that the service took, on a
        thread of its own, one after the other, and returns or yields what to do.

        What it raises is raised at the end of ``with``.
        """
        before = self._agents_now
        self.set_agents(_DEAF)
        player = _Player(self, agent)
        self._players.append(player)
        try:
            yield
        finally:
            self._players.remove(player)
            player.stop()
            self.set_agents(before)
        if player.error is not None:
            raise player.error

    def play(self, client_id: str, *steps: Step) -> list[Optional[int]]:
        """Do by hand what an agent does, in the customer's last interaction and in its dialect.

        Returns, when all is done, the HTTP status of the webhook's answer to each trigger; ``None`` where it gave none.
        """
        status, answer = self._ask("POST", _STEPS, {"token": self.token, "clientId": client_id, "steps": steps})
        if status != 200:
            raise SandboxError(f"the sandbox refuses the steps: {answer['message']}")
        return [result["status"] for result in answer["results"]]

    def trigger(self, kind: str, client_id: str, text: Optional[str] = None) -> Optional[int]:
        """Post a trigger by hand: a message with ``text``, or one such as ``"accepted"``.

        It is in the dialect of the customer's last interaction; where there was none, in that of ``rest``. Returns the
        HTTP status of the webhook's answer; ``None`` where it gave none. What the service does not have goes by
        ``post``.
        """
        _one_of("kind", kind, (*_SIGNS, "message"))
        if (kind == "message") != (text is not None):
            raise ValueError("a message has a text, and nothing else has; pass trigger('message', client_id, text)")
        if any(interaction["clientId"] == client_id for interaction in self.interactions()):
            return self.play(client_id, kind if text is None else {"message": text})[0]
        said = {"status": kind} if text is None else {"message": text}
        return self.post({**said, "clientId": client_id})

    def post(self, body: Mapping[str, Any]) -> Optional[int]:
        """Post this object to the webhook. Returns the HTTP status of its answer; ``None`` where it gave none."""
        status, answer = self._ask("POST", _TRIGGER, {"token": self.token, "object": body})
        if status == 502:
            return None
        if status != 200:
            raise SandboxError(f"the sandbox refuses the trigger: {answer['message']}")
        result: int = answer["status"]
        return result

    def transcript(self, after: int = 0) -> list[Entry]:
        """What was said so far, in order, after that place."""
        return [_entry(raw) for raw in self._call("GET", f"{_TRANSCRIPT}?after={after}")]

    def interactions(self) -> list[dict[str, Any]]:
        """The interactions: ``clientId``, ``departmentId``, ``state`` and ``tokenNumber`` of each."""
        found: list[dict[str, Any]] = self._call("GET", "/sandbox/interactions")
        return found

    def wait_for(
        self,
        kind: str,
        *,
        direction: str = "request",
        client_id: Optional[str] = None,
        text: Union[str, re.Pattern[str], None] = None,
        after: Union[Entry, int] = 0,
        timeout: float = 5.0,
    ) -> Entry:
        """Wait for what a test expects, and return it: the first request of this kind since the last reset.

        ``direction="trigger"`` looks at what the service has posted instead, once its webhook has answered. ``text`` is
        what a message says, or a pattern that is found in it. ``after`` is an entry, or a place, that it comes after.

        Raises ``AssertionError`` with the transcript when nothing of that kind came within ``timeout`` seconds.
        """
        __tracebackhide__ = True
        _one_of("direction", direction, _KINDS)
        _one_of("kind", kind, _KINDS[direction])
        start = after.n if isinstance(after, Entry) else after
        deadline = time.monotonic() + timeout
        while True:
            entries = self.transcript(start)
            for entry in entries:
                wanted = entry.kind == kind and entry.direction == direction
                if wanted and entry.is_settled and _fits(entry, client_id, text):
                    return entry
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # The wait ends when there is something after this place, and all of it has its result.
            settled = itertools.takewhile(lambda entry: entry.is_settled, entries)
            place = max((entry.n for entry in settled), default=start)
            self._call("GET", f"{_TRANSCRIPT}?after={place}&wait={min(_WAIT_MS, max(1, round(left * 1000)))}")
        missed = " ".join(
            [direction, kind]
            + ([] if client_id is None else [f"of {client_id!r}"])
            + ([] if text is None else [f"with {text!r}"])
        )
        raise AssertionError(f"no {missed} within {timeout} s; the transcript:\n{self.told()}")

    def told(self) -> str:
        """The transcript as text, a line for each entry."""
        return "\n".join(map(str, self.transcript())) or "(nothing was said)"

    def reset(self) -> None:
        """Bring everything back to how it was at the start: what was said, agents, customers, bots, faults and tokens
        are forgotten. The webhook stays.
        """
        webhook = self._webhook
        self._restart()
        if webhook is not None:
            self.set_webhook(webhook)

    def _restart(self) -> None:
        """As ``reset``, and forgets the webhook too."""
        for player in self._players:
            player.stop()
        self._call("POST", _RESET)
        self._webhook = None
        self.set_agents(self._first_agents)

    def close(self) -> None:
        """End the sandbox."""
        if self._process.stdin:
            # It may have ended by itself.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self._ask(method, path, body)
        if status != 200:
            raise SandboxError(f"the sandbox refuses: {answer['message']}")
        return answer

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        # Straight to this machine: a proxy of the environment has no business here.
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException) as error:
            ended = self._process.poll()
            why = error if ended is None else f"it has ended with status {ended}"
            raise SandboxError(f"the sandbox does not answer: {why}") from error
        finally:
            connection.close()


class _Player:
    """A function that plays the agents, on a thread that follows the transcript."""

    def __init__(self, sandbox: Sandbox, agent: Callable[[Entry], Optional[Iterable[Step]]]) -> None:
        self.error: Optional[BaseException] = None
        self._sandbox = sandbox
        self._agent = agent
        self._stopped = threading.Event()
        entries = sandbox.transcript()
        self._place = entries[-1].n if entries else 0
        self._thread = threading.Thread(target=self._run, name="omnize-agent", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                for entry in self._sandbox.transcript(self._place):
                    self._place = entry.n
                    if entry.direction == "request" and entry.status == 200 and entry.client_id is not None:
                        self._play(entry.client_id, self._agent(entry) or ())
                self._sandbox._call("GET", f"{_TRANSCRIPT}?after={self._place}&wait=50")
        except BaseException as error:
            # For the one who waits for the agent's end.
            self.error = error

    def _play(self, client_id: str, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Mapping) and "wait" in step:
                self._stopped.wait(step["wait"] / 1000)
            else:
                self._sandbox.play(client_id, step)


def _first_line(stream: Optional[IO[bytes]], process: subprocess.Popen[bytes]) -> bytes:
    """The line that tells that it is ready; empty where it ends before or takes too long."""
    # Ends the wait below by ending what is waited for.
    alarm = threading.Timer(_SECONDS_TO_START, process.kill)
    alarm.start()
    try:
        return stream.readline() if stream else b""
    finally:
        alarm.cancel()


def _one_of(name: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise ValueError(f"{name} is {word!r}; pass one of {', '.join(known)}")


def _fits(entry: Entry, client_id: Optional[str], text: Union[str, re.Pattern[str], None]) -> bool:
    if client_id is not None and entry.client_id != client_id:
        return False
    if isinstance(text, re.Pattern):
        return entry.text is not None and text.search(entry.text) is not None
    return text is None or entry.text == text


def _entry(raw: Mapping[str, Any]) -> Entry:
    kind = raw["kind"] or "unknown"
    return Entry(
        n=raw["n"],
        direction=raw["direction"],
        kind=kind,
        dialect=raw["dialect"],
        client_id=raw["clientId"],
        text=_text(raw["body"]) if kind == "message" else None,
        body=raw["body"],
        status=raw["status"],
        error=raw.get("error"),
        at=raw["at"],
        raw=raw,
    )


def _text(body: Any) -> Optional[str]:
    """What a message says, in whichever dialect."""
    if not isinstance(body, dict):
        return None
    said = body.get("message", body.get("content"))
    if isinstance(said, dict):
        said = said.get("content")
    return said if isinstance(said, str) else None
