"""Invalid handlers are rejected when they are registered; handlers do not keep their client alive."""

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


def test_on_requires_parentheses(there):
    with pytest.raises(TypeError, match=r"not a class of events; write .* @client\.on\(\) for all"):

        @there.on
        def handler(event):
            pass


def test_on_rejects_other_classes(there):
    for wrong in (omnize.Client, "message", omnize.Accepted("12"), None):
        with pytest.raises(TypeError, match="not a class of events"):
            there.on(wrong)


def test_on_rejects_other_objects(there):
    with pytest.raises(TypeError, match="the handler is an int; pass a function"):
        there.on(omnize.Accepted)(3)


def test_on_rejects_coroutine_functions(there):
    async def handler(event, more=None):
        pass

    class Handler:
        async def __call__(self, event):
            pass

    for wrong in (handler, functools.partial(handler, more=1), Handler()):
        with pytest.raises(TypeError, match="coroutine function, and this client awaits nothing"):
            there.on()(wrong)
    client = omnize.AsyncClient(**OPTIONS)
    assert client.on()(handler) is handler
    client._close_at_exit(0)


def test_handlers_may_be_registered_later():
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
    """Releases the references, and waits until the client is garbage-collected."""
    held.clear()
    deadline = time.monotonic() + 10
    while known() is not None and time.monotonic() < deadline:
        gc.collect()
        # A thread may still hold its last handler for a moment.
        time.sleep(0.01)


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_conversations_keep_their_client(kind, omnize_sandbox):
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


def test_handlers_do_not_keep_their_client():
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
