"""Fixtures of several test files: a raw HTTP request, and a service without responses."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

import omnize
import pytest
from late_service import CLIENT_IDS, LateService


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage


@pytest.fixture
def post() -> Callable[..., Answer]:
    """Sends a request. Returns the head of the response."""

    def post(
        url: str,
        body: bytes = b"",
        method: str = "POST",
        headers: Optional[dict[str, str]] = None,
        chunked: bool = False,
    ) -> Answer:
        headers = dict(headers or {})
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        try:
            connection.request(method, parts.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return Answer(answer.status, answer.headers)
        finally:
            connection.close()

    return post


@pytest.fixture
def unanswering():
    """Options of a client whose service accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        yield {"token": "t", "base_url": url, "environment": False}


@pytest.fixture
def service(omnize_sandbox):
    """A service that refuses connections at first. In its sandbox, the interactions of the deployed bots are open."""
    omnize_sandbox.set_agents("silent")
    with omnize.Client(**omnize_sandbox.options) as client:
        for client_id in CLIENT_IDS:
            client.conversation(client_id, department="1").start()
    late_service = LateService(omnize_sandbox)
    yield late_service
    late_service.close()
