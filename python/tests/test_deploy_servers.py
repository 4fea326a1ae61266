"""Each server command of the page Deploy: nothing is lost at SIGTERM, and each worker receives triggers."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from contextlib import contextmanager

import pytest
from code_blocks import ROOT
from deployed_bot import (
    PAGE,
    bare_environment,
    free_port,
    started,
    words_of,
    write_programs,
)
from late_service import CLIENT_IDS

if os.name != "posix":
    pytest.skip("the page Deploy is for servers with signals, as Linux", allow_module_level=True)

COMMANDS = [
    block.text.strip() for block in PAGE if block.language == "sh" and "test_deploy_servers.py" in block.marks["norun"]
]
UVICORN = "uvicorn bot:app --host 127.0.0.1 --port 8000 --timeout-graceful-shutdown 10"
UVICORN_WORKERS = f"{UVICORN} --workers 2"
GUNICORN_WORKERS = "gunicorn bot_wsgi:app --config workers.py"
GUNICORN = next(command for command in COMMANDS if "open_webhook.py" in command)
STORE_ERROR = (
    "can't be used: another client, of this process or of another, has it open; give each client a store of its own"
)
# Whatever ends first: the clients have the timeout of the page, which is 20 s.
EXIT_SECONDS = 40


def test_a_test_is_named_for_each_block():
    assert len(COMMANDS) >= 6
    for block in PAGE:
        test = block.marks["norun"].split()[0]
        assert ROOT.joinpath(test).is_file(), block.name


@contextmanager
def deployed(command, service, tmp_path, *, further=(), replaced=(), **variables):
    for module in ("fastapi", "flask"):
        pytest.importorskip(module)
    if "gevent" in command:
        pytest.importorskip("gevent")
    pytest.importorskip(command.split()[0] if "python" not in command else "omnize")
    port = free_port()
    write_programs(tmp_path, port, replaced)
    state = tmp_path / "state"
    state.mkdir(exist_ok=True)
    environment = {**bare_environment(tmp_path), **service.environment, "STATE_DIRECTORY": str(state), **variables}
    with started([*words_of(command, port), *further], tmp_path, environment, port) as bot:
        yield bot


@pytest.mark.parametrize("command", [*COMMANDS, f"{GUNICORN} -k gevent"])
def test_nothing_is_lost_at_sigterm(command, service, tmp_path):
    """Each trigger with the response 200 is handled, and each posted message is sent once."""
    with deployed(command, service, tmp_path) as bot:
        bot.wait_until_ready()
        assert bot.post_triggers(40) == [200] * 40
        # The service is down at the signal, and for longer than the interpreter waits at its end without the webhook.
        opening = threading.Timer(2, service.open)
        opening.start()
        with bot.triggers_until_refused():
            status = bot.terminate(EXIT_SECONDS)
        opening.join()
        # uvicorn ends by the signal, and the others by themselves.
        assert status in (0, -signal.SIGTERM), bot.log
        received = service.received()
        assert set(bot.accepted) <= set(received), bot.log
        assert set(received.values()) == {1}


def test_handlers_of_an_async_client_run_at_sigterm(service, tmp_path):
    """The same program with the other class."""
    replaced = [
        ("omnize.Client(", "omnize.AsyncClient("),
        ("def reply(message):\n        client", "async def reply(message):\n        await client"),
    ]
    with deployed(UVICORN, service, tmp_path, replaced=replaced) as bot:
        bot.wait_until_ready()
        assert bot.post_triggers(40) == [200] * 40
        service.open()
        with bot.triggers_until_refused():
            bot.terminate(EXIT_SECONDS)
        assert set(bot.accepted) <= set(service.received()), bot.log
        assert set(service.received().values()) == {1}


def logging_worker_numbers(command, tmp_path):
    """Returns further words and variables, with which the server logs the process of each request."""
    if command.startswith("gunicorn"):
        return [], {"GUNICORN_CMD_ARGS": "--access-logfile - --access-logformat 'worker %(p)s %(r)s'"}
    configuration = tmp_path / "log.json"
    formatter = {"format": "worker %(process)d %(message)s"}
    handler = {"class": "logging.StreamHandler", "formatter": "access"}
    logger = {"level": "INFO", "handlers": ["access"]}
    configuration.write_text(
        json.dumps(
            {
                "version": 1,
                "formatters": {"access": formatter},
                "handlers": {"access": handler},
                "loggers": {"uvicorn.access": logger},
            }
        )
    )
    return ["--log-config", str(configuration)], {}


def workers_of(bot):
    """Returns the process of each trigger, in the order of the log."""
    return [int(number) for number in re.findall(r"worker <?(\d+)>? .*POST /omnize", bot.log)]


@pytest.mark.parametrize("command", [UVICORN_WORKERS, GUNICORN_WORKERS])
def test_each_worker_receives_triggers(command, service, tmp_path):
    assert command in COMMANDS
    service.open()
    further, variables = logging_worker_numbers(command, tmp_path)
    with deployed(command, service, tmp_path, further=further, **variables) as bot:
        bot.wait_until_ready()

        def is_received_by_both():
            assert bot.post_triggers(16) == [200] * 16
            return len(set(workers_of(bot))) == 2

        bot.wait_until(is_received_by_both)
        bot.terminate(EXIT_SECONDS)
        assert len(workers_of(bot)) == len(bot.accepted)
        assert service.received() == dict.fromkeys(bot.accepted, 1)


def is_each_sent_or_unknown(accepted, service, bot):
    """A request that was in progress when its process was killed may have been received. So it is not sent again."""
    not_sent = set(accepted) - set(service.received())
    unknown = re.findall(r"request \d+: unknown", bot.log)
    # At most one request of each customer is in progress in each of two workers.
    return len(not_sent) <= len(unknown) <= 2 * len(CLIENT_IDS)


def test_killed_workers_are_replaced_with_their_store(service, tmp_path):
    """The next worker with this number sends what the killed one had not sent."""
    further, variables = logging_worker_numbers(GUNICORN_WORKERS, tmp_path)
    with deployed(GUNICORN_WORKERS, service, tmp_path, further=further, **variables) as bot:
        bot.wait_until_ready()

        def is_received_by_both():
            assert bot.post_triggers(16) == [200] * 16
            return len(set(workers_of(bot))) == 2

        bot.wait_until(is_received_by_both)
        for worker in set(workers_of(bot)):
            os.kill(worker, signal.SIGKILL)
        bot.wait_until(lambda: bot.log.count("Booting worker") == 4)
        service.open()
        # At least once: a handler that was killed is called again.
        bot.wait_until(lambda: is_each_sent_or_unknown(bot.accepted, service, bot), 60)
        assert bot.terminate(EXIT_SECONDS) == 0
        assert sorted(file.name for file in (tmp_path / "state").glob("*.db")) == ["1.db", "2.db"]


@pytest.mark.parametrize("command", [UVICORN_WORKERS, f"{GUNICORN} --workers 2"])
def test_workers_with_one_store_end_with_an_error(command, service, tmp_path):
    assert STORE_ERROR in ROOT.joinpath("docs/src/deploy.md").read_text(encoding="utf-8")
    with deployed(command, service, tmp_path, OMNIZE_STORE=str(tmp_path / "one.db")) as bot:
        bot.process.wait(60)
        assert STORE_ERROR in bot.log
        assert "StoreError" in bot.log


@pytest.mark.parametrize("command", [UVICORN, GUNICORN_WORKERS])
def test_stored_requests_are_sent_at_the_startup(command, service, tmp_path):
    """Without a trigger after the restart."""
    variables = {"OMNIZE_STORE": str(tmp_path / "bot.db")} if command == UVICORN else {}
    with deployed(command, service, tmp_path, **variables) as bot:
        bot.wait_until_ready()
        bot.post_triggers(40)
        accepted = bot.accepted
        os.killpg(bot.process.pid, signal.SIGKILL)
        bot.process.wait()
    assert len(accepted) == 40
    service.open()
    with deployed(command, service, tmp_path, **variables) as bot:
        bot.wait_until(lambda: is_each_sent_or_unknown(accepted, service, bot), 60)
        bot.terminate(EXIT_SECONDS)
