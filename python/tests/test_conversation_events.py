"""A conversation receives the events of its interaction: blocking, in asyncio, and with greenlets."""

from __future__ import annotations

import asyncio
import gc
import queue
import subprocess
import sys
import threading

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def typing_of(client_id: str) -> bytes:
    return b'{"status": "typing", "clientId": "%b"}' % client_id.encode()


def finish_of(client_id: str) -> bytes:
    return b'{"status": "finish", "clientId": "%b"}' % client_id.encode()


@pytest.fixture
def client():
    with omnize.Client(**OPTIONS) as client:
        yield client


def test_each_conversation_receives_its_own_events(client):
    one, two = client.attach("1", department="1"), client.attach("2", department="1")
    assert one.next(0) is None
    assert two.next(0) is None
    for client_id in ("2", "1", "3"):
        client.deliver(typing_of(client_id))
    client.deliver(finish_of("1"))
    assert [event.sequence for event in one.events()] == [2, 4]
    assert one.state == "finished"
    assert one.next() is None
    assert [event.sequence for event in client.events(timeout=0)] == [3]
    assert [event.sequence for event in two.events(timeout=0)] == [1]


def test_a_collected_conversation_returns_its_events(client):
    chat = client.attach("1", department="1")
    assert chat.next(0) is None
    client.deliver(typing_of("1"))
    assert client.next(0) is None
    del chat
    gc.collect()
    assert client.next(0).client_id == "1"


def test_close_ends_the_iteration_of_other_threads():
    client = omnize.Client(**OPTIONS)
    chat = client.attach("1", department="1")
    received = []
    thread = threading.Thread(target=lambda: received.extend(chat.events()))
    thread.start()
    client.deliver(typing_of("1"))
    while not received:
        pass
    client.close()
    thread.join(30)
    assert not thread.is_alive()
    assert len(received) == 1
    with pytest.raises(omnize.Closed):
        chat.next(0)


def test_the_delivery_mode_is_next(client):
    chat = client.attach("1", department="1")
    client.poll(0)
    with pytest.raises(omnize.ModeError):
        chat.next(0)


@pytest.mark.parametrize("way", ["poll", "dispatch"])
def test_a_handler_that_waits_for_its_conversation_fails(client, way):
    client.attach("1", department="1")
    failures = queue.SimpleQueue()

    @client.on()
    def handler(event):
        for wait in (lambda: event.conversation.next(1), lambda: next(event.conversation.events(1))):
            with pytest.raises(omnize.ModeError, match="only after it has returned") as caught:
                wait()
            failures.put(caught.value.status)

    client.deliver(typing_of("1"))
    client.poll(0) if way == "poll" else client.dispatch()
    assert [failures.get(timeout=30) for _ in range(2)] == ["OMNIZE_E_MODE"] * 2


@pytest.mark.parametrize("way", ["poll", "dispatch"])
def test_an_asynchronous_handler_that_waits_for_its_conversation_fails(way):
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            client.attach("1", department="1")
            failures = asyncio.Queue()

            @client.on()
            async def handler(event):
                for wait in (lambda: event.conversation.next(1), lambda: event.conversation.events(1).__anext__()):
                    for waiting in (wait(), asyncio.ensure_future(wait())):
                        with pytest.raises(omnize.ModeError, match="only after it has returned"):
                            await waiting
                        failures.put_nowait(1)

            await client.deliver(typing_of("1"))
            if way == "poll":
                await client.poll(5)
            else:
                client.dispatch()
            for _ in range(4):
                await failures.get()
            # Outside a handler, the mode is named.
            with pytest.raises(omnize.ModeError, match=f"delivers events by {way}"):
                await client.attach("1", department="1").next(0)

    run(main())


def test_the_conversation_of_an_event_has_the_events_of_its_interaction(client):
    started = client.attach("1", department="1")
    started.user_data = "of this object"
    for client_id in ("1", "2", "1"):
        client.deliver(typing_of(client_id))
    first = client.next(0)
    chat = first.conversation
    assert (chat.department, chat.state, chat.user_data) == ("1", started.state, None)
    assert [event.sequence for event in chat.events(timeout=0)] == [3]
    client.deliver(typing_of("1"))
    # Both objects share the events. Each event is returned once.
    assert started.next(0).sequence == 4
    assert chat.next(0) is None
    client.deliver(typing_of("1"))
    del started
    gc.collect()
    assert client.next(0).client_id == "2"
    assert client.next(0) is None
    event = chat.next(0)
    # The conversation of an event of a stream takes part in the stream.
    again = event.conversation
    client.deliver(finish_of("1"))
    assert [one.kind for one in again.events()] == ["finish"]
    assert chat.next() is None
    assert again.state == "finished"
    with pytest.raises(omnize.StateError, match="it has ended"):
        event.conversation.next(0)


def test_the_stream_of_the_conversation_of_an_event_ends_with_the_iteration(client):
    client.attach("1", department="1")
    for _ in range(3):
        client.deliver(typing_of("1"))
    for event in client.next(0).conversation.events(timeout=0):
        assert event.sequence == 2
        break
    gc.collect()
    assert client.next(0).sequence == 3


