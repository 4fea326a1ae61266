"""The class Sandbox: its transcript, its waits, and functions that play agents."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import omnize
import pytest
from omnize import sandbox as sandbox_module
from omnize.sandbox import Sandbox, SandboxError


def start(sandbox, client_id, post):
    """Starts an interaction without a client."""
    body = {"token": sandbox.token, "type": "info", "content": "init", "departmentId": "1", "clientId": client_id}
    return post(sandbox.base_url, json.dumps(body).encode(), headers={"Content-Type": "application/json"}).status


def test_the_sandbox_starts_with_its_options_and_ends(post):
    with Sandbox(agents={"1": "unavailable", "*": "silent"}, answers="empty", trigger_timeout=0.2) as sandbox:
        assert sandbox.options == {"token": sandbox.token, "dialect": "rest", "base_url": sandbox.base_url}
        assert sandbox.options_in("gateway")["base_url"] == sandbox.base_urls["gateway"]
        assert sandbox.environment["OMNIZE_SANDBOX_URL"] == sandbox.url
        request = (
            f'{{"token": "{sandbox.token}", "type": "info", "content": "init", "departmentId": "1", "clientId": "12"}}'
        )
        assert post(sandbox.base_url, request.encode(), headers={"Content-Type": "application/json"}).status == 200
        started = sandbox.wait_for("start")
        assert (started.client_id, started.status, started.direction) == ("12", 200, "request")
        # Without a webhook, the entry has an error.
        assert sandbox.wait_for("unavailable", direction="trigger").error is not None
        assert sandbox.interactions()[0]["state"] == "unavailable"
    with pytest.raises(SandboxError, match="ended with status 0"):
        sandbox.transcript()


def test_the_sandbox_ends_with_its_parent():
    code = "import os\nfrom omnize.sandbox import Sandbox\nprint(Sandbox().url, flush=True)\nos._exit(1)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    address = urlsplit(told.stdout.strip())
    deadline = time.monotonic() + 10
    with pytest.raises(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection((address.hostname, address.port)).close()
            time.sleep(0.05)


def test_failed_waits_show_the_transcript(omnize_sandbox, omnize_client):
    assert omnize_sandbox.trigger("message", "12", "Bom dia!") == 200
    start = time.monotonic()
    with pytest.raises(AssertionError) as failure:
        omnize_sandbox.wait_for("message", client_id="12", text=re.compile("tchau"), timeout=0.2)
    assert 0.2 <= time.monotonic() - start < 2
    assert "no request message of '12' with re.compile('tchau') within 0.2 s" in str(failure.value)
    assert "trigger  12  message 'Bom dia!'" in str(failure.value)


def test_waits_end_with_a_matching_entry(omnize_sandbox, omnize_client):
    later = threading.Timer(0.3, omnize_sandbox.trigger, ["message", "12", "segundo"])
    omnize_sandbox.trigger("message", "12", "primeiro")
    later.start()
    first = omnize_sandbox.wait_for("message", direction="trigger")
    second = omnize_sandbox.wait_for("message", direction="trigger", after=first)
    assert (first.text, second.text, second.status) == ("primeiro", "segundo", 200)
    assert omnize_sandbox.wait_for("message", direction="trigger", text=re.compile("^seg")) == second
    later.join()


def test_rejected_commands_raise_sandbox_error(omnize_sandbox):
    with pytest.raises(SandboxError, match="expected echo, silent, unavailable"):
        omnize_sandbox.set_agents("polite")
    with pytest.raises(SandboxError, match="not an absolute http or https URL"):
        omnize_sandbox.set_webhook("/hook")
    with pytest.raises(ValueError, match="option listen"):
        omnize_sandbox.set_webhook(None)


def test_failed_starts_contain_the_reason(monkeypatch):
    with pytest.raises(SandboxError, match=r"can't start.*--answers"):
        Sandbox(answers="rude")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SandboxError, match=r"can't start.*/nowhere/python"):
        Sandbox()


def test_a_function_plays_the_agent(omnize_sandbox, omnize_client, post):
    def agent(request):
        if request.kind == "start":
            yield "accepted"
            yield {"wait": 10}
            yield {"message": f"Olá, {request.client_id}"}
            yield {"raw": {"status": "promoted", "clientId": request.client_id}}

    with omnize_sandbox.played_by(agent):
        assert start(omnize_sandbox, "12", post) == 200
        kinds = [omnize_client.next(5).kind for _ in range(3)]
        assert kinds == ["accepted", "message", "unknown"]
    # The previous agents are restored.
    assert start(omnize_sandbox, "13", post) == 200
    assert omnize_client.next(5).kind == "accepted"


@pytest.mark.parametrize("dialect", ["rest", "gateway", "interactions"])
def test_play_uses_the_dialect_of_the_interaction(dialect, omnize_sandbox):
    omnize_sandbox.set_agents("silent")
    with omnize.Client(listen="127.0.0.1:0", **omnize_sandbox.options_in(dialect)) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        with client.conversation("12", department="1") as chat:
            chat.send("Bom dia!")
            assert omnize_sandbox.wait_for("message", text="Bom dia!").dialect == dialect
            omnize_sandbox.wait_for("accepted", direction="trigger")
            assert omnize_sandbox.trigger("message", "12", "Olá") == 200
            assert omnize_sandbox.play("12", "typing", {"wait": 1}, {"message": "Tchau"}) == [200, 200]
            said = [event.kind for _, event in zip(range(4), client.events(timeout=5))]
            assert said == ["accepted", "message", "typing", "message"]
            told = omnize_sandbox.wait_for("message", direction="trigger", text="Tchau", client_id="12")
            assert told.dialect == dialect


def test_exceptions_of_agent_functions_are_raised(omnize_sandbox, post):
    def agent(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), omnize_sandbox.played_by(agent):
        assert start(omnize_sandbox, "12", post) == 200
        omnize_sandbox.wait_for("start")
        time.sleep(0.2)


@pytest.mark.parametrize("wrong", ["typping", "", "promoted", None])
def test_unknown_triggers_raise_value_error(omnize_sandbox, omnize_client, wrong):
    with pytest.raises(ValueError, match=r"pass one of accepted, .*, message"):
        omnize_sandbox.trigger(wrong, "99")
    assert omnize_sandbox.transcript() == []


@pytest.mark.parametrize("wrong", [("message", "99"), ("typing", "99", "oi")])
def test_only_messages_have_texts(omnize_sandbox, omnize_client, wrong):
    with pytest.raises(ValueError, match="a message has a text"):
        omnize_sandbox.trigger(*wrong)
    assert omnize_sandbox.transcript() == []


def test_waits_for_unknown_kinds_raise_value_error(omnize_sandbox):
    begun = time.monotonic()
    with pytest.raises(ValueError, match="kind is 'massage'; pass one of start, message, "):
        omnize_sandbox.wait_for("massage", timeout=60)
    with pytest.raises(ValueError, match="kind is 'accepted'"):
        omnize_sandbox.wait_for("accepted", timeout=60)
    with pytest.raises(ValueError, match="kind is 'start'; pass one of accepted, "):
        omnize_sandbox.wait_for("start", direction="trigger", timeout=60)
    with pytest.raises(ValueError, match="direction is 'triger'; pass one of request, trigger"):
        omnize_sandbox.wait_for("accepted", direction="triger", timeout=60)
    assert time.monotonic() - begun < 10


def test_kinds_match_the_sandbox(omnize_sandbox):
    status, answer = omnize_sandbox._request("PUT", "/sandbox/faults", [{"on": "massage", "status": 500}])
    assert status == 422
    told = re.search("one of (.*)", answer["message"]) or re.search("expected (.*)", answer["message"])
    assert set(re.findall(r"\w+", told[1])) - {"any"} == set(sandbox_module._KINDS["request"]) - {"unknown"}


def test_reset_keeps_only_the_webhook(omnize_client, omnize_sandbox):
    omnize_sandbox.set_agents("unavailable")
    omnize_client.conversation("12", department="1").start()
    assert omnize_client.next(5) == omnize.Unavailable("12")
    omnize_sandbox.reset()
    assert omnize_sandbox.transcript() == []
    omnize_client.conversation("13", department="1").start()
    assert omnize_client.next(5) == omnize.Accepted("13")
