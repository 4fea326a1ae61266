"""An event knows its conversation, and replies to its customer."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import subprocess
import sys

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


@pytest.fixture(autouse=True)
def silent(omnize_sandbox):
    omnize_sandbox.set_agents("silent")


@pytest.mark.parametrize("dialect", ["rest", "gateway", "interactions"])
@pytest.mark.parametrize("way", ["next", "events", "poll", "dispatch"])
def test_replies_reach_the_customer_of_the_event(omnize_sandbox, dialect, way):
    options = {**omnize_sandbox.options_in(dialect), "listen": "127.0.0.1:0"}
    with omnize.Client(**options) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        for client_id, department in (("12", "1"), ("13", "2")):
            client.conversation(client_id, department=department).start()
        accepted = [omnize_sandbox.wait_for("accepted", direction="trigger", client_id=id_) for id_ in ("12", "13")]
        assert all(entry.status == 200 for entry in accepted)

        def reply(event):
            event.reply(f"to {event.client_id}")
            assert event.conversation.client_id == event.client_id
            assert event.conversation.department == {"12": "1", "13": "2"}[event.client_id]
            assert event.conversation.state == "active"

        if way in ("poll", "dispatch"):
            client.on(omnize.Accepted)(reply)
        if way == "poll":
            client.poll(5)
        elif way == "dispatch":
            client.dispatch()
        elif way == "next":
            for _ in range(2):
                reply(client.next(5))
        else:
            for _, event in zip(range(2), client.events(timeout=5)):
                reply(event)
        for client_id in ("12", "13"):
            sent = omnize_sandbox.wait_for("message", text=f"to {client_id}", client_id=client_id)
            assert sent.dialect == dialect


def test_asynchronous_replies_are_awaited(omnize_sandbox):
    async def main():
        async with omnize.AsyncClient(**omnize_sandbox.options, listen="127.0.0.1:0") as client:
            omnize_sandbox.set_webhook(client.webhook_url)
            replied = asyncio.Event()

            @client.on(omnize.Accepted)
            async def handler(event):
                assert isinstance(event.conversation, omnize.AsyncConversation)
                await event.reply("Bom dia!")
                replied.set()

            client.dispatch()
            await client.conversation("12", department="1").start()
            await asyncio.wait_for(replied.wait(), 10)

    asyncio.run(main())
    omnize_sandbox.wait_for("message", text="Bom dia!", client_id="12")


def test_greenlets_reply(omnize_sandbox):
    pytest.importorskip("gevent")

    def program():
        from gevent import monkey

        monkey.patch_all()
        import omnize

        with omnize.Client() as client:
            client.conversation("12", department="1").start()
            client.deliver(b'{"status": "accepted", "clientId": "12"}')
            client.next(5).reply("Bom dia!")

    import os

    code = inspect.cleandoc("\n".join(inspect.getsource(program).splitlines()[1:]))
    environment = {**os.environ, **omnize_sandbox.environment}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30)
    assert (process.returncode, process.stderr) == (0, "")
    omnize_sandbox.wait_for("message", text="Bom dia!", client_id="12")


def test_outcomes_have_a_conversation(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options) as client:
        client.conversation("12", department="1").post_start()
        outcome = client.next(5)
        assert isinstance(outcome, omnize.Outcome)
        outcome.reply("after the start")
    omnize_sandbox.wait_for("message", text="after the start", client_id="12")


def test_a_reply_after_a_restart_uses_the_department_of_the_store(omnize_sandbox, tmp_path):
    options = {**omnize_sandbox.options, "store": tmp_path / "chat.db"}
    with omnize.Client(**options) as client:
        client.conversation("12", department="7").start()
    with omnize.Client(**options) as client:
        client.deliver(b'{"status": "accepted", "clientId": "12"}')
        event = client.next(5)
        assert event.conversation.department == "7"
        event.reply("Bom dia!")
    assert omnize_sandbox.wait_for("message", client_id="12").body["departmentId"] == "7"


def test_an_external_bot_replies_as_the_bot(omnize_sandbox):
    options = {**omnize_sandbox.options_in("interactions"), "environment": False}
    with omnize.Client(**options) as client:
        client.deliver(b'{"type": "new_interaction", "interaction_hash": "abc", "department_id": 1}')
        event = client.next(5)
        assert event.client_id == event.interaction_hash
        chat = event.conversation
        assert (chat.client_id, chat.department) == (event.interaction_hash, "")


def test_an_event_without_a_conversation_raises_an_error(omnize_sandbox):
    with pytest.raises(omnize.StateError, match="no client delivered this event") as caught:
        omnize.Message("12", "a").reply("b")
    assert caught.value.status == "OMNIZE_E_STATE"
    client = omnize.Client(**omnize_sandbox.options)
    client.deliver(b'{"status": "accepted", "clientId": "12"}')
    event = client.next(0)
    with pytest.raises(omnize.StateError, match="does not know the interaction"):
        event.reply("b")
    chat = client.attach("12", department="1")
    assert event.conversation.department == chat.department
    # An event that another process received belongs to no client.
    with pytest.raises(omnize.StateError):
        pickle.loads(pickle.dumps(event)).reply("b")
    client.close()
    with pytest.raises(omnize.Closed):
        event.reply("b")
    del client, chat
    with pytest.raises(omnize.StateError, match="no longer exists"):
        event.reply("b")


def test_events_do_not_keep_their_client_alive(omnize_sandbox):
    import gc
    import weakref

    client = omnize.Client(**OPTIONS)
    client.deliver(b'{"status": "accepted", "clientId": "12"}')
    event = client.next(0)
    reference = weakref.ref(client)
    client.close()
    del client
    gc.collect()
    assert (reference(), event.client_id) == (None, "12")
