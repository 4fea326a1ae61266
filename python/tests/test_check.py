"""A check returns the part of the configuration that is right, or raises the exception of the fault."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import omnize
import pytest
from omnize import CheckLevel

LEVELS = {"rest": CheckLevel.CONNECTION, "gateway": CheckLevel.ACCOUNT, "interactions": CheckLevel.ACCOUNT}


@pytest.mark.parametrize("dialect", LEVELS)
def test_right_configuration(dialect, omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options_in(dialect)) as client:
        assert client.check() is LEVELS[dialect]
        assert client.check(timeout=20) == LEVELS[dialect].value == str(LEVELS[dialect])


@pytest.mark.parametrize("dialect", LEVELS)
def test_right_configuration_with_asyncio(dialect, omnize_sandbox):
    async def check():
        async with omnize.AsyncClient(**omnize_sandbox.options_in(dialect)) as client:
            return await client.check(20)

    assert asyncio.run(check()) is LEVELS[dialect]


@pytest.mark.parametrize("timeout", [0, 0.0])
def test_zero_is_no_timeout(timeout, omnize_sandbox):
    async def check():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            await client.check(timeout)

    with omnize.Client(**omnize_sandbox.options) as client, pytest.raises(omnize.ArgumentError, match="None"):
        client.check(timeout)
    with pytest.raises(omnize.ArgumentError, match="None"):
        asyncio.run(check())


@pytest.mark.parametrize("dialect", ["gateway", "interactions"])
def test_wrong_token(dialect, omnize_sandbox):
    options = {**omnize_sandbox.options_in(dialect), "token": "segredo"}

    async def check():
        async with omnize.AsyncClient(**options) as client:
            await client.check()

    with omnize.Client(**options) as client, pytest.raises(omnize.AuthenticationFailed) as raised:
        client.check()
    error = raised.value
    assert isinstance(error, omnize.Rejected)
    assert (error.status, error.delivery, error.retryable) == ("OMNIZE_E_AUTH", "rejected", False)
    assert "segredo" not in str(error)
    assert "portal" in str(error)
    with pytest.raises(omnize.AuthenticationFailed):
        asyncio.run(check())


def test_every_request_reports_a_wrong_token(omnize_sandbox):
    with omnize.Client(**{**omnize_sandbox.options, "token": "segredo"}) as client:
        assert client.check() is CheckLevel.CONNECTION
        with pytest.raises(omnize.AuthenticationFailed):
            client.conversation("12", department="1").start()


@pytest.fixture
def service():
    """Starts a service that responds to each request with a status and a body."""
    servers = []

    def start(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, b"", omnize.AuthenticationFailed),
        (403, b"<html>", omnize.AuthenticationFailed),
        (422, b'{"message": "invalid token", "status": 422}', omnize.AuthenticationFailed),
        (422, b'{"message": "unknown department", "status": 422}', omnize.Rejected),
        (404, b"<html>", omnize.Rejected),
        (200, b"<html>", omnize.ResponseError),
    ],
)
def test_each_response(status, body, expected, service):
    options = {"token": "t", "dialect": "interactions", "environment": False}
    with omnize.Client(base_url=service(status, body), **options) as client, pytest.raises(expected) as raised:
        client.check()
    assert type(raised.value) is expected
    if status == 404:
        assert "base_url" in str(raised.value)
        assert "dialect" in str(raised.value)


def test_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    with omnize.Client(token="t", base_url=url, environment=False) as client, pytest.raises(omnize.ConnectFailed):
        client.check()


def test_timeout(unanswering):
    options = {**unanswering, "dialect": "interactions"}
    with omnize.Client(**options) as client:
        begun = time.monotonic()
        with pytest.raises(omnize.DeliveryUnknown):
            client.check(timeout=0.2)
        assert time.monotonic() - begun < 5
        for wrong in (-1, float("nan")):
            with pytest.raises(omnize.ArgumentError):
                client.check(wrong)
        with pytest.raises(TypeError):
            client.check("soon")


def test_closed_client(omnize_sandbox):
    client = omnize.Client(**omnize_sandbox.options)
    client.close()
    with pytest.raises(omnize.Closed):
        client.check()


def test_check_in_a_handler(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options_in("interactions")) as client:
        levels = []
        client.on()(lambda event: levels.append(client.check()))
        client.deliver(b'{"state": "typing", "interaction_hash": "a", "extra": {"clientId": "12"}}')
        client.poll(5)
    assert levels == [CheckLevel.ACCOUNT]


def test_department_after_a_transfer(omnize_sandbox):
    options = omnize_sandbox.options_in("interactions")
    with omnize.Client(**options) as client, client.conversation("12", department="1") as chat:
        same = client.attach("12", department="2")
        assert (same.department, same.current_department) == ("1", "1")
        trigger = f'{{"state": "transferred", "interaction_hash": "{chat.interaction_hash}", "department_id": 2}}'
        client.deliver(trigger.encode())
        for handle in (chat, same):
            assert (handle.department, handle.current_department) == ("1", "2")
        [open_] = client.open_interactions
        assert (open_.department, open_.current_department) == ("1", "2")
