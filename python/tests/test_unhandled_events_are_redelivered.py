"""With a store, an event that the application has not handled comes again after the next start."""

from __future__ import annotations

import subprocess
import sys

import pytest

import omnize


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chat.db"


def opened(path, **options):
    return omnize.Client("t", environment=False, store=path, **options)


def left(path) -> list[str]:
    with opened(path, ack="manual") as client:
        return [event.text for event in client.events(timeout=0.1)]


def deliver(client, *texts):
    for text in texts:
        client.deliver(b'{"message": "%b", "clientId": "12"}' % text.encode())


def test_by_a_loop(path):
    with opened(path) as client:
        deliver(client, "a", "b", "c")
        for event in client.events(timeout=0):
            if event.text == "b":
                break
    assert left(path) == ["c"]


def test_by_handlers(path):
    with opened(path) as client:
        deliver(client, "a", "b")
        kept = []
        client.on()(kept.append)
        client.poll(0)
        deliver(client, "c")
        assert len(kept) == 2
    assert left(path) == ["c"]


def test_by_hand(path):
    with opened(path, ack="manual") as client:
        deliver(client, "a", "b", "c")
        for event in client.events(timeout=0):
            if event.text != "b":
                event.ack()
                event.ack()
    assert left(path) == ["b"]


@pytest.mark.parametrize("way", ["loop", "poll", "dispatch", "next"])
def test_a_process_that_dies_while_it_handles_one(path, way):
    code = f"""
import os, time
import omnize
client = omnize.Client("t", environment=False, store={str(path)!r})
for text in ("a", "b", "c"):
    client.deliver(b'{{"message": "%b", "clientId": "12"}}' % text.encode())

def handle(event):
    if event.text == "b":
        time.sleep(0.3)
        os._exit(9)

client.on()(handle)
if {way!r} == "loop":
    for event in client.events():
        handle(event)
elif {way!r} == "next":
    while True:
        event = client.next()
        handle(event)
elif {way!r} == "poll":
    client.poll()
else:
    client.dispatch()
    time.sleep(10)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 9
    assert left(path) == ["b", "c"]


def test_a_posted_request_goes_out_after_the_next_start(path, omnize_sandbox):
    code = f"""
import os
import omnize
client = omnize.Client("t", environment=False, store={str(path)!r}, base_url="http://127.0.0.1:9/")
client.attach("12", department="1").post("oi")
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 9
    with omnize.Client(**omnize_sandbox.options, store=path, check_state=False) as client:
        outcome = client.next(10)
    assert (type(outcome), outcome.client_id, outcome.request) == (omnize.Outcome, "12", "message")
