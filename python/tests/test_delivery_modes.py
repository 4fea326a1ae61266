"""The delivery modes next, poll and dispatch: one for each client, in order for each customer."""

from __future__ import annotations

import asyncio
import threading
import time

import omnize
import pytest


def deliver(client, *texts, client_id="12"):
    for text in texts:
        client.deliver(b'{"message": "%b", "clientId": "%b"}' % (text.encode(), client_id.encode()))


@pytest.fixture
def client():
    with omnize.Client("t", environment=False) as client:
        yield client


def test_a_loop(client):
    deliver(client, "a", "b")
    assert [event.text for event in client.events(timeout=0)] == ["a", "b"]
    begun = time.monotonic()
    assert client.next(0.2) is None
    assert time.monotonic() - begun >= 0.2


def test_event_loops_end_when_the_client_is_closed(client):
    threading.Timer(0.3, client.close).start()
    assert list(client.events()) == []


def test_poll_calls_matching_handlers(client):
    heard = []
    client.on(omnize.Message)(lambda event: heard.append(("message", event.text)))
    client.on(omnize.Accepted, omnize.Message, client_id=13)(lambda event: heard.append(("13", event.kind)))
    client.on()(lambda event: heard.append(("any", event.client_id)))
    chat = client.attach("14", department="1")
    chat.on(omnize.Trigger)(lambda event: heard.append(("14", event.kind)))
    deliver(client, "a")
    deliver(client, "b", client_id="13")
    deliver(client, "c", client_id="14")
    assert client.poll(0) == 3
    assert heard == [
        ("message", "a"),
        ("any", "12"),
        ("message", "b"),
        ("any", "13"),
        ("13", "message"),
        ("message", "c"),
        ("any", "14"),
        ("14", "message"),
    ]
    assert client.poll(0) == 0
    assert client.statistics["unwanted"] == 0


def test_unregistered_handlers_are_not_called(client):
    heard = []

    @client.on(omnize.Message)
    def once(event):
        heard.append(event.text)
        assert client.off(once)

    deliver(client, "a", "b")
    client.poll(0)
    assert heard == ["a"]
    assert not client.off(once)
    assert client.statistics["unwanted"] == 1


def test_poll_raises_exceptions_of_handlers(client):
    heard = []

    @client.on()
    def fails(event):
        raise LookupError(event.text)

    client.on()(heard.append)
    deliver(client, "a", "b")
    for text in "ab":
        with pytest.raises(LookupError, match=text):
            client.poll(0)
    assert [event.text for event in heard] == ["a", "b"]
    assert client.poll(0) == 0


def test_clients_have_one_delivery_mode(client):
    client.next(0)
    for call in (lambda: client.poll(0), client.dispatch):
        with pytest.raises(omnize.ModeError, match="next"):
            call()


def test_handlers_cannot_poll_their_client(client):
    failures = []

    @client.on()
    def polls(event):
        with pytest.raises(omnize.ModeError):
            client.poll(0)
        failures.append(event)

    deliver(client, "a")
    client.poll(0)
    assert len(failures) == 1


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_dispatch_preserves_the_order_of_each_customer():
    running, most, heard = {}, [0], []
    lock = threading.Lock()
    with omnize.Client("t", environment=False, dispatch_threads=4) as client:

        @client.on(omnize.Message)
        def on_message(event):
            with lock:
                running[event.client_id] = running.get(event.client_id, 0) + 1
                assert running[event.client_id] == 1
                most[0] = max(most[0], sum(running.values()))
            time.sleep(0.002)
            with lock:
                heard.append((event.client_id, int(event.text)))
                running[event.client_id] -= 1

        client.dispatch()
        client.dispatch()
        for number in range(50):
            for client_id in ("1", "2", "3"):
                deliver(client, str(number), client_id=client_id)
        wait_until(lambda: len(heard) == 150)
    for client_id in ("1", "2", "3"):
        assert [number for which, number in heard if which == client_id] == list(range(50))
    assert most[0] > 1


def test_dispatch_continues_after_a_failed_handler(client, monkeypatch):
    failures, heard = [], []
    monkeypatch.setattr(threading, "excepthook", failures.append)

    @client.on()
    def fails(event):
        raise LookupError(event.text)

    client.on()(heard.append)
    client.dispatch()
    deliver(client, "a", "b")
    wait_until(lambda: len(heard) == 2)
    client.close()
    assert [str(failure.exc_value) for failure in failures] == ["a", "b"]


