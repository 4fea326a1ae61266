"""AsyncClient on asyncio's own loops, on uvloop, and on a loop that cannot watch descriptors."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time

import omnize
import pytest

try:
    import uvloop
except ImportError:
    uvloop = None


class Unwatching(asyncio.SelectorEventLoop):
    """A loop without add_reader, as asyncio's default loop on Windows."""

    def add_reader(self, *_):
        raise NotImplementedError


LOOPS = {
    "asyncio": asyncio.new_event_loop,
    # On Windows, another one.
    "selector": asyncio.SelectorEventLoop,
    "uvloop": getattr(uvloop, "new_event_loop", None),
    "unwatching": Unwatching,
}


@pytest.fixture(params=LOOPS)
def run(request):
    """Returns a function that runs a coroutine in one kind of loop."""
    new_loop = LOOPS[request.param] or pytest.skip("uvloop is not here")

    def run(coroutine):
        loop = new_loop()
        try:
            return loop.run_until_complete(asyncio.wait_for(coroutine, 20))
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    return run


OPTIONS = {"token": "t", "environment": False}


async def deliver(client, *texts, client_id="12"):
    for text in texts:
        await client.deliver(b'{"message": "%b", "clientId": "%b"}' % (text.encode(), client_id.encode()))


def test_a_conversation(run, omnize_sandbox):
    async def talk():
        async with omnize.AsyncClient(**omnize_sandbox.options, listen="127.0.0.1:0") as client:
            omnize_sandbox.set_webhook(client.webhook_url)
            async with client.conversation("12", department="1", customer=omnize.Customer("Joao")) as chat:
                async for event in client.events(timeout=5):
                    if isinstance(event, omnize.Accepted):
                        await chat.typing()
                        chat.keystroke()
                        ticket = await chat.post("oi")
                    elif isinstance(event, omnize.Outcome):
                        assert (event.ticket, event.is_accepted) == (ticket, True)
                    elif isinstance(event, omnize.Message):
                        break
            return chat.state

    assert run(talk()) == "finished"


def test_async_calls_raise_the_same_exceptions(run, omnize_sandbox):
    async def fail():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            with pytest.raises(omnize.StateError):
                await client.conversation("12", department="1").send("oi")
            with pytest.raises(omnize.TriggerError):
                await client.deliver(b"x")
            with pytest.raises(TypeError):
                await client.attach("12", department="1").send(7)
        with pytest.raises(omnize.Closed):
            await client.next()

    run(fail())


def test_waits_for_events_have_timeouts(run):
    async def wait():
        async with omnize.AsyncClient(**OPTIONS) as client:
            begun = time.monotonic()
            assert await client.next(0.2) is None
            assert 0.19 < time.monotonic() - begun < 2
            assert [event async for event in client.events(timeout=0)] == []
            await deliver(client, "a", "b")
            assert [event.text async for event in client.events(timeout=0)] == ["a", "b"]

    run(wait())


def test_several_tasks_may_wait_for_events(run):
    async def wait():
        async with omnize.AsyncClient(**OPTIONS) as client:
            waiters = [asyncio.ensure_future(client.next(10)) for _ in range(5)]
            await asyncio.sleep(0.05)
            await deliver(client, *"abcde")
            assert sorted(event.text for event in await asyncio.gather(*waiters)) == list("abcde")

    run(wait())


def test_waiting_tasks_are_woken_in_order(run):
    async def wait():
        async with omnize.AsyncClient(**OPTIONS) as client:
            waiters = [asyncio.ensure_future(client.next(10)) for _ in range(5)]
            for number in range(5):
                await asyncio.sleep(0.02)
                await deliver(client, str(number))
            heard = [event.text for event in await asyncio.wait_for(asyncio.gather(*waiters), 2)]
            assert sorted(heard) == list("01234")

    run(wait())


