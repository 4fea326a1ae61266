"""Each kind of failure has its exception class, with one base class, and contains no secret."""

from __future__ import annotations

import pickle
import socket
import threading

import omnize
import pytest

SECRETS = ("s3cr3t-token", "segredo")


def client_for(url: str, **options) -> omnize.Client:
    return omnize.Client("s3cr3t-token", base_url=url, environment=False, **options)


@pytest.fixture
def answering():
    """A server that reads something from each connection, sends these bytes and closes it."""
    servers = []

    def start(answer: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


def failure(client: omnize.Client) -> omnize.Error:
    with client, pytest.raises(omnize.Error) as caught:
        client.attach("12", department="1").send("segredo")
    error = caught.value
    assert not any(secret in f"{error!r}{error}{vars(error)}" for secret in SECRETS)
    assert error.message == str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))
    return error


def test_rejections_raise_rejected(answering):
    body = b'{"message": "no segredo here, s3cr3t-token"}'
    error = failure(client_for(answering(b"HTTP/1.1 422 No\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))))
    assert type(error) is omnize.Rejected
    assert (error.status, error.http_status, error.delivery) == ("OMNIZE_E_REJECTED", 422, "rejected")
    assert error.body == b'{"message": "no [redacted] here, [redacted]"}'
    assert (error.retryable, error.retry_after) == (False, None)


def test_temporary_rejections_are_retryable(answering):
    answer = b"HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    error = failure(client_for(answering(answer), retry_blocking=0))
    assert type(error) is omnize.Rejected
    assert (error.status, error.http_status) == ("OMNIZE_E_SERVICE", 503)
    assert (error.retryable, error.retry_after) == (True, 7.0)


def test_rejections_with_status_200_raise_rejected(answering):
    body = b'{"success": false, "errors": ["full"]}'
    error = failure(client_for(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))))
    assert type(error) is omnize.Rejected
    assert (error.status, error.http_status) == ("OMNIZE_E_FAILED", 200)


def test_refused_connections_raise_connect_failed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    error = failure(client_for(url, retry_blocking=0))
    assert type(error) is omnize.ConnectFailed
    assert isinstance(error, omnize.NotSent)
    assert (error.delivery, error.retryable) == ("not sent", True)


def test_failed_handshakes_raise_tls_failed(answering):
    url = answering(b"HTTP/1.1 400 Bad\r\n\r\n").replace("http:", "https:")
    error = failure(client_for(url, retry_blocking=0))
    assert type(error) is omnize.TLSFailed
    assert isinstance(error, omnize.NotSent)


def test_missing_responses_raise_delivery_unknown(answering):
    error = failure(client_for(answering(b"")))
    assert type(error) is omnize.DeliveryUnknown
    assert (error.delivery, error.status, error.retryable) == ("unknown", "OMNIZE_E_LOST", False)


def test_response_timeouts_raise_response_timed_out():
    with socket.create_server(("127.0.0.1", 0)) as server:
        error = failure(client_for(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.2))
    assert type(error) is omnize.ResponseTimedOut
    assert error.status == "OMNIZE_E_TIMEOUT"


def test_requests_in_the_wrong_state_raise_state_error(omnize_client):
    with pytest.raises(omnize.StateError) as caught:
        omnize_client.conversation("12", department="1").send("oi")
    assert (caught.value.delivery, isinstance(caught.value, omnize.NotSent)) == ("not sent", True)


def test_invalid_customers_raise_customer_error(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options, validate="customer") as client:
        chat = client.conversation("12", department="1", customer=omnize.Customer(cpf="123.456.789-00"))
        with pytest.raises(omnize.CustomerError, match="CPF"):
            chat.start()


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.attach("1", department="1").send("\ud800"),
        lambda client: client.attach("1", department="1").post("\ud800"),
        lambda client: client.attach("1", department="1").post("x", max_age=-1),
        lambda client: client.attach("1", department="1").post("x", max_age=0),
        lambda client: client.attach("1", department="1").post("x", reference=""),
        lambda client: client.attach("1", department="1").post("x", reference="\ud800"),
        lambda client: client.attach("1", department="1").update(mood="ruim"),
        lambda client: client.conversation("1", department="1", customer=omnize.Customer(name="\ud800")).start(),
        lambda client: client.departments("\ud800"),
        lambda client: client.post_online_agents("\ud800"),
        lambda client: client.post_off_hours("1", "x", customer=omnize.Customer(name="Joao")),
    ],
)
def test_invalid_arguments_of_requests_are_not_sent(call):
    with omnize.Client(token="t", dialect="interactions", environment=False) as client:
        with pytest.raises(omnize.ArgumentError) as caught:
            call(client)
        assert isinstance(caught.value, omnize.NotSent)
        assert caught.value.delivery == "not sent"


def test_invalid_arguments_raise_argument_error(omnize_client):
    for wrong in ({"client_id": "", "department": "1"}, {"client_id": "1", "department": ""}):
        with pytest.raises(omnize.ArgumentError):
            omnize_client.conversation(**wrong)
    with pytest.raises(TypeError):
        omnize_client.conversation(1.5, department="1")
    with pytest.raises(TypeError):
        omnize_client.attach("1", department="1").send(b"oi")
    with pytest.raises(TypeError):
        omnize_client.conversation("1", department="1", customer={"name": "Joao"})
    with pytest.raises(TypeError):
        omnize_client.on(int)(print)
    for seconds in (-1, float("nan")):
        with pytest.raises(ValueError, match="timeout"):
            omnize_client.next(seconds)


def test_closed_clients_raise_closed(omnize_sandbox):
    client = omnize.Client(**omnize_sandbox.options)
    chat = client.attach("12", department="1")
    assert client.close() == omnize.CloseReport(0, 0)
    assert client.close() == omnize.CloseReport(0, 0)
    calls = [
        lambda: client.next(0),
        lambda: client.poll(0),
        client.dispatch,
        lambda: client.deliver(b'{"clientId": 1}'),
        lambda: chat.send("oi"),
        lambda: chat.post("oi"),
    ]
    for call in calls:
        with pytest.raises(omnize.Closed):
            call()
    assert list(client.events()) == []
    assert repr(client) == "<Client closed>"


def test_close_timeouts_report_remaining_events(omnize_sandbox):
    client = omnize.Client(**omnize_sandbox.options)
    begun, may_end = threading.Event(), threading.Event()

    @client.on()
    def handler(event):
        begun.set()
        may_end.wait(10)

    client.dispatch()
    for _ in range(3):
        client.deliver(b'{"status": "typing", "clientId": "12"}')
    assert begun.wait(10)
    with pytest.raises(omnize.CloseTimedOut) as caught:
        client.close(0.1)
    may_end.set()
    assert (caught.value.events, caught.value.requests) == (2, 0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.events, again.requests) == (2, 0)


def test_all_exceptions_derive_from_error():
    kinds = [value for value in vars(omnize).values() if isinstance(value, type) and issubclass(value, BaseException)]
    assert len(kinds) > 20
    assert all(issubclass(kind, omnize.Error) for kind in kinds)
    for kind, builtin in [(omnize.ConfigError, ValueError), (omnize.ArgumentError, ValueError)]:
        assert issubclass(kind, builtin)
