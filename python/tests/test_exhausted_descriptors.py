"""Without descriptors or threads, no event is lost and dispatch continues."""

from __future__ import annotations

import subprocess
import sys

import pytest
from unix_only import requires_unix

pytestmark = requires_unix

PRELUDE = """
import asyncio, os, resource, sys, threading, time
import omnize

def body(text):
    return b'{"message": "%b", "clientId": "12"}' % text.encode()

held = []
def exhaust():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass

def release():
    for descriptor in held:
        os.close(descriptor)
    held.clear()

def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)

OPTIONS = {"base_url": "http://127.0.0.1:9/", "retry_blocking": 0, "retry_posted": 0, "environment": False}
client = omnize.Client(token="t", **OPTIONS)
heard = []
"""


def run(code: str) -> None:
    process = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=50)
    assert (process.returncode, process.stdout, process.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("way", ["next", "events", "poll", "dispatch"])
def test_first_events_need_no_descriptor(way):
    run(f"""
client.on()(lambda event: heard.append(event.text))
exhaust()
client.deliver(body("a"))
if {way!r} == "dispatch":
    client.dispatch()
elif {way!r} == "poll":
    client.poll(1)
elif {way!r} == "next":
    heard.append(client.next(1).text)
else:
    heard.extend(event.text for event in client.events(timeout=0))
until(lambda: heard == ["a"])
release()
client.close()
print("done")
""")


def test_first_outcomes_and_errors_need_no_descriptor():
    run("""
chat = client.attach("12", department="1")
exhaust()
try:
    chat.send("x")
except omnize.Error as error:
    heard.append(error.delivery)
try:
    client.deliver(b"no trigger")
except omnize.TriggerError:
    heard.append("no trigger")
chat.post("x")
outcome = None
deadline = time.monotonic() + 10
while outcome is None and time.monotonic() < deadline:
    outcome = client.next(0.1)
    if outcome is None:
        release()
assert isinstance(outcome, omnize.Outcome)
assert heard == ["not sent", "no trigger"], heard
release()
client.close(0)
print("done")
""")


def test_unconverted_events_are_delivered_next():
    """The temporary failure simulates a lack of memory."""
    run("""
import omnize._events.event
failures = []
threading.excepthook = lambda args: failures.append(args.exc_type)
client.on()(lambda event: heard.append(event.text))
# The class that creates the event is removed for a while.
from omnize._events import event_makers
Message, event_makers.Message = event_makers.Message, None
client.deliver(body("a"))
client.deliver(body("b"))
client.dispatch()
until(lambda: failures)
time.sleep(0.3)
assert heard == []
event_makers.Message = Message
until(lambda: heard == ["a", "b"])
assert failures == [TypeError], failures
client.close()

client = omnize.Client(token="t", environment=False)
client.deliver(body("c"))
event_makers.Message = None
for _ in range(3):
    try:
        client.next(0)
    except TypeError:
        heard.append("failed")
event_makers.Message = Message
assert client.next(0).text == "c"
assert heard == ["a", "b", "failed", "failed", "failed"]
client.close()

client = omnize.Client(token="t", environment=False)
client.on()(lambda event: heard.append(event.text))
client.deliver(body("d"))
event_makers.Message = None
try:
    client.poll(0)
except TypeError:
    heard.append("failed")
event_makers.Message = Message
assert client.poll(0) == 1
assert heard[-2:] == ["failed", "d"]
client.close()
print("done")
""")


def test_unconverted_events_stay_in_the_store(tmp_path):
    run(f"""
from omnize._events import event_makers
client.close()
for way in ("next", "poll"):
    path = {str(tmp_path)!r} + "/" + way
    client = omnize.Client(token="t", environment=False, store=path)
    client.on()(lambda event: None)
    client.deliver(body("a"))
    Message, event_makers.Message = event_makers.Message, None
    try:
        getattr(client, way)(0)
    except TypeError:
        heard.append("failed")
    client.close(1)
    event_makers.Message = Message
    with omnize.Client(token="t", environment=False, store=path) as client:
        assert client.next(0).text == "a"
assert heard == ["failed", "failed"]
print("done")
""")


def test_async_clients_report_missing_descriptors():
    run("""
client.close()

async def main():
    client = omnize.AsyncClient(token="t", environment=False)
    client.on()(lambda event: heard.append(event.text))
    await client.deliver(body("a"))
    exhaust()
    try:
        client.dispatch()
    except omnize.ResourceError:
        heard.append("refused")
    release()
    client.dispatch()
    deadline = time.monotonic() + 10
    while heard != ["refused", "a"] and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert heard == ["refused", "a"], heard
    await client.close()

    client = omnize.AsyncClient(token="t", environment=False)
    exhaust()
    try:
        await client.next(1)
    except omnize.ResourceError:
        heard.append("refused")
    release()
    await client.deliver(body("b"))
    assert (await client.next(1)).text == "b"
    assert await client.next(0.05) is None
    await client.close()

asyncio.run(main())
assert heard == ["refused", "a", "refused"], heard
print("done")
""")


def test_missing_threads_raise_resource_error():
    run("""
started = threading.Thread.start
def refuse(self):
    raise RuntimeError("can't start new thread")

threading.Thread.start = refuse
client.on()(lambda event: heard.append(event.text))
try:
    client.dispatch()
except omnize.ResourceError as error:
    assert error.status == "OMNIZE_E_SYSTEM"
    heard.append("refused")
threading.Thread.start = started
client.deliver(body("a"))
client.dispatch()
until(lambda: heard == ["refused", "a"])
client.close()
print("done")
""")


def test_a_missing_log_thread_raises_resource_error():
    code = """
import threading
started = threading.Thread.start
def refuse(self):
    raise RuntimeError("can't start new thread")

threading.Thread.start = refuse
import omnize
try:
    omnize.Client(token="t", environment=False)
except omnize.ResourceError:
    print("refused")
threading.Thread.start = started
import logging
logging.basicConfig(format="%(message)s")
with omnize.Client(token="t", environment=False) as client:
    pass
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert process.stdout == "refused\n"
    assert "are not encrypted" in process.stderr
