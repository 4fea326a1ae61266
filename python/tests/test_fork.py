"""fork and multiprocessing: in a child, the parent's clients raise Forked, and new ones may be opened."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

import omnize
import pytest

PRELUDE = """
import gc, logging, os, sys, threading, time
import omnize
from omnize.sandbox import Sandbox

sandbox = Sandbox()
options = dict(sandbox.options, listen="127.0.0.1:0")
client = omnize.Client(**options)
client.on()(lambda event: None)
client.dispatch()
sandbox.set_webhook(client.webhook_url)
chat = client.conversation("12", department="1")
chat.start()

def in_child(function):
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function()
            status = 0
        except omnize.Forked as error:
            print(error.status, flush=True)
            status = 3
        finally:
            gc.collect()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(status, time.monotonic() - begun < 5, flush=True)
"""


def run(code: str) -> str:
    if not hasattr(os, "fork"):
        pytest.skip("Windows has no fork")
    if sys.version_info >= (3, 12):
        code = "import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n" + code
    ending = "\nclient.close(1)\nsandbox.close()\n"
    done = subprocess.run([sys.executable, "-c", PRELUDE + code + ending], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    "call",
    [
        "chat.send('oi')",
        "chat.post('oi')",
        "chat.keystroke()",
        "client.poll(0)",
        "client.deliver(b'{\"clientId\": 1}')",
        "client.dispatch()",
        "chat.state",
        "chat.is_open",
        "chat.interaction_hash",
        "client.waiting",
        "client.statistics",
        "client.open_interactions",
    ],
)
def test_clients_of_the_parent_raise_forked(call):
    assert run(f"in_child(lambda: {call})") == "OMNIZE_E_FORKED\n3 True\n"


def test_the_error_in_a_child_contains_advice():
    assert (
        run("""
def function():
    print(client, chat, flush=True)
    try:
        chat.send("oi")
    except omnize.Forked as error:
        print(error, flush=True)
in_child(function)
print(client, chat.state in ("waiting", "active"))
""")
        == """\
<Client forked> <Conversation client_id='12' department='1' forked>
the client was opened by a parent of this process; open another one in this process
0 True
<Client open> True
"""
    )


def test_a_child_may_leave_a_with_block_of_its_parent():
    assert (
        run("""
with client.attach("12", department="1") as mine:
    in_child(lambda: mine.__exit__(None, None, None))
    print(mine.is_open)
""")
        == "0 True\nTrue\n"
    )


def test_a_child_may_close_and_release_clients_of_its_parent():
    assert (
        run("""
def function():
    global client, chat
    assert client.close() == omnize.CloseReport(0, 0)
    with client:
        pass
    del client, chat
in_child(function)
chat.send("the parent goes on")
chat.finish()
""")
        == "0 True\n"
    )


def test_idle_children_end():
    assert (
        run("""
child = os.fork()
if child == 0:
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")
        == "0\n"
    )


def test_children_may_open_clients():
    assert run("""
def function():
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(message)s")
    with omnize.Client(**options) as mine:
        sandbox.set_webhook(mine.webhook_url)
        with mine.conversation("13", department="1") as other:
            other.send("oi")
            said = [event for event in mine.events(timeout=3) if event.client_id == "13"
                    and not mine.waiting]
    print("done", flush=True)
in_child(function)
""").endswith("done\n0 True\n")


def test_forks_are_safe_while_other_threads_log_and_receive():
    """Locks that another thread holds during the fork do not block the child."""
    assert (
        run("""
logging.getLogger("omnize").setLevel(logging.DEBUG)
busy = True
def deliver():
    while busy:
        try:
            client.deliver(b'{"clientId": 1, "message": "x"}')
        except omnize.QueueFull:
            # Three may arrive before the first is handled.
            time.sleep(0.01)
threads = [threading.Thread(target=deliver) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(30):
    def function():
        with omnize.Client(**options) as mine:
            mine.deliver(b'{"clientId": 2}')
    child = os.fork()
    if child == 0:
        function()
        os._exit(0)
    deadline = time.monotonic() + 10
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(child, 9)
            print("a child hangs")
            break
        time.sleep(0.01)
busy = False
for thread in threads:
    thread.join()
""")
        == ""
    )


def _talk(options: dict[str, str], client_id: str) -> tuple[str, int]:
    with omnize.Client(**options) as client, client.conversation(client_id, department="1") as chat:
        chat.send("oi")
        return chat.state, os.getpid()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing_workers_may_open_clients(method, omnize_sandbox):
    with omnize.Client(**omnize_sandbox.options) as client:
        client.conversation("1", department="1").start()
        context = multiprocessing.get_context(method)
        begun = time.monotonic()
        with context.Pool(2) as pool:
            answers = pool.starmap(_talk, [(omnize_sandbox.options, str(number)) for number in range(10, 14)])
        assert {state for state, _ in answers} <= {"waiting", "active"}
        assert os.getpid() not in {process for _, process in answers}
        assert time.monotonic() - begun < 20


def test_events_may_be_sent_to_other_processes():
    context = multiprocessing.get_context("spawn")
    sent, received = context.Pipe()
    sent.send(omnize.Message("12", "oi"))
    assert received.recv() == omnize.Message("12", "oi")