def test_close_waits_for_queued_events(client):
    heard = []
    client.on()(lambda event: (time.sleep(0.02), heard.append(event.text)))
    client.dispatch()
    deliver(client, *"abcdefgh")
    assert client.close() == omnize.CloseReport(0, 0)
    assert heard == list("abcdefgh")


def test_close_does_not_wait_for_slow_handlers_after_its_timeout():
    client = omnize.Client("t", environment=False)
    go_on = threading.Event()
    client.on()(lambda event: go_on.wait(30))
    client.dispatch()
    deliver(client, "a")
    wait_until(lambda: client.waiting == 0)
    begun = time.monotonic()
    with pytest.raises(omnize.CloseTimedOut):
        client.close(0.3)
    assert time.monotonic() - begun < 2
    go_on.set()


@pytest.mark.parametrize("way", ["poll", "dispatch"])
def test_handlers_may_close_their_client(way):
    client = omnize.Client("t", environment=False)
    heard = []
    closed = threading.Event()

    @client.on()
    def close(event):
        heard.append(event.text)
        client.close()
        closed.set()

    deliver(client, "a", "b")
    if way == "poll":
        client.poll(0)
    else:
        client.dispatch()
    assert closed.wait(20)
    with pytest.raises(omnize.Closed):
        client.next(5)
    time.sleep(0.05)
    assert heard == ["a"]


def test_handlers_may_send(omnize_sandbox):
    """Handlers send requests while other threads wait and send: no deadlock on the interpreter's lock."""
    said = threading.Event()
    with omnize.Client(**omnize_sandbox.options, listen="127.0.0.1:0", dispatch_threads=2) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        chats = [client.conversation(number, department="1") for number in range(1, 9)]
        by_id = {chat.client_id: chat for chat in chats}
        heard = set()

        @client.on(omnize.Accepted)
        def greet(event):
            by_id[event.client_id].send("oi")

        @client.on(omnize.Message)
        def finish(event):
            by_id[event.client_id].finish()
            heard.add(event.client_id)
            if len(heard) == len(chats):
                said.set()

        client.dispatch()
        threads = [threading.Thread(target=chat.start) for chat in chats]
        for thread in threads:
            thread.start()
        assert said.wait(15)
        assert {chat.state for chat in chats} == {"finished"}


@pytest.mark.parametrize(
    ("first", "then"),
    [("next", "poll"), ("next", "dispatch"), ("poll", "next"), ("dispatch", "next"), ("poll", "dispatch")],
)
def test_async_mode_errors_name_both_modes(first, then):
    async def call(client, way):
        if way == "dispatch":
            client.dispatch()
        else:
            await getattr(client, way)(0)

    async def main():
        async with omnize.AsyncClient("t", environment=False) as client:
            await call(client, first)
            with pytest.raises(
                omnize.ModeError, match=f"delivers events by {first}, so {then} is not allowed"
            ) as caught:
                await call(client, then)
            assert caught.value.status == "OMNIZE_E_MODE"

    asyncio.run(main())


def test_poll_handles_at_most_the_maximum(client):
    heard = []
    client.on(omnize.Message)(lambda event: heard.append(event.text))
    deliver(client, "a", "b", "c", "d")
    assert client.poll(0, maximum=1) == 1
    assert client.poll(0, maximum=2) == 2
    assert heard == ["a", "b", "c"]
    for maximum, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), ("1", TypeError)):
        with pytest.raises(error):
            client.poll(0, maximum=maximum)
    assert client.poll(0) == 1


def test_an_asynchronous_poll_handles_at_most_the_maximum():
    async def main():
        heard = []
        async with omnize.AsyncClient("t", environment=False) as client:
            client.on(omnize.Message)(lambda event: heard.append(event.text))
            for text in (b"a", b"b", b"c"):
                await client.deliver(b'{"message": "%b", "clientId": "12"}' % text)
            assert await client.poll(0, maximum=2) == 2
            assert heard == ["a", "b"]
            with pytest.raises(ValueError, match="maximum"):
                await client.poll(0, maximum=0)
            assert await client.poll(0) == 1

    asyncio.run(main())
