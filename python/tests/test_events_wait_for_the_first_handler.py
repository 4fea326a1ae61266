"""With a store, stored events wait until the first handler is registered, and the log reports it once."""

from __future__ import annotations

import asyncio
import threading

import omnize
import pytest
from omnize._events.handlers import Handlers

BODIES = [b'{"message": "a", "clientId": "12"}', b'{"message": "b", "clientId": "13"}']


@pytest.fixture
def options(tmp_path):
    """Options of a client whose store has two events of an earlier process."""
    options = {"token": "t", "environment": False, "store": tmp_path / "chat.db"}
    with omnize.Client(**options) as client:
        for body in BODIES:
            client.deliver(body)
    return options


def warnings(caplog) -> list[str]:
    lines = [record.getMessage() for record in caplog.records]
    return [line for line in lines if "stay in the store until a handler is registered" in line]


def test_poll_keeps_stored_events(options, caplog):
    texts: list[str] = []
    with omnize.Client(**options) as client:
        for _ in range(3):
            assert client.poll(0) == 0
        assert client.waiting == 2
        client.on(omnize.Message)(lambda event: texts.append(event.text))
        assert client.poll(0) == 2
        assert client.statistics["unwanted"] == 0
    assert texts == ["a", "b"]
    assert len(warnings(caplog)) == 1


def test_poll_keeps_events_after_the_last_handler_was_removed(options):
    texts: list[str] = []
    with omnize.Client(**options) as client:

        @client.on(omnize.Message)
        def append(event):
            texts.append(event.text)

        client.off(append)
        assert client.poll(0) == 0
        client.on()(append)
        assert client.poll(0) == 2
        client.off(append)
        client.deliver(BODIES[0])
        assert client.poll(0) == 0
        assert client.waiting == 1
    assert texts == ["a", "b"]


def test_dispatch_keeps_stored_events(options, caplog):
    texts: list[str] = []
    is_complete = threading.Event()

    def append(event):
        texts.append(event.text)
        if len(texts) == 2:
            is_complete.set()

    with omnize.Client(**options) as client:
        client.dispatch()
        # The threads of dispatch cannot take the events, so nothing can change this.
        assert client.waiting == 2
        client.on(omnize.Message)(append)
        assert is_complete.wait(10)
    assert sorted(texts) == ["a", "b"]
    assert len(warnings(caplog)) == 1


def test_conversation_handlers_release_stored_events(options):
    texts: list[str] = []
    with omnize.Client(**options) as client:
        assert client.poll(0) == 0
        chat = client.attach("12", department="1")
        chat.on(omnize.Message)(lambda event: texts.append(event.text))
        assert client.poll(0) == 2
    assert texts == ["a"]


@pytest.mark.parametrize("mode", ["poll", "dispatch"])
def test_async_clients_keep_stored_events(options, mode):
    async def main() -> list[str]:
        texts: list[str] = []
        is_complete = asyncio.Event()

        async def append(event):
            texts.append(event.text)
            if len(texts) == 2:
                is_complete.set()

        async with omnize.AsyncClient(**options) as client:
            if mode == "poll":
                assert await client.poll(0) == 0
            else:
                client.dispatch()
                await asyncio.sleep(0)
            assert client.waiting == 2
            client.on(omnize.Message)(append)
            if mode == "poll":
                await client.poll(5)
            await asyncio.wait_for(is_complete.wait(), 10)
        return texts

    assert sorted(asyncio.run(main())) == ["a", "b"]


def test_without_a_store_unwanted_events_are_counted():
    with omnize.Client("t", environment=False) as client:
        client.deliver(BODIES[0])
        assert client.poll(0) == 1
        assert client.statistics["unwanted"] == 1


def test_events_wait_after_the_last_conversation_has_ended(options, omnize_sandbox):
    omnize_sandbox.set_agents("silent")
    options = {**options, **omnize_sandbox.options, "store_move_account": True}
    with omnize.Client(**options) as client:
        texts: list[str] = []
        chats = [client.conversation(client_id, department="1") for client_id in ("14", "15")]
        for chat in chats:
            chat.start()
            chat.on(omnize.Message)(lambda event: texts.append(event.text))
        assert client.poll(0) == 2
        # Each way to end a conversation: the customer's finish, and the agent's.
        chats[0].finish()
        client.deliver(BODIES[0])
        assert client.poll(0) == 1
        client.deliver(b'{"status": "finish", "clientId": "15"}')
        client.deliver(BODIES[0])
        assert client.poll(0) == 1
        assert client.poll(0) == 0
        assert client.waiting == 1
        assert client.statistics["unwanted"] == 3
        # A new interaction has new handlers.
        chats[0].start()
        chats[0].on(omnize.Message)(lambda event: texts.append(event.text))
        assert client.poll(0) == 1
        chats[0].off(chats[0]._handlers._handlers[0].function)
        client.deliver(BODIES[1])
        assert client.poll(0) == 0
    assert texts == []


@pytest.mark.parametrize("is_async", [False, True])
def test_an_event_without_its_last_handler_is_redelivered(options, monkeypatch, is_async):
    """The events are taken one at a time, so nothing else shows what happens between that and the handlers' call."""
    find = Handlers.wanting

    def remove_first(handlers, event):
        handlers.remove(show)
        return find(handlers, event)

    def show(event):
        raise AssertionError("it was removed")

    async def poll():
        async with omnize.AsyncClient(**options) as client:
            client.on()(show)
            assert await client.poll(0) == 1

    monkeypatch.setattr(Handlers, "wanting", remove_first)
    if is_async:
        asyncio.run(poll())
    else:
        with omnize.Client(**options) as client:
            client.on()(show)
            assert client.poll(0) == 1
    with omnize.Client(**options) as client:
        assert [event.text for event in client.events(timeout=0)] == ["a", "b"]
