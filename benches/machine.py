"""Starts the measured programs, each on its CPU core, and reads their CPU time and memory."""

import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
STAGE = TARGET / "stage"
TOOLS = TARGET / "tools"
OUT = TARGET / "bench"
BIN = OUT / "bin"

# The programs of benches/c: the sources of each, and its libraries.
PROGRAMS = {
    "receive": (["receive.c"], ["omnize"]),
    "post": (["post.c"], []),
    "serve": (["serve.c"], []),
    "send": (["send.c", "send_omnize.c", "send_posted.c", "send_libcurl.c", "send_raw.c"], ["omnize", "libcurl"]),
    "load_library": (["load_library.c"], []),
    "idle_conversations": (["idle_conversations.c"], ["omnize"]),
    "many_subscriptions": (["many_subscriptions.c"], ["omnize"]),
}

_cores = sorted(os.sched_getaffinity(0))
# The measured program runs on NEAR. Its peer runs on the same core or on FAR, a second core if there is one.
NEAR, FAR = _cores[-1], _cores[0]

# The exit status of a program for an option that this version of the library does not have.
UNSUPPORTED = 3


class Unsupported(Exception):
    """This version of the library does not support the case."""


def build():
    """Compiles the C programs with the staged library."""
    BIN.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "PKG_CONFIG_PATH": f"{STAGE}/lib/pkgconfig:{os.environ.get('PKG_CONFIG_PATH', '')}"
    }
    for name, (sources, packages) in PROGRAMS.items():
        flags = ["-pthread", "-ldl"]
        if packages:
            command = ["pkg-config", "--cflags", "--libs", *packages]
            flags += subprocess.check_output(command, env=environment, text=True).split()
        subprocess.run(
            [os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"]
            + [str(ROOT / "benches" / "c" / source) for source in sources]
            + ["-o", str(BIN / name), f"-Wl,-rpath,{STAGE}/lib", *flags],
            check=True,
        )


def _prepare(core):
    def prepare():
        os.sched_setaffinity(0, {core})
        # Some cases open thousands of connections; the usual limit is 1024.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    return prepare


def microseconds_to_write():
    """Measures the disk: the time to write as much as a commit of the store, to a file that does not grow."""
    part, parts = bytes(8192), 500
    OUT.mkdir(parents=True, exist_ok=True)
    place = OUT / "written"
    with open(place, "wb", buffering=0) as file:
        file.write(part * parts)
        os.fsync(file.fileno())
        times = []
        for at in range(parts):
            start = time.perf_counter()
            os.pwrite(file.fileno(), part, at * len(part))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    place.unlink()
    return statistics.median(times) * 1e6


def run(program, *arguments, core=None):
    """Runs a program of benches/ to its end. Returns the numbers that it prints."""
    done = subprocess.run(
        [BIN / program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=_prepare(NEAR if core is None else core),
    )
    return [int(word) for word in done.stdout.split()]


class Process:
    """A program that runs in the background, and ends with its `with` block."""

    def __init__(self, command, core, under=()):
        self._process = subprocess.Popen(
            [*under, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if under else None,
            text=True,
            preexec_fn=_prepare(core),
        )
        self.errors = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def line(self):
        """Returns the next line of the output."""
        line = self._process.stdout.readline()
        if not line:
            if self._process.wait() == UNSUPPORTED:
                raise Unsupported
            raise RuntimeError(f"{self._process.args} ended with status {self._process.returncode}")
        return line.strip()

    def request_numbers(self):
        """Sends an empty line. Returns the numbers in the reply."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [int(word) for word in self.line().split()]

    def processor_time(self):
        """Returns the CPU time of its threads in nanoseconds."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)

    def resident(self):
        """Returns its resident memory in bytes."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def end(self, by=None):
        """Ends the program, by closing its input or by a signal."""
        if self._process.poll() is None and by:
            self._process.send_signal(by)
        if self._process.poll() is None:
            _, self.errors = self._process.communicate()
        return self.errors


def free_port():
    """Returns a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    """Blocks until a program listens at the port."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def collected(callgrind_says):
    """Returns the number of instructions that callgrind counted."""
    return int(re.search(r"Collected : (\d+)", callgrind_says).group(1))


def instructions(requests, run_with):
    """Returns the instructions of one request: the difference of two runs, one with twice as many requests."""
    if not shutil.which("valgrind"):
        return None
    return (run_with(2 * requests) - run_with(requests)) / requests


def tool(name, *places):
    """Returns the path of a tool that .ci/setup installed under target/, or that is in PATH; None if there is none."""
    for place in places:
        if os.access(TOOLS / place, os.X_OK):
            return TOOLS / place
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")


def python():
    """Returns the interpreter with the package and its competitors; None if it is not installed."""
    return tool("no-other-will-do", "bench-python/bin/python")


STOP = signal.SIGTERM
