"""An application lists, cancels, pauses and flushes its posted requests."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import omnize
import pytest
from unix_only import requires_unix


@pytest.fixture
def options(omnize_sandbox):
    return {**omnize_sandbox.options, "environment": False}


def outcome(client: omnize.Client) -> omnize.Outcome:
    for event in client.events(timeout=20):
        if isinstance(event, omnize.Outcome):
            return event
    raise AssertionError("no outcome")


def test_waiting_requests_are_listed_and_cancelled(options):
    with omnize.Client(**options, outbox_paused=True) as client:
        chat = client.conversation("12", department="1")
        tickets = [chat.post_start(), chat.post("um"), chat.post("dois")]
        entries = client.outbox()
        assert client.outbox_count == 3
        assert [entry.ticket for entry in entries] == tickets
        assert [entry.kind for entry in entries] == ["start", "message", "message"]
        second = entries[1]
        assert (second.client_id, second.attempts, second.in_progress) == ("12", 0, False)
        assert (second.last_status, second.last_message) == (None, None)
        assert 0 <= second.age < 20
        assert "um" not in repr(entries)

        client.cancel(tickets[1])
        cancelled = outcome(client)
        assert (cancelled.ticket, cancelled.delivery) == (tickets[1], "not sent")
        assert (type(cancelled.error), cancelled.error.status) == (omnize.Cancelled, "OMNIZE_E_CANCELLED")
        with pytest.raises(omnize.StateError, match="has ended") as caught:
            client.cancel(tickets[1])
        assert (caught.value.delivery, isinstance(caught.value, omnize.NotSent)) == (None, False)
        client.resume()
        client.flush(20)
        assert client.outbox() == []
        assert [outcome(client).ticket for _ in range(2)] == [tickets[0], tickets[2]]

        assert not client.paused
        client.pause()
        assert client.paused
        chat.post("tres")
        assert (chat.cancel(), chat.cancel()) == (1, 0)


def test_flush_times_out_with_the_number_of_requests(unanswering):
    with omnize.Client(**unanswering) as client:
        chat = client.attach("12", department="1")
        first = chat.post("um")
        chat.post("dois")
        with pytest.raises(omnize.FlushTimedOut, match=r"0\.05 seconds; 2 posted") as caught:
            client.flush(0.05)
        assert (caught.value.requests, caught.value.status) == (2, "OMNIZE_E_TIMEOUT")
        assert isinstance(caught.value, TimeoutError)
        with pytest.raises(omnize.StateError, match="in progress") as caught:
            client.cancel(first)
        # The service may have received this request: `except NotSent: post again` would send it twice.
        assert (caught.value.delivery, isinstance(caught.value, omnize.NotSent)) == (None, False)
        assert client.outbox()[0].in_progress
        client.close(0)
        for call in (client.flush, client.pause, client.resume, chat.cancel):
            with pytest.raises(omnize.Closed):
                call()


def test_flush_of_a_paused_outbox_fails(unanswering):
    with omnize.Client(**unanswering, outbox_paused=True) as client:
        client.flush()
        client.attach("12", department="1").post("um")
        with pytest.raises(omnize.StateError, match="paused") as caught:
            client.flush()
        assert (caught.value.delivery, isinstance(caught.value, omnize.NotSent)) == (None, False)
        client.close(0)


@pytest.mark.parametrize("ticket", [0, -1, 2**63, 2**64])
def test_impossible_tickets_are_rejected(unanswering, ticket):
    with omnize.Client(**unanswering) as client, pytest.raises(omnize.ArgumentError):
        client.cancel(ticket)


@pytest.mark.parametrize("ticket", ["1", None, 1.0, True])
def test_tickets_of_another_type_are_rejected(unanswering, ticket):
    with omnize.Client(**unanswering) as client, pytest.raises(TypeError, match="ticket is "):
        client.cancel(ticket)


def test_the_last_error_contains_no_personal_data():
    with omnize.Client(token="secret", base_url="http://127.0.0.1:1/", environment=False) as client:
        client.attach("12", department="1").post("segredo")
        while True:
            (entry,) = client.outbox()
            if entry.last_status is not None:
                break
            time.sleep(0.001)
        assert entry.last_status == "OMNIZE_E_REFUSED"
        assert entry.last_message
        assert "secret" not in repr(entry)
        assert "segredo" not in repr(entry)
        client.close(0)


def test_a_handler_may_flush(options):
    with omnize.Client(**options) as client:
        flushed = []

        @client.on(omnize.Typing)
        def flush(event):
            chat = client.conversation("12", department="1")
            chat.post_start()
            client.flush(20)
            flushed.append(client.outbox_count)

        client.deliver(b'{"status": "typing", "clientId": "12"}')
        client.poll(5)
        assert flushed == [0]


@requires_unix
def test_ctrl_c_ends_a_flush(unanswering):
    code = """
