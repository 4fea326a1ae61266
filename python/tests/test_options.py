"""Options as keyword arguments, from the environment and from a file, with Python values."""

from __future__ import annotations

import inspect
import re
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import omnize
import pytest
from omnize import _omnize
from omnize._clients.option_types import Options


def test_errors_about_unknown_options_suggest_a_name():
    with pytest.raises(omnize.ConfigError, match="did you mean 'dispatch_threads'") as caught:
        omnize.Client("t", dispatch_thread=2)
    assert caught.value.status == "OMNIZE_E_OPTION"
    with pytest.raises(omnize.ConfigError, match="base_url"):
        omnize.Client("t", zzz=2)


@pytest.mark.parametrize(
    "wrong", [{"retry_posted": 1e9}, {"dispatch_threads": 0}, {"listen": "nowhere"}, {"check_state": "maybe"}]
)
def test_errors_about_values_name_the_option(wrong):
    with pytest.raises(omnize.ConfigError, match="it takes") as caught:
        omnize.Client("t", **wrong)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1, -0.25, timedelta(seconds=-2)])
@pytest.mark.parametrize("name", ["timeout", "timeout_connect", "retry_posted"])
def test_invalid_times_raise_type_error(name, wrong):
    value = wrong.total_seconds() if isinstance(wrong, timedelta) else wrong
    with pytest.raises(omnize.ConfigError, match=f"option {name}: {value} can't be used; it takes seconds"):
        omnize.Client("t", **{name: wrong})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"timeout": 604800.5},
            "timeout: 604800.5 can't be used; it takes seconds, more than 0 and up to 604800 (a week)",
        ),
        ({"timeout": 0}, "timeout: 0 can't be used; it takes seconds, more than 0 and up to 604800 (a week)"),
        (
            {"retry_posted": 1e9},
            "retry_posted: 1000000000.0 can't be used; it takes seconds from 0 up to 604800 (a week)",
        ),
        (
            {"listen.timeout.idle": timedelta(8)},
            "listen.timeout.idle: 691200.0 can't be used; it takes seconds, more than",
        ),
    ],
)
def test_errors_about_times_name_the_bounds_in_seconds(options, expected):
    with pytest.raises(omnize.ConfigError, match=re.escape(expected)):
        omnize.Client("t", **options)
    omnize.Client("t", environment=False, timeout=604800, retry_posted=0).close()


@pytest.mark.parametrize("wrong", ["3", "300", "soon", True, False, b"3", [3]])
@pytest.mark.parametrize("name", ["timeout", "timeout_connect", "retry_posted"])
def test_times_must_be_numbers_of_seconds(name, wrong):
    with pytest.raises(TypeError, match=f"option {name} is an? {type(wrong).__name__}; pass a number of seconds"):
        omnize.Client("t", **{name: wrong})


def test_values_of_wrong_types_raise_type_error():
    with pytest.raises(TypeError, match="base_url"):
        omnize.Client("t", base_url=object())


def test_a_token_is_required(monkeypatch):
    monkeypatch.delenv("OMNIZE_TOKEN", raising=False)
    with pytest.raises(omnize.ConfigError, match="token"):
        omnize.Client()


@pytest.mark.parametrize("value", [0.3, timedelta(milliseconds=300)])
def test_times_are_seconds(value):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with omnize.Client("t", base_url=url, timeout=value, environment=False) as client:
            begun = time.monotonic()
            with pytest.raises(omnize.DeliveryUnknown):
                client.attach("12", department="1").send("oi")
            assert 0.25 < time.monotonic() - begun < 2


def test_conversations_have_their_own_timeout():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with omnize.Client("t", base_url=url, environment=False) as client:
            chat = client.attach("12", department="1")
            chat.timeout = 0.2
            with pytest.raises(omnize.DeliveryUnknown):
                chat.send("oi")
            assert chat.timeout == 0.2


def test_python_values_are_converted(tmp_path):
    options = {
        "listen": "127.0.0.1:0",
        "listen_allow": ["127.0.0.1", "192.0.2.0/24"],
        "listen.path": "/chat",
        "check_state": False,
        "dispatch_threads": 3,
        "store": Path(tmp_path) / "chat.db",
        "proxy": None,
    }
    with omnize.Client("t", environment=False, **options) as client:
        assert client.webhook_url.endswith("/chat")
        assert (tmp_path / "chat.db").exists()


def test_keywords_override_environment_and_file(monkeypatch, tmp_path):
    file = tmp_path / "omnize.ini"
    file.write_text("token = f\n[listen]\npath = /from-file\n")
    monkeypatch.setenv("OMNIZE_LISTEN", "127.0.0.1:0")
    with omnize.Client(config_file=file) as client:
        assert client.webhook_url.endswith("/from-file")
    monkeypatch.setenv("OMNIZE_LISTEN_PATH", "/from-environment")
    with omnize.Client(config_file=file) as client:
        assert client.webhook_url.endswith("/from-environment")
    with omnize.Client(config_file=file, listen_path="/given") as client:
        assert client.webhook_url.endswith("/given")
    with omnize.Client(config_file=file, environment=False) as client:
        assert client.webhook_url is None
    with pytest.raises(omnize.FileError):
        omnize.Client(config_file=tmp_path / "nowhere.ini")


def test_ignored_environments_set_no_proxy(monkeypatch, tmp_path):
    file = tmp_path / "omnize.ini"
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        monkeypatch.setenv("http_proxy", url)
        options = {"token": "t", "base_url": "http://service.invalid/", "timeout": 5, "retry_blocking": 0}

        def uses_proxy(**more):
            """Returns whether a request reaches the proxy, which closes the connection."""
            proxy.settimeout(0.5)

            def send():
                with omnize.Client(**options, **more) as client, pytest.raises(omnize.RequestError):
                    client.attach("12", department="1").send("oi")

            thread = threading.Thread(target=send)
            thread.start()
            try:
                proxy.accept()[0].close()
            except socket.timeout:
                return False
            finally:
                thread.join()
            return True

        assert uses_proxy()
        assert not uses_proxy(environment=False)
        assert uses_proxy(environment=False, proxy=url)
        file.write_text(f"proxy = {url}\n")
        assert uses_proxy(environment=False, config_file=file)
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1")
    monkeypatch.delenv("http_proxy")
    with pytest.raises(omnize.ConfigError, match="ALL_PROXY"):
        omnize.Client(**options)
    omnize.Client(**options, environment=False).close()


@pytest.mark.parametrize("name", ["latin-1", "Latin_1", "latin1", "iso-8859-1"])
def test_encodings_have_several_names(name):
    omnize.Client("t", environment=False, encoding=name).close()


def test_option_types_match_the_table():
    names = {name.replace(".", "_") for name, *_ in _omnize.option_table()}
    assert set(Options.__annotations__) == names - {"token"}
    parameters = inspect.signature(omnize.Client).parameters
    assert list(parameters) == list(inspect.signature(omnize.AsyncClient).parameters)
