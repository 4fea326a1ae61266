"""Runs the programs of the page Deploy as the page starts them, and posts triggers to them."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import shlex
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Optional

from code_blocks import ROOT, Block, read_blocks
from late_service import CLIENT_IDS

PAGE = read_blocks(ROOT / "docs/src/deploy.md")
PATH = "/omnize/9TqWfLZ4uPz0c3pN"
#: The port on the page.
PAGE_PORT = "8000"
SCRIPTS = sysconfig.get_path("scripts")


def file_on_page(name: str) -> Block:
    return next(block for block in PAGE if block.marks.get("file") == name)


def write_programs(folder: Path, port: int, replaced: Iterable[tuple[str, str]] = ()) -> None:
    """Writes the Python files of the page to a folder, with another port and other replaced texts."""
    for block in PAGE:
        if block.language == "python":
            text = block.text
            for old, new in ((PAGE_PORT, str(port)), *replaced):
                text = text.replace(old, new)
            folder.joinpath(block.marks["file"]).write_text(text, encoding="utf-8")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def words_of(command: str, port: int) -> list[str]:
    """Returns the words of a command of the page, with another port."""
    return shlex.split(command.replace(PAGE_PORT, str(port)))


def bare_environment(folder: Path) -> dict[str, str]:
    """Returns an environment without settings of the current user."""
    return {"PATH": os.pathsep.join([SCRIPTS, os.defpath]), "HOME": str(folder), "PYTHONWARNINGS": "ignore"}


class DeployedBot:
    """A running server with a program of the page."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log
        self._numbers = itertools.count()
        self.accepted: list[str] = []

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Waits for a condition. Fails with the server's log."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def _responds(self) -> bool:
        try:
            return bool(self._request("GET", "/other", b""))
        except (OSError, http.client.HTTPException):
            return False

    def wait_until_ready(self) -> None:
        self.wait_until(self._responds)

    def post_trigger(self) -> Optional[int]:
        """Posts a message of an agent, with a text of its own. Returns the status of the response, if there was one."""
        number = next(self._numbers)
        trigger = json.dumps({"message": f"m{number}", "clientId": CLIENT_IDS[number % len(CLIENT_IDS)]}).encode()
        try:
            status = self._request("POST", PATH, trigger)
        except ConnectionRefusedError:
            raise
        except (OSError, http.client.HTTPException):
            return None
        if status == 200:
            self.accepted.append(f"Received: m{number}")
        return status

    def post_triggers(self, count: int) -> list[Optional[int]]:
        """Posts triggers over several connections at once."""
        with ThreadPoolExecutor(8) as threads:
            return list(threads.map(lambda _: self.post_trigger(), range(count)))

    @contextmanager
    def triggers_until_refused(self) -> Iterator[None]:
        """Posts triggers in the background until the server refuses connections."""

        def run() -> None:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    self.post_trigger()
                except ConnectionRefusedError:
                    return

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def _request(self, method: str, path: str, body: bytes) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body)
            return connection.getresponse().status

    def terminate(self, timeout: float) -> int:
        """Sends SIGTERM to the main process. Returns its exit status, which is negative for a signal."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


@contextmanager
def started(words: Sequence[str], folder: Path, environment: dict[str, str], port: int) -> Iterator[DeployedBot]:
    """Starts a server. Kills what is left of it at the end."""
    log = folder / f"log-{port}"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        yield DeployedBot(process, port, log)
    finally:
        # Its own session, so these are its workers only.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
