"""Responses are parsed in any coding, charset, JSON and HTTP form; no rejection is taken for an acceptance."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import zlib

import omnize
import pytest

REFUSAL = b'{"success":false,"message":"blocked"}'
LATIN = "charset=ISO-8859-1"


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@contextlib.contextmanager
def service(answers: list[bytes]):
    """A service that responds to each request on a connection with the next of these responses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                connection.settimeout(20)
                with connection:
                    for bytes_of_answer in answers:
                        received = b""
                        while b"\r\n\r\n" not in received:
                            received += connection.recv(65536) or b"\r\n\r\n"
                        connection.sendall(bytes_of_answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            server.close()
            thread.join(20)


def client_of(url: str, dialect: str = "rest") -> omnize.Client:
    return omnize.Client("t", base_url=url, dialect=dialect, environment=False)


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


REFUSALS = {
    "gzip": (answer(gzip.compress(REFUSAL), "Content-Encoding: gzip"), "blocked"),
    "x-gzip": (answer(gzip.compress(REFUSAL), "content-encoding: X-GZip"), "blocked"),
    "zlib": (answer(zlib.compress(REFUSAL), "Content-Encoding: deflate"), "blocked"),
    "deflate": (answer(raw_deflate(REFUSAL), "Content-Encoding: deflate"), "blocked"),
    "twice": (answer(gzip.compress(zlib.compress(REFUSAL)), "Content-Encoding: deflate, gzip"), "blocked"),
    "mark": (answer(b"\xef\xbb\xbf" + REFUSAL), "blocked"),
    "utf-16": (answer(REFUSAL.decode().encode("utf-16")), "blocked"),
    "utf-32": (answer(REFUSAL.decode().encode("utf-32-be"), "Content-Type: text/json; charset=utf-32be"), "blocked"),
    "latin-1": (answer('{"success":false,"message":"não"}'.encode("latin-1"), f"Content-Type: a/b; {LATIN}"), "não"),
    "422": (
        answer('{"message":"não"}'.encode("latin-1"), f"Content-Type: a/b; {LATIN}", status="422 No"),
        "não",
    ),
    "half": (answer(b'{"errors":["half \\ud83d"]}'), "half \ufffd"),
    "tab": (answer(b'{"errors":["a\tb"]}'), "a\\tb"),
    "comma": (answer(b'{"success":false,"message":"blocked",}'), "blocked"),
    "deep": (answer(b'{"success":false,"message":"blocked","x":%b%b}' % (b"[" * 50_000, b"]" * 50_000)), "blocked"),
    "fold": (answer(REFUSAL, "X-Trace: a\r\n b"), "blocked"),
    "blank": (answer(REFUSAL, "Server : x", "no colon", "X: \x01"), "blocked"),
    "many": (answer(REFUSAL, *["X: y"] * 130), "blocked"),
    "long": (answer(REFUSAL, "X: " + "y" * 17_000), "blocked"),
    "chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'25;signature="0123456789abcdef0123"\r\n%b\r\n0\r\n\r\n' % REFUSAL,
        "blocked",
    ),
}
UNKNOWN = {
    "br": (answer(b"{}", "Content-Encoding: br"), "supported are gzip, deflate"),
    "no gzip": (answer(REFUSAL, "Content-Encoding: gzip"), "can't be decompressed"),
    "bomb": (answer(gzip.compress(b" " * 2_000_000), "Content-Encoding: gzip"), "response_max_bytes"),
    "broken": (answer(b'{"success":fal'), "not valid JSON"),
    "large head": (answer(REFUSAL, "X: " + "y" * 70_000), "65536 bytes"),
    "length": (answer(REFUSAL, "Content-Length : 7"), "not in HTTP"),
}


def send(client: omnize.Client, posted: bool) -> tuple[str, str]:
    """Sends a message. Returns its delivery and the text of its error."""
    chat = client.attach("12", department="1")
    if posted:
        ticket = chat.post("oi")
        event = client.next(20)
        assert isinstance(event, omnize.Outcome)
        assert event.ticket == ticket
        return event.delivery, str(event.error)
    with pytest.raises(omnize.Error) as caught:
        chat.send("oi")
    return caught.value.delivery, str(caught.value)


@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
@pytest.mark.parametrize("posted", [False, True], ids=["call", "posted"])
@pytest.mark.parametrize("name", [*REFUSALS, *UNKNOWN])
def test_each_form_of_response_has_its_result(name, posted, later):
    answer_given, says = {**REFUSALS, **UNKNOWN}[name]
    with service([answer(b"")] * later + [answer_given]) as url, client_of(url) as client:
        if later:
            client.attach("11", department="1").send("oi")
        delivery, message = send(client, posted)
    assert delivery == ("rejected" if name in REFUSALS else "unknown")
    assert says in message


def test_department_names_are_decoded():
    body = '[{"id":18446744073709551616,"name":"Técnico"},{"id":1e3,"name":"b"}]'.encode("latin-1")
    given = answer(body, f"Content-Type: application/json; {LATIN}")
    with service([given, given]) as url, client_of(url, "interactions") as client:
        for _ in range(2):
            departments = client.departments()
            found = [(department.id, department.name) for department in departments]
            assert found == [("18446744073709551616", "Técnico"), ("1e3", "b")]


def test_hashes_are_found_in_each_form_of_response():
    given = answer(b'\xef\xbb\xbf{"data":{"interaction_hash":12345678901234567890123,"agent":"half \\ud83d",}}')
    with service([given, answer(b"")]) as url, client_of(url, "interactions") as client:
        chat = client.conversation("12", department="1")
        chat.start()
        assert chat.interaction_hash == "12345678901234567890123"
        chat.send("oi")