def test_idle_clients_use_no_cpu_time(run):
    async def wait():
        async with omnize.AsyncClient(**OPTIONS) as client:
            # The event stays queued, and nobody waits for it.
            await deliver(client, "a")
            assert (await client.next(1)).text == "a"
            await deliver(client, "b")
            begun = time.process_time()
            await asyncio.sleep(0.5)
            assert time.process_time() - begun < 0.25

    run(wait())


@pytest.mark.parametrize("name", ["next", "poll", "send"])
def test_cancelling_a_task_ends_its_wait(run, unanswering, name):
    async def cancel():
        async with omnize.AsyncClient(**unanswering) as client:
            chat = client.attach("12", department="1")
            wait = {"next": client.next, "poll": client.poll, "send": lambda: chat.send("oi")}[name]
            task = asyncio.ensure_future(wait())
            await asyncio.sleep(0.1)
            begun = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - begun < 0.5
            left = await client.close(0.1)
            assert left.requests == (name == "send")

    run(cancel())


def test_cancelled_waits_lose_no_event(run):
    async def cancel():
        async with omnize.AsyncClient(**OPTIONS) as client:
            heard = []
            for number in range(200):
                task = asyncio.ensure_future(client.next(10))
                await asyncio.sleep(0)
                await deliver(client, str(number))
                if number % 2:
                    await asyncio.sleep(0)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    heard.append((await task).text)
            heard += [event.text async for event in client.events(timeout=0)]
            assert heard == [str(number) for number in range(200)]

    run(cancel())


def test_a_task_cancelled_on_wake_up_leaves_the_event_to_another(run):
    async def cancel():
        async with omnize.AsyncClient(**OPTIONS) as client:
            tasks = [asyncio.ensure_future(client.next(1)) for _ in range(2)]
            await asyncio.sleep(0.05)
            await deliver(client, "a")
            while len(client._waiters) == 2:
                await asyncio.sleep(0)
            tasks[0].cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            # In some loops, the first task runs before it can be cancelled.
            assert [event.text for event in ended if isinstance(event, omnize.Message)] == ["a"]

    run(cancel())


def test_cancelled_queued_requests_are_not_sent(run, unanswering):
    async def cancel():
        async with omnize.AsyncClient(**unanswering, timeout=1) as client:
            chat = client.attach("12", department="1")
            first = asyncio.ensure_future(chat.send("one"))
            second = asyncio.ensure_future(chat.send("two"))
            await asyncio.sleep(0.1)
            second.cancel()
            with pytest.raises(omnize.DeliveryUnknown):
                await first
            left = await client.close(0.2)
            assert left.requests == 0

    run(cancel())


def test_cancelled_conversations_are_all_finished(run, omnize_sandbox):
    async def cancel():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            chats = [client.conversation(str(number), department="1") for number in range(20)]
            await asyncio.gather(*(chat.start() for chat in chats))

            async def talk(chat):
                async with chat:
                    await chat.send("oi")

            talks = [asyncio.ensure_future(talk(chat)) for chat in chats]
            await asyncio.sleep(0)
            for task in talks:
                task.cancel()
            await asyncio.wait(talks)
            for _ in chats:
                posted = await client.next(10)
                assert (posted.kind, posted.delivery) == ("outcome", "accepted")
            assert client.open_interactions == []

    run(cancel())


def test_requests_of_one_conversation_keep_their_order(run, omnize_sandbox):
    async def talk():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            chat = client.conversation("12", department="1")
            await asyncio.gather(chat.start(), *(chat.send(str(number)) for number in range(40)), chat.finish())

    run(talk())
    said = [
        entry.text for entry in omnize_sandbox.transcript() if entry.direction == "request" and entry.kind == "message"
    ]
    assert said == [str(number) for number in range(40)]


def test_handlers(run):
    async def handle():
        async with omnize.AsyncClient(**OPTIONS) as client:
            heard = []

            @client.on(omnize.Message)
            async def slowly(event):
                await asyncio.sleep(0.01)
                heard.append(event.text)

            client.on()(lambda event: heard.append(event.kind))
            await deliver(client, "a", "b")
            assert await client.poll(0) == 2
            assert heard == ["a", "message", "b", "message"]
            client.on()(lambda event: 1 / 0)
            await deliver(client, "c")
            with pytest.raises(ZeroDivisionError):
                await client.poll(0)
            with pytest.raises(omnize.ModeError):
                client.dispatch()

    run(handle())


