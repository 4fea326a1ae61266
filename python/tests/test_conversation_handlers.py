"""Handlers of a conversation end with its interaction, its client or the conversation object."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def deliver(client, *bodies):
    for body in bodies:
        client.deliver(body)


MESSAGE = b'{"message": "oi", "clientId": "12"}'
FINISH = b'{"status": "finish", "clientId": "12"}'


@pytest.fixture
def client():
    with omnize.Client(**OPTIONS) as client:
        yield client


def test_handlers_end_with_each_interaction_of_a_customer(omnize_sandbox, omnize_client):
    calls = []
    chats = []
    for number in range(3):
        chat = omnize_client.conversation("12", department="1")
        chats.append(chat)
        chat.on(omnize.Message)(lambda event, number=number: calls.append((number, event.text)))
        with chat:
            omnize_sandbox.wait_for("accepted", direction="trigger", after=omnize_sandbox.transcript()[-1].n - 1)
            omnize_sandbox.trigger("message", "12", f"to {number}")
            while not any(call[1] == f"to {number}" for call in calls):
                omnize_client.poll(5)
    assert calls == [(0, "to 0"), (1, "to 1"), (2, "to 2")]


def test_a_finish_of_the_agent_ends_handlers(client):
    chat = client.attach("12", department="1")
    heard = []
    chat.on()(lambda event: heard.append(event.kind))
    deliver(client, MESSAGE, FINISH, MESSAGE)
    client.poll(0)
    assert heard == ["message", "finish"]
    # For the next interaction, the handlers are registered again.
    chat.on(omnize.Message)(lambda event: heard.append("anew"))
    deliver(client, MESSAGE)
    client.poll(0)
    assert heard == ["message", "finish", "anew"]


def test_a_late_finish_of_an_earlier_interaction_ends_nothing(client):
    deliver(client, FINISH)
    chat = client.attach("12", department="1")
    heard = []
    # As if the interaction had started earlier.
    chat._handlers._since += 1
    chat.on(omnize.Message)(lambda event: heard.append(event.kind))
    client.poll(0)
    deliver(client, MESSAGE)
    client.poll(0)
    assert heard == ["message"]


def test_events_before_the_finish_are_still_handled(omnize_sandbox, omnize_client):
    chat = omnize_client.conversation("12", department="1")
    heard = []
    chat.on(omnize.Accepted)(lambda event: heard.append(event.kind))
    chat.start()
    accepted = omnize_sandbox.wait_for("accepted", direction="trigger")
    assert accepted.status == 200
    omnize_sandbox.play("12", {"wait": 5})
    chat.finish()
    omnize_client.poll(5)
    assert heard == ["accepted"]


def test_a_posted_finish_ends_handlers(omnize_sandbox, omnize_client):
    chat = omnize_client.conversation("12", department="1")
    heard = []
    chat.on(omnize.Outcome, omnize.Message)(lambda event: heard.append(event.kind))
    chat.start()
    chat.post_finish()
    while heard != ["outcome"]:
        omnize_client.poll(5)
    omnize_client.deliver(MESSAGE)
    omnize_client.poll(0)
    assert heard == ["outcome"]


def test_an_async_finish_ends_handlers(omnize_sandbox):
    async def run():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            chat = client.conversation("12", department="1")
            heard = []
            chat.on(omnize.Message)(lambda event: heard.append(event.text))
            await chat.start()
            await client.deliver(MESSAGE)
            await client.poll(0)
            await chat.finish()
            await client.deliver(MESSAGE)
            await client.poll(0)
            assert heard == ["oi"]

    asyncio.run(run())


def test_handlers_end_with_an_unreferenced_conversation(client, caplog):
    def handler(event):
        raise AssertionError("the conversation is gone")

    known = weakref.ref(handler)
    chat = client.attach("12", department="1")
    chat.on(omnize.Message)(handler)
    del chat, handler
    gc.collect()
    assert known() is None
    deliver(client, MESSAGE)
    assert client.poll(0) == 1
    assert client.statistics["unwanted"] == 1
    assert client._handlers._of_conversations == {}
    with caplog.at_level(logging.WARNING, logger="omnize"):

        def register():
            chat = client.attach("12", department="1")
            # A reference in its handler does not keep it alive.
            chat.on(omnize.Message)(lambda event: chat.keystroke())

        register()
        gc.collect()
    assert "keep a reference to the conversation" in caplog.text


def test_closed_clients_release_handlers():
    client = omnize.Client(**OPTIONS)

    def handler(event):
        pass

    known = weakref.ref(handler)
    chat = client.attach("12", department="1")
    chat.on()(handler)
    client.on()(handler)
    del handler
    client.close()
    gc.collect()
    assert known() is None
    assert chat.client_id == "12"


def test_off(client):
    heard = []

    def handler(event):
        heard.append(event.kind)

    chat, other = client.attach("12", department="1"), client.attach("13", department="1")
    chat.on(omnize.Message)(handler)
    other.on()(handler)
    assert chat.off(handler)
    assert not chat.off(handler)
    assert client.off(handler)
    assert not client.off(handler)
    deliver(client, MESSAGE, b'{"message": "oi", "clientId": "13"}')
    client.poll(0)
    assert heard == []
