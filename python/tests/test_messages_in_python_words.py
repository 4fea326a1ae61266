"""Messages name options, durations and terms as Python does; those of a file or the environment as the file does."""

from __future__ import annotations

import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import omnize
import pytest
from omnize import _omnize

DOTTED = [name for name, *_ in _omnize.option_table() if "." in name]


def check_words(message: str) -> None:
    assert not [name for name in DOTTED if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.]\w)", message)], message
    assert not re.search(r"\d ms\b|millisecond|callback|NULL|omnize_[a-z]", message), message


def message_of(**options) -> str:
    with pytest.raises(omnize.ConfigError) as caught:
        omnize.Client("t", environment=False, **options)
    check_words(str(caught.value))
    return str(caught.value)


def test_invalid_values_name_the_keyword():
    assert message_of(tls_min_version="1.1").startswith("option tls_min_version: ")
    assert "listen_max_body" in message_of(listen_max_body="many")
    assert "listen_allow" in message_of(listen="127.0.0.1:0", listen_allow="nowhere")
    assert "listen_trusted_proxies" in message_of(listen="127.0.0.1:0", listen_trusted_proxies=["nowhere"])


def test_options_that_do_not_fit_together_are_named_as_keywords(tmp_path):
    file = tmp_path / "chat.pem"
    file.write_text("")
    assert "tls_certificate and tls_key" in message_of(tls_certificate=file)
    assert "listen_tls_certificate and listen_tls_key" in message_of(listen="127.0.0.1:0", listen_tls_certificate=file)
    assert "listen_health and listen_path" in message_of(listen="127.0.0.1:0", listen_path="/a", listen_health="/a")
    assert "a number of seconds" in _type_error(timeout_connect="5")
    assert "seconds" in message_of(timeout_connect=-1)


def _type_error(**options) -> str:
    with pytest.raises(TypeError) as caught:
        omnize.Client("t", environment=False, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("timeout", "text"), [(0.2, "timeout (0.2 s)"), (0.25, "timeout (0.25 s)"), (1, "timeout (1 s)")]
)
def test_timeouts_are_in_seconds(unanswering, timeout, text):
    with omnize.Client(**unanswering, timeout=timeout) as client:
        chat = client.attach("12", department="1")
        with pytest.raises(omnize.ResponseTimedOut) as caught:
            chat.send("oi")
        assert text in str(caught.value)
        check_words(str(caught.value))
        chat.post("oi")
        outcome = client.next(10)
        assert text in str(outcome.error)
        check_words(str(outcome.error))


def test_the_reason_of_the_service_remains():
    reason = "NULL in callback after 500 ms, see listen.path"
    body = json.dumps({"success": False, "message": reason}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with omnize.Client("t", environment=False, base_url=f"http://127.0.0.1:{server.server_port}/") as client:
            chat = client.attach("12", department="1")
            with pytest.raises(omnize.Rejected) as caught:
                chat.send("oi")
            chat.post("oi")
            outcome = client.next(10)
        server.shutdown()
    for error in (caught.value, outcome.error):
        assert f"its reason: {reason}" in str(error)


def test_the_option_of_a_timeout_is_named_as_a_keyword():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        client = omnize.Client("t", environment=False, base_url=url, timeout_tls=0.15)
        with client, pytest.raises(omnize.TimedOut) as caught:
            client.attach("12", department="1").send("oi")
    assert "timeout_tls (0.15 s)" in str(caught.value)


def test_a_full_outbox_names_its_option(unanswering):
    with omnize.Client(**unanswering, outbox_capacity=1) as client:
        chat = client.attach("12", department="1")
        chat.post("one")
        with pytest.raises(omnize.QueueFull) as caught:
            chat.post("two")
        client.close(0)
    assert "outbox_capacity" in str(caught.value)
    check_words(str(caught.value))


def test_nested_polls_are_of_handlers(omnize_sandbox):
    messages = []
    with omnize.Client(**omnize_sandbox.options) as client:

        @client.on()
        def handler(event):
            with pytest.raises(omnize.Error) as caught:
                client.poll(0)
            messages.append(str(caught.value))

        client.deliver(b'{"status": "typing", "clientId": "12"}')
        client.poll(1)
    assert "handler" in messages[0]
    check_words(messages[0])


def test_a_file_is_named_in_its_own_words(tmp_path):
    file = tmp_path / "chat.ini"
    for text, expected in [
        ("[timeout]\nconnect = soon\n", "line 2: option timeout.connect: "),
        ("tls.min_version = 1.1\n", "line 1: option tls.min_version: "),
        ("timeout.conect = 5\n", '"timeout.conect"'),
    ]:
        file.write_text(text)
        with pytest.raises(omnize.ConfigError) as caught:
            omnize.Client("t", config_file=file, environment=False)
        assert expected in str(caught.value)
    file.write_text("timeout = soon\n")
    with pytest.raises(omnize.ConfigError, match="milliseconds"):
        omnize.Client("t", config_file=file, environment=False)
    with pytest.raises(omnize.ConfigError, match="milliseconds"):
        omnize.Listener("127.0.0.1:0", config_file=file, environment=False)


def test_the_environment_is_named_in_its_own_words(monkeypatch):
    monkeypatch.setenv("OMNIZE_TIMEOUT_CONNECT", "soon")
    with pytest.raises(omnize.ConfigError, match=r"OMNIZE_TIMEOUT_CONNECT.*milliseconds"):
        omnize.Client("t")


def test_names_of_files_and_hosts_remain(tmp_path):
    folder = tmp_path / "callback" / "tls.ca_file"
    folder.mkdir(parents=True)
    with pytest.raises(omnize.FileError) as caught:
        omnize.Client("t", environment=False, tls_ca_file=folder / "NULL")
    assert f"option tls_ca_file: the file {folder}/NULL " in str(caught.value)


def test_log_lines_have_pythons_words(caplog, unanswering):
    with omnize.Client(**unanswering, timeout=0.2) as client:
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        client.poll(0)
    text = "\n".join(record.getMessage() for record in caplog.records)
    check_words(text)
