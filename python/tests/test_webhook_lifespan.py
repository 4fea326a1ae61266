"""The lifespan of an ASGI server opens and closes the client of a webhook, with and without another application."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import omnize
import pytest
from omnize import asgi, wsgi

PATH = "/omnize/a-part-that-nobody-guesses"
TRIGGER = b'{"status": "accepted", "clientId": "12"}'


class Opened:
    """Opens clients, and remembers them."""

    def __init__(self, make):
        self._make = make
        self.clients = []

    def __call__(self):
        self.clients.append(self._make("t", environment=False))
        return self.clients[-1]

    @property
    def states(self):
        return [repr(client).split()[1].rstrip(">") for client in self.clients]


@pytest.fixture(params=[omnize.Client, omnize.AsyncClient])
def opened(request):
    return Opened(request.param)


def run(webhook, between=lambda: None):
    """Runs startup and shutdown. Returns what the webhook sent."""

    async def serve():
        sent = []
        messages = asyncio.Queue()

        async def send(message):
            sent.append(message["type"])
            if message["type"] == "lifespan.startup.complete":
                result = between()
                if result is not None:
                    await result
                messages.put_nowait({"type": "lifespan.shutdown"})

        messages.put_nowait({"type": "lifespan.startup"})
        await asyncio.wait_for(webhook({"type": "lifespan"}, messages.get, send), 20)
        return sent

    return asyncio.run(serve())


COMPLETE = ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def application(log):
    async def app(scope, receive, send):
        while True:
            message = await receive()
            log(message["type"])
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    return app


def test_the_client_is_open_between_startup_and_shutdown(opened):
    states = []
    webhook = asgi.Webhook(opened, PATH)
    assert run(webhook, lambda: states.extend(opened.states)) == COMPLETE
    assert (states, opened.states) == (["open"], ["closed"])


def test_another_application_runs_while_the_client_is_open(opened):
    states = []
    webhook = asgi.Webhook(opened, PATH, otherwise=application(lambda kind: states.append((kind, *opened.states))))
    assert run(webhook) == COMPLETE
    assert states == [("lifespan.startup", "open"), ("lifespan.shutdown", "open")]
    assert opened.states == ["closed"]


def test_applications_without_lifespan_are_supported(opened):
    async def unsupporting(scope, receive, send):
        raise ValueError("only HTTP")

    states = []
    webhook = asgi.Webhook(opened, PATH, otherwise=unsupporting)
    assert run(webhook, lambda: states.extend(opened.states)) == COMPLETE
    assert (states, opened.states) == (["open"], ["closed"])


def test_failures_of_the_other_application_reach_the_server(opened):
    async def failing(scope, receive, send):
        await receive()
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        run(asgi.Webhook(opened, PATH, otherwise=failing))
    assert opened.states == ["closed"]


def test_failed_startups_of_the_other_application_close_the_client(opened):
    async def failing(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed"})

    assert run(asgi.Webhook(opened, PATH, otherwise=failing)) == ["lifespan.startup.failed"]
    assert opened.states == ["closed"]


def test_the_startup_fails_if_the_client_cannot_be_opened():
    sent = []

    async def serve():
        async def receive():
            return {"type": "lifespan.startup"}

        async def send(message):
            sent.append(message)

        def open_client():
            return omnize.Client("t", environment=False, store="/nowhere/chat.db")

        await asgi.Webhook(open_client, PATH, otherwise=application(sent.append))({"type": "lifespan"}, receive, send)

    with pytest.raises(omnize.Error):
        asyncio.run(serve())
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert "/nowhere/chat.db" in sent[0]["message"]


def test_clients_of_the_application_stay_open():
    with omnize.Client("t", environment=False) as client:
        for otherwise in (None, application(lambda kind: None)):
            webhook = asgi.Webhook(client, PATH, otherwise=otherwise)
            assert run(webhook) == COMPLETE
        assert webhook.open() is client
        assert asyncio.run(webhook.close()) == omnize.CloseReport(0, 0)
        assert wsgi.Webhook(client, PATH).close() == omnize.CloseReport(0, 0)
        assert repr(client) == "<Client open>"


def test_the_second_startup_opens_another_client(opened):
    """As in tests, which start one application several times."""
    webhook = asgi.Webhook(opened, PATH)
    assert run(webhook) == COMPLETE
    assert run(webhook) == COMPLETE
    assert opened.states == ["closed", "closed"]


def test_open_and_close_in_the_lifespan_of_a_framework(opened):
    async def use():
        webhook = asgi.Webhook(opened, PATH)
        assert webhook.open() is webhook.open()
        await webhook.close()
        await webhook.close()

    asyncio.run(use())
    assert opened.states == ["closed"]


def test_wsgi_webhooks_close_their_client():
    opened = Opened(omnize.Client)
    webhook = wsgi.Webhook(opened, PATH)
    assert webhook.close() == omnize.CloseReport(0, 0)
    assert webhook.open() is webhook.open()
    webhook.close()
    assert opened.states == ["closed"]
    assert repr(webhook.open()) == "<Client open>"
    webhook.close()


PROGRAM = """
import time, omnize
from omnize.wsgi import Webhook

def open_client():
    client = omnize.Client("t", environment=False)

    @client.on()
    def handle(event):
        time.sleep(0.5)
        print(event.text, flush=True)

    client.dispatch()
    return client

webhook = Webhook(open_client, "/w"{further})
for number in range(4):
    webhook.open().deliver(b'{{"message": "%d", "clientId": "12"}}' % number)
"""


@pytest.mark.parametrize(("further", "is_handled"), [("", True), (", close_timeout=0", False)])
def test_handlers_run_when_the_process_ends(further, is_handled):
    """They have the close timeout, not only the second that an interpreter waits."""
    program = [sys.executable, "-W", "ignore", "-c", PROGRAM.format(further=further)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert (done.stdout.split() == ["0", "1", "2", "3"]) == is_handled


@pytest.mark.parametrize("close_timeout", [-1, float("nan")])
@pytest.mark.parametrize("module", [asgi, wsgi])
def test_invalid_close_timeouts_raise_value_error(module, close_timeout):
    with pytest.raises(ValueError, match="close_timeout"):
        module.Webhook(lambda: None, PATH, close_timeout=close_timeout)


@pytest.mark.parametrize("module", [asgi, wsgi])
def test_close_timeouts_of_a_wrong_type_raise_type_error(module):
    with pytest.raises(TypeError, match="close_timeout"):
        module.Webhook(lambda: None, PATH, close_timeout="5")
