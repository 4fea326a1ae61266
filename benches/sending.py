"""Sending: requests of 240 bytes by the C ABI, libcurl and a raw socket, to a server with minimal cost."""

import subprocess

import machine
from machine import BIN, NEAR, Process
from table import Table

BASELINE = "libcurl"
BODY_BYTES = 240
# The raw socket connects once, so the form of the host makes no difference.
CASES = [
    (way, host, threads)
    for threads in (1, 16)
    for host in ("127.0.0.1", "localhost")
    for way in ("omnize", "posted", "libcurl", "raw")
    # Posted requests take the same path as blocking ones.
    if (way, host) not in (("raw", "localhost"), ("posted", "localhost"))
]


def measure(rounds, seconds):
    """Returns the table of sending."""
    table = Table("Sending", ["client", "host", "threads"], BASELINE)
    with Process([BIN / "serve"], NEAR) as server:
        port = server.line()
        for _ in range(rounds):
            for case in CASES:
                way, host, threads = case
                requests, elapsed, used = machine.run("send", way, host, port, threads, "seconds", seconds)
                table.add(case, "requests/s", requests / elapsed * 1e9)
                table.add(case, "CPU µs/request", used / 1000 / requests)
        requests, body_bytes = server.query()
        if body_bytes != requests * BODY_BYTES:
            raise RuntimeError(f"{requests} requests had {body_bytes} bytes, not {BODY_BYTES} each")
        for case in CASES:
            if case[2] == 1:
                count = instructions(port, *case)
                if count:
                    table.add(case, "instructions", count)
    return table


def instructions(port, way, host, threads, conversations=1):
    """Adds the instructions in user mode for each request."""

    def run_with(requests):
        command = [BIN / "send", way, host, port, threads, "requests", requests, conversations]
        done = subprocess.run(
            [*machine.CALLGRIND, *map(str, command)], capture_output=True, text=True, check=True
        )
        return machine.collected(done.stderr)

    return machine.instructions(500, run_with)
