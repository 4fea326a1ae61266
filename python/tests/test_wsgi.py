"""The webhook within WSGI applications: real frameworks on a real server, and triggers from the sandbox."""

from __future__ import annotations

import contextlib
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
    """The application behind waitress; gives the URL where it begins."""
    sockets = {}
    server = waitress.server.create_server(application, map=sockets, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # On its own thread, or it would look at what is closed.
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
def test_triggers_come_through_the_framework(mounted, client, omnize_sandbox, post):
    with served(mounted(client)) as url:
        omnize_sandbox.set_webhook(url + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        assert omnize_sandbox.trigger("message", "12", "Olá, é a Ana 😀") == 200
        assert list(client.events(timeout=0)) == [omnize.Accepted("12"), omnize.Message("12", "Olá, é a Ana 😀")]
        # What is not the webhook's stays the application's.
        assert post(url + "/hello", method="GET").status == (404 if mounted is alone else 200)
        assert post(url + "/other").status == 404


def test_each_refusal_has_its_status(client, post):
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


def test_a_full_client_has_the_service_come_again(omnize_sandbox, post):
    with omnize.Client(**omnize_sandbox.options, events_capacity=1) as client, served(Webhook(client, PATH)) as url:
        omnize_sandbox.set_webhook(url + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        assert omnize_sandbox.trigger("typing", "12") == 503
        assert client.next(0) == omnize.Accepted("12")
        assert omnize_sandbox.trigger("typing", "12") == 200


def test_credentials_are_asked_for(client, omnize_sandbox, post):
    with served(Webhook(client, PATH, basic="omnize:até:logo")) as url:
        omnize_sandbox.set_webhook(url.replace("//", "//omnize:at%C3%A9:logo@") + PATH)
        assert omnize_sandbox.trigger("accepted", "12") == 200
        for given in ("", "x", "Basic ~", "Basic b21uaXplOm5v"):
            refused = post(url + PATH, headers={"Authorization": given})
            assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Basic charset="UTF-8"')
        # A stranger does not learn which path there is.
        assert post(url + "/other").status == 401


def test_a_body_without_an_end_is_refused(client):
    """Wsgiref hands over the socket as it is: reading on would wait for ever."""
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, Webhook(client, PATH))
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        with socket.create_connection(server.server_address) as connection:
            # At once, for the answer does not wait for the body.
            request = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
            connection.sendall(request.encode())
            assert b" 411 " in connection.recv(1000)
    finally:
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize("arguments", [{"path": "omnize"}, {"path": PATH, "basic": "secret"}])
def test_a_webhook_that_could_not_work_is_refused(client, arguments):
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
def test_an_argument_that_can_not_be_used_is_told(client, arguments, error):
    arguments = {"client": client, "path": PATH, **arguments}
    with pytest.raises(error):
        Webhook(arguments.pop("client"), arguments.pop("path"), **arguments)


def test_a_client_that_nobody_awaits_is_refused():
    client = omnize.AsyncClient("t", environment=False)
    with pytest.raises(TypeError, match=r"AsyncClient, .* pass an omnize\.Client"):
        Webhook(client, PATH)
    client._close_at_exit(0)


def test_an_application_that_nobody_awaits_is_refused(client):
    async def otherwise(scope, receive, send):
        pass

    with pytest.raises(TypeError, match="otherwise is a coroutine function"):
        Webhook(client, PATH, otherwise=otherwise)
