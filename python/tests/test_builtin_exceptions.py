"""Timeouts are TimeoutErrors, refused connections are ConnectionErrors, and the delivery determines the class."""

from __future__ import annotations

import pickle
import re
import socket
import threading
from pathlib import Path

import omnize
import pytest
from omnize._errors import _error_of_status

#: The page is printed from the core's table.
PAGE = Path(__file__).resolve().parent.parent.parent / "docs/src/statuses.md"
STATUSES = sorted(set(re.findall(r"\bOMNIZE_E_\w+", PAGE.read_text(encoding="utf-8"))) - {"OMNIZE_E_FORKED"})


def failure(options, **more) -> omnize.Error:
    with omnize.Client(**{**options, **more}) as client, pytest.raises(omnize.Error) as caught:
        client.attach("12", department="1").send("oi")
    return caught.value


@pytest.fixture
def refusing():
    """Options of a client whose service refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    return {"token": "t", "base_url": url, "environment": False, "retry_blocking": 0}


def test_refused_connections_are_connection_errors(refusing):
    error = failure(refusing)
    assert isinstance(error, (omnize.ConnectFailed, omnize.NotSent))
    assert isinstance(error, ConnectionError)
    assert not error.timed_out


def test_timeouts_after_the_request_are_timeout_errors(unanswering):
    error = failure(unanswering, timeout=0.2)
    assert isinstance(error, omnize.DeliveryUnknown)
    assert isinstance(error, TimeoutError)
    assert (error.timed_out, error.delivery, str(error)) == (True, "unknown", error.message)


def test_timeouts_before_the_request_are_timeout_errors():
    # The handshake never ends, so nothing of the request is sent.
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        options = {"token": "t", "base_url": url, "environment": False, "retry_blocking": 0}
        error = failure(options, timeout=0.2)
    assert type(error) is omnize.TimedOut
    assert isinstance(error, TimeoutError)
    assert (error.timed_out, error.delivery) == (True, "not sent")


def test_other_unknown_deliveries_are_not_timeout_errors():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        error = failure({"token": "t", "base_url": url, "environment": False})
        thread.join()
    assert type(error) is omnize.DeliveryUnknown
    assert not isinstance(error, TimeoutError)
    assert not error.timed_out


def test_close_timeouts_are_timeout_errors(omnize_sandbox):
    client = omnize.Client(**omnize_sandbox.options)
    begun, may_end = threading.Event(), threading.Event()

    @client.on(omnize.Typing)
    def wait(event):
        begun.set()
        may_end.wait(10)

    client.dispatch()
    client.deliver(b'{"status": "typing", "clientId": "12"}')
    assert begun.wait(10)
    with pytest.raises(TimeoutError) as caught:
        client.close(0.05)
    may_end.set()
    assert isinstance(caught.value, omnize.CloseTimedOut)


@pytest.mark.parametrize("status", STATUSES)
def test_the_delivery_determines_the_class(status):
    for delivery, kind in [("not sent", omnize.NotSent), ("unknown", omnize.DeliveryUnknown)]:
        error = _error_of_status(status, "the message", delivery, None, b"", False, None)
        assert isinstance(error, kind)
        assert not (isinstance(error, omnize.NotSent) and isinstance(error, omnize.DeliveryUnknown))
        assert (error.timed_out, error.delivery) == (status == "OMNIZE_E_TIMEOUT", delivery)
        assert type(error).__name__ in omnize.__all__
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), vars(again), str(again)) == (type(error), vars(error), "the message")


def test_there_are_many_statuses():
    assert len(STATUSES) > 30


def test_a_full_outbox_is_not_sent(unanswering):
    with omnize.Client(**unanswering, outbox_capacity=1, timeout=30) as client:
        chat = client.attach("12", department="1")
        chat.post("one")
        with pytest.raises(omnize.NotSent) as caught:
            chat.post("two")
        client.close(0)
    error = caught.value
    assert isinstance(error, omnize.QueueFull)
    assert (type(error).__name__, error.delivery, error.status) == ("QueueFull", "not sent", "OMNIZE_E_FULL")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))


def test_a_full_event_queue_has_no_delivery(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options, events_capacity=1) as client:
        client.deliver(b'{"status": "typing", "clientId": "12"}')
        with pytest.raises(omnize.QueueFull) as caught:
            client.deliver(b'{"status": "typing", "clientId": "12"}')
    assert type(caught.value) is omnize.QueueFull
    assert caught.value.delivery is None


@pytest.mark.parametrize("status", STATUSES)
def test_only_the_delivery_not_sent_raises_not_sent(status):
    for delivery in (None, "accepted", "rejected", "unknown"):
        error = _error_of_status(status, "the message", delivery, None, b"", False, None)
        assert not isinstance(error, omnize.NotSent), (type(error), delivery)
