"""Receiving in Python: triggers of 64 bytes, posted over keep-alive connections to the package's listener and to other
servers."""

import itertools
import urllib.parse

import machine
import receiving
from machine import NEAR, ROOT, Process
from receiving import CORES, PATH, Server
from table import Table

BASELINE = "omnize, dispatch"
CONNECTIONS = (1, 16)
WAYS = ("poll", "events", "dispatch", "async")


class Omnize(receiving.Omnize):
    """The package's listener with one delivery mode."""

    def __init__(self, python, way):
        command = [python, ROOT / "benches/python/receive.py", way, f"listen_path={PATH}"]
        self.process = Process(command, NEAR)
        self.port = urllib.parse.urlsplit(self.process.line()).port


def other(python, *command):
    """Another server, started with a free port as its last argument."""
    port = machine.free_port()
    return Server([python, *command, port], port)


def servers(python):
    """Returns each server, by name."""
    uvicorn = ["-m", "uvicorn", "--app-dir", ROOT / "benches", "--loop", "uvloop", "--http", "httptools"]
    uvicorn += ["--no-access-log", "--log-level", "error", "app:app", "--port"]
    return {f"omnize, {way}": Omnize(python, way) for way in WAYS} | {
        "uvicorn": other(python, *uvicorn),
        "aiohttp": other(python, ROOT / "benches/python/serve_aiohttp.py"),
        "waitress": other(python, ROOT / "benches/python/serve_waitress.py"),
    }


def measure(rounds, seconds):
    """Returns the table of receiving in Python."""
    table = Table("Receiving in Python", ["server", "cores", "connections"], BASELINE)
    table.plain = {"load generator busy, %", "refused"}
    python = machine.python()
    if not python:
        table.missing = ["anything: there is no environment; .ci/setup bench-python"]
        return table
    running = servers(python)
    accepted = dict.fromkeys(running, 0)
    try:
        for _ in range(rounds):
            for cores, connections in itertools.product(CORES, CONNECTIONS):
                for name, server in running.items():
                    case = (name, cores, connections)
                    accepted[name] += receiving.post_for(seconds, table, case, server, accepted[name])
    finally:
        for server in running.values():
            server.end()
    return table
