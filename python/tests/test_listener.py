"""Webhooks: the client's own, one opened later, and one that several clients share."""

from __future__ import annotations

import socket

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def test_the_clients_own(post):
    with omnize.Client(**OPTIONS, listen="127.0.0.1:0", listen_path="/chat") as client:
        assert post(client.webhook_url, b'{"status": "accepted", "clientId": 12}').status == 200
        assert post(client.webhook_url + "s", b"{}").status == 404
        assert client.next(5) == omnize.Accepted("12")
        assert (client.statistics["received"], client.statistics["wrong_path"]) == (1, 1)


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_opened_later(kind, post):
    client = kind(**OPTIONS)
    assert client.webhook_url is None
    listener = client.listen("127.0.0.1:0", public_url="https://chat.example.com", basic="user:pass")
    assert client.webhook_url.startswith("https://chat.example.com/omnize/")
    listener.detach(client)
    assert client.webhook_url is None
    client._close_at_exit(0)


def test_it_is_closed_with_its_client(post):
    with omnize.Client(**OPTIONS) as client:
        client.listen("127.0.0.1:0")
        url = client.webhook_url
        assert post(url, b'{"clientId": 1}').status == 200
    with pytest.raises(OSError, match="refused"):
        post(url, b"{}")


def test_shared(post):
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


def test_an_address_that_is_taken():
    with omnize.Client(**OPTIONS, listen="127.0.0.1:0") as client:
        address = client.webhook_url.split("/")[2]
        with pytest.raises(omnize.ListenError):
            omnize.Client(**OPTIONS, listen=address)
        with pytest.raises(omnize.ConfigError):
            omnize.Listener("nowhere")


def test_a_closed_client_opens_no_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with omnize.Client(**OPTIONS) as client:
            pass
        # At an address that is taken, opening it would tell so.
        with pytest.raises(omnize.Closed, match="the client is closed") as caught:
            client.listen(address)
    assert caught.value.status == "OMNIZE_E_CLOSED"


def test_it_says_what_it_is():
    with omnize.Listener("127.0.0.1:0", basic="user:segredo") as listener:
        assert repr(listener) == "<Listener 127.0.0.1:0 open>"
    assert repr(listener) == "<Listener 127.0.0.1:0 closed>"
