"""Receiving: triggers of 64 bytes, posted over keep-alive connections to the C ABI's listener and to other servers."""

import itertools
import shutil
import subprocess
import time
import urllib.parse

import machine
from machine import FAR, NEAR, OUT, ROOT, Process
from table import Table

CONNECTIONS = (1, 16, 256)
# On one core, the rate depends on the cost of the server and the load generator. On two cores, it depends only on the
# server, unless the load generator is always busy.
CORES = {1: NEAR, 2: FAR}
BASELINE = "nginx"
PATH = "/hook"
# The number of open connections for measuring the memory of each.
HELD = 5000


class Omnize:
    """The C ABI's listener with one delivery mode."""

    def __init__(self, way, *options, under=()):
        command = [machine.BIN / "receive", way, "listen=127.0.0.1:0", f"listen.path={PATH}", *options]
        self.process = Process(command, NEAR, under)
        self.port = urllib.parse.urlsplit(self.process.line()).port

    def drain(self, accepted):
        """Blocks until the application handled all accepted triggers. Returns the seconds of the wait."""
        start = None
        while self.process.request_numbers()[0] < accepted:
            start = start or time.monotonic()
            time.sleep(0.002)
        return time.monotonic() - start if start else 0.0

    def end(self):
        return self.process.end()


class Server:
    """A server that handles each trigger before its response."""

    def __init__(self, command, port, under=()):
        self.port = port
        self.process = Process(command, NEAR, under)
        machine.wait_for_port(port)

    def drain(self, _):
        return 0.0

    def end(self):
        return self.process.end(by=machine.STOP)


def nginx(under=()):
    """nginx with one process, which discards each body and responds with 200."""
    binary = machine.tool("nginx", "nginx/usr/sbin/nginx")
    if not binary:
        return None
    port = machine.free_port()
    home = OUT / "nginx"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    temporary = "".join(
        f"{kind}_temp_path {home}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (home / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid {home}/pid; error_log stderr crit;
        events {{ worker_connections 16384; }}
        http {{
            access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
            {temporary}
            server {{ listen 127.0.0.1:{port} backlog=1024; location = {PATH} {{ return 200; }} }}
        }}""")
    return Server([binary, "-e", "stderr", "-p", home, "-c", home / "nginx.conf"], port, under)


def uvicorn():
    """uvicorn on uvloop and httptools, with an application that parses the trigger."""
    python = machine.tool("no-other-will-do", "uvicorn/bin/python")
    if not python:
        return None
    port = machine.free_port()
    command = [python, "-m", "uvicorn", "--app-dir", ROOT / "benches", "--port", port, "--loop", "uvloop"]
    command += ["--http", "httptools", "--no-access-log", "--log-level", "error", "app:app"]
    return Server(command, port)


def servers():
    """Returns each available server by name, and the reasons why the others are not available."""
    running = {f"omnize, {way}": Omnize(way) for way in ("poll", "next", "dispatch")}
    missing = []
    for way in ("poll", "next", "dispatch"):
        store = OUT / f"inbox-{way}"
        subprocess.run(["rm", "-rf", store], check=True)
        try:
            running[f"omnize, {way}, durable"] = Omnize(way, f"store={store}")
        except machine.Unsupported:
            missing.append(f"omnize, {way}, durable: this version has no option store")
    for name, start in (("nginx", nginx), ("uvicorn", uvicorn)):
        server = start()
        if server:
            running[name] = server
        else:
            missing.append(f"{name}: it is not installed")
    return running, missing


def measure(rounds, seconds):
    """Returns the table of receiving."""
    table = Table("Receiving", ["server", "cores", "connections"], BASELINE)
    table.plain = {"load generator busy, %", "refused"}
    running, table.missing = servers()
    accepted = dict.fromkeys(running, 0)
    try:
        for _ in range(rounds):
            for cores, connections in itertools.product(CORES, CONNECTIONS):
                for name, server in running.items():
                    accepted[name] += post_for(seconds, table, (name, cores, connections), server, accepted[name])
    finally:
        for server in running.values():
            server.end()
    count_instructions(table)
    return table


def post_for(seconds, table, case, server, accepted):
    """Measures one case once. `accepted` is the number of triggers accepted before. Returns the number accepted now."""
    _, cores, connections = case
    before = server.process.processor_time()
    answered, refused, counted, elapsed, busy = machine.run(
        "post", server.port, PATH, connections, "seconds", seconds, core=CORES[cores]
    )
    whole = elapsed / 1e9 + server.drain(accepted + answered)
    used = server.process.processor_time() - before
    table.add(case, "requests/s", counted / whole)
    table.add(case, "CPU µs/request", used / 1000 / answered)
    table.add(case, "load generator busy, %", busy / elapsed * 100)
    if refused:
        table.add(case, "refused", refused)
    return answered


def count_instructions(table):
    """Adds the instructions in user mode for each trigger, at 16 connections."""
    starts = {f"omnize, {way}": lambda under, way=way: Omnize(way, under=under) for way in ("poll", "next", "dispatch")}
    starts["nginx"] = nginx
    for name, start in starts.items():

        def run_with(requests, start=start):
            server = start(machine.CALLGRIND)
            machine.run("post", server.port, PATH, 16, "requests", requests, core=FAR)
            server.drain(requests)
            return machine.collected(server.end())

        if not any(case[0] == name for case in table.cases()):
            continue
        count = machine.instructions(2000, run_with)
        if count:
            table.add((name, 1, 16), "instructions", count)


def memory_of_a_connection(server):
    """Returns the server's memory in bytes for each idle connection that has posted once."""
    with_some = machine.run("post", server.port, PATH, 16, "requests", 1000, core=FAR)[0]
    server.drain(with_some)
    before = server.process.resident()
    with Process([machine.BIN / "post", server.port, PATH, HELD, "hold"], FAR) as holder:
        answered = int(holder.line().split()[0])
        server.drain(with_some + answered)
        return (server.process.resident() - before) / HELD
