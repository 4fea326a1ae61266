"""Listeners: the client's own, one opened later, and one that several clients share."""

from __future__ import annotations

import socket

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def test_clients_may_have_their_own_listener(post):
    with omnize.Client(**OPTIONS, listen="127.0.0.1:0", listen_path="/chat") as client:
        assert post(client.webhook_url, b'{"status": "accepted", "clientId": 12}').status == 200
        assert post(client.webhook_url + "s", b"{}").status == 404
        assert client.next(5) == omnize.Accepted("12")
        assert (client.statistics["received"], client.statistics["wrong_path"]) == (1, 1)


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_listen_opens_a_listener_later(kind, post):
    client = kind(**OPTIONS)
    assert client.webhook_url is None
    listener = client.listen("127.0.0.1:0", public_url="https://chat.example.com", basic="user:pass")
    assert client.webhook_url.startswith("https://chat.example.com/omnize/")
    listener.detach(client)
    assert client.webhook_url is None
    client._close_at_exit(0)


def test_listeners_of_clients_are_closed_with_them(post):
    with omnize.Client(**OPTIONS) as client:
        client.listen("127.0.0.1:0")
        url = client.webhook_url
        assert post(url, b'{"clientId": 1}').status == 200
    with pytest.raises(OSError, match="refused"):
        post(url, b"{}")


def test_listeners_serve_several_clients(post):
    with omnize.Client(**OPTIONS) as one, omnize.Client(**OPTIONS) as two, omnize.Listener("127.0.0.1:0") as listener:
        listener.attach(one)
        listener.attach(two, path="/two")
        with pytest.raises(omnize.ArgumentError):
            listener.attach(two, path="/three")
        assert post(listener.url(one), b'{"clientId": 1}').status == 200
        assert post(listener.url(two), b'{"clientId": 2}').status == 200
        assert (one.next(5).client_id, two.next(5).client_id) == ("1", "2")
        listener.detach(one)
        assert listener.url(one) is None
        listener.close()
        listener.close()


def test_used_addresses_raise_listen_error():
    with omnize.Client(**OPTIONS, listen="127.0.0.1:0") as client:
        address = client.webhook_url.split("/")[2]
        with pytest.raises(omnize.ListenError):
            omnize.Client(**OPTIONS, listen=address)
        with pytest.raises(omnize.ConfigError):
            omnize.Listener("nowhere")


def test_closed_clients_open_no_listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with omnize.Client(**OPTIONS) as client:
            pass
        # If it opened a listener at this used address, it would raise ListenError.
        with pytest.raises(omnize.Closed, match="the client is closed") as caught:
            client.listen(address)
    assert caught.value.status == "OMNIZE_E_CLOSED"


def test_repr_contains_address_and_state():
    with omnize.Listener("127.0.0.1:0", basic="user:segredo") as listener:
        assert repr(listener) == "<Listener 127.0.0.1:0 open>"
    assert repr(listener) == "<Listener 127.0.0.1:0 closed>"
