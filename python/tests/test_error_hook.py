"""The error hook gets the event and the exception of each handler that fails. The event stays unhandled."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}
BODIES = [b'{"message": "a", "clientId": "12"}', b'{"message": "b", "clientId": "12"}']


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chat.db"


@pytest.fixture
def logged(monkeypatch):
    """The exceptions that dispatch reports as without a hook, on a thread and in a task."""
    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_value))
    return reported


def stored_texts(path) -> list[str]:
    with omnize.Client(**OPTIONS, store=path) as client:
        return [event.text for event in client.events(timeout=0)]


def handle_all(kind, path, logged, hook):
    """Delivers two events to two handlers, of which the first fails for the first event. Returns the handled texts, and
    the exception that poll raised."""
    handled, raised = [], []

    def fail(event):
        if event.text == "a":
            raise LookupError("the handler failed")

    def append(event):
        handled.append(event.text)

    def register(client):
        client.on()(fail)
        client.on()(append)
        client.on_error(hook)

    async def run():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: logged.append(context["exception"]))
        async with omnize.AsyncClient(**OPTIONS, store=path) as client:
            register(client)
            for body in BODIES:
                await client.deliver(body)
            if kind == "async poll":
                try:
                    await client.poll(0)
                except Exception as error:
                    raised.append(error)
                await client.poll(0)
            else:
                client.dispatch()

    if kind.startswith("async"):
        asyncio.run(run())
        return handled, raised
    with omnize.Client(**OPTIONS, store=path) as client:
        register(client)
        for body in BODIES:
            client.deliver(body)
        if kind == "poll":
            try:
                client.poll(0)
            except Exception as error:
                raised.append(error)
            client.poll(0)
        else:
            client.dispatch()
    return handled, raised


KINDS = ["poll", "dispatch", "async poll", "async dispatch"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_hook_gets_the_event_and_the_exception(kind, path, logged):
    seen = []
    handled, raised = handle_all(kind, path, logged, lambda event, error: seen.append((event.text, error)))
    assert handled == ["a", "b"]
    assert (raised, logged) == ([], [])
    ((text, error),) = seen
    assert (text, type(error), str(error)) == ("a", LookupError, "the handler failed")
    assert stored_texts(path) == ["a"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_hook_may_acknowledge_the_event(kind, path, logged):
    assert handle_all(kind, path, logged, lambda event, error: event.ack()) == (["a", "b"], [])
    assert stored_texts(path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_of_the_hook_is_reported_and_ends_nothing(kind, path, logged):
    def hook(event, error):
        raise ArithmeticError("the hook failed")

    handled, raised = handle_all(kind, path, logged, hook)
    assert handled == ["a", "b"]
    (failure,) = raised + logged
    assert (type(failure), type(failure.__context__)) == (ArithmeticError, LookupError)
    assert bool(raised) == kind.endswith("poll")
    assert stored_texts(path) == ["a"]


@pytest.mark.parametrize("kind", ["async poll", "async dispatch"])
def test_an_asynchronous_hook_is_awaited(kind, path, logged):
    seen = []

    async def hook(event, error):
        await asyncio.sleep(0)
        seen.append(type(error))

    assert handle_all(kind, path, logged, hook) == (["a", "b"], [])
    assert (seen, logged) == ([LookupError], [])


def test_a_hook_can_be_replaced_and_removed():
    with omnize.Client(**OPTIONS) as client:
        seen = []

        def first(event, error):
            raise AssertionError("it was replaced")

        @client.on_error
        def second(event, error):
            seen.append(event.text)

        client.on_error(first)
        client.on_error(second)
        client.on()(lambda event: 1 / 0)
        assert not client.off(first)
        client.deliver(BODIES[0])
        assert client.poll(0) == 1
        assert client.off(second)
        client.deliver(BODIES[1])
        with pytest.raises(ZeroDivisionError):
            client.poll(0)
    assert seen == ["a"]


def test_off_removes_a_function_that_is_both_a_handler_and_the_hook(path):
    with omnize.Client(**OPTIONS, store=path) as client:
        chat = client.attach("12", department="1")

        def show(*arguments):
            raise AssertionError("it was removed")

        for register in (client.on(), client.on(client_id="12"), chat.on(), client.on_error):
            register(show)
        client.poll(0)
        assert client.off(show)
        assert not client.off(show)
        assert not chat.off(show)
        client.deliver(BODIES[0])
        # No handler is registered, so the event waits.
        assert client.poll(0) == 0
    assert stored_texts(path) == ["a"]


def test_a_coroutine_function_is_no_hook_of_a_blocking_client():
    async def hook(event, error):
        pass

    with omnize.Client(**OPTIONS) as client, pytest.raises(TypeError, match="coroutine function"):
        client.on_error(hook)
    with omnize.Client(**OPTIONS) as client, pytest.raises(TypeError, match="pass a function"):
        client.on_error("hook")


def test_keyboard_interrupts_do_not_reach_the_hook():
    with omnize.Client(**OPTIONS) as client:
        client.on_error(lambda event, error: pytest.fail("it was called"))

        @client.on()
        def handler(event):
            raise KeyboardInterrupt

        client.deliver(BODIES[0])
        with pytest.raises(KeyboardInterrupt):
            client.poll(0)


def test_cancelled_handlers_do_not_reach_the_hook_at_a_close(path):
    async def run():
        seen = []
        client = omnize.AsyncClient(**OPTIONS, store=path)
        client.on_error(lambda event, error: seen.append(error))
        began = asyncio.Event()

        @client.on()
        async def handler(event):
            began.set()
            await asyncio.sleep(60)

        client.dispatch()
        await client.deliver(BODIES[0])
        await began.wait()
        await client.close(0.1)
        assert seen == []

    asyncio.run(run())
    assert stored_texts(path) == ["a"]


def test_the_hook_is_called_on_greenlets():
    pytest.importorskip("gevent")

    def program():
        from gevent import monkey

        monkey.patch_all()
        import threading

        import omnize

        with omnize.Client("t", environment=False) as client:
            seen, is_seen = [], threading.Event()

            @client.on_error
            def hook(event, error):
                seen.append((event.text, type(error)))
                is_seen.set()

            client.on()(lambda event: 1 / 0)
            client.deliver(b'{"message": "a", "clientId": "12"}')
            client.dispatch()
            assert is_seen.wait(5)
        assert seen == [("a", ZeroDivisionError)]

    code = inspect.cleandoc("\n".join(inspect.getsource(program).splitlines()[1:]))
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (process.returncode, process.stderr) == (0, "")
