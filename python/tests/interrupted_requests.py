"""Scripts that get a signal during a request, each in a process of its own, and their service."""

from __future__ import annotations

import subprocess
import sys

# A service whose responses a test sets, and a signal half a second after the start of a request.
PRELUDE = """
import json, os, signal, socket, sys, threading, time
import omnize

ACCEPTED = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK"

class Stop(BaseException):
    pass

class Service:
    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        # The response; None: no response until the peer closes the connection.
        self.answer = ACCEPTED
        # The number of the connection, and the text of a message, the type of a request, or "closed".
        self.seen = []
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        count = 0
        while True:
            connection, _ = self.server.accept()
            count += 1
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(count, connection), daemon=True).start()

    def serve(self, number, connection):
        with connection:
            self.read(number, connection)

    def read(self, number, connection):
        kept = b""
        while True:
            try:
                got = connection.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                self.seen.append((number, "closed"))
                return
            kept += got
            if kept.endswith(b"}"):
                said = json.loads(kept.split(b"\\r\\n\\r\\n")[1])
                self.seen.append((number, said.get("content") or said["type"]))
                kept = b""
                if self.answer is not None:
                    connection.sendall(self.answer)

    def saw(self):
        # Until the end of a closed connection has arrived.
        time.sleep(0.2)
        return self.seen

service = Service()

def options(**more):
    return {"token": "t", "base_url": service.url, "environment": False, "timeout": 20, **more}

def stop(*_):
    raise Stop

def interrupted(call, handler=stop, after=0.4, ready=None):
    # Prints the exception of the call and the delivery of the request. The signal comes `after` seconds from now, or
    # from the return of `ready`, which runs on another thread.
    signal.signal(signal.SIGALRM, handler)
    def start():
        nonlocal started_at
        if ready is not None:
            ready()
        started_at = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, after)
    started_at = None
    if ready is None:
        start()
    else:
        threading.Thread(target=start, daemon=True).start()
    try:
        call()
        print("accepted", end=" ")
    except Stop as error:
        cause = error.__cause__
        print(type(cause).__name__, cause.status, cause.delivery, end=" ")
    except omnize.Error as error:
        print(type(error).__name__, error.status, error.delivery, end=" ")
    took = time.monotonic() - started_at
    # Most tests send the signal after 0.4 s.
    print("at once" if took < 1.4 else f"after {took} s")
"""


def run(code: str) -> list[str]:
    process = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout.splitlines()


UNKNOWN = "DeliveryUnknown OMNIZE_E_LOST unknown at once"
NOT_SENT = "NotSent OMNIZE_E_LOST not sent at once"
