"""The webhook in WSGI applications: real frameworks on a real server, with triggers of the sandbox."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import wsgiref.simple_server
from collections.abc import Iterator

import django
import django.conf
import django.http
import django.urls
import flask
import omnize
import pytest
import waitress
import waitress.server
import waitress.wasyncore
from django.core.wsgi import get_wsgi_application
from omnize.wsgi import Webhook

PATH = "/omnize/a-part-that-nobody-guesses"


@contextlib.contextmanager
def served(application) -> Iterator[str]:
    """Runs the application in waitress. Returns its URL."""
    sockets = {}
    server = waitress.server.create_server(application, map=sockets, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # On its own thread, because it must not use closed sockets.
        server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(sockets))
        thread.join(10)
        server.task_dispatcher.shutdown()


@pytest.fixture
def client(omnize_sandbox) -> Iterator[omnize.Client]:
    """A client without a listener."""
    client = omnize.Client(**omnize_sandbox.options)
    yield client
    # A test may have closed it.
    with contextlib.suppress(omnize.Closed):
        client.close()


def nothing(environ, start_response):
    start_response("404 Not Found", [("Content-Length", "0")])
    return [b""]


def with_flask(client):
    app = flask.Flask("bot")
    app.add_url_rule("/hello", view_func=lambda: "hello")
    app.wsgi_app = Webhook(client, PATH, otherwise=app.wsgi_app)
    return app


def with_django(client):
    if not django.conf.settings.configured:
        views = (django.urls.path("hello", lambda request: django.http.HttpResponse("hello")),)
        django.conf.settings.configure(ROOT_URLCONF=views, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="a test's")
        django.setup()
    return Webhook(client, PATH, otherwise=get_wsgi_application())


def alone(client):
    return Webhook(client, PATH)


@pytest.mark.parametrize("mounted", [with_flask, with_django, alone])
def test_frameworks_deliver_triggers(mounted, client, omnize_sandbox, post):
    with served(mounted(client)) as url:
        omnize_sandbox.set_webhook(url + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        assert omnize_sandbox.trigger("message", "12", "Olá, é a Ana 😀") == 200
        assert list(client.events(timeout=0)) == [omnize.Accepted("12"), omnize.Message("12", "Olá, é a Ana 😀")]
        # Other paths belong to the application.
        assert post(url + "/hello", method="GET").status == (404 if mounted is alone else 200)
        assert post(url + "/other").status == 404


def test_each_rejection_has_its_status(client, post):
    with served(Webhook(client, PATH, max_body=1000)) as url:
        assert post(url + PATH, b"<html>").status == 400
        assert post(url + PATH, b'{"message": "oi"}').status == 400
        assert post(url + PATH).status == 400
        assert post(url + PATH, b"x" * 1001).status == 413
        assert post(url + PATH, b"x" * 1001, chunked=True).status == 413
        assert post(url + PATH + "/").status == 404
        wrong = post(url + PATH, method="GET")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "POST, PUT")
        trigger = b'{"status": "accepted", "clientId": "12"}'
        assert post(url + PATH, trigger, method="PUT").status == 200
        assert post(url + PATH, trigger, chunked=True).status == 200
        latin = '{"message": "São", "clientId": "12"}'.encode("latin-1")
        charset = {"Content-Type": "application/json; charset=iso-8859-1"}
        assert post(url + PATH, latin, headers=charset).status == 200
        assert [event.kind for event in client.events(timeout=0)] == ["accepted", "accepted", "message"]
        client.close()
        closed = post(url + PATH, trigger)
        assert (closed.status, closed.headers["Retry-After"]) == (503, "1")


def test_full_clients_respond_503_with_retry_after(omnize_sandbox, post):
    with omnize.Client(**omnize_sandbox.options, events_capacity=1) as client, served(Webhook(client, PATH)) as url:
        omnize_sandbox.set_webhook(url + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        assert omnize_sandbox.trigger("typing", "12") == 503
        assert client.next(0) == omnize.Accepted("12")
        assert omnize_sandbox.trigger("typing", "12") == 200


def test_requests_without_credentials_are_rejected(client, omnize_sandbox, post):
    with served(Webhook(client, PATH, basic="omnize:até:logo")) as url:
        omnize_sandbox.set_webhook(url.replace("//", "//omnize:at%C3%A9:logo@") + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        for given in ("", "x", "Basic ~", "Basic b21uaXplOm5v"):
            refused = post(url + PATH, headers={"Authorization": given})
            assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Basic charset="UTF-8"')
        # Without credentials, a sender does not learn which path exists.
        assert post(url + "/other").status == 401


def test_bodies_of_unknown_length_are_rejected(client):
    """Wsgiref passes the raw socket: reading beyond the body would block forever."""
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, Webhook(client, PATH))
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        with socket.create_connection(server.server_address) as connection:
            # At once, because the response does not wait for the body.
            request = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
            connection.sendall(request.encode())
            assert b" 411 " in connection.recv(1000)
    finally:
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize("arguments", [{"path": "omnize"}, {"path": PATH, "basic": "secret"}])
def test_invalid_webhook_arguments_raise_value_error(client, arguments):
    with pytest.raises(ValueError, match="pass"):
        Webhook(client, **arguments)


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


def test_async_clients_are_rejected():
    client = omnize.AsyncClient("t", environment=False)
    with pytest.raises(TypeError, match=r"AsyncClient, .* pass an omnize\.Client"):
        Webhook(client, PATH)
    client._close_at_exit(0)


@pytest.mark.parametrize("made", ["AsyncClient", "other"])
def test_clients_of_functions_are_closed_if_they_are_rejected(made):
    opened = []

    def open_client():
        opened.append(omnize.AsyncClient("t", environment=False) if made == "AsyncClient" else "a text")
        return opened[-1]

    webhook = Webhook(open_client, PATH)
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": PATH, "HTTP_HOST": "h", "CONTENT_LENGTH": "2"}
    for _ in range(2):
        with pytest.raises(TypeError, match=r"pass an omnize\.Client"):
            webhook({**environ, "wsgi.input": io.BytesIO(b"{}")}, lambda status, headers: None)
    shown = ["<AsyncClient closed>"] * 2 if made == "AsyncClient" else ["'a text'"] * 2
    assert [repr(client) for client in opened] == shown


def test_async_applications_are_rejected(client):
    async def otherwise(scope, receive, send):
        pass

    with pytest.raises(TypeError, match="otherwise is a coroutine function"):
        Webhook(client, PATH, otherwise=otherwise)
