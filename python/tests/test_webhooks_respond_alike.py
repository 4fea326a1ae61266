"""The listener and the webhooks in WSGI and ASGI applications send the same response to the same bytes."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import wsgiref.simple_server
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import omnize
import omnize.asgi
import omnize.wsgi
import pytest
import uvicorn
import waitress.server
import waitress.wasyncore
from omnize._webhooks.request_validator import RequestPath, RequestValidator

PATH = "/omnize/~hook"
TRIGGER = b'{"status": "typing", "clientId": "12"}'
SAO = '{"message": "São", "clientId": "12"}'
# The limit of a body in bytes.
MAX_BODY = 1000


@contextlib.contextmanager
def listener(client, listening) -> Iterator[tuple[str, int]]:
    listening.attach(client, PATH)
    url = urlsplit(listening.url(client))
    yield (url.hostname, url.port)


@contextlib.contextmanager
def wsgi(client, _) -> Iterator[tuple[str, int]]:
    sockets = {}
    webhook = omnize.wsgi.Webhook(client, PATH, max_body=MAX_BODY)
    server = waitress.server.create_server(webhook, map=sockets, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield ("127.0.0.1", server.effective_port)
    finally:
        server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(sockets))
        thread.join(10)
        server.task_dispatcher.shutdown()


@contextlib.contextmanager
def asgi(client, _) -> Iterator[tuple[str, int]]:
    webhook = omnize.asgi.Webhook(client, PATH, max_body=MAX_BODY)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(webhook, log_level="critical", http="h11"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module", params=[listener, wsgi, asgi], ids=lambda webhook: webhook.__name__)
def webhook_address(request) -> Iterator[tuple[omnize.Client, tuple[str, int]]]:
    """A client, and the address of its webhook."""
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(omnize.Client("t", environment=False))
        listening = stack.enter_context(omnize.Listener("127.0.0.1:0", environment=False, max_body=MAX_BODY))
        yield client, stack.enter_context(request.param(client, listening))


def exchange(address, *parts) -> bytes:
    """Sends these bytes. Returns all bytes of the reply."""
    with socket.create_connection(address, timeout=20) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"".join(parts))
            connection.shutdown(socket.SHUT_WR)
        response = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                response += part
        return response


def head(*lines: str, target: str = PATH, version: str = "1.1", method: str = "POST", host: str = "Host: a") -> bytes:
    given = [f"{method} {target} HTTP/{version}", *([host] if host else []), "Connection: close", *lines, "", ""]
    return "\r\n".join(given).encode("latin-1")


def whole(body: bytes, *lines: str, **more: str) -> bytes:
    return head(*lines, f"Content-Length: {len(body)}", **more) + body


def compressed(coding: str, body: bytes, *lines: str) -> bytes:
    return whole(body, f"Content-Encoding: {coding}", *lines)


def in_charset(charset: str, codec: str, text: str = SAO) -> bytes:
    return whole(text.encode(codec), f"Content-Type: application/json; charset={charset}")


GZIP = gzip.compress(TRIGGER)

ROWS = {
    "a trigger": (whole(TRIGGER), 200),
    "no host": (whole(TRIGGER, host=""), 400),
    "two hosts": (whole(TRIGGER, "Host: b"), 400),
    "a host with a space": (whole(TRIGGER, host="Host: a b"), 400),
    "a host with a path": (whole(TRIGGER, host="Host: a/b"), 400),
    "a host with a port": (whole(TRIGGER, host="Host: a.example:8080"), 200),
    "an address as host": (whole(TRIGGER, host="Host: [::1]:80"), 200),
    "a port that is none": (whole(TRIGGER, host="Host: a:b"), 400),
    "HTTP/1.0 without a host": (whole(TRIGGER, host="", version="1.0"), 200),
    "an absolute target": (whole(TRIGGER, target=f"http://a{PATH}"), 200),
    "an absolute target without a host": (whole(TRIGGER, target=f"http://a{PATH}", host=""), 400),
    "101 headers": (whole(TRIGGER, *["a:b"] * 101), 200),
    "500 headers": (whole(TRIGGER, *["a:b"] * 500), 200),
    "an encoded tilde": (whole(TRIGGER, target="/omnize/%7Ehook"), 200),
    "an encoded tilde in small letters": (whole(TRIGGER, target="/%6fmnize/%7ehook?a=%7E"), 200),
    "a dot": (whole(TRIGGER, target="/omnize/./~hook"), 404),
    "another path": (whole(TRIGGER, target="/omnize/hook"), 404),
    "an encoded percent sign": (whole(TRIGGER, target="/omnize/%257Ehook"), 404),
    "another method": (whole(TRIGGER, method="PATCH"), 405),
    "no trigger": (whole(b"<html>"), 400),
    "no body": (whole(b""), 400),
    "too large": (whole(b" " * MAX_BODY + TRIGGER), 413),
    "gzip": (compressed("gzip", GZIP), 200),
    "x-gzip": (compressed("X-GZip", GZIP), 200),
    "zlib": (compressed("deflate", zlib.compress(TRIGGER)), 200),
    "raw deflate": (compressed("deflate", zlib.compress(TRIGGER)[2:-4]), 200),
    "identity": (compressed("identity", TRIGGER), 200),
    "gzip twice": (compressed("gzip, gzip", gzip.compress(GZIP)), 200),
    "gzip in two headers": (compressed("gzip", gzip.compress(GZIP), "Content-Encoding: gzip"), 200),
    "gzip and Latin-1": (
        compressed("gzip", gzip.compress(SAO.encode("latin-1")), "Content-Type: a/b; charset=iso-8859-1"),
        200,
    ),
    "brotli": (compressed("br", TRIGGER), 415),
    "a coding that is none": (compressed("x", TRIGGER), 415),
    "gzip that is none": (compressed("gzip", TRIGGER), 400),
    "gzip that is cut off": (compressed("gzip", GZIP[:-9]), 400),
    "gzip with another checksum": (compressed("gzip", GZIP[:-8] + b"12345678"), 400),
    "gzip of what is no trigger": (compressed("gzip", gzip.compress(b"<html>")), 400),
    "as large as may be in gzip": (compressed("gzip", gzip.compress(TRIGGER.ljust(MAX_BODY))), 200),
    "too large in gzip": (compressed("gzip", gzip.compress(TRIGGER.ljust(MAX_BODY + 1))), 413),
    "a bomb": (compressed("gzip", gzip.compress(b"\0" * 500_000)), 413),
    "a mark": (whole(b"\xef\xbb\xbf" + TRIGGER), 200),
    "UTF-16LE": (in_charset("utf-16le", "utf-16-le"), 200),
    "UTF-16LE of ASCII": (in_charset("utf-16le", "utf-16-le", TRIGGER.decode()), 200),
    "UTF-16BE": (in_charset("UTF-16BE", "utf-16-be"), 200),
    "UTF-16 with a mark": (in_charset("utf-8", "utf-16"), 200),
    "UTF-32": (in_charset("utf-32", "utf-32-le"), 200),
    "UTF-32BE": (in_charset("utf-32be", "utf-32-be"), 200),
    "Latin-1": (in_charset("iso-8859-1", "latin-1"), 200),
    "Shift_JIS": (in_charset("shift_jis", "shift_jis", '{"message": "日本", "clientId": "12"}'), 200),
    "KOI8-R": (in_charset("koi8-r", "koi8-r", '{"message": "Да", "clientId": "12"}'), 200),
    "a length of 5,000 digits": (head("Content-Length: " + "9" * 5000) + TRIGGER, 400),
    "a negative length": (head("Content-Length: -1") + TRIGGER, 400),
    "a length with a sign": (head(f"Content-Length: +{len(TRIGGER)}") + TRIGGER, 400),
    "a length that is no number": (head("Content-Length: 0x26") + TRIGGER, 400),
    "a length of other digits": (head("Content-Length: 3²") + TRIGGER, 400),
    "a length with a space within": (head("Content-Length: 3 8") + TRIGGER, 400),
    "a length with spaces around": (head(f"Content-Length:   {len(TRIGGER)}  ") + TRIGGER, 200),
    "two lengths": (head(f"Content-Length: {len(TRIGGER)}", "Content-Length: 1") + TRIGGER, 400),
}


@pytest.mark.parametrize("row", ROWS)
def test_all_webhooks_respond_alike(row, webhook_address, request):
    client, address = webhook_address
    sent, status = ROWS[row]
    response = exchange(address, sent)
    if row == "a length of 5,000 digits" and "wsgi-" in request.node.name:
        # waitress closes the connection before the application is called. The test below calls the application.
        assert response == b""
        return
    assert response.split(b" ", 2)[1:2] == [str(status).encode()], response
    if status == 415:
        assert b"\r\naccept-encoding: gzip, deflate\r\n" in response.lower()
    event = client.next(0)
    assert (event is not None) == (status == 200)
    if isinstance(event, omnize.Message):
        assert event.text in ("São", "日本", "Да")
        assert not event.replaced
    assert client.next(0) is None


@pytest.mark.parametrize(
    "length", ["9" * 5000, "-1", f"+{len(TRIGGER)}", "x", "3²", "3 8", "38,39", "18446744073709551616"]
)
def test_invalid_lengths_are_rejected_with_400(length):
    with omnize.Client("t", environment=False) as client:
        webhook = omnize.wsgi.Webhook(client, PATH)
        server = wsgiref.simple_server.make_server("127.0.0.1", 0, webhook)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        response = exchange(server.server_address, head(f"Content-Length: {length}"), TRIGGER)
        thread.join(10)
        server.server_close()
        assert response.split(b" ", 2)[1] == b"400", response
        assert client.next(0) is None


def test_encoded_slashes_differ_from_slashes():
    validator = RequestValidator("/omnize/a%2fb", None, MAX_BODY)
    assert validator.is_at(RequestPath(b"/omnize/a/b", "/mount/omnize/a%2Fb"))
    assert not validator.is_at(RequestPath(b"/omnize/a/b", "/mount/omnize/a/b"))
    # A server that rewrites paths may provide another raw path, or none.
    assert validator.is_at(RequestPath(b"/omnize/a/b", "/elsewhere"))
    assert validator.is_at(RequestPath(b"/omnize/a/b", None))
    plain = RequestValidator(PATH, None, MAX_BODY)
    assert not plain.is_at(RequestPath(PATH.encode(), "/omnize%2F~hook"))
    assert plain.is_at(RequestPath(PATH.encode(), "/omnize/%7ehook"))
