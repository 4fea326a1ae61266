"""Dispatch continues after any exception of a handler, and reports it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def body(text: str) -> bytes:
    return b'{"message": "%b", "clientId": "12"}' % text.encode()


def until(condition, what=""):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def failures(monkeypatch):
    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_value))
    return reported


def test_dispatch_continues_after_sys_exit(failures):
    with omnize.Client(**OPTIONS) as client:
        heard = []

        @client.on()
        def handle(event):
            heard.append(event.text)
            if event.text == "a":
                sys.exit(3)

        client.dispatch()
        client.deliver(body("a"))
        client.deliver(body("b"))
        until(lambda: heard == ["a", "b"], heard)
    # threading.excepthook ignores SystemExit itself.
    (failure,) = failures
    assert type(failure) is RuntimeError
    assert isinstance(failure.__cause__, SystemExit)


def test_dispatch_continues_after_a_cancelled_await():
    async def dispatch():
        failures = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
        async with omnize.AsyncClient(**OPTIONS) as client:
            heard = []

            @client.on()
            async def handle(event):
                heard.append(event.text)
                if event.text == "a":
                    other = asyncio.ensure_future(asyncio.sleep(60))
                    other.cancel()
                    await other

            client.dispatch()
            await client.deliver(body("a"))
            await client.deliver(body("b"))
            await asyncio.sleep(0.3)
            assert heard == ["a", "b"]
        assert [type(failure) for failure in failures] == [asyncio.CancelledError]

    asyncio.run(dispatch())


def test_dispatch_ends_with_its_loop():
    async def dispatch():
        client = omnize.AsyncClient(**OPTIONS)
        began = asyncio.Event()

        @client.on()
        async def handle(event):
            began.set()
            await asyncio.sleep(60)

        client.dispatch()
        await client.deliver(body("a"))
        await began.wait()
        return client

    begun = time.monotonic()
    # It cancels the remaining tasks.
    client = asyncio.run(dispatch())
    assert time.monotonic() - begun < 5
    asyncio.run(client.close(0.1))


def test_all_failed_handlers_are_reported():
    async def dispatch():
        failures = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
        async with omnize.AsyncClient(**OPTIONS) as client:

            @client.on()
            async def first(event):
                raise LookupError

            @client.on()
            async def second(event):
                raise ArithmeticError

            await client.deliver(body("a"))
            with pytest.raises(LookupError):
                await client.poll(1)
            assert [type(failure) for failure in failures] == [ArithmeticError]

    asyncio.run(dispatch())
