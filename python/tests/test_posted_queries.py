"""Departments, online agents and off-hours messages can be posted. Their outcomes contain the lists and no customer."""

from __future__ import annotations

import asyncio
import pickle

import omnize
import pytest

JOAO = omnize.Customer("Joao", "joao@example.com")


def outcome(client) -> omnize.Outcome:
    event = client.next(20)
    assert isinstance(event, omnize.Outcome)
    return event


def test_outcomes_contain_the_lists(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options_in("interactions")) as client:
        ticket = client.post_departments()
        event = outcome(client)
        assert (event.ticket, event.request, event.client_id) == (ticket, "departments", "")
        assert event.departments == tuple(client.departments())
        assert event.agents is None
        assert event.interaction_hash is None
        again = pickle.loads(pickle.dumps(event))
        assert (again, again.departments) == (event, event.departments)

        ticket = client.post_online_agents(1)
        event = outcome(client)
        assert (event.ticket, event.request, event.departments) == (ticket, "online_agents", None)
        assert isinstance(event.agents, omnize.OnlineAgents)
        assert event.agents.total >= len(event.agents.agents) > 0
        assert event.agents.agents[0].name not in repr(event)

        client.post_online_agents(99)
        event = outcome(client)
        assert event.agents is None
        assert isinstance(event.error, omnize.Rejected)


def test_an_off_hours_message_is_posted_once(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options_in("interactions")) as client:
        with pytest.raises(omnize.ArgumentError):
            client.post_off_hours("1", "oi", customer=omnize.Customer("Joao"))
        ticket = client.post_off_hours("1", "oi", customer=JOAO, reference="contact")
        assert client.post_off_hours("1", "oi", customer=JOAO, reference="contact") == ticket
        event = outcome(client)
        assert (event.ticket, event.request, event.client_id) == (ticket, "off_hours", "")
        assert event.reference == "contact"
        assert event.interaction_hash
        assert event.to_dict()["interaction_hash"] == event.interaction_hash
        with pytest.raises(omnize.ArgumentError, match=str(ticket)):
            client.post_off_hours("2", "oi", customer=JOAO, reference="contact")
        assert client.next(0) is None


def test_an_off_hours_message_expires():
    nowhere = {"token": "t", "dialect": "interactions", "base_url": "http://127.0.0.1:1/", "environment": False}
    with omnize.Client(**nowhere) as client:
        ticket = client.post_off_hours("1", "oi", customer=JOAO, max_age=0.05)
        event = outcome(client)
        assert event.ticket == ticket
        assert isinstance(event.error, omnize.Expired)
        client.close(0)


def test_asyncio_posts_queries(omnize_sandbox):
    async def run():
        async with omnize.AsyncClient(**omnize_sandbox.options_in("interactions")) as client:
            tickets = await asyncio.gather(
                client.post_departments(),
                client.post_online_agents(1),
                client.post_off_hours(1, "oi", customer=JOAO, reference="contact", max_age=60),
            )
            events = {}
            for _ in tickets:
                event = await client.next(20)
                events[event.ticket] = event
            departments, agents, contact = (events[ticket] for ticket in tickets)
            assert {department.name for department in departments.departments} == {"Support", "Sales"}
            assert agents.agents.total > 0
            assert contact.interaction_hash
            assert contact.reference == "contact"

    asyncio.run(run())


@pytest.mark.parametrize("dialect", ["rest", "gateway"])
def test_posts_that_the_dialect_lacks_raise_unsupported(dialect, omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options_in(dialect)) as client:
        with pytest.raises(omnize.Unsupported):
            client.post_online_agents(1)
        with pytest.raises(omnize.Unsupported):
            client.post_off_hours(1, "oi", customer=JOAO)
        with pytest.raises(omnize.Unsupported if dialect == "rest" else omnize.ArgumentError):
            client.post_departments()
        if dialect == "gateway":
            client.post_departments(12)
            assert outcome(client).departments
