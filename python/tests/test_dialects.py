"""The later dialects: the same program supports them, and has methods for their further requests."""

from __future__ import annotations

import asyncio
import json
import pickle

import omnize
import pytest
from omnize.sandbox import Sandbox


@pytest.mark.parametrize("dialect", ["rest", "gateway", "interactions"])
def test_one_program_supports_all_dialects(dialect, omnize_sandbox):
    options = {**omnize_sandbox.options_in(dialect), "listen": "127.0.0.1:0"}
    with omnize.Client(**options) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        said = []
        with client.conversation("12", department="1", customer=omnize.Customer("Joao")) as chat:
            for event in client.events(timeout=5):
                said.append(event)
                if isinstance(event, omnize.Accepted):
                    assert [open_.client_id for open_ in client.open_interactions] == ["12"]
                    chat.send("oi")
                elif isinstance(event, omnize.Message):
                    break
            assert (chat.interaction_hash is not None) == (dialect == "interactions")
        assert {event.client_id for event in said} == {"12"}
        assert said[-1].text == "oi"
        assert client.open_interactions == []


def test_interactions_supports_further_requests(omnize_sandbox):
    options = {**omnize_sandbox.options_in("interactions"), "listen": "127.0.0.1:0"}
    with omnize.Client(**options) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        extra = {"order": "42", "é": [1, None]}
        with client.conversation("12", department="1", extra=extra, media_type="TEXT") as chat:
            accepted = client.next(5)
            assert accepted == omnize.Accepted("12")
            assert (accepted.extra, accepted.interaction_hash) == (extra, chat.interaction_hash)
            again = pickle.loads(pickle.dumps(accepted))
            assert (again, again.extra) == (accepted, extra)
            chat.send("veja", media=omnize.Media("image", "https://example.com/a.png"))
            chat.update(mood="POSITIVE", tags=["1", "2"], note="gentil")
            with pytest.raises(omnize.ArgumentError, match="POSITIVE"):
                chat.update(mood="happy")
        departments = client.departments()
        assert {department.name for department in departments} == {"Support", "Sales"}
        online = client.online_agents("1")
        assert online.total >= len(online.agents)
        with pytest.raises(omnize.ArgumentError):
            client.off_hours("1", "oi", customer=omnize.Customer("Joao"))
        client.off_hours("1", "oi", customer=omnize.Customer("Joao", "joao@example.com"))
        assert "Joao" not in repr((departments, online, chat))


def test_async_clients_support_further_requests(omnize_sandbox):
    async def talk():
        options = omnize_sandbox.options_in("interactions")
        async with omnize.AsyncClient(**options) as client:
            async with client.conversation("12", department=1, external_history="https://example.com/h") as chat:
                await chat.send("veja", media=omnize.Media("file", "https://example.com/a.pdf"))
                await chat.update(note="gentil")
            assert len(await client.departments()) == 2
            assert (await client.online_agents(1)).total >= 0
            await client.off_hours(1, "oi", customer=omnize.Customer(email="joao@example.com"))
            whatsapp = client.conversation("13", department=1)
            await whatsapp.whatsapp("5511988776655", "oi")
            with pytest.raises(omnize.Unsupported):
                await client.bot_attach("a-hash").typing()

    asyncio.run(talk())


def test_unsupported_requests_raise_unsupported(omnize_client):
    with pytest.raises(omnize.Unsupported):
        omnize_client.departments()
    chat = omnize_client.conversation("12", department="1", extra={"a": 1})
    with pytest.raises(omnize.Unsupported, match="extra"):
        chat.start()
    with pytest.raises(omnize.Unsupported):
        omnize_client.bot_attach("a-hash")


HASH = "6ecd8c99-4036-403d-bf84-cf8400f67836"


def trigger(**fields):
    body = {"interaction_hash": HASH, "extra": {"clientId": "12", "botId": "b", "a": 1}, **fields}
    return omnize.parse_trigger(json.dumps(body).encode(), dialect="interactions")


def test_each_trigger_has_its_class():
    queued = trigger(state="queued", position=3)
    assert queued == omnize.Queued("12", 3)
    assert (queued.extra, queued.bot_id, queued.interaction_hash) == ({"a": 1}, "b", HASH)
    transferred = trigger(state="transferred", department_id=2)
    assert transferred == omnize.Transferred("12", "2")
    message = trigger(
        message={"hash": "m", "content": "veja", "type": "image", "url": "https://example.com/a.png"},
        agent={"id": 7, "name": "Maria"},
    )
    assert message == omnize.Message("12", "veja", omnize.Media("image", "https://example.com/a.png"))
    assert message != omnize.Message("12", "veja")
    assert (message.hash, message.agent) == ("m", omnize.Agent("7", "Maria"))
    assert not any(
        secret in f"{message!r} {message.agent!r} {message.media!r}" for secret in ("Maria", "veja", "a.png")
    )
    assert message.to_dict()["agent_name"] == "Maria"
    assert pickle.loads(pickle.dumps(message)).agent == message.agent
    assert omnize.parse_trigger(b'{"clientId": "12", "status": "typing"}').agent is None
    with pytest.raises(omnize.ArgumentError, match="gateway"):
        omnize.parse_trigger(b"{}", dialect="latin")


def test_an_external_bot():
    body = {"type": "new_interaction", "interaction_hash": HASH, "department_id": 1}
    event = omnize.parse_trigger(json.dumps(body).encode(), dialect="interactions")
    assert event == omnize.NewInteraction(HASH, "1")
    with omnize.Client("t", dialect="interactions", environment=False) as client:
        chat = client.bot_attach(event.interaction_hash)
        assert (chat.client_id, chat.interaction_hash) == (HASH, HASH)


@pytest.fixture
def sandbox_with_bots():
    """A separate sandbox, because a bot stays and would get the interactions of later tests."""
    with Sandbox(dialect="interactions") as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_an_external_bot_posts(kind, sandbox_with_bots):
    sandbox = sandbox_with_bots
    options = {**sandbox.options, "listen": "127.0.0.1:0"}

    def serve(client):
        event = client.next(5)
        bot = client.bot_attach(event.interaction_hash)
        tickets = [bot.post_bot_accept(), bot.post("oi"), bot.post_bot_transfer(2)]
        return tickets, [outcome for outcome in client.events(1) if isinstance(outcome, omnize.Outcome)]

    async def serve_awaiting(client):
        async with client:
            event = await client.next(5)
            bot = client.bot_attach(event.interaction_hash)
            tickets = [await bot.post_bot_accept(), await bot.post("oi"), await bot.post_bot_transfer(2)]
            return tickets, [outcome async for outcome in client.events(1) if isinstance(outcome, omnize.Outcome)]

    client = kind(**options)
    place = {"token": sandbox.token, "url": client.webhook_url}
    sandbox._call("PUT", "/portal/settings/integrations/bot", place)
    with omnize.Client(**sandbox.options) as customers:
        customers.conversation("12", department="1").start()
        if kind is omnize.AsyncClient:
            tickets, outcomes = asyncio.run(serve_awaiting(client))
        else:
            with client:
                tickets, outcomes = serve(client)
    assert [(outcome.ticket, outcome.request, outcome.is_accepted) for outcome in outcomes] == [
        (tickets[0], "bot_accept", True),
        (tickets[1], "message", True),
        (tickets[2], "bot_transfer", True),
    ]
    asked = [entry.kind for entry in sandbox.transcript() if entry.direction == "request"]
    assert asked[1:] == ["accept", "message", "transfer"]
