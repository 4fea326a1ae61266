"""The library's log reaches the logger ``omnize`` on a Python thread, and contains no secrets.

Each record has fields, and the source file and line. A warning is a problem that no exception reports.
"""

from __future__ import annotations

import io
import logging
import re
import socket
import subprocess
import sys
import threading
import time

import omnize
import pytest


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
        wait_until(lambda: any("no handler wants" in record.message for record in caplog.records))
    records = [record for record in caplog.records if record.name == "omnize"]
    lines = {(record.levelname, re.sub(r"\b[0-9a-f]{8}\b", "HASH", record.message)) for record in records}
    assert {("DEBUG", "message (customer HASH) accepted"), ("DEBUG", "trigger message")} <= lines
    # Nothing here failed, and the application ignores messages on purpose.
    assert not [
        record.message for record in records if record.levelname == "WARNING" and "encrypted" not in record.message
    ]
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


FIELDS = ("event_kind", "request_kind", "ticket", "delivery", "status", "client_id_hash")


def record_of(caplog, text):
    wait_until(lambda: any(text in record.message for record in caplog.records))
    return next(record for record in caplog.records if text in record.message)


def test_every_record_has_all_fields(caplog, omnize_sandbox):
    caplog.set_level(logging.DEBUG, "omnize")
    logger, output = logging.getLogger("omnize"), io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(logging.Formatter(" ".join(f"{name}=%({name})s" for name in FIELDS)))
    logger.addHandler(handler)
    with omnize.Client(**omnize_sandbox.options) as client:
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        with pytest.raises(omnize.TriggerError):
            client.deliver(b"{}")
        with pytest.raises(ZeroDivisionError), client.conversation("12", department="1") as chat:
            client.close()
            raise ZeroDivisionError
        del chat
        wait_until(lambda: any("not finished" in record.message for record in caplog.records))
    records = [record for record in caplog.records if record.name == "omnize"]
    assert all(hasattr(record, name) for record in records for name in FIELDS)
    logger.removeHandler(handler)
    assert "event_kind=typing request_kind=None" in output.getvalue()


def test_records_name_their_source(caplog, omnize_sandbox):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client(**omnize_sandbox.options) as client:
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        record = record_of(caplog, "trigger typing")
        assert (record.pathname, record.module) == ("src/receiving/ingest.rs", "ingest")
        assert record.lineno > 1
        with pytest.raises(ZeroDivisionError), client.conversation("12", department="1"):
            client.close()
            raise ZeroDivisionError
        record = record_of(caplog, "not finished")
    assert (record.module, record.funcName) == ("conversation", "_warn_unfinished")
    assert (record.request_kind, record.status) == ("finish", "OMNIZE_E_CLOSED")


def test_an_ignored_kind_of_event_is_no_warning(caplog):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client("t", environment=False) as client:

        @client.on(omnize.Message)
        def show(event):
            print(event)

        client.deliver(b'{"status": "typing", "clientId": "12"}')
        client.poll(1)
        record = record_of(caplog, "no handler wants the event typing")
        assert (record.levelname, record.event_kind) == ("DEBUG", "typing")


def test_an_event_without_any_handler_is_a_warning(caplog):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client("t", environment=False) as client:
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        client.poll(1)
        record = record_of(caplog, "no handler is registered for the event typing")
        assert (record.levelname, record.event_kind) == ("WARNING", "typing")


def test_a_trigger_whose_error_is_raised_is_no_warning(caplog):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client("t", environment=False) as client:
        for body in (b"{}", b"no JSON"):
            with pytest.raises(omnize.TriggerError):
                client.deliver(body)
        with pytest.raises(omnize.TriggerError):
            client.deliver(b"no gzip", content_encoding="gzip")
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        record_of(caplog, "trigger typing")
    assert not [
        record.message
        for record in caplog.records
        if record.levelno >= logging.WARNING and "encrypted" not in record.message
    ]


def test_an_invalid_trigger_at_the_listener_is_a_warning(caplog, omnize_sandbox, post):
    with omnize.Client(**omnize_sandbox.options, listen="127.0.0.1:0") as client:
        assert post(client.webhook_url, b"{}").status == 400
        record = record_of(caplog, "the trigger has no id")
        assert (record.levelname, record.status) == ("WARNING", "OMNIZE_E_NO_CLIENT_ID")


def test_a_failure_that_is_raised_is_no_warning(caplog, unanswering):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client(**unanswering, timeout=0.2) as client:
        with pytest.raises(omnize.ResponseTimedOut):
            client.attach("12", department="1").send("oi")
        record = record_of(caplog, "OMNIZE_E_TIMEOUT")
    assert (record.levelname, record.module) == ("DEBUG", "request_log")
    assert (record.request_kind, record.delivery, record.status) == ("message", "unknown", "OMNIZE_E_TIMEOUT")
    assert record.ticket is None


def test_a_failed_post_is_a_warning(caplog, unanswering):
    with omnize.Client(**unanswering, timeout=0.2) as client:
        ticket = client.attach("12", department="1").post("oi")
        record = record_of(caplog, "OMNIZE_E_TIMEOUT")
        assert client.next(10).ticket == ticket
    assert (record.levelname, record.ticket) == ("WARNING", ticket)
    assert (record.request_kind, record.delivery, record.status) == ("message", "unknown", "OMNIZE_E_TIMEOUT")


def test_a_failed_attempt_that_is_retried_is_a_warning(caplog):
    # Nothing raises the error of the first attempt.
    caplog.set_level(logging.DEBUG, "omnize")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    with omnize.Client("t", environment=False, base_url=url, retry_blocking=0.3) as client:
        with pytest.raises(omnize.ConnectFailed):
            client.attach("12", department="1").send("oi")
        wait_until(lambda: any(record.levelname == "DEBUG" for record in caplog.records if record.request_kind))
    levels = [record.levelname for record in caplog.records if record.request_kind]
    assert levels[-1] == "DEBUG"
    assert set(levels[:-1]) == {"WARNING"}


def test_the_hash_is_that_of_the_customer(caplog, omnize_sandbox):
    caplog.set_level(logging.DEBUG, "omnize")
    with omnize.Client(**omnize_sandbox.options) as client:
        for client_id in ("12", "13"):
            client.conversation(client_id, department="1").start()
            client.deliver(b'{"status": "typing", "clientId": "%s"}' % client_id.encode())
        client.poll(0)
        wait_until(lambda: sum(record.event_kind == "typing" for record in caplog.records) >= 3)
    starts = [record.client_id_hash for record in caplog.records if record.request_kind == "start"]
    triggers = [record.client_id_hash for record in caplog.records if record.message == "trigger typing"]
    assert starts == triggers
    assert len(set(starts)) == 2
    assert all(re.fullmatch("[0-9a-f]{8}", hash_) for hash_ in starts)
