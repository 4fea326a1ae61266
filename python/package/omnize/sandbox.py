"""Starts and controls the sandbox, a local service for tests.

With pytest, use the fixture ``omnize_sandbox``, which returns a :class:`Sandbox`.

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

from ._agent_thread import AgentThread
from ._clients.option_types import Dialect, SandboxOptions

__all__ = ["Agent", "Entry", "Fault", "Sandbox", "SandboxError", "Step"]

#: A built-in agent (``"echo"``, ``"silent"``, ``"unavailable"``, ``"closed"``), or a scenario as described on the
#: sandbox's page.
Agent = Union[str, Mapping[str, Any]]
#: An action of an agent: ``"accepted"``, ``"unavailable"``, ``"typing"``, ``"cleared"``, ``"finish"``,
#: ``{"message": TEXT}``, ``{"wait": MILLISECONDS}``, or another step of a scenario.
Step = Union[str, Mapping[str, Any]]
#: A fault: ``{"status": 503}`` or ``{"hangUp": True}``, with the optional fields that the sandbox's page describes.
Fault = Mapping[str, Any]

_WEBHOOK = "/portal/settings/integrations/clientsdk/webhook"
_TRANSCRIPT = "/sandbox/transcript"
_RESET = "/sandbox/reset"
_AGENTS = "/sandbox/agents"
_FAULTS = "/sandbox/faults"
_CUSTOMERS = "/sandbox/customers"
_BOT = "/portal/settings/integrations/bot"
_STEPS = "/sandbox/steps"
_TRIGGER = "/sandbox/trigger"
# The folder of this package. The child process must not import another one from its current folder.
_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_COMMAND = """
import sys
sys.path = [path for path in sys.path if path] + [sys.argv.pop(1)]
from omnize._command import main
sys.exit(main())
"""
# The kinds of trigger() that have no text.
_KINDS_WITHOUT_TEXT = ("accepted", "unavailable", "typing", "cleared", "finish")
# The kinds of entries in the transcript.
_KINDS = {
    "request": (
        *("start", "message", "typing", "cleared", "finish", "update", "departments", "agentsOnline", "offContact"),
        *("whatsApp", "accept", "transfer", "unknown"),
    ),
    "trigger": (
        *(
            *_KINDS_WITHOUT_TEXT,
            "message",
            "queued",
            "transferred",
            "newInteraction",
            "newMessage",
            "finishedInteraction",
        ),
        "unknown",
    ),
}
# An agent that ignores requests, for departments whose agent is a function.
_NO_AGENT: Agent = {"rules": [{"on": "finish", "steps": []}]}
_SECONDS_TO_START = 30.0
_SECONDS_TO_END = 10.0
# The longest single wait for the transcript, in milliseconds. After each, the end of the sandbox is noticed.
_WAIT_MS = 500


class SandboxError(RuntimeError):
    """The sandbox cannot start, has ended, or rejected a command. The text contains the reason."""


@dataclass(frozen=True)
class Entry:
    """A request or a trigger in the transcript."""

    #: The number of the entry, from 1.
    n: int
    #: ``"request"`` or ``"trigger"``.
    direction: str
    #: The kind of request, for example ``"start"`` or ``"message"``, or the kind of trigger, for example
    #: ``"accepted"``. ``"unknown"`` if the sandbox does not know it.
    kind: str
    #: ``"rest"``, ``"gateway"`` or ``"interactions"``; None if the path of a request belongs to no dialect.
    dialect: Optional[str]
    #: The interaction's client id.
    client_id: Optional[str]
    #: The text of a message.
    text: Optional[str]
    #: The JSON object. Its token is redacted.
    body: Any
    #: The HTTP status of the response; None if there was none.
    status: Optional[int]
    #: The reason why a request was rejected or a trigger failed.
    error: Optional[str]
    #: The time in milliseconds since the sandbox started.
    at: int
    #: The JSON of the entry.
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def is_settled(self) -> bool:
        """Whether the entry has a response or an error."""
        return self.status is not None or self.error is not None

    def __str__(self) -> str:
        text = "" if self.text is None else f" {self.text!r}"
        failed = "" if self.error is None else f" -> {self.status or ''} {self.error}"
        return f"{self.n:>3} {self.direction}  {self.client_id or '-'}  {self.kind}{text}{failed}"


class Sandbox:
    """A sandbox in a separate process, on a free port. It ends with ``close``, with its ``with`` block and with this
    process.

    ``agents`` is one agent for all departments, or a mapping of departments to agents, in which ``"*"`` stands for all
    others. ``dialect`` is the dialect of :attr:`options`; the sandbox itself supports all dialects. ``answers`` is the
    form of the responses to requests: ``"json"``, ``"empty"``, ``"text"``, ``"success-false"`` or ``"status-inside"``.
    ``trigger_timeout`` is in seconds.
    """

    def __init__(
        self,
        *,
        agents: Union[Agent, Mapping[str, Agent]] = "echo",
        dialect: Dialect = "rest",
        answers: str = "json",
        trigger_timeout: float = 5.0,
    ) -> None:
        command = [sys.executable, "-c", _COMMAND, _PACKAGE_FOLDER, "sandbox", "--json", "--until-stdin-closes"]
        command += ["--dialect", dialect, "--answers", answers, "--trigger-timeout", str(round(trigger_timeout * 1000))]
        # A file, because nobody reads a pipe after the start.
        with tempfile.TemporaryFile() as stderr_file:
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr_file
                )
            except OSError as error:
                raise SandboxError(f"the sandbox can't start: {error}") from error
            line = _first_line(self._process.stdout, self._process)
            if not line:
                self.close()
                stderr_file.seek(0)
                message = stderr_file.read().decode(errors="replace").strip()
                raise SandboxError(
                    f"the sandbox can't start: {message or 'it printed no message'} (command: {command})"
                )
        addresses = json.loads(line)
        #: The dialect of :attr:`options`.
        self.dialect: Dialect = dialect
        #: The URL of the control paths and of the portal.
        self.url: str = addresses["url"]
        #: The URL for requests, by dialect.
        self.base_urls: dict[str, str] = addresses["base_urls"]
        #: The token of the sandbox's account.
        self.token: str = addresses["token"]
        self._initial_agents = agents
        self._webhook: Optional[str] = None
        self._players: list[AgentThread] = []
        self.set_agents(agents)

    @property
    def base_url(self) -> str:
        """The URL for requests in the sandbox's dialect."""
        return self.base_urls[self.dialect]

    @property
    def options(self) -> SandboxOptions:
        """The options of a client for this sandbox."""
        return self.options_in(self.dialect)

    def options_in(self, dialect: Dialect) -> SandboxOptions:
        """Returns the options of a client for this sandbox in a dialect."""
        return {"token": self.token, "dialect": dialect, "base_url": self.base_urls[dialect]}

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a program that uses this sandbox."""
        options = {f"OMNIZE_{name.upper()}": str(value) for name, value in self.options.items()}
        return {**options, "OMNIZE_SANDBOX_URL": self.url}

    def set_webhook(self, url: Optional[str]) -> None:
        """Sets the webhook URL, as an operator does in the portal."""
        if url is None:
            raise ValueError("there is no webhook URL; open the client with the option listen")
        self._call("PUT", _WEBHOOK, {"token": self.token, "url": url})
        self._webhook = url

    def set_agents(self, agents: Union[Agent, Mapping[str, Agent]]) -> None:
        """Replaces the agents."""
        is_single = isinstance(agents, str) or "rules" in agents
        self._call("PUT", _AGENTS, {"*": agents} if is_single else agents)
        self._current_agents = agents

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replaces the faults: the next requests get another response, or none. An empty list removes all faults.

        For example ``[{"on": "message", "status": 503, "retryAfter": 1}, {"hangUp": True, "times": 2}]``.
        """
        if isinstance(faults, Mapping):
            raise TypeError("the faults are one mapping; pass a list of them")
        self._call("PUT", _FAULTS, list(faults))

    def set_bot(self, url: Optional[str], department: Union[str, int, None] = None) -> None:
        """Registers the URL of an external bot, which serves new interactions before any agent does.

        Without a department, the bot serves all of them. The URL None removes the bot.
        """
        bot: dict[str, Any] = {"token": self.token, "url": url}
        if department is not None:
            bot["department_id"] = department
        self._call("PUT", _BOT, bot)

    def add_customer(self, script: Mapping[str, Any]) -> str:
        """Starts a scripted customer, and returns the hash of its interaction. See :meth:`wait_for_customers`.

        For example ``{"steps": [{"hear": "accepted"}, {"say": "Bom dia!"}, "finish"]}``.
        """
        hash_: str = self._call("POST", _CUSTOMERS, {"token": self.token, "script": script})["interaction_hash"]
        return hash_

    def wait_for_customers(self, timeout: float = 10.0) -> None:
        """Waits until the scripts of all customers have ended.

        Raises ``AssertionError`` with the transcript if a script failed, or has not ended within ``timeout`` seconds.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while True:
            remaining = max(0, round((deadline - time.monotonic()) * 1000))
            reports = self._call("GET", f"{_CUSTOMERS}?wait={min(_WAIT_MS, remaining)}")
            if not remaining or all(report["state"] != "talking" for report in reports):
                break
        problems = [
            f"customer {number} has not ended within {timeout} s"
            if report["state"] == "talking"
            else f"customer {number} failed: {report.get('error')}"
            for number, report in enumerate(reports, 1)
            if report["state"] != "done"
        ]
        if problems:
            raise AssertionError("\n".join([*problems, "the transcript:", self.transcript_text()]))

    @contextlib.contextmanager
    def played_by(self, agent: Callable[[Entry], Optional[Iterable[Step]]]) -> Iterator[None]:
        """Within ``with``, a function plays the agent.

        It is called with each accepted request, one after the other, on a separate thread. It returns or yields the
        steps of the agent. Its exception is raised at the end of ``with``.
        """
        before = self._current_agents
        self.set_agents(_NO_AGENT)
        player = AgentThread(self, agent)
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
        """Runs steps of an agent in the customer's last interaction.

        Blocks until all are done. Returns the HTTP status of the webhook's response to each trigger, or None for each
        without a response.
        """
        status, response = self._request("POST", _STEPS, {"token": self.token, "clientId": client_id, "steps": steps})
        if status != 200:
            raise SandboxError(f"the sandbox rejected the steps: {response['message']}")
        return [result["status"] for result in response["results"]]

    def trigger(self, kind: str, client_id: str, text: Optional[str] = None) -> Optional[int]:
        """Posts a trigger: a message with ``text``, or for example ``"accepted"``.

        The trigger has the dialect of the customer's last interaction, or ``rest`` if there was none. Returns the HTTP
        status of the webhook's response, or None without a response. To post an invalid trigger, use :meth:`post`.
        """
        _one_of("kind", kind, (*_KINDS_WITHOUT_TEXT, "message"))
        if (kind == "message") != (text is not None):
            raise ValueError(
                "only a message has a text, and it must have one; pass trigger('message', client_id, text)"
            )
        if any(interaction["clientId"] == client_id for interaction in self.interactions()):
            return self.play(client_id, kind if text is None else {"message": text})[0]
        content = {"status": kind} if text is None else {"message": text}
        return self.post({**content, "clientId": client_id})

    def post(self, body: Mapping[str, Any]) -> Optional[int]:
        """Posts this object to the webhook. Returns the HTTP status of the response, or None without a response."""
        status, response = self._request("POST", _TRIGGER, {"token": self.token, "object": body})
        if status == 502:
            return None
        if status != 200:
            raise SandboxError(f"the sandbox rejected the trigger: {response['message']}")
        result: int = response["status"]
        return result

    def transcript(self, after: int = 0) -> list[Entry]:
        """Returns the entries of the transcript with a number above ``after``."""
        return [_entry(raw) for raw in self._call("GET", f"{_TRANSCRIPT}?after={after}")]

    def interactions(self) -> list[dict[str, Any]]:
        """Returns ``clientId``, ``departmentId``, ``state`` and ``tokenNumber`` of each interaction."""
        interactions: list[dict[str, Any]] = self._call("GET", "/sandbox/interactions")
        return interactions

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
        """Waits for a request, and returns its entry: the first of this kind since the last reset.

        With ``direction="trigger"``, waits for a trigger and the webhook's response. ``text`` is the text of a message,
        or a pattern that is searched in it. ``after`` is an entry, or the number of one: earlier entries are skipped.

        Raises ``AssertionError`` with the transcript if there was no such entry within ``timeout`` seconds.
        """
        __tracebackhide__ = True
        _one_of("direction", direction, _KINDS)
        _one_of("kind", kind, _KINDS[direction])
        start = after.n if isinstance(after, Entry) else after
        deadline = time.monotonic() + timeout
        while True:
            entries = self.transcript(start)
            for entry in entries:
                matches = entry.kind == kind and entry.direction == direction
                if matches and entry.is_settled and _matches(entry, client_id, text):
                    return entry
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            # The sandbox responds when there are further entries, and all of them are settled.
            settled = itertools.takewhile(lambda entry: entry.is_settled, entries)
            last = max((entry.n for entry in settled), default=start)
            self._wait_for_entries(last, min(_WAIT_MS, max(1, round(remaining * 1000))))
        description = " ".join(
            [direction, kind]
            + ([] if client_id is None else [f"of {client_id!r}"])
            + ([] if text is None else [f"with {text!r}"])
        )
        raise AssertionError(f"no {description} within {timeout} s; the transcript:\n{self.transcript_text()}")

    def _wait_for_entries(self, last: int, milliseconds: int) -> None:
        """Waits until there are entries with a number above ``last``."""
        self._call("GET", f"{_TRANSCRIPT}?after={last}&wait={milliseconds}")

    def transcript_text(self) -> str:
        """Returns the transcript as text, with a line for each entry."""
        return "\n".join(map(str, self.transcript())) or "(the transcript is empty)"

    def reset(self) -> None:
        """Restores the initial state: clears the transcript, agents, customers, bots, faults and tokens.

        The webhook URL is retained.
        """
        webhook = self._webhook
        self._restart()
        if webhook is not None:
            self.set_webhook(webhook)

    def _restart(self) -> None:
        """Restores the initial state, without a webhook URL."""
        for player in self._players:
            player.stop()
        self._call("POST", _RESET)
        self._webhook = None
        self.set_agents(self._initial_agents)

    def close(self) -> None:
        """Ends the sandbox."""
        if self._process.stdin:
            # The process may already have ended.
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
        status, response = self._request(method, path, body)
        if status not in (200, 201):
            raise SandboxError(f"the sandbox rejected the command: {response['message']}")
        return response

    def _request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        # Without the proxy of the environment.
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            exit_status = self._process.poll()
            reason = error if exit_status is None else f"it ended with status {exit_status}"
            raise SandboxError(f"the sandbox does not respond: {reason}") from error
        finally:
            connection.close()


def _first_line(stream: Optional[IO[bytes]], process: subprocess.Popen[bytes]) -> bytes:
    """Returns the line that the ready sandbox prints. Empty if it ended or the start took too long."""
    # To end the process ends the read below.
    timer = threading.Timer(_SECONDS_TO_START, process.kill)
    timer.start()
    try:
        return stream.readline() if stream else b""
    finally:
        timer.cancel()


def _one_of(name: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise ValueError(f"{name} is {word!r}; pass one of {', '.join(known)}")


def _matches(entry: Entry, client_id: Optional[str], text: Union[str, re.Pattern[str], None]) -> bool:
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
    """Returns the text of a message in any dialect."""
    if not isinstance(body, dict):
        return None
    text = body.get("message", body.get("content"))
    if isinstance(text, dict):
        text = text.get("content")
    return text if isinstance(text, str) else None