import omnize, sys
client = omnize.Client(token="t", base_url=sys.argv[1], environment=False)
client.attach("12", department="1").post("um")
print("ready", flush=True)
try:
    client.flush()
except KeyboardInterrupt:
    print("interrupted", client.outbox_count)
client.close(0)
"""
    process = subprocess.Popen([sys.executable, "-c", code, unanswering["base_url"]], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    # The signal may come before the flush; then the interrupt ends it as it begins.
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "interrupted 1\n"


def test_cancelled_requests_are_gone_after_a_kill(tmp_path, options):
    code = """
import omnize, os, sys
options = {"token": "t", "base_url": "http://127.0.0.1:1/", "environment": False}
client = omnize.Client(**options, store=sys.argv[1], outbox_paused=True)
chat = client.conversation("12", department="1")
tickets = [chat.post_start(), chat.post("um"), chat.post("dois")]
client.cancel(tickets[1])
os.kill(os.getpid(), 9)
"""
    store = str(tmp_path / "store.db")
    killed = subprocess.run([sys.executable, "-c", code, store], check=False)
    assert abs(killed.returncode) == 9
    with omnize.Client(**options, store=store, store_move_account=True, outbox_paused=True) as client:
        assert [entry.kind for entry in client.outbox()] == ["start", "message"]
        client.resume()
        client.flush(20)
        outcomes = [outcome(client) for _ in range(3)]
        assert [event.delivery for event in outcomes] == ["not sent", "accepted", "accepted"]
        assert outcomes[0].error.status == "OMNIZE_E_CANCELLED"


def test_asyncio_waits_without_blocking_the_loop(unanswering):
    async def main():
        async with omnize.AsyncClient(**unanswering) as client:
            chat = client.attach("12", department="1")
            await client.flush()
            first = await chat.post("um")
            second = await chat.post("dois")
            ticks = 0

            async def tick():
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.001)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            with pytest.raises(omnize.FlushTimedOut) as caught:
                await client.flush(0.5)
            assert caught.value.requests == 2
            assert ticks >= 50
            ticking.cancel()

            # A flush can be cancelled, and holds no thread.
            threads = threading.active_count()
            flushes = [asyncio.create_task(client.flush()) for _ in range(100)]
            await asyncio.sleep(0.05)
            assert threading.active_count() == threads
            for flush in flushes:
                flush.cancel()
            await asyncio.gather(*flushes, return_exceptions=True)

            with pytest.raises(omnize.StateError):
                await client.cancel(first)
            await client.cancel(second)
            assert [entry.ticket for entry in client.outbox()] == [first]
            client.pause()
            await chat.post("tres")
            assert await chat.cancel() == 1
            client.resume()
            waiting = asyncio.create_task(client.flush())
            await asyncio.sleep(0)
            await client.close(0)
            with pytest.raises(omnize.Closed):
                await waiting

    asyncio.run(main())


def test_asyncio_flush_ends_with_the_requests(options):
    async def main():
        async with omnize.AsyncClient(**options) as client:
            chat = client.conversation("12", department="1")
            await chat.post_start()
            await chat.post("um")
            await client.flush(20)
            assert client.outbox_count == 0

    asyncio.run(main())


def test_a_forked_child_can_not_use_the_outbox(unanswering):
    with omnize.Client(**unanswering, outbox_paused=True) as client:
        client.attach("12", department="1").post("um")
        child = os.fork()
        if child == 0:
            raised = 0
            for call in (client.outbox, client.flush, client.pause, client.resume, lambda: client.cancel(1)):
                try:
                    call()
                except omnize.Forked:
                    raised += 1
            os._exit(raised)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
        assert client.outbox_count == 1
        client.close(0)


def test_the_representation_contains_no_reference(unanswering):
    with omnize.Client(**unanswering, outbox_paused=True) as client:
        client.attach("12", department="1").post("um", reference="segredo")
        (entry,) = client.outbox()
        assert "reference=[redacted]" in repr(entry)
        assert "segredo" not in repr(entry)


def test_a_flush_names_one_remaining_request(unanswering):
    with omnize.Client(**unanswering) as client:
        client.attach("12", department="1").post("um")
        with pytest.raises(omnize.FlushTimedOut, match=r"; 1 posted request remains$"):
            client.flush(0)
        client.close(0)


def test_the_end_of_a_block_warns_of_lost_requests(unanswering):
    script = (
        "import logging, omnize\n"
        "logging.basicConfig()\n"
        f"with omnize.Client(**{unanswering!r}, outbox_paused=True) as client:\n"
        "    chat = client.attach('12', department='1')\n"
        "    chat.post('segredo'), chat.post('segredo')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "WARNING:omnize:2 posted requests without an outcome at the close" in done.stderr
    assert "tickets 1, 2;" in done.stderr
    assert "segredo" not in done.stderr
