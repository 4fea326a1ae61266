"""With a store, events of failed or abandoned handlers are redelivered after a restart."""

from __future__ import annotations

import asyncio
import functools
import threading
import warnings

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chat.db"


def stored_texts(path) -> list[tuple[str, bool]]:
    with omnize.Client(**OPTIONS, store=path) as client:
        return [(event.text, event.redelivered) for event in client.events(timeout=0)]


BODIES = [b'{"message": "a", "clientId": "12"}', b'{"message": "b", "clientId": "12"}']


@pytest.fixture
def failures(monkeypatch):
    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_value))
    return reported


async def coroutine_function(event):
    raise AssertionError("nobody awaits it")


class Callable:
    def __call__(self, event):
        return coroutine_function(event)


class Awaitable:
    def __await__(self):
        yield


HANDLERS = {
    "lambda": lambda event: coroutine_function(event),
    "partial": functools.partial(lambda more, event: coroutine_function(event), 1),
    "object": Callable(),
    "awaitable": lambda event: Awaitable(),
}


@pytest.mark.parametrize("way", ["poll", "dispatch"])
@pytest.mark.parametrize("kind", HANDLERS)
def test_unawaited_results_are_failures(path, kind, way, failures):
    with warnings.catch_warnings():
        # Python must not warn of the coroutine as well.
        warnings.simplefilter("error")
        with omnize.Client(**OPTIONS, store=path) as client:
            client.on(omnize.Message)(HANDLERS[kind])
            client.deliver(BODIES[0])
            if way == "poll":
                with pytest.raises(TypeError, match="returned an awaitable, and this client awaits nothing"):
                    client.poll(0)
            else:
                client.dispatch()
                client.close()
                (failure,) = failures
                assert isinstance(failure, TypeError)
    assert stored_texts(path) == [("a", True)]


def test_async_clients_await_all_results():
    async def run():
        async with omnize.AsyncClient(**OPTIONS) as client:
            heard = []

            async def handler(event):
                heard.append(event.text)

            client.on()(lambda event: handler(event))
            client.on()(functools.partial(handler))
            await client.deliver(BODIES[0])
            await client.poll(0)
            assert heard == ["a", "a"]

    asyncio.run(run())


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt, SystemExit])
def test_events_of_failed_poll_handlers_are_redelivered(path, error):
    with omnize.Client(**OPTIONS, store=path) as client:
        heard = []

        @client.on()
        def first(event):
            heard.append(event.text)
            if event.text == "a":
                raise error

        for body in BODIES:
            client.deliver(body)
        with pytest.raises(error):
            client.poll(0)
        assert client.poll(0) == 1
        assert heard == ["a", "b"]
    assert stored_texts(path) == [("a", True)]


def test_events_of_failed_dispatch_handlers_are_redelivered(path, failures):
    with omnize.Client(**OPTIONS, store=path) as client:

        @client.on()
        def first(event):
            if event.text == "a":
                raise LookupError

        for body in BODIES:
            client.deliver(body)
        client.dispatch()
    assert [type(failure) for failure in failures] == [LookupError]
    assert stored_texts(path) == [("a", True)]


def test_events_are_redelivered_if_one_of_two_handlers_failed(path):
    with omnize.Client(**OPTIONS, store=path) as client:
        client.on()(lambda event: 1 / 0)
        client.on()(lambda event: None)
        client.deliver(BODIES[0])
        with pytest.raises(ZeroDivisionError):
            client.poll(0)
    assert stored_texts(path) == [("a", True)]


def test_acknowledged_events_of_failed_handlers_are_not_redelivered(path):
    with omnize.Client(**OPTIONS, store=path) as client:

        @client.on()
        def handler(event):
            event.ack()
            raise LookupError

        client.deliver(BODIES[0])
        with pytest.raises(LookupError):
            client.poll(0)
    assert stored_texts(path) == []


@pytest.mark.parametrize("way", ["poll", "dispatch"])
def test_events_of_failed_async_handlers_are_redelivered(path, way):
    async def run():
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)

            @client.on()
            async def handler(event):
                if event.text == "a":
                    raise LookupError

            for body in BODIES:
                await client.deliver(body)
            if way == "dispatch":
                client.dispatch()
            else:
                with pytest.raises(LookupError):
                    await client.poll(0)
                await client.poll(0)

    asyncio.run(run())
    assert stored_texts(path) == [("a", True)]


def test_events_of_cancelled_async_handlers_are_redelivered(path):
    async def run():
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            began = asyncio.Event()

            @client.on()
            async def handler(event):
                began.set()
                await asyncio.sleep(60)

            await client.deliver(BODIES[0])
            polling = asyncio.ensure_future(client.poll(0))
            await began.wait()
            polling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await polling

    asyncio.run(run())
    assert stored_texts(path) == [("a", True)]
