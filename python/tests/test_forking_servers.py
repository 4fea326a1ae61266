"""In servers that fork, clients opened before the fork are reported; a function opens one in each worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from unix_only import requires_unix

pytestmark = requires_unix

BODY = b'{"message": "oi", "clientId": "12"}'

APPLICATION = """
import os
import omnize
from omnize.{door} import Webhook

def open_client():
    client = omnize.{client}(token="t", environment=False)

    @client.on(omnize.Message)
    def handle(event):
        with open("received_texts-%d" % os.getpid(), "a") as file:
            file.write(event.text + "\\n")

    client.dispatch()
    return client

app = Webhook({given}, "/w")
"""


@contextmanager
def serving(tmp_path, arguments, *, door="wsgi", client="Client", given="open_client"):
    tmp_path.joinpath("application.py").write_text(APPLICATION.format(door=door, client=client, given=given))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arguments = [argument.format(port=port) for argument in arguments]
    with open(tmp_path / "log", "wb") as log:
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "HOME": str(tmp_path)}
        server = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert server.poll() is None, tmp_path.joinpath("log").read_text()
                assert time.monotonic() < deadline, tmp_path.joinpath("log").read_text()
                time.sleep(0.05)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(40)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise


def post(port) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/w", BODY)
        return connection.getresponse().status
    finally:
        connection.close()


GUNICORN = ["gunicorn", "application:app", "--bind", "127.0.0.1:{port}", "--workers", "2", "--preload"]


def received_texts(tmp_path) -> int:
    return sum(len(file.read_text().splitlines()) for file in tmp_path.glob("received_texts-*"))


def wait_until_received(tmp_path, count) -> None:
    deadline = time.monotonic() + 10
    while received_texts(tmp_path) < count:
        assert time.monotonic() < deadline, tmp_path.joinpath("log").read_text()
        time.sleep(0.02)


@pytest.mark.parametrize("arguments", [[], ["-k", "gthread", "--threads", "4"], ["-k", "gevent"]])
def test_gunicorn_opens_a_client_in_each_worker(tmp_path, arguments):
    pytest.importorskip("gunicorn")
    if "gevent" in arguments:
        pytest.importorskip("gevent")
    with serving(tmp_path, [*GUNICORN, *arguments]) as port:
        assert [post(port) for _ in range(20)] == [200] * 20
        wait_until_received(tmp_path, 20)


def test_gunicorn_reports_clients_opened_before_the_fork(tmp_path):
    pytest.importorskip("gunicorn")
    with serving(tmp_path, GUNICORN, given="open_client()") as port:
        assert post(port) == 500
        log = tmp_path.joinpath("log").read_text()
    assert "omnize.Forked: " in log or "omnize._errors.Forked: " in log
    assert "Pass Webhook a function that opens the client" in log
    assert "gunicorn without --preload" in log


@pytest.mark.parametrize("client", ["Client", "AsyncClient"])
def test_uvicorn_opens_a_client_in_each_worker(tmp_path, client):
    pytest.importorskip("uvicorn")
    arguments = ["uvicorn", "application:app", "--port", "{port}", "--workers", "2"]
    with serving(tmp_path, arguments, door="asgi", client=client) as port:
        deadline = time.monotonic() + 20
        # The port is open before the workers are ready.
        while post(port) != 200:
            assert time.monotonic() < deadline
        assert [post(port) for _ in range(20)] == [200] * 20
        wait_until_received(tmp_path, 21)


FORK = """
import asyncio, io, os, sys
import omnize
from omnize.{door} import Webhook

def open_client():
    print("opened", os.getpid() == first, flush=True)
    return omnize.Client(token="t", environment=False)

first = os.getpid()
webhook = Webhook(open_client, "/w")
body = b'{{"message": "oi", "clientId": "12"}}'

def post():
    if {door!r} == "wsgi":
        environ = {{"REQUEST_METHOD": "POST", "PATH_INFO": "/w", "HTTP_HOST": "h", "CONTENT_LENGTH": str(len(body))}}
        environ["wsgi.input"] = io.BytesIO(body)
        webhook(environ, lambda status, headers: print(status, flush=True))
        return

    async def receive():
        return {{"type": "http.request", "body": body}}

    async def send(message):
        if "status" in message:
            print(message["status"], "OK", flush=True)

    scope = {{"type": "http", "method": "POST", "path": "/w", "headers": [(b"host", b"h")]}}
    asyncio.run(webhook(scope, receive, send))

post()
child = os.fork()
if child == 0:
    post()
    post()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
post()
"""


@pytest.mark.parametrize("door", ["wsgi", "asgi"])
def test_forks_after_the_first_request_open_another_client(door):
    """As uWSGI does, after the first request."""
    command = [sys.executable, "-W", "ignore", "-c", FORK.format(door=door)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=30)
    answers = ["opened True", "200 OK", "opened False", "200 OK", "200 OK", "200 OK"]
    assert process.stdout.splitlines() == answers, process.stderr
