"""A reference makes a post repeatable, also after a crash. A post with an age limit is not sent after it."""

from __future__ import annotations

import asyncio
import copy
import datetime
import math
import pickle
import subprocess
import sys
import time

import omnize
import pytest

#: The options of a client without a service.
NOWHERE = {"token": "t", "base_url": "http://127.0.0.1:1/", "environment": False}


def messages(sandbox) -> list[str]:
    return [entry.kind for entry in sandbox.transcript() if entry.direction == "request"]


def outcome(client) -> omnize.Outcome:
    event = client.next(20)
    assert isinstance(event, omnize.Outcome)
    return event


def test_the_time_of_a_post_may_be_unknown():
    assert omnize.Outcome("12", 1, "accepted").posted_at is None


def test_a_repeated_post_returns_the_ticket(omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options) as client:
        chat = client.conversation("12", department="1")
        before = time.time()
        calls = [
            lambda: chat.post_start(omnize.Customer("Joao"), reference="start"),
            lambda: chat.post("oi", reference="order 7"),
            lambda: chat.post_finish(reference="finish"),
        ]
        tickets = [call() for call in calls]
        assert [call() for call in calls] == tickets
        outcomes = [outcome(client) for _ in tickets]
        assert [event.ticket for event in outcomes] == tickets
        assert [event.reference for event in outcomes] == ["start", "order 7", "finish"]
        assert all(before - 1 <= event.posted_at <= event.received_at for event in outcomes)
        # The state of the interaction does not matter for a known reference.
        assert [call() for call in calls] == tickets
        assert client.next(0) is None
    assert messages(omnize_sandbox) == ["start", "message", "finish"]
    assert "order 7" not in repr(outcomes[1])
    assert outcomes[1].to_dict()["reference"] == "order 7"


def test_outcomes_are_pickled_with_all_fields():
    with omnize.Client(**NOWHERE) as client:
        before = time.time()
        client.attach("12", department="1").post("oi", reference="order 7", max_age=0.1)
        event = outcome(client)
        again = pickle.loads(pickle.dumps(event))
        for one in (event, again, copy.copy(event)):
            assert (one.request, one.reference, one.delivery) == ("message", "order 7", omnize.Delivery.NOT_SENT)
            assert before - 1 <= one.posted_at <= one.received_at
            assert type(one.error) is omnize.Expired
        values, values_again = event.to_dict(), again.to_dict()
        assert str(values.pop("error")) == str(values_again.pop("error"))
        assert values == values_again
        assert set(values) >= {"kind", "ticket", "client_id", "request", "reference", "posted_at", "delivery"}


def test_asyncio_repeats_posts(omnize_sandbox):
    async def run():
        async with omnize.AsyncClient(**omnize_sandbox.options) as client:
            chat = client.conversation("12", department="1")
            tickets = await asyncio.gather(*(chat.post_start(reference="start") for _ in range(5)))
            assert len(set(tickets)) == 1
            event = await client.next(20)
            assert (event.ticket, event.reference) == (tickets[0], "start")
            late = await client.attach("13", department="1").post("oi", max_age=60, reference="order 7")
            assert late == await client.attach("13", department="1").post("oi", reference="order 7")
            await client.next(20)

    asyncio.run(run())
    assert messages(omnize_sandbox).count("start") == 1


def test_the_reference_of_another_request_is_rejected():
    with omnize.Client(**NOWHERE) as client:
        chat = client.attach("12", department="1")
        ticket = chat.post("segredo", reference="order 7")
        for post in (
            lambda: chat.post("outro", reference="order 7"),
            lambda: client.attach("13", department="1").post("segredo", reference="order 7"),
            lambda: chat.post_finish(reference="order 7"),
        ):
            with pytest.raises(omnize.ArgumentError, match=f"ticket {ticket}") as caught:
                post()
            assert "segredo" not in str(caught.value)
            assert "order 7" not in str(caught.value)
        client.close(0)


def test_invalid_references():
    with omnize.Client(**NOWHERE) as client:
        chat = client.attach("12", department="1")
        for reference in ("", "a\0b", "x" * 256, "ã" * 128):
            with pytest.raises(omnize.ArgumentError, match="1 to 255 bytes"):
                chat.post("oi", reference=reference)
        with pytest.raises(omnize.ArgumentError, match="lone surrogate at index 3"):
            chat.post("oi", reference="sec\ud800")
        for reference in (7, b"order 7"):
            with pytest.raises(TypeError, match="pass a str or None"):
                chat.post("oi", reference=reference)
        chat.post("oi", reference="x" * 255)
        assert client.close(0).requests == 1


def test_an_old_post_expires():
    with omnize.Client(**NOWHERE, message_max_age=0.1) as client:
        tickets = [
            client.attach("12", department="1").post("oi"),
            client.attach("13", department="1").post("oi", max_age=0.3),
            client.attach("14", department="1").post("oi", max_age=datetime.timedelta(seconds=0.6)),
        ]
        client.attach("15", department="1").post("oi", max_age=math.inf)
        client.attach("16", department="1").post_finish()
        outcomes = [outcome(client) for _ in tickets]
        assert [event.ticket for event in outcomes] == tickets
        for event in outcomes:
            assert type(event.error) is omnize.Expired
            assert isinstance(event.error, omnize.NotSent)
            assert event.delivery == "not sent"
            assert event.error.status == "OMNIZE_E_EXPIRED"
        assert client.close(0).requests == 2


@pytest.mark.parametrize("limit", [0, -1, math.nan, 0.0001])
def test_invalid_limits(limit):
    with omnize.Client(**NOWHERE) as client, pytest.raises(omnize.ArgumentError, match="max_age"):
        client.attach("12", department="1").post("oi", max_age=limit)


def test_limits_of_another_type():
    with omnize.Client(**NOWHERE) as client, pytest.raises(TypeError, match="max_age is a str"):
        client.attach("12", department="1").post("oi", max_age="60")


#: An application that is killed after its post, before it could record the ticket.
KILLED = """
import os, sys
import omnize
client = omnize.Client("t", base_url="http://127.0.0.1:1/", environment=False, store=sys.argv[1])
print(client.attach("12", department="1").post("oi", reference="order 7"), flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_killed_application_posts_once(tmp_path):
    store = tmp_path / "chat.db"
    command = [sys.executable, "-c", KILLED, str(store)]
    killed = [subprocess.run(command, capture_output=True, timeout=60, check=False) for _ in range(3)]
    tickets = {int(process.stdout) for process in killed}
    assert len(tickets) == 1, killed
    with omnize.Client(**NOWHERE, store=store) as client:
        assert {client.attach("12", department="1").post("oi", reference="order 7")} == tickets
        report = client.close(0)
        # If it was killed during the attempt, the delivery is unknown, and there is an outcome.
        assert report.requests + report.events == 1
