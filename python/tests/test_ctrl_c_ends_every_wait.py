"""SIGINT, sent to a process of its own: every call that waits ends at once, with KeyboardInterrupt."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

# A service that takes the connection and never answers.
PRELUDE = """
import asyncio, socket, sys, threading, time
import omnize

service = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{service.getsockname()[1]}/"
options = {"token": "t", "base_url": url, "environment": False}

def ready():
    print("ready", flush=True)
"""

BLOCKING = {
    "next": "client.next()",
    "events": "list(client.events())",
    "poll": "client.poll()",
    "send": "client.attach('12', department='1').send('oi')",
    "start": "client.conversation('12', department='1').start()",
    "a conversation": """
with client.conversation('12', department='1'):
    pass
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
    """Sends SIGINT half a second after the code is ready; gives how long it went on, and what it printed."""
    process = subprocess.Popen([sys.executable, "-X", "dev", "-c", PRELUDE + code], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.6)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
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
    # It is looked for every 40 ms; the rest is for a busy machine.
    assert took < 0.5


def test_what_became_of_a_request_is_told():
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


def test_a_handler_of_the_applications_own_may_let_it_go_on():
    _, said = interrupted("""
import signal
signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
client = omnize.Client(**options)
ready()
print(client.next(2), flush=True)
client.close(0)
""")
    assert said == "handled\nNone\n"


def test_leaving_the_block_of_a_client_takes_no_time():
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


def test_a_program_that_only_dispatches_ends():
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


def test_asyncio_ends_too():
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
    # Half a second is what closing gives to requests under way.
    assert (said, took < 1.5) == ("interrupted\n", True)
