"""Programs that do not close their clients end soon, with their own status and without output."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

PRELUDE = """
import asyncio, contextlib, os, socket, sys, threading, time
import omnize

service = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{service.getsockname()[1]}/"
options = {"token": "t", "base_url": url, "listen": "127.0.0.1:0", "environment": False}
client = omnize.Client(**options)
chat = client.attach("12", department="1")

def background(function):
    threading.Thread(target=function, daemon=True).start()
    time.sleep(0.2)
"""

PROGRAMS = {
    "nothing under way": "",
    "a thread in next": "background(client.next)",
    "a thread in poll": "background(client.poll)",
    "a thread in a request": "background(lambda: chat.send('oi'))",
    "posted requests": "chat.post('oi'); chat.post('oi')",
    "keystrokes": "chat.keystroke()",
    "dispatch": "client.dispatch()",
    "a handler that sleeps": """
client.on()(lambda event: time.sleep(60))
client.dispatch()
client.deliver(b'{"clientId": 1}')
time.sleep(0.2)
""",
    "a handler in a request": """
client.on()(lambda event: chat.send('oi'))
client.dispatch()
client.deliver(b'{"clientId": 1}')
time.sleep(0.2)
""",
    "a handler that is busy": """
@client.on()
def busy(event):
    while True:
        pass
client.dispatch()
client.deliver(b'{"clientId": 1}')
time.sleep(0.2)
""",
    "triggers that come in": """
import urllib.request
def post():
    with contextlib.suppress(OSError):
      while True:
        urllib.request.urlopen(client.webhook_url, b'{"clientId": 1}')
client.on()(lambda event: None)
client.dispatch()
background(post)
""",
    "a module that holds it": "sys.modules['holder'] = client",
    "a cycle": """
def tie(held):
    held.on()(lambda event: held)
tie(client)
""",
    "a function of atexit": """
import atexit
atexit.register(lambda: client.next(0.1))
""",
    "logging at the end": """
import logging
logging.basicConfig(level=logging.DEBUG, stream=open(os.devnull, "w"))
client.deliver(b'{"clientId": 1}')
""",
    "an event loop that is gone": """
async def main():
    global another
    another = omnize.AsyncClient(**options)
    asyncio.create_task(another.attach("12", department="1").send("oi"))
    asyncio.create_task(another.next())
    await asyncio.sleep(0.2)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("end", ["", "sys.exit(0)"])
def test_the_interpreter_ends_soon(name, end):
    begun = time.monotonic()
    # Without -X dev, which would show the ResourceWarning.
    program = [sys.executable, "-c", f"{PRELUDE}\n{PROGRAMS[name]}\n{end}"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=30, check=False)
    took = time.monotonic() - begun
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert took < 4


def test_the_interpreter_keeps_its_exit_status():
    program = [sys.executable, "-c", f"{PRELUDE}\nclient.dispatch()\nraise SystemExit(7)"]
    assert subprocess.run(program, timeout=30, check=False).returncode == 7


def test_unclosed_clients_cause_a_resource_warning():
    code = f"{PRELUDE}\ndel chat, client\nimport gc\ngc.collect()"
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, check=False)
    assert "ResourceWarning: <Client open> was not closed" in done.stderr


def test_unreferenced_clients_are_closed_at_once():
    code = f"""{PRELUDE}
import urllib.error, urllib.request
url = client.webhook_url
client.dispatch()
del chat, client
try:
    urllib.request.urlopen(url, b"{{}}")
except urllib.error.URLError as error:
    print(type(error.reason).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "ConnectionRefusedError\n", done.stderr
