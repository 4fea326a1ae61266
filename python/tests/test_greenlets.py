"""With gevent or eventlet, blocking calls let other greenlets run."""

from __future__ import annotations

import subprocess
import sys

import pytest

PRELUDE = {
    "gevent": """
from gevent import monkey
monkey.patch_all()
import gevent
spawn = gevent.spawn
""",
    "eventlet": """
import eventlet
eventlet.monkey_patch()
spawn = eventlet.spawn
""",
}

COMMON = """
import threading, time
import omnize
from omnize.sandbox import Sandbox

ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0)
spawn(tick)

def body(text, client_id="12"):
    return b'{"message": "%b", "clientId": "%b"}' % (text.encode(), client_id.encode())
OPTIONS = {"token": "t", "environment": False}
"""


@pytest.fixture(params=["gevent", "eventlet"])
def run(request):
    pytest.importorskip(request.param)

    def run(code: str) -> None:
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PRELUDE[request.param] + COMMON + code]
        process = subprocess.run(command, capture_output=True, text=True, timeout=50)
        assert (process.returncode, process.stdout) == (0, "done\n"), process.stderr

    return run


def test_next_lets_other_greenlets_run(run):
    run("""
with omnize.Client(**OPTIONS) as client:
    before = ticks
    assert client.next(1) is None
    assert ticks - before >= 1000, ticks
    spawn(lambda: client.deliver(body("a")))
    assert client.next(5).text == "a"
    client.deliver(body("b"))
    assert [event.text for event in client.events(timeout=0.05)] == ["b"]
print("done")
""")


def test_check_lets_other_greenlets_run(run):
    run("""
import socket
service = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{service.getsockname()[1]}/"
with omnize.Client(**OPTIONS, base_url=url, dialect="interactions") as client:
    before = ticks
    try:
        client.check(1)
    except omnize.DeliveryUnknown:
        pass
    assert ticks - before >= 1000, ticks
with Sandbox() as sandbox, omnize.Client(**sandbox.options_in("interactions")) as client:
    assert client.check() is omnize.CheckLevel.ACCOUNT
print("done")
""")


def test_requests_posts_and_handlers(run):
    run("""
with Sandbox() as sandbox, omnize.Client(**sandbox.options, listen="127.0.0.1:0", dispatch_threads=4) as client:
    sandbox.set_webhook(client.webhook_url)
    heard = []

    @client.on(omnize.Message)
    def handler(event):
        time.sleep(0.2)
        client.attach(event.client_id, department="1").typing()
        heard.append(event.text)

    client.dispatch()
    chats = [client.conversation(str(number), department="1") for number in range(4)]
    def talk(chat):
        chat.start()
        chat.send("to " + chat.client_id)
        ticket = chat.post("posted " + chat.client_id, reference=chat.client_id)
        assert chat.post("posted " + chat.client_id, reference=chat.client_id, max_age=60) == ticket
    threads = [threading.Thread(target=talk, args=(chat,)) for chat in chats]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(heard) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(heard) == sorted(kind + str(number) for number in range(4) for kind in ("to ", "posted ")), heard
print("done")
""")


def test_greenlet_handlers_may_poll_and_close(run):
    run("""
client = omnize.Client(**OPTIONS)
calls = []

@client.on()
def handler(event):
    calls.append(event.text)
    try:
        client.poll(0)
    except omnize.ModeError:
        calls.append("inside")
    if event.text == "b":
        client.close(20)

client.deliver(body("a"))
client.deliver(body("b", "13"))
begun = time.monotonic()
assert client.poll(5) == 2
assert calls == ["a", "inside", "b", "inside"], calls
assert time.monotonic() - begun < 5
try:
    client.next(1)
except omnize.Closed:
    pass
print("done")
""")


def test_close_waits_for_greenlet_handlers(run):
    run("""
import os, tempfile
path = os.path.join(tempfile.mkdtemp(), "chat.db")
with Sandbox(agents="silent") as sandbox:
    client = omnize.Client(**sandbox.options, store=path)
    chat = client.conversation("12", department="1")
    chat.start()
    began = threading.Event()

    @client.on(omnize.Message)
    def handler(event):
        began.set()
        time.sleep(0.5)
        chat.send("done")

    client.dispatch()
    client.deliver(body("a"))
    assert began.wait(5)
    before = ticks
    client.close(5)
    assert ticks - before > 100
    sandbox.wait_for("message", text="done", timeout=0.5)
    with omnize.Client(**OPTIONS, store=path, store_move_account=True) as client:
        assert client.next(0) is None
print("done")
""")


def test_killed_greenlets_take_no_event(run):
    run("""
with omnize.Client(**OPTIONS) as client:
    taken = []
    waiters = [spawn(lambda: taken.append(client.next(5).text)) for _ in range(3)]
    time.sleep(0.05)
    waiters[0].kill()
    client.deliver(body("a"))
    client.deliver(body("b"))
    deadline = time.monotonic() + 4
    while len(taken) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(taken) == ["a", "b"], taken
print("done")
""")


@pytest.mark.parametrize(
    ("module", "patch"),
    [
        ("gevent", "from gevent import monkey; monkey.patch_thread()"),
        ("eventlet", "import eventlet; eventlet.monkey_patch(thread=True, select=False)"),
    ],
)
def test_patched_threads_without_select_raise_unsupported(module, patch):
    pytest.importorskip(module)
    code = patch + "\nimport omnize\nomnize.Client(token='t', environment=False)"
    command = [sys.executable, "-W", "ignore", "-c", code]
    process = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert process.returncode == 1
    assert f"{module} has patched threads but not select" in process.stderr.splitlines()[-1]


def test_flush_and_cancel_let_other_greenlets_run(run):
    run("""
client = omnize.Client(base_url="http://127.0.0.1:1/", outbox_paused=True, **OPTIONS)
chat = client.attach("12", department="1")
ticket = chat.post("um")
chat.post("dois")
client.cancel(ticket)
assert chat.cancel() == 1
client.resume()
client.flush()
chat.post("tres")
before = ticks
try:
    client.flush(0.5)
except omnize.FlushTimedOut as error:
    assert error.requests == 1
assert ticks - before >= 1000, ticks
assert client.outbox()[0].kind == "message"
client.close(0)
print("done")
""")
