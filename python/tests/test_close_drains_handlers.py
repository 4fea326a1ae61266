"""During a close, handlers may send and post until its timeout. Unfinished events are redelivered."""

from __future__ import annotations

import asyncio
import threading
import time

import omnize
import pytest

BODY = b'{"message": "a", "clientId": "12"}'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chat.db"


def stored_texts(path) -> list[str]:
    with omnize.Client("t", environment=False, store=path, store_move_account=True) as client:
        return [event.text for event in client.events(timeout=0) if isinstance(event, omnize.Message)]


def sent_texts(sandbox) -> list[str]:
    return [entry.text for entry in sandbox.transcript() if entry.kind == "message" and entry.direction == "request"]


@pytest.fixture
def options(omnize_sandbox, path):
    omnize_sandbox.set_agents("silent")
    with omnize.Client(**omnize_sandbox.options) as client:
        client.conversation("12", department="1").start()
    return {**omnize_sandbox.options, "store": path}


@pytest.mark.parametrize("how", ["send", "post"])
@pytest.mark.parametrize("way", ["dispatch", "poll"])
def test_handlers_in_tasks_may_send_during_a_close(omnize_sandbox, options, path, how, way):
    async def run():
        client = omnize.AsyncClient(**options)
        chat = client.attach("12", department="1")
        began = asyncio.Event()

        @client.on(omnize.Message)
        async def handler(event):
            began.set()
            await asyncio.sleep(0.5)
            await getattr(chat, how)("Bom dia!")

        polling = asyncio.ensure_future(client.poll()) if way == "poll" else client.dispatch()
        await client.deliver(BODY)
        await began.wait()
        begun = time.monotonic()
        await client.close(timeout=5)
        assert 0.3 < time.monotonic() - begun < 4
        if polling is not None:
            assert await polling == 1

    asyncio.run(run())
    assert sent_texts(omnize_sandbox) == ["Bom dia!"]
    assert stored_texts(path) == []


@pytest.mark.parametrize("how", ["send", "post"])
@pytest.mark.parametrize("way", ["dispatch", "poll"])
def test_handlers_in_threads_may_send_during_a_close(omnize_sandbox, options, path, how, way):
    client = omnize.Client(**options)
    chat = client.attach("12", department="1")
    began = threading.Event()

    @client.on(omnize.Message)
    def handler(event):
        began.set()
        time.sleep(0.5)
        getattr(chat, how)("Bom dia!")

    polling = None
    if way == "poll":
        polling = threading.Thread(target=client.poll)
        polling.start()
    else:
        client.dispatch()
    client.deliver(BODY)
    assert began.wait(5)
    begun = time.monotonic()
    client.close(timeout=5)
    assert 0.3 < time.monotonic() - begun < 4
    if polling is not None:
        polling.join(5)
    assert sent_texts(omnize_sandbox) == ["Bom dia!"]
    assert stored_texts(path) == []


def test_close_timeouts_cancel_tasks(options, path):
    async def run():
        client = omnize.AsyncClient(**options)
        began, cancelled = asyncio.Event(), []

        @client.on(omnize.Message)
        async def handler(event):
            began.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(event.text)
                raise

        client.dispatch()
        await client.deliver(BODY)
        await began.wait()
        begun = time.monotonic()
        await client.close(timeout=0.3)
        assert time.monotonic() - begun < 3
        assert cancelled == ["a"]

    asyncio.run(run())
    assert stored_texts(path) == ["a"]


def test_close_timeouts_abandon_threads(options, path):
    client = omnize.Client(**options)
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    @client.on(omnize.Message)
    def handler(event):
        began.set()
        go_on.wait(10)
        ended.set()

    client.dispatch()
    client.deliver(BODY)
    assert began.wait(5)
    with pytest.raises(omnize.CloseTimedOut):
        client.close(timeout=0.3)
    go_on.set()
    assert ended.wait(5)
    for thread in client._threads:
        thread.join(5)
    assert stored_texts(path) == ["a"]


def test_close_timeouts_abandon_tasks_of_poll(options, path):
    async def run():
        client = omnize.AsyncClient(**options)
        began = asyncio.Event()

        @client.on(omnize.Message)
        async def handler(event):
            began.set()
            await asyncio.sleep(60)

        polling = asyncio.ensure_future(client.poll())
        await client.deliver(BODY)
        await began.wait()
        with pytest.raises(omnize.CloseTimedOut):
            await client.close(timeout=0.3)
        polling.cancel()

    asyncio.run(run())
    assert stored_texts(path) == ["a"]


def test_closing_from_a_task_of_a_handler_does_not_wait():
    async def run():
        client = omnize.AsyncClient(token="t", environment=False)
        closed = asyncio.Event()

        @client.on()
        async def handler(event):
            await asyncio.wait_for(asyncio.ensure_future(client.close(20)), 10)
            closed.set()

        client.dispatch()
        await client.deliver(BODY)
        await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(run())


def test_triggers_and_requests_are_rejected_during_a_close(options):
    async def run():
        client = omnize.AsyncClient(**options)
        chat = client.attach("13", department="1")
        began = asyncio.Event()

        @client.on(omnize.Message)
        async def handler(event):
            began.set()
            await asyncio.sleep(0.5)

        client.dispatch()
        await client.deliver(BODY)
        await began.wait()
        closing = asyncio.ensure_future(client.close(5))
        await asyncio.sleep(0.1)
        with pytest.raises(omnize.Closed):
            await client.deliver(BODY)
        await closing
        with pytest.raises(omnize.Closed):
            await chat.post("too late")

    asyncio.run(run())
