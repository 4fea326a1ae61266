"""Handlers of an AsyncClient run concurrently for different customers, and in order for each customer."""

from __future__ import annotations

import asyncio
import contextvars
import random

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}


def body(client_id: object, text: object = "a") -> bytes:
    return f'{{"message": "{text}", "clientId": "{client_id}"}}'.encode()


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 60))


async def until(condition):
    """Waits until the condition is true. Each other task gets its turn between two checks."""
    while not condition():
        await asyncio.sleep(0.001)


def test_a_hundred_handlers_run_at_once_by_default():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            running, go_on, ended = set(), asyncio.Event(), []

            @client.on(omnize.Message)
            async def handler(event):
                running.add(event.client_id)
                await go_on.wait()
                running.discard(event.client_id)
                ended.append(event.client_id)

            client.dispatch()
            for number in range(150):
                await client.deliver(body(number))
            await until(lambda: len(running) == 100)
            # The others wait, whatever else the loop does.
            for _ in range(100):
                await asyncio.sleep(0)
            assert (len(running), client.waiting) == (100, 50)
            go_on.set()
            await until(lambda: len(ended) == 150)
            assert len(set(ended)) == 150

    run(main())


@pytest.mark.parametrize("concurrency", [1, 2, 7])
def test_the_option_limits_the_handlers(concurrency):
    async def main():
        most = running = handled = 0
        async with omnize.AsyncClient(**OPTIONS, handlers_concurrency=concurrency) as client:

            @client.on(omnize.Message)
            async def handler(event):
                nonlocal most, running, handled
                running += 1
                most = max(most, running)
                await asyncio.sleep(random.choice([0, 0.001]))
                running -= 1
                handled += 1

            client.dispatch()
            for number in range(200):
                await client.deliver(body(number))
            await until(lambda: handled == 200)
        assert most == concurrency

    run(main())


def test_events_of_one_customer_are_handled_in_order_under_load():
    async def main():
        heard: dict[str, list[int]] = {}
        running: set[str] = set()
        async with omnize.AsyncClient(**OPTIONS) as client:

            @client.on(omnize.Message)
            async def handler(event):
                assert event.client_id not in running
                running.add(event.client_id)
                for _ in range(random.randrange(4)):
                    await asyncio.sleep(random.choice([0, 0, 0.002]))
                heard.setdefault(event.client_id, []).append(int(event.text))
                running.discard(event.client_id)

            client.dispatch()

            async def deliver_for(client_ids):
                for number in range(40):
                    for client_id in client_ids:
                        await client.deliver(body(client_id, number))
                    await asyncio.sleep(0)

            await asyncio.gather(*(deliver_for(range(first, first + 20)) for first in range(0, 60, 20)))
            await until(lambda: sum(map(len, heard.values())) == 60 * 40)
        assert len(heard) == 60
        assert all(numbers == list(range(40)) for numbers in heard.values())

    run(main())


def test_a_slow_customer_delays_no_other():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            heard, go_on = [], asyncio.Event()

            @client.on(omnize.Message)
            async def handler(event):
                if event.text == "slow":
                    await go_on.wait()
                heard.append((event.client_id, event.text))

            client.dispatch()
            await client.deliver(body("12", "slow"))
            await client.deliver(body("12", "after"))
            for number in range(300):
                await client.deliver(body("13", number))
            await until(lambda: len(heard) == 300)
            assert {client_id for client_id, _ in heard} == {"13"}
            go_on.set()
            await until(lambda: len(heard) == 302)
            assert heard[-2:] == [("12", "slow"), ("12", "after")]

    run(main())


def test_handlers_that_never_suspend_share_a_task():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            tasks = set()

            @client.on(omnize.Message)
            async def handler(event):
                tasks.add(asyncio.current_task())

            client.dispatch()
            for number in range(2000):
                await client.deliver(body(number))
            await until(lambda: client.statistics["delivered"] == 2000)
            assert len(tasks) <= 3

    run(main())


def test_idle_tasks_end():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            running, go_on = set(), asyncio.Event()

            @client.on(omnize.Message)
            async def handler(event):
                running.add(event.client_id)
                await go_on.wait()

            client.dispatch()
            for number in range(50):
                await client.deliver(body(number))
            await until(lambda: len(running) == 50)
            assert len(client._handler_tasks.all_except(None)) == 51
            go_on.set()
            await until(lambda: len(client._handler_tasks.all_except(None)) <= 8)
            await client.deliver(body("again"))
            await until(lambda: "again" in running)

    run(main())


def test_a_handler_does_not_see_the_context_of_the_handler_that_started_its_task():
    variable = contextvars.ContextVar("variable", default="unset")

    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            seen, go_on = [], asyncio.Event()

            @client.on(omnize.Message)
            async def handler(event):
                seen.append(variable.get())
                variable.set(event.client_id)
                await go_on.wait()

            variable.set("of the application")
            client.dispatch()
            for number in range(5):
                await client.deliver(body(number))
            await until(lambda: len(seen) == 5)
            go_on.set()
        assert seen == ["of the application"] * 5

    run(main())


def test_close_cancels_all_handlers_after_its_timeout(tmp_path):
    path = tmp_path / "chat.db"

    async def main():
        client = omnize.AsyncClient(**OPTIONS, store=path)
        began, cancelled, ended = [], [], []

        @client.on(omnize.Message)
        async def handler(event):
            began.append(event.client_id)
            if event.client_id == "quick":
                ended.append(event.client_id)
                return
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(event.client_id)
                raise

        client.dispatch()
        for number in range(20):
            await client.deliver(body(number))
        await client.deliver(body("quick"))
        await until(lambda: len(began) == 21)
        await client.close(0.2)
        assert sorted(cancelled) == sorted(map(str, range(20)))
        assert ended == ["quick"]
        assert not client._handler_tasks

    run(main())
    with omnize.Client(**OPTIONS, store=path) as client:
        assert sorted(event.client_id for event in client.events(timeout=0)) == sorted(map(str, range(20)))


WAITS = {
    "next": lambda client: client.next(1),
    "poll": lambda client: client.poll(1),
    "events": lambda client: client.events(1).__anext__(),
}


@pytest.mark.parametrize("way", ["dispatch", "poll"])
@pytest.mark.parametrize("wait", WAITS)
def test_a_handler_that_waits_for_the_next_event_fails(way, wait):
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            failures = []

            @client.on(omnize.Message)
            async def handler(event):
                for waiting in (WAITS[wait](client), asyncio.ensure_future(WAITS[wait](client))):
                    try:
                        await waiting
                    except omnize.ModeError as error:
                        failures.append(str(error))

            await client.deliver(body("12"))
            await client.deliver(body("12"))
            if way == "dispatch":
                client.dispatch()
            else:
                await client.poll(5)
                # Outside a handler, it is no mistake.
                assert await client.poll(0) == 0
            await until(lambda: len(failures) == 4)
            assert all("only after it has returned" in failure for failure in failures)

    run(main())


@pytest.mark.parametrize("wait", WAITS)
def test_a_blocking_handler_that_waits_for_the_next_event_fails(wait):
    with omnize.Client(**OPTIONS) as client:
        failures = []

        @client.on(omnize.Message)
        def handler(event):
            with pytest.raises(omnize.ModeError) as caught:
                next(client.events(1)) if wait == "events" else WAITS[wait](client)
            failures.append(str(caught.value))

        client.deliver(body("12"))
        assert client.poll(0) == 1
        assert "only after it has returned" in failures[0]
