"""Kills the example exactly_once at several moments, and compares the sandbox's transcript with the program's ledger.

    killed_programs.py OMNIZE PRELOAD PROGRAM...

OMNIZE is the command with the sandbox, PRELOAD the library from kill_before_call.c. The ledger must contain each
message once, and the transcript too, in the order of its customer. Only a request that was in progress at a kill may
be unknown.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

OMNIZE, PRELOAD, *PROGRAM = sys.argv[1:]
CUSTOMERS = [str(number) for number in range(12, 16)]
MESSAGES = [(f"m{number}", CUSTOMERS[number % len(CUSTOMERS)]) for number in range(16)]
#: The time limit of a wait, in seconds.
LIMIT = 60


class Relay(http.server.ThreadingHTTPServer):
    """Passes requests to the sandbox. Holds the response to one of them until `release`."""

    daemon_threads = True

    def __init__(self, sandbox: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sandbox = urlsplit(sandbox).netloc
        self.held: queue.Queue[str] = queue.Queue()
        self.pass_all()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def hold(self, kind: str, number: int) -> None:
        """Holds the response to the request with this number among those of its kind, counted from now on."""
        self.kind, self.remaining, self.release = kind, number, threading.Event()

    def pass_all(self) -> None:
        """Holds no response."""
        self.hold("", 0)

    def must_hold(self, content: str) -> bool:
        """Counts a request with this content. Returns whether to hold its response."""
        if (content if content in ("init", "finish") else "message") == self.kind:
            self.remaining -= 1
            return self.remaining == 0
        return False

    def handle_error(self, *_: object) -> None:
        """Ignores that a killed program closed its connection."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Handles a connection of the program."""

    protocol_version = "HTTP/1.1"
    server: Relay

    def do_POST(self) -> None:
        """Passes the request on, and waits if its response must be held."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        relay = self.server
        content = json.loads(body)["content"]
        hold, release = relay.must_hold(content), relay.release
        to_sandbox = http.client.HTTPConnection(relay.sandbox, timeout=LIMIT)
        to_sandbox.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
        response = to_sandbox.getresponse()
        answer = response.read()
        to_sandbox.close()
        if hold:
            fields = json.loads(body)
            relay.held.put(reference_of((fields["clientId"], content)))
            release.wait(LIMIT)
        with contextlib.suppress(OSError):  # the program may be dead
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@contextlib.contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """Runs a sandbox. Yields its line of JSON."""
    command = [OMNIZE, "sandbox", "--json", "--until-stdin-closes", "--agent", "silent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()


class Application:
    """The program, its folder and its service."""

    def __init__(self, folder: Path, service: dict[str, str]) -> None:
        self.folder = folder
        self.service = service
        self.relay = Relay(service["url"])
        lines = [f"{key}\t{customer}\tText {key}\n" for key, customer in MESSAGES]
        (folder / "messages.tsv").write_text("".join(lines), encoding="utf-8")
        #: The requests whose responses were held at a kill.
        self.held: list[str] = []
        self.kills = 0

    def start(self, **variables: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIZE_")}
        environment["OMNIZE_TOKEN"] = self.service["token"]
        port = self.relay.server_address[1]
        environment["OMNIZE_BASE_URL"] = f"http://127.0.0.1:{port}{urlsplit(self.service['base_url']).path}"
        environment.update(variables)
        return subprocess.Popen([*PROGRAM, str(self.folder)], env=environment, stdout=subprocess.PIPE, text=True)

    def kill_during_request(self, kind: str, number: int) -> None:
        """Kills it while the service has the request with this number among its kind, and has not responded."""
        self.kills += 1
        self.relay.hold(kind, number)
        with self.start(OMNIZE_OUTBOX_CONNECTIONS="1") as process:
            self.held.append(self.relay.held.get(timeout=LIMIT))
            process.kill()
        self.relay.release.set()

    def kill_before_call(self, call: str) -> None:
        """Kills it before a system call: see kill_before_call.c."""
        self.kills += 1
        self.relay.pass_all()
        with self.start(KILL_BEFORE=call, LD_PRELOAD=PRELOAD) as process:
            status = process.wait(LIMIT)
            assert status == -signal.SIGKILL, f"before {call}, it ended with {status}"

    def terminate_during_message(self, number: int) -> None:
        """Sends SIGTERM while the service has a message. The program sends the other requests before it ends."""
        self.relay.hold("message", number)
        with self.start() as process:
            self.relay.held.get(timeout=LIMIT)
            process.terminate()
            self.relay.release.set()
            self.check_end(process)

    def run(self) -> None:
        """Runs it to its end."""
        self.relay.pass_all()
        with self.start() as process:
            self.check_end(process)

    def check_end(self, process: subprocess.Popen[str]) -> None:
        printed, _ = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, f"it ended with {process.returncode}\n{printed}"
        assert "0 requests remain" in printed, printed

    def ledger(self) -> dict[str, str]:
        """Returns the delivery of each reference. A reference must not have two lines."""
        lines = (self.folder / "ledger.tsv").read_text(encoding="utf-8").splitlines()
        outcomes = dict(line.split("\t") for line in lines)
        assert len(outcomes) == len(lines), f"the ledger has a reference twice: {lines}"
        return outcomes

    def transcript(self) -> list[tuple[str, str]]:
        """Returns client id and content of each request that reached the sandbox."""
        with urllib.request.urlopen(self.service["transcript"], timeout=LIMIT) as response:
            entries = json.load(response)
        requests = [entry for entry in entries if entry["direction"] == "request"]
        return [(entry["clientId"], entry["body"]["content"]) for entry in requests]

    def compare(self, exact: bool = True) -> None:
        """Compares transcript and ledger. If exact, only the requests of `held` may be unknown, and they arrived."""
        ledger, transcript = self.ledger(), self.transcript()
        expected = {customer: [f"start {customer}"] for customer in CUSTOMERS}
        for key, customer in MESSAGES:
            expected[customer].append(key)
        for customer, references in expected.items():
            references.append(f"finish {customer}")
            arrived = [reference_of(each) for each in transcript if each[0] == customer]
            in_order = [reference for reference in references if reference in arrived]
            assert arrived == in_order, f"order or duplicates of customer {customer}: {arrived}"
            unknown = [reference for reference in references if ledger.get(reference) == "unknown"]
            assert len(unknown) <= self.kills, f"one request of a customer is in progress at a time: {unknown}"
            for reference in references:
                if ledger.get(reference) == "unknown":
                    assert not exact or reference in arrived, f"{reference} did not arrive"
                elif ledger.get(reference) == "not sent":
                    assert ledger[references[0]] == "unknown", f"{reference} was not sent"
                    assert reference not in arrived, f"{reference} is not sent and arrived"
                else:
                    assert ledger.get(reference) == "accepted", f"{reference} is {ledger.get(reference)}"
                    assert reference in arrived, f"{reference} is accepted and did not arrive"
        assert len(ledger) == len(MESSAGES) + 2 * len(CUSTOMERS), f"the ledger has other references: {sorted(ledger)}"
        unknown = sorted(reference for reference in ledger if ledger[reference] == "unknown")
        if exact:
            assert unknown == sorted(self.held), f"unknown: {unknown}, in progress at a kill: {self.held}"
        print(f"{len(MESSAGES)} messages, {len(transcript)} requests; unknown: {unknown}", flush=True)


def reference_of(request: tuple[str, str]) -> str:
    """Returns the reference of a request with this client id and content."""
    client_id, content = request
    named = {"init": f"start {client_id}", "finish": f"finish {client_id}"}
    return named.get(content, content.removeprefix("Text "))


@contextlib.contextmanager
def application() -> Iterator[Application]:
    with tempfile.TemporaryDirectory() as folder, sandbox() as service:
        yield Application(Path(folder), service)


def main() -> None:
    seed = random.randrange(1 << 32)
    print("seed:", seed, flush=True)
    moment = random.Random(seed)
    with application() as killed:
        number = moment.randint(1, len(MESSAGES) - 1)
        print(f"killed after the posts, and during message {number} of the rest", flush=True)
        killed.kill_during_request("message", 1)
        killed.kill_during_request("message", number)
        killed.run()
        killed.run()
        killed.compare()
    with application() as killed:
        print("killed during a start and a finish", flush=True)
        killed.kill_during_request("init", moment.randint(1, len(CUSTOMERS)))
        killed.kill_during_request("finish", moment.randint(1, len(CUSTOMERS) - 1))
        killed.run()
        killed.compare()
    # After an outcome and before the program's own commit, between that and the acknowledgement, and during the posts.
    for call, last in [("write ledger.tsv", 10), ("fsync ledger.tsv", 10), ("fdatasync chat.db-wal", 20)]:
        with application() as killed:
            numbers = moment.randint(1, last), moment.randint(1, 5)
            print(f"killed before {call}, number {numbers}", flush=True)
            for number in numbers:
                killed.kill_before_call(f"{call} {number}")
            killed.run()
            killed.compare(exact=False)
    with application() as terminated:
        print("terminated during a message", flush=True)
        terminated.terminate_during_message(moment.randint(1, len(MESSAGES)))
        terminated.compare()


main()
