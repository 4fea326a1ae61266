"""A service that is down at first."""

from __future__ import annotations

import collections
import socket
import threading
from urllib.parse import urlsplit

#: The customers of its interactions.
CLIENT_IDS = ("0", "1", "2", "3")


class LateService:
    """A service that refuses connections until it is opened. Then it passes them on to the sandbox."""

    def __init__(self, sandbox) -> None:
        self._target = urlsplit(sandbox.base_url)
        self._sandbox = sandbox
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program that uses this service."""
        url = self._target._replace(netloc=f"127.0.0.1:{self._socket.getsockname()[1]}").geturl()
        return {**self._sandbox.environment, "OMNIZE_BASE_URL": url}

    def open(self) -> None:
        self._socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def received(self) -> collections.Counter[str]:
        """Returns how often the service received each message."""
        requests = [entry for entry in self._sandbox.transcript() if entry.direction == "request"]
        messages = [entry for entry in requests if entry.kind == "message"]
        assert {entry.status for entry in messages} <= {200}
        return collections.Counter(entry.text for entry in messages)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            connected = socket.create_connection((self._target.hostname, self._target.port))
            for source, target in ((accepted, connected), (connected, accepted)):
                threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            part = source.recv(65536)
            if not part:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(part)
    except OSError:
        source.close()
        target.close()
