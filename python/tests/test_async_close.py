"""Requests, events and tasks during the close of an AsyncClient."""

from __future__ import annotations

import asyncio
import contextlib
import time

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def body(text: str, client_id: str = "12") -> bytes:
    return b'{"message": "%b", "clientId": "%b"}' % (text.encode(), client_id.encode())


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


@pytest.mark.parametrize("count", [5, 100])
def test_close_ends_requests_in_progress_within_its_timeout(unanswering, count):
    async def close():
        client = omnize.AsyncClient(**unanswering, timeout=20)
        chats = [client.conversation(str(number), department="1") for number in range(count)]
        tasks = [asyncio.ensure_future(chat.start()) for chat in chats]
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        await client.close(0.3)
        assert time.monotonic() - begun < 3
        _, hanging = await asyncio.wait(tasks, timeout=5)
        assert not hanging
        for task in tasks:
            assert isinstance(task.exception(), omnize.Error)

    run(close())


def test_waiting_requests_do_not_block_deliveries_and_posts(unanswering, tmp_path):
    async def hold():
        client = omnize.AsyncClient(**unanswering, timeout=6, store=tmp_path / "chat.db")
        tasks = [asyncio.ensure_future(client.attach(str(number), department="1").send("a")) for number in range(80)]
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        await client.deliver(body("b"))
        await client.attach("posting", department="1").post("c")
        assert time.monotonic() - begun < 3
        await client.close(0.1)
        await asyncio.wait(tasks)

    run(hold())


def test_close_does_not_wait_for_handlers_that_ignore_cancellation(caplog):
    async def close():
        client = omnize.AsyncClient(**OPTIONS)
        began, go_on = asyncio.Event(), asyncio.Event()

        @client.on()
        async def handle(event):
            began.set()
            while not go_on.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await go_on.wait()

        client.dispatch()
        workers = client._handler_tasks.all_except(None)
        await client.deliver(body("a"))
        await began.wait()
        begun = time.monotonic()
        closing = asyncio.ensure_future(client.close(0.2))
        await asyncio.wait([closing], timeout=5)
        has_ended = closing.done()
        go_on.set()
        await closing
        assert has_ended
        assert time.monotonic() - begun < 8
        assert caplog.messages[-1] == "1 handlers ignore their cancellation; close no longer waits for them"
        await asyncio.wait_for(asyncio.gather(*workers, return_exceptions=True), 5)

    run(close())


def test_events_handled_during_a_close_are_not_redelivered(tmp_path):
    path = tmp_path / "chat.db"

    async def close():
        client = omnize.AsyncClient(**OPTIONS, store=path)
        began, handled = asyncio.Event(), []

        @client.on()
        async def handle(event):
            began.set()
            await asyncio.sleep(0.5)
            handled.append(event.text)

        client.dispatch()
        await client.deliver(body("a"))
        await began.wait()
        await client.close(3)
        assert handled == ["a"]
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            assert await client.next(0.2) is None

    run(close())


def test_the_event_of_a_handler_that_closes_is_not_redelivered(tmp_path):
    path = tmp_path / "chat.db"

    async def close():
        client = omnize.AsyncClient(**OPTIONS, store=path)

        @client.on()
        async def handle(event):
            await client.close()
            await asyncio.sleep(0.1)

        await client.deliver(body("a"))
        assert await client.poll(5) == 1
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            assert await client.next(0.2) is None

    run(close())


def test_cancelling_a_close_cancels_the_handlers(unanswering):
    async def cancel():
        client = omnize.AsyncClient(**unanswering, timeout=20)
        ended, began = asyncio.Event(), asyncio.Event()

        @client.on()
        async def handle(event):
            began.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

        client.dispatch()
        sending = asyncio.ensure_future(client.attach("12", department="1").send("a"))
        await client.deliver(body("a"))
        await began.wait()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.close(2), 0.3)
        await asyncio.wait_for(ended.wait(), 1)
        # It may have been sent by then or not.
        with pytest.raises((omnize.DeliveryUnknown, omnize.Closed)):
            await asyncio.wait_for(sending, 1)
        assert await client.close() == omnize.CloseReport(0, 0)

    run(cancel())


def test_cancelling_a_close_ends_waits_for_events(unanswering):
    async def cancel():
        client = omnize.AsyncClient(**unanswering, timeout=20)
        waiting = asyncio.ensure_future(client.next())
        sending = asyncio.ensure_future(client.attach("12", department="1").send("a"))
        await asyncio.sleep(0.5)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.close(2), 0.3)
        with pytest.raises(omnize.Closed):
            await asyncio.wait_for(waiting, 1)
        with pytest.raises(omnize.DeliveryUnknown):
            await asyncio.wait_for(sending, 1)

    run(cancel())


def test_cancelled_blocks_post_the_finish_after_queued_requests(omnize_sandbox):
    async def cancel():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            sending = []

            async def talk():
                async with client.conversation("12", department="1") as chat:
                    sending.extend(asyncio.ensure_future(chat.send(str(number))) for number in range(20))
                    await asyncio.sleep(0)
                    asyncio.current_task().cancel()
                    await asyncio.sleep(60)

            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.ensure_future(talk())
            await asyncio.gather(*sending)
            await asyncio.sleep(0.5)

    run(cancel())
    kinds = [entry.kind for entry in omnize_sandbox.transcript() if entry.direction == "request"]
    assert kinds == ["start", *["message"] * 20, "finish"]
