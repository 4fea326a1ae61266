"""Sending from Python: requests of 240 bytes by the package and by other clients, one at a time on one connection, to a
server with minimal cost."""

import machine
from machine import BIN, NEAR, ROOT, Process
from table import Table

BASELINE = "omnize"
BODY_BYTES = 240
WAYS = ["omnize", "raw socket", "pycurl", "http.client", "httpx", "requests", "omnize, async", "aiohttp"]


def measure(rounds, seconds):
    """Returns the table of sending from Python."""
    table = Table("Sending from Python", ["client"], BASELINE)
    python = machine.python()
    if not python:
        table.missing = ["anything: there is no environment; .ci/setup bench-python"]
        return table
    with Process([BIN / "serve"], NEAR) as server:
        port = server.line()
        for _ in range(rounds):
            for way in WAYS:
                requests, elapsed, used = machine.run(
                    python, ROOT / "benches/python/send.py", way, "127.0.0.1", port, seconds
                )
                table.add((way,), "requests/s", requests / elapsed * 1e9)
                table.add((way,), "CPU µs/request", used / 1000 / requests)
        requests, body_bytes = server.query()
        if body_bytes != requests * BODY_BYTES:
            raise RuntimeError(f"{requests} requests had {body_bytes} bytes, not {BODY_BYTES} each")
    return table
