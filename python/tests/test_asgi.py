"""The webhook in ASGI applications: real frameworks on a real server, with triggers of the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import django
import django.conf
import django.http
import django.urls
import fastapi
import omnize
import pytest
import starlette.applications
import starlette.responses
import starlette.routing
import uvicorn
from django.core.asgi import get_asgi_application
from omnize.asgi import Webhook

PATH = "/omnize/a-part-that-nobody-guesses"
MOUNT, BELOW = "/omnize", "/a-part-that-nobody-guesses"
TRIGGER = b'{"status": "accepted", "clientId": "12"}'


@contextlib.contextmanager
def served(application, **options) -> Iterator[str]:
    """Runs the application in uvicorn. Returns its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(application, log_level="error", **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def client(omnize_sandbox) -> Iterator[omnize.Client]:
    """A client without a listener."""
    client = omnize.Client(**omnize_sandbox.options)
    yield client
    # A test may have closed it.
    with contextlib.suppress(omnize.Closed):
        client.close()


def with_starlette(client):
    async def hello(request):
        return starlette.responses.PlainTextResponse("hello")

    mounted = starlette.routing.Mount(MOUNT, Webhook(client, BELOW))
    return starlette.applications.Starlette(routes=[starlette.routing.Route("/hello", hello), mounted])


def with_fastapi(client):
    app = fastapi.FastAPI()
    app.add_api_route("/hello", lambda: "hello")
    app.mount(MOUNT, Webhook(client, BELOW))
    return app


def with_django(client):
    if not django.conf.settings.configured:
        views = (django.urls.path("hello", lambda request: django.http.HttpResponse("hello")),)
        django.conf.settings.configure(ROOT_URLCONF=views, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="a test's")
        django.setup()
    return Webhook(client, PATH, otherwise=get_asgi_application())


def alone(client):
    return Webhook(client, PATH)


@pytest.mark.parametrize("mounted", [with_starlette, with_fastapi, with_django, alone])
def test_frameworks_deliver_triggers(mounted, client, omnize_sandbox, post):
    lifespan = "off" if mounted is with_django else "on"
    with served(mounted(client), lifespan=lifespan) as url:
        omnize_sandbox.set_webhook(url + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        assert omnize_sandbox.trigger("message", "12", "Olá, é a Ana 😀") == 200
        assert list(client.events(timeout=0)) == [omnize.Accepted("12"), omnize.Message("12", "Olá, é a Ana 😀")]
        # Other paths belong to the application.
        assert post(url + "/hello", method="GET").status == (404 if mounted is alone else 200)
        assert post(url + "/other").status == 404


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_each_rejection_has_its_status(http, client, post):
    pytest.importorskip(http)
    with served(Webhook(client, PATH, max_body=1000), http=http) as url:
        assert post(url + PATH, b"<html>").status == 400
        assert post(url + PATH, b'{"message": "oi"}').status == 400
        assert post(url + PATH).status == 400
        assert post(url + PATH, b"x" * 1001).status == 413
        assert post(url + PATH, b"x" * 1001, chunked=True).status == 413
        assert post(url + PATH + "/").status == 404
        wrong = post(url + PATH, method="GET")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "POST, PUT")
        assert post(url + PATH, TRIGGER, method="PUT").status == 200
        assert post(url + PATH, TRIGGER, chunked=True).status == 200
        assert [event.kind for event in client.events(timeout=0)] == ["accepted", "accepted"]
        client.close()
        closed = post(url + PATH, TRIGGER)
        assert (closed.status, closed.headers["Retry-After"]) == (503, "1")


def test_requests_without_credentials_are_rejected(client, omnize_sandbox, post):
    with served(Webhook(client, PATH, basic="omnize:secret")) as url:
        omnize_sandbox.set_webhook(url.replace("//", "//omnize:secret@") + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        refused = post(url + PATH, TRIGGER)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Basic charset="UTF-8"')


def test_the_root_path_is_not_part_of_the_path(client, omnize_sandbox):
    with served(Webhook(client, PATH), root_path="/bots") as url:
        omnize_sandbox.set_webhook(url + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200


class Slow(omnize.Client):
    """A client whose delivery ends when the test decides."""

    released = threading.Event()

    def deliver(self, body, content_type=None):
        self.released.wait(10)
        super().deliver(body, content_type)


def test_the_event_loop_does_not_wait_for_the_disk(omnize_sandbox, tmp_path):
    with Slow(**omnize_sandbox.options, store=str(tmp_path / "chat.db")) as client:

        async def run():
            answered = asyncio.create_task(post_directly(Webhook(client, PATH), TRIGGER))
            await asyncio.sleep(0.05)
            assert not answered.done()
            client.released.set()
            assert await answered == [200]

        asyncio.run(run())
        assert client.next(5) == omnize.Accepted("12")


@pytest.mark.parametrize("store", [None, "chat.db"])
def test_async_clients_receive_triggers(store, omnize_sandbox, tmp_path):
    options = {} if store is None else {"store": str(tmp_path / store)}

    async def run():
        async with omnize.AsyncClient(**omnize_sandbox.options, **options) as client:
            assert await post_directly(Webhook(client, PATH), TRIGGER) == [200]
            assert await post_directly(Webhook(client, PATH), b"<html>") == [400]
            assert await client.next(5) == omnize.Accepted("12")

    asyncio.run(run())


def test_incomplete_requests_deliver_nothing(client):
    async def run():
        broken = [{"type": "http.request", "body": TRIGGER, "more_body": True}, {"type": "http.disconnect"}]
        assert await post_directly(Webhook(client, PATH), *broken) == []

    asyncio.run(run())
    assert client.next(0) is None


async def post_directly(webhook, *messages):
    """Passes these messages to the webhook. Returns the statuses of its responses."""
    if isinstance(messages[0], bytes):
        messages = ({"type": "http.request", "body": messages[0], "more_body": False},)
    left = list(messages)
    statuses = []

    async def receive():
        return left.pop(0)

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await webhook({"type": "http", "method": "POST", "path": PATH, "headers": []}, receive, send)
    return statuses


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"max_body": 0}, ValueError),
        ({"max_body": -1}, ValueError),
        ({"max_body": "1000"}, TypeError),
        ({"max_body": True}, TypeError),
        ({"max_body": None}, TypeError),
        ({"otherwise": 5}, TypeError),
        ({"otherwise": "app"}, TypeError),
        ({"path": None}, TypeError),
        ({"path": b"/w"}, TypeError),
        ({"path": "/w\ud800"}, omnize.ArgumentError),
        ({"basic": 5}, TypeError),
        ({"basic": "user:\ud800"}, omnize.ArgumentError),
        ({"client": None}, TypeError),
        ({"client": "client"}, TypeError),
        ({"client": omnize.Client}, TypeError),
    ],
)
def test_invalid_arguments_raise_type_error_or_value_error(client, arguments, error):
    arguments = {"client": client, "path": PATH, **arguments}
    with pytest.raises(error):
        Webhook(arguments.pop("client"), arguments.pop("path"), **arguments)