def test_dispatch(run):
    async def handle():
        running, most, heard, failures = set(), 0, [], []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
        async with omnize.AsyncClient(**OPTIONS, handlers_concurrency=3) as client:

            @client.on(omnize.Message)
            async def slowly(event):
                nonlocal most
                assert event.client_id not in running
                running.add(event.client_id)
                most = max(most, len(running))
                await asyncio.sleep(0.002)
                running.discard(event.client_id)
                heard.append((event.client_id, int(event.text)))
                if event.text == "7":
                    raise LookupError

            client.dispatch()
            begun = time.process_time()
            for number in range(20):
                for client_id in "1234":
                    await deliver(client, str(number), client_id=client_id)
            # close waits for the handlers.
            assert await client.close() == omnize.CloseReport(0, 0)
            # Events that wait for an earlier one of their customer use no CPU time.
            assert time.process_time() - begun < 5
        for client_id in "1234":
            assert [number for which, number in heard if which == client_id] == list(range(20))
        assert most == 3
        assert [type(failure) for failure in failures] == [LookupError] * 4

    run(handle())


def test_handlers_may_close_their_client(run):
    async def close():
        client = omnize.AsyncClient(**OPTIONS)
        closed = asyncio.Event()

        @client.on()
        async def handle(event):
            await client.close()
            closed.set()

        client.dispatch()
        await deliver(client, "a")
        await asyncio.wait_for(closed.wait(), 5)

    run(close())


def test_close_cancels_slow_handlers(run):
    async def close():
        client = omnize.AsyncClient(**OPTIONS)
        ended = []

        @client.on()
        async def handle(event):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append(event.text)
                raise

        client.dispatch()
        await deliver(client, "a")
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        await client.close(0.3)
        assert time.monotonic() - begun < 2
        assert ended == ["a"]

    run(close())


def test_loops_may_be_closed_before_the_client(unanswering):
    client = omnize.AsyncClient(**unanswering)

    async def begin():
        chat = client.attach("12", department="1")
        tasks = [asyncio.ensure_future(chat.send("oi")), asyncio.ensure_future(client.next())]
        await asyncio.sleep(0.1)
        return tasks

    loop = asyncio.new_event_loop()
    tasks = loop.run_until_complete(begin())
    loop.close()
    del tasks

    async def go_on():
        await deliver(client, "a")
        assert (await client.next(5)).text == "a"
        await client.close(0.2)

    # asyncio itself reports the pending tasks of the closed loop when they are collected.
    asyncio.run(go_on())


def test_clients_belong_to_one_loop_at_a_time():
    client = omnize.AsyncClient(**OPTIONS)
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    first.run_until_complete(deliver(client, "a"))
    with pytest.raises(RuntimeError, match="another event loop"):
        second.run_until_complete(client.next(0.1))
    first.run_until_complete(client.close())
    first.close()
    second.close()


def test_unreferenced_clients_are_closed(run):
    async def forget():
        client = omnize.AsyncClient(**OPTIONS, listen="127.0.0.1:0")
        await client.next(0)
        url = client.webhook_url
        holder = [client]
        del client
        with pytest.warns(ResourceWarning, match="AsyncClient open"):
            holder.clear()
        host, port = url.split("/")[2].split(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))

    run(forget())


def test_with_a_store(run, tmp_path):
    async def keep():
        path = tmp_path / "chat.db"
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            await deliver(client, "a", "b")
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            events = [event async for event in client.events(timeout=0.1)]
            assert [(event.text, event.redelivered) for event in events] == [("a", True), ("b", True)]
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            assert await client.next(0.1) is None

    run(keep())


def test_asyncio_is_imported_on_demand():
    import subprocess

    code = (
        "import sys, omnize; assert 'asyncio' not in sys.modules; omnize.AsyncClient; assert 'asyncio' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
