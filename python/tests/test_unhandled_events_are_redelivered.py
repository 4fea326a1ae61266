"""With a store, events that were not handled are redelivered after a restart."""

from __future__ import annotations

import subprocess
import sys
import weakref

import omnize
import pytest
from omnize._clients.client import _run_dispatch
from omnize._events.handlers import Handlers


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chat.db"


def opened(path, **options):
    return omnize.Client("t", environment=False, store=path, **options)


def stored_texts(path) -> list[str]:
    with opened(path, ack="manual") as client:
        return [event.text for event in client.events(timeout=0.1)]


def deliver(client, *texts):
    for text in texts:
        client.deliver(b'{"message": "%b", "clientId": "12"}' % text.encode())


def test_events_of_an_ended_loop_are_redelivered(path):
    with opened(path) as client:
        deliver(client, "a", "b", "c")
        for event in client.events(timeout=0):
            if event.text == "b":
                break
    assert stored_texts(path) == ["c"]


def test_handled_events_are_not_redelivered(path):
    with opened(path) as client:
        deliver(client, "a", "b")
        kept = []
        client.on()(kept.append)
        client.poll(0)
        deliver(client, "c")
        assert len(kept) == 2
    assert stored_texts(path) == ["c"]


def test_unacknowledged_events_are_redelivered(path):
    with opened(path, ack="manual") as client:
        deliver(client, "a", "b", "c")
        for event in client.events(timeout=0):
            if event.text != "b":
                event.ack()
                event.ack()
    assert stored_texts(path) == ["b"]


@pytest.mark.parametrize("way", ["loop", "poll", "dispatch", "next"])
def test_events_of_a_killed_process_are_redelivered(path, way):
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
    assert stored_texts(path) == ["b", "c"]


def test_posted_requests_are_sent_after_a_restart(path, omnize_sandbox):
    code = f"""
import os
import omnize
client = omnize.Client("t", environment=False, store={str(path)!r}, base_url="http://127.0.0.1:9/")
client.attach("12", department="1").post("oi")
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 9
    with omnize.Client(**omnize_sandbox.options, store=path, check_state=False, store_move_account=True) as client:
        outcome = client.next(10)
    assert (type(outcome), outcome.client_id, outcome.request) == (omnize.Outcome, "12", "message")


def test_the_event_of_a_collected_client_is_redelivered_in_the_same_process(path):
    client = opened(path)
    deliver(client, "a")
    # Dispatch ends when it has an event and its client no longer exists.
    _run_dispatch(client._core, weakref.ref(Handlers(client._core)))
    client.close()
    assert stored_texts(path) == ["a"]


def test_an_event_is_redelivered_if_its_handlers_cannot_be_found(path, monkeypatch):
    with opened(path) as client:
        deliver(client, "a")
        monkeypatch.setattr(client, "_handlers", HandlersWithoutMemory(client._core))
        client.on()(lambda event: None)
        with pytest.raises(MemoryError):
            client.poll(0)
    assert stored_texts(path) == ["a"]


class HandlersWithoutMemory(Handlers):
    def wanting(self, event):
        raise MemoryError
