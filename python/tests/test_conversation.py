"""Conversations: with blocks start and finish them, and their state follows the agent."""

from __future__ import annotations

import asyncio
import socket
import threading

import omnize
import pytest


def requests(sandbox) -> list[str]:
    return [entry.kind for entry in sandbox.transcript() if entry.direction == "request"]


def test_with_blocks_start_and_finish_interactions(omnize_client, omnize_sandbox):
    customer = omnize.Customer("Joao", "joao@example.com", "11988776655", "123.456.789-09")
    with omnize_client.conversation(12, department=1, customer=customer) as chat:
        assert (chat.client_id, chat.department, chat.is_open) == ("12", "1", True)
        chat.typing()
        chat.cleared()
        chat.send("Olá 😀\0")
    assert (chat.state, chat.is_open) == ("finished", False)
    assert requests(omnize_sandbox) == ["start", "typing", "cleared", "message", "finish"]


def test_with_blocks_do_not_start_open_interactions(omnize_client, omnize_sandbox):
    omnize_client.conversation("12", department="1").start()
    with omnize_client.attach("12", department="1") as chat:
        chat.send("oi")
    assert requests(omnize_sandbox) == ["start", "message", "finish"]


def test_with_blocks_raise_the_exception_of_their_body(omnize_client, omnize_sandbox):
    with pytest.raises(LookupError), omnize_client.conversation("12", department="1") as chat:
        raise LookupError
    assert chat.state == "finished"
    assert requests(omnize_sandbox) == ["start", "finish"]


class _Silence:
    """A service that accepts the start, and closes the connection at later requests."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self._server.accept()
        self._server.close()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_failed_finishes_of_with_blocks_are_logged(kind, caplog):
    options = {"token": "t", "base_url": _Silence().url, "retry_blocking": 0, "environment": False}

    async def fail_awaiting():
        async with kind(**options) as client, client.conversation("12", department="1"):
            raise LookupError

    def fail():
        with kind(**options) as client, client.conversation("12", department="1"):
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(fail_awaiting()) if kind is omnize.AsyncClient else fail()
    messages = [record.getMessage() for record in caplog.records if "not finished" in record.getMessage()]
    assert len(messages) == 1
    assert "which raised an exception: " in messages[0]


def test_conversations_of_closed_clients_raise_closed(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options) as client, client.conversation("12", department="1") as chat:
        pass
    assert chat.state == "finished"
    for call in (chat.send, chat.post, chat.finish, chat.post_finish):
        with pytest.raises(omnize.Closed):
            call()


@pytest.mark.omnize_agents({"rules": [{"on": "start", "steps": ["accepted", "finish"]}]})
def test_with_blocks_accept_a_finish_of_the_agent(omnize_client, omnize_sandbox):
    with omnize_client.conversation("12", department="1") as chat:
        for event in omnize_client.events(timeout=5):
            if isinstance(event, omnize.Finished):
                break
        assert chat.state == "finished"
    assert requests(omnize_sandbox) == ["start"]


@pytest.mark.omnize_agents("unavailable")
def test_unavailable_agents(omnize_client, omnize_sandbox):
    with omnize_client.conversation("12", department="1") as chat:
        assert omnize_client.next(5) == omnize.Unavailable("12")
        assert chat.state == "unavailable"
    assert requests(omnize_sandbox) == ["start"]


def test_posted(omnize_client, omnize_sandbox):
    chat = omnize_client.conversation("12", department="1")
    tickets = [chat.post_start(omnize.Customer("Joao")), chat.post("oi"), chat.post_finish()]
    outcomes = [event for event in omnize_client.events(timeout=1) if isinstance(event, omnize.Outcome)]
    assert [(outcome.ticket, outcome.request) for outcome in outcomes] == [
        (tickets[0], "start"),
        (tickets[1], "message"),
        (tickets[2], "finish"),
    ]
    assert all(outcome.is_accepted for outcome in outcomes)


def test_a_posted_request_that_fails(omnize_sandbox):
    options = {**omnize_sandbox.options, "token": "another"}
    with omnize.Client(**options) as client:
        ticket = client.conversation("12", department="1").post_start()
        outcome = client.next(10)
    assert (outcome.ticket, outcome.delivery) == (ticket, "rejected")
    assert type(outcome.error) is omnize.AuthenticationFailed


def test_keystrokes(omnize_sandbox):
    client = omnize.Client(**omnize_sandbox.options, typing_pause=0.1)
    with client, client.conversation("12", department="1") as chat:
        for _ in range(5):
            chat.keystroke()
        chat.send("oi")
    assert requests(omnize_sandbox) == ["start", "typing", "cleared", "message", "finish"]


def test_repr_contains_no_personal_data(omnize_client):
    chat = omnize_client.conversation("12", department="1", customer=omnize.Customer("Segredo"))
    assert repr(chat) == "<Conversation client_id='12' department='1' new>"
