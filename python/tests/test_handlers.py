"""Handlers: what is none is refused when it is registered, and what one holds does not keep its client for ever."""

from __future__ import annotations

import asyncio
import functools
import gc
import time
import weakref

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


@pytest.fixture(params=["client", "conversation"])
def there(request):
    with omnize.Client(**OPTIONS) as client:
        yield client if request.param == "client" else client.conversation("12", department="1")


def test_it_takes_parentheses(there):
    with pytest.raises(TypeError, match=r"no class of events; write .* on\(\) for all"):

        @there.on
        def handler(event):
            pass


def test_it_is_told_what_is_no_class_of_events(there):
    for wrong in (omnize.Client, "message", omnize.Accepted("12"), None):
        with pytest.raises(TypeError, match="no class of events"):
            there.on(wrong)


def test_it_is_told_what_is_no_function(there):
    with pytest.raises(TypeError, match="the handler is an int; pass a function"):
        there.on(omnize.Accepted)(3)


def test_nobody_awaits_for_a_client(there):
    async def handler(event, more=None):
        pass

    class Handler:
        async def __call__(self, event):
            pass

    for wrong in (handler, functools.partial(handler, more=1), Handler()):
        with pytest.raises(TypeError, match="coroutine function, which nobody would await"):
            there.on()(wrong)
    client = omnize.AsyncClient(**OPTIONS)
    assert client.on()(handler) is handler
    client._close_at_exit(0)


def test_one_that_comes_later_is_called_too():
    with omnize.Client(**OPTIONS) as client:
        heard = []

        def deliver():
            client.deliver(b'{"status": "typing", "clientId": "12"}')
            client.poll(0)

        deliver()
        client.on(omnize.Typing)(lambda event: heard.append("of all"))
        deliver()
        client.on(omnize.Typing, client_id="12")(lambda event: heard.append("of one"))
        client.on(omnize.Message)(lambda event: heard.append("of another class"))
        deliver()
        assert heard == ["of all", "of all", "of one"]


def collect(known, held):
    """Lets go of what is held, and waits until the garbage collector has taken the client."""
    held.clear()
    deadline = time.monotonic() + 10
    while known() is not None and time.monotonic() < deadline:
        gc.collect()
        # A thread may be about to let go of what it has called.
        time.sleep(0.01)


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_a_conversation_keeps_its_client(kind, omnize_sandbox):
    chat = kind(**omnize_sandbox.options).conversation("12", department="1")
    gc.collect()
    started = chat.start()
    if started is not None:
        asyncio.run(started)
    assert chat.is_open
    known = weakref.ref(chat._client)
    held = [chat]
    del chat, started
    with pytest.warns(ResourceWarning, match="was not closed"):
        collect(known, held)
    assert known() is None


def test_what_a_handler_holds_does_not_keep_a_client_for_ever():
    def start():
        client = omnize.Client(**OPTIONS)
        chat = client.conversation("12", department="1")
        heard = []

        @client.on()
        def handler(event):
            heard.append((event, chat))

        client.dispatch()
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        deadline = time.monotonic() + 10
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
        assert heard
        return weakref.ref(client), client._threads

    known, threads = start()
    with pytest.warns(ResourceWarning, match="was not closed"):
        collect(known, [])
    assert known() is None
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