def test_a_task_serves_each_customer_from_its_first_event():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            chats = [client.attach(str(number), department="1") for number in range(5)]
            served = {}

            async def serve(first):
                events = first.conversation.events()
                served[first.client_id] = [first.sequence, *[event.sequence async for event in events]]

            for chat in chats * 2:
                await client.deliver(typing_of(chat.client_id))
            tasks = []
            async for event in client.events(timeout=1):
                tasks.append(asyncio.ensure_future(serve(event)))
                # The task opens the stream before the next event is taken.
                await asyncio.sleep(0)
                if len(tasks) == len(chats):
                    break
            for chat in chats:
                await client.deliver(finish_of(chat.client_id))
            await asyncio.gather(*tasks)
            assert served == {str(number): [number + 1, number + 6, number + 11] for number in range(5)}

    run(main())


@pytest.mark.parametrize("timeout", [-1, "soon", float("nan")])
def test_an_invalid_timeout_is_reported(client, timeout):
    chat = client.attach("1", department="1")
    with pytest.raises((TypeError, ValueError)):
        chat.next(timeout)
    # The failed call did not select the delivery mode.
    assert client.poll(0) == 0


def test_a_conversation_holds_an_object_of_the_application(client):
    class Data:
        pass

    chat = client.attach("1", department="1")
    assert chat.user_data is None
    chat.user_data = data = Data()
    assert chat.user_data is data


def test_a_store_redelivers_an_event_whose_iteration_failed(tmp_path):
    options = {**OPTIONS, "store": str(tmp_path / "chat.db"), "ack": "manual"}
    with omnize.Client(**options) as client:
        chat = client.attach("1", department="1")
        client.deliver(typing_of("1"))
        client.deliver(typing_of("1"))
        first, _unacknowledged = chat.next(0), chat.next(0)
        first.ack()
    with omnize.Client(**options) as client:
        chat = client.attach("1", department="1")
        assert [(event.sequence, event.redelivered) for event in chat.events(timeout=0)] == [(2, True)]


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 60))


def test_tasks_receive_the_events_of_their_conversations():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:

            async def receive(client_id):
                chat = client.attach(client_id, department="1")
                return [event.client_id async for event in chat.events()]

            tasks = [asyncio.ensure_future(receive(str(number))) for number in range(50)]
            await asyncio.sleep(0)
            for number in range(50):
                await client.deliver(typing_of(str(number)))
                await client.deliver(typing_of("another"))
                await client.deliver(finish_of(str(number)))
            for number, task in enumerate(tasks):
                assert await task == [str(number)] * 2
            assert [event.client_id async for event in client.events(timeout=0)] == ["another"] * 50

    run(main())


def test_a_task_that_waits_is_cancelled_without_a_trace():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            chat = client.attach("1", department="1")
            for _ in range(100):
                assert await chat.next(0.001) is None
            task = asyncio.ensure_future(chat.next())
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await client.deliver(typing_of("1"))
            event = await chat.next()
            assert event.sequence == 1
            assert not client._calls

    run(main())


def test_close_ends_the_iteration_of_a_task():
    async def main():
        client = omnize.AsyncClient(**OPTIONS)
        chat = client.attach("1", department="1")

        async def receive():
            return [event async for event in chat.events()]

        task = asyncio.ensure_future(receive())
        await asyncio.sleep(0.01)
        await client.close()
        assert await task == []
        with pytest.raises(omnize.Closed):
            await chat.next(0)

    run(main())


GREENLETS = """
{prelude}
import threading, time
import omnize
client = omnize.Client(token="t", environment=False)
received = {{}}
def receive(client_id):
    chat = client.attach(client_id, department="1")
    received[client_id] = [event.sequence for event in chat.events()]
threads = [threading.Thread(target=receive, args=(str(number),)) for number in range(3)]
for thread in threads:
    thread.start()
time.sleep(0.1)
for number in range(3):
    client.deliver(b'{{"status": "typing", "clientId": "%d"}}' % number)
    client.deliver(b'{{"status": "finish", "clientId": "%d"}}' % number)
for thread in threads:
    thread.join()
assert received == {{"0": [1, 2], "1": [3, 4], "2": [5, 6]}}, received
chat = client.attach("9", department="1")
assert chat.next(0.05) is None
waiting = threading.Thread(target=lambda: list(chat.events()))
waiting.start()
time.sleep(0.05)
client.close()
waiting.join()
print("done")
"""


@pytest.mark.parametrize(
    ("package", "prelude"),
    [
        ("gevent", "from gevent import monkey; monkey.patch_all()"),
        ("eventlet", "import eventlet; eventlet.monkey_patch()"),
    ],
)
def test_greenlets_receive_the_events_of_their_conversations(package, prelude):
    pytest.importorskip(package)
    code = GREENLETS.format(prelude=prelude)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    process = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (process.returncode, process.stdout) == (0, "done\n"), process.stderr
