"""The ``omnize`` command that comes with the wheel, as a process: it ends as the plain one does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import omnize
import pytest

SCRIPT = [str(Path(sys.executable).with_name("omnize"))]
MODULE = [sys.executable, "-m", "omnize"]


@pytest.mark.parametrize("command", [SCRIPT, MODULE])
def test_it_tells_its_version_and_help(command):
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"omnize {omnize.__version__}\n", "")
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: omnize <COMMAND>" in done.stdout
    assert "sandbox" in done.stdout


def test_a_wrong_command_line_is_one_line_and_status_2():
    done = subprocess.run([*SCRIPT, "dance"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("omnize: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_sandbox_without_a_traceback(name):
    with subprocess.Popen([*SCRIPT, "sandbox", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert "base_url" in json.loads(process.stdout.readline())
        process.send_signal(getattr(signal, name))
        _, stderr_file = process.communicate(timeout=10)
    assert (process.returncode, stderr_file) == (0, b"")


def test_it_ends_with_its_standard_input():
    command = [*SCRIPT, "sandbox", "--json", "--until-stdin-closes"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_around_a_command_it_passes_on_status_signals_and_dispositions():
    around = [*SCRIPT, "sandbox", "--quiet", "--"]
    assert subprocess.run([*around, "sh", "-c", "exit 7"], check=False).returncode == 7
    ended = subprocess.run([*around, "sh", "-c", "kill -TERM $$"], check=False)
    assert ended.returncode == 128 + signal.SIGTERM
    # What Python ignores, a program of the user's must not inherit as ignored.
    tell = "import signal; print([s.name for s in signal.valid_signals() if signal.getsignal(s) is signal.SIG_IGN])"
    plain = subprocess.run(["sh", "-c", f'exec "{sys.executable}" -c "{tell}"'], capture_output=True, text=True)
    within = subprocess.run([*around, sys.executable, "-c", tell], capture_output=True, text=True)
    assert within.stdout == plain.stdout

    # Ctrl-C comes to the command once, from the sandbox, which ends with the command's status.
    waits = """
import signal, sys
try:
    print("ready", flush=True)
    signal.pause()
except KeyboardInterrupt:
    sys.exit(9)
"""
    with subprocess.Popen([*around, sys.executable, "-c", waits], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 9


def test_bytes_that_are_no_text_reach_the_command():
    odd = os.fsdecode(b"/nowhere/\xff")
    done = subprocess.run([*SCRIPT, "sandbox", "--agent", odd], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"invalid UTF-8" in done.stderr
