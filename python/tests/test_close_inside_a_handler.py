"""A handler that closes its client: the requests are still sent, and other handlers may finish."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time

import omnize
import pytest

BODIES = [b'{"message": "a", "clientId": "12"}', b'{"message": "b", "clientId": "13"}']
TYPING = b'{"status": "typing", "clientId": "13"}'
POSTED = [str(number) for number in range(20)]


@pytest.fixture(params=["store", "no store"])
def options(request, omnize_sandbox, tmp_path):
    omnize_sandbox.set_agents("silent")
    with omnize.Client(**omnize_sandbox.options) as client:
        for client_id in ("12", "13"):
            client.conversation(client_id, department="1").start()
    store = {"store": tmp_path / "chat.db"} if request.param == "store" else {}
    return {**omnize_sandbox.options, **store}


def stored_texts(options) -> list[str]:
    if "store" not in options:
        return []
    with omnize.Client(**options) as client:
        return [event.text for event in client.events(timeout=0) if isinstance(event, omnize.Message)]


def sent_texts(sandbox) -> set[str]:
    return {entry.text for entry in sandbox.transcript() if entry.kind == "message" and entry.direction == "request"}


async def begin_handlers(client, way):
    """Calls the handlers for two customers at once. Returns what must be awaited afterwards."""
    for body in BODIES:
        await client.deliver(body)
    if way == "dispatch":
        client.dispatch()
        return []
    return [asyncio.ensure_future(client.poll(5)) for _ in BODIES]


async def until_closing(client):
    """Waits until the close has begun, whose first step is to reject triggers."""
    with contextlib.suppress(omnize.Closed):
        while True:
            await client.deliver(TYPING)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", ["dispatch", "poll"])
def test_tasks_send_before_the_close_ends(omnize_sandbox, options, way):
    async def run():
        client = omnize.AsyncClient(**options)
        other_began, ended, reports = asyncio.Event(), asyncio.Event(), []

        @client.on(omnize.Message)
        async def handler(event):
            chat = client.attach(event.client_id, department="1")
            if event.client_id == "12":
                for text in POSTED:
                    await chat.post(text)
                await other_began.wait()
                reports.append(await client.close(20))
                ended.set()
            else:
                other_began.set()
                await until_closing(client)
                await chat.send("from the other handler")

        polling = await begin_handlers(client, way)
        await asyncio.wait_for(ended.wait(), 25)
        await asyncio.gather(*polling)
        (report,) = reports
        assert report.requests == 0

    asyncio.run(run())
    assert sent_texts(omnize_sandbox) == {*POSTED, "from the other handler"}
    assert stored_texts(options) == []


@pytest.mark.parametrize("way", ["dispatch", "poll"])
def test_only_the_event_of_an_unfinished_task_is_redelivered(options, way):
    async def run():
        client = omnize.AsyncClient(**options)
        other_began, ended, cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        go_on = asyncio.Event()

        @client.on(omnize.Message)
        async def handler(event):
            if event.client_id == "12":
                await other_began.wait()
                begun = time.monotonic()
                try:
                    await client.close(0.3)
                except omnize.CloseTimedOut:
                    assert way == "poll"
                else:
                    assert way == "dispatch"
                assert 0.2 < time.monotonic() - begun < 5
                ended.set()
            else:
                other_began.set()
                try:
                    await go_on.wait()
                except asyncio.CancelledError:
                    cancelled.set()
                    raise

        polling = await begin_handlers(client, way)
        await asyncio.wait_for(ended.wait(), 10)
        # A task of poll belongs to the application. Its handler has the rest of the loop's life.
        go_on.set()
        await asyncio.gather(*polling)
        assert cancelled.is_set() == (way == "dispatch")

    asyncio.run(run())
    assert stored_texts(options) == (["b"] if "store" in options else [])


def test_threads_send_before_the_close_ends(omnize_sandbox, options):
    client = omnize.Client(**options, dispatch_threads=2)
    other_began, ended, reports = threading.Event(), threading.Event(), []

    @client.on(omnize.Message)
    def handler(event):
        chat = client.attach(event.client_id, department="1")
        if event.client_id == "12":
            for text in POSTED:
                chat.post(text)
            other_began.wait(10)
            reports.append(client.close(20))
            ended.set()
        else:
            other_began.set()
            with contextlib.suppress(omnize.Closed):
                while True:
                    client.deliver(TYPING)
                    time.sleep(0.01)
            chat.send("from the other handler")

    for body in BODIES:
        client.deliver(body)
    client.dispatch()
    assert ended.wait(25)
    for thread in client._threads:
        thread.join(5)
    assert [report.requests for report in reports] == [0]
    assert sent_texts(omnize_sandbox) == {*POSTED, "from the other handler"}
    assert stored_texts(options) == []


GREENLETS = """
import contextlib, json, sys, threading, time
import omnize

options = json.loads(sys.argv[1])
client = omnize.Client(**options, dispatch_threads=2)
other_began, ended, reports = threading.Event(), threading.Event(), []

@client.on(omnize.Message)
def handler(event):
    chat = client.attach(event.client_id, department="1")
    if event.client_id == "12":
        for number in range(20):
            chat.post(str(number))
        other_began.wait(10)
        reports.append(client.close(20))
        ended.set()
    else:
        other_began.set()
        with contextlib.suppress(omnize.Closed):
            while True:
                client.deliver(b'{"status": "typing", "clientId": "13"}')
                time.sleep(0.01)
        chat.send("from the other handler")

client.deliver(b'{"message": "a", "clientId": "12"}')
client.deliver(b'{"message": "b", "clientId": "13"}')
client.dispatch()
assert ended.wait(25)
for thread in client._threads:
    thread.join(5)
assert [report.requests for report in reports] == [0], reports
"""


@pytest.mark.parametrize(
    ("module", "patch"),
    [
        ("gevent", "from gevent import monkey; monkey.patch_all()"),
        ("eventlet", "import eventlet; eventlet.monkey_patch()"),
    ],
)
def test_greenlets_send_before_the_close_ends(omnize_sandbox, options, module, patch):
    import json

    pytest.importorskip(module)
    texts = {name: str(value) for name, value in options.items()}
    command = [sys.executable, "-W", "ignore", "-c", patch + GREENLETS, json.dumps(texts)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert process.returncode == 0, process.stderr
    assert sent_texts(omnize_sandbox) == {*POSTED, "from the other handler"}
    assert stored_texts(options) == []
