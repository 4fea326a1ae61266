"""The library's log reaches the logger ``omnize`` on a Python thread, and contains no secrets."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time

import omnize


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_lines_have_their_level_and_text(caplog, omnize_sandbox):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client(**omnize_sandbox.options) as client:
        with client.conversation("12", department="1", customer=omnize.Customer("Segredo Santos")) as chat:
            chat.send("segredo")
        client.deliver(b'{"message": "segredo", "clientId": "12"}')
        client.on(omnize.Accepted)(print)
        client.poll(0)
        wait_until(lambda: any("no callback wants" in record.message for record in caplog.records))
    records = [record for record in caplog.records if record.name == "omnize"]
    assert {("DEBUG", "message accepted"), ("DEBUG", "trigger message")} <= {
        (record.levelname, record.message) for record in records
    }
    assert any(record.levelname == "WARNING" for record in records)
    assert "egredo" not in caplog.text
    assert omnize_sandbox.options["token"] not in caplog.text
    assert all(abs(record.created - time.time()) < 60 for record in records)
    assert {record.thread for record in records} <= {thread.ident for thread in threading.enumerate()}


def test_log_levels_may_change(caplog):
    caplog.set_level(logging.DEBUG, "omnize")
    logging.getLogger("omnize").setLevel(logging.ERROR)
    with omnize.Client("t", environment=False) as client:
        client.deliver(b'{"clientId": 1}')
        logging.getLogger("omnize").setLevel(logging.DEBUG)
        # The level is read every second.
        deadline = time.monotonic() + 10
        while "trigger unknown" not in caplog.text:
            assert time.monotonic() < deadline
            client.deliver(b'{"clientId": 1}')
            time.sleep(0.05)


def test_logging_handlers_may_log_and_fail():
    code = """
import logging, sys, threading, time
import omnize

class Odd(logging.Handler):
    def emit(self, record):
        client.statistics
        seen.append(record.getMessage())
        raise LookupError("on purpose")

seen, failures = [], []
threading.excepthook = failures.append
logging.getLogger("omnize").addHandler(Odd())
logging.getLogger("omnize").setLevel(logging.DEBUG)
client = omnize.Client("t", environment=False)
client.deliver(b'{"clientId": 1}')
client.deliver(b'{"status": "typing", "clientId": 1}')
while "trigger typing" not in seen:
    time.sleep(0.01)
assert LookupError in [failure.exc_type for failure in failures]
client.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_last_lines_are_not_lost():
    code = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(message)s")
import omnize
client = omnize.Client("t", environment=False)
client.deliver(b'{"status": "typing", "clientId": 1}')
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert "trigger typing" in done.stdout


def test_unconfigured_logging_prints_nothing():
    code = "import omnize\nwith omnize.Client('t', environment=False) as client: client.poll(0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
