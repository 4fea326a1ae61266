"""The ``omnize`` command of the wheel ends as the plain command does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import omnize
import pytest
from unix_only import requires_unix

SCRIPT = [str(Path(sysconfig.get_path("scripts"), "omnize"))]
MODULE = [sys.executable, "-m", "omnize"]


@pytest.mark.parametrize("command", [SCRIPT, MODULE])
def test_the_command_prints_version_and_help(command):
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"omnize {omnize.__version__}\n", "")
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: omnize <COMMAND>" in done.stdout
    assert "sandbox" in done.stdout


def test_invalid_command_lines_print_one_line_and_exit_with_2():
    done = subprocess.run([*SCRIPT, "dance"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("omnize: ")
    assert done.stderr.count("\n") == 1


@requires_unix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_end_the_sandbox_without_traceback(name):
    with subprocess.Popen([*SCRIPT, "sandbox", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert "base_url" in json.loads(process.stdout.readline())
        process.send_signal(getattr(signal, name))
        _, stderr_file = process.communicate(timeout=10)
    assert (process.returncode, stderr_file) == (0, b"")


def test_the_sandbox_ends_with_its_standard_input():
    command = [*SCRIPT, "sandbox", "--json", "--until-stdin-closes"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@requires_unix
def test_the_sandbox_forwards_status_and_signals_of_its_command():
    around = [*SCRIPT, "sandbox", "--quiet", "--"]
    assert subprocess.run([*around, "sh", "-c", "exit 7"], check=False).returncode == 7
    ended = subprocess.run([*around, "sh", "-c", "kill -TERM $$"], check=False)
    assert ended.returncode == 128 + signal.SIGTERM
    # A program must not inherit the signals that Python ignores.
    tell = "import signal; print([s.name for s in signal.valid_signals() if signal.getsignal(s) is signal.SIG_IGN])"
    plain = subprocess.run(["sh", "-c", f'exec "{sys.executable}" -c "{tell}"'], capture_output=True, text=True)
    within = subprocess.run([*around, sys.executable, "-c", tell], capture_output=True, text=True)
    assert within.stdout == plain.stdout

    # The sandbox forwards Ctrl-C once, and ends with the status of its command.
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


@requires_unix
def test_arguments_may_be_invalid_utf_8():
    odd = os.fsdecode(b"/nowhere/\xff")
    done = subprocess.run([*SCRIPT, "sandbox", "--agent", odd], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"invalid UTF-8" in done.stderr
