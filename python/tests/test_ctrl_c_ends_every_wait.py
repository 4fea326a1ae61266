"""SIGINT ends every blocking call at once, with KeyboardInterrupt.

On Windows, no process can send it to only one other. There, a thread of the process does what Python does at Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

# A service that accepts connections and never responds.
PRELUDE = """
import _thread, asyncio, os, socket, sys, threading, time
import omnize

service = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{service.getsockname()[1]}/"
options = {"token": "t", "base_url": url, "environment": False}

def ready():
    print("ready", flush=True)
    if os.name != "posix":
        threading.Thread(target=interrupt_after_a_line, daemon=True).start()

def interrupt_after_a_line():
    sys.stdin.readline()
    _thread.interrupt_main()
"""

BLOCKING = {
    "next": "client.next()",
    "events": "list(client.events())",
    "poll": "client.poll()",
    "send": "client.attach('12', department='1').send('oi')",
    "check": "omnize.Client(**options, dialect='interactions').check()",
    "check of a TLS connection": "omnize.Client(**{**options, 'base_url': url.replace('http', 'https')}).check(60)",
    "start": "client.conversation('12', department='1').start()",
    "a conversation": """
with client.conversation('12', department='1'):
    pass
""",
    "flush": """
client.attach('12', department='1').post('oi')
client.flush()
""",
    "close": """
threading.Thread(target=lambda: client.attach('12', department='1').send('oi'), daemon=True).start()
time.sleep(0.3)
client.close(60)
""",
    "a handler": """
client.on()(lambda event: client.attach('12', department='1').send('oi'))
client.deliver(b'{"clientId": 1}')
client.poll()
""",
    "a second request of the interaction": """
chat = client.attach('12', department='1')
threading.Thread(target=chat.typing, daemon=True).start()
time.sleep(0.3)
chat.send('oi')
""",
}


def interrupted(code: str) -> tuple[float, str]:
    """Sends SIGINT half a second after the code is ready. Returns the time until its end, and its output."""
    command = [sys.executable, "-X", "dev", "-c", PRELUDE + code]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.6)
        sent = time.monotonic()
        if os.name == "posix":
            process.send_signal(signal.SIGINT)
        else:
            process.stdin.write("\n")
            process.stdin.flush()
        said = process.stdout.readline()
        took = time.monotonic() - sent
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0, (process.returncode, said, rest)
    return took, said + rest


@pytest.mark.parametrize("name", BLOCKING)
def test_a_blocking_call_ends(name):
    body = BLOCKING[name].strip().replace("\n", "\n    ")
    took, said = interrupted(f"""
client = omnize.Client(**options)
ready()
try:
    {body}
except KeyboardInterrupt as error:
    print("interrupted", repr(error.__cause__), flush=True)
client.close(0)
""")
    assert said.startswith("interrupted")
    # Signals are checked every 40 ms; the rest is for a busy machine.
    assert took < 0.5


def test_interrupted_requests_report_their_delivery():
    _, said = interrupted("""
client = omnize.Client(**options)
ready()
try:
    client.attach('12', department='1').send('oi')
except KeyboardInterrupt as error:
    cause = error.__cause__
    print(type(cause).__name__, cause.delivery, flush=True)
client.close(0)
""")
    assert said == "DeliveryUnknown unknown\n"


def test_signal_handlers_without_exception_do_not_end_waits():
    _, said = interrupted("""
import signal
signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
client = omnize.Client(**options)
ready()
print(client.next(2), flush=True)
client.close(0)
""")
    assert said == "handled\nNone\n"


def test_interrupted_client_blocks_close_quickly():
    _, said = interrupted("""
begun = None
try:
    with omnize.Client(**options) as client:
        chat = client.attach('12', department='1')
        ready()
        with chat:
            try:
                chat.send('oi')
            except KeyboardInterrupt:
                begun = time.monotonic()
                raise
except KeyboardInterrupt:
    print(time.monotonic() - begun < 2, flush=True)
""")
    assert said == "True\n"


def test_ctrl_c_ends_programs_that_only_dispatch():
    took, said = interrupted("""
client = omnize.Client(**options)
client.on()(lambda event: time.sleep(60))
client.dispatch()
client.deliver(b'{"clientId": 1}')
ready()
try:
    threading.Event().wait()
except KeyboardInterrupt:
    print("interrupted", flush=True)
""")
    assert (said, took < 0.5) == ("interrupted\n", True)


def test_ctrl_c_ends_asyncio_programs():
    took, said = interrupted("""
async def main():
    async with omnize.AsyncClient(**options) as client:
        ready()
        await client.attach('12', department='1').send('oi')

begun = time.monotonic()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted", flush=True)
""")
    # close waits half a second for requests in progress.
    assert (said, took < 1.5) == ("interrupted\n", True)
