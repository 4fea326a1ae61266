"""A text for which there is no memory raises MemoryError in each call, and never ends the process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from unix_only import requires_unix

pytestmark = requires_unix

CODE = """
import asyncio, resource, sys
import omnize

url = "http://127.0.0.1:9/"
client = omnize.Client(token="t", environment=False, base_url=url, retry_blocking=0, check_state=False)
chat = client.attach("12", department="1")
try:
    # The first message allocates the memory that is needed only once.
    chat.send("x")
except omnize.NotSent:
    pass
text = {letter!r} * (20 * 1024 * 1024)
body = b'{{"clientId": 1, "message": "' + text.encode() + b'"}}'
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
limit = now + {megabytes} * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
customer = lambda: omnize.Customer(name=text)
calls = [
    lambda: chat.send(text),
    lambda: chat.post(text),
    lambda: chat.start(omnize.Customer(name=text)),
    lambda: client.deliver(body),
    lambda: omnize.parse_trigger(body),
    lambda: client.conversation(text, department="1"),
    lambda: client.attach("12", department=text),
    lambda: client.departments(text),
    lambda: omnize.Client(token=text, environment=False),
    lambda: asyncio_send(),
]

def asyncio_send():
    async def send():
        other = omnize.AsyncClient(token="t", environment=False, base_url="http://127.0.0.1:9/", retry_blocking=0)
        try:
            await other.attach("12", department="1").send(text)
        finally:
            await other.close(1)
    asyncio.run(send())

ended = []
for call in calls:
    try:
        call()
        ended.append("done")
    except MemoryError:
        ended.append("MemoryError")
    except (omnize.Error, ValueError) as error:
        ended.append(type(error).__name__)
    except OSError as error:
        # asyncio's event loop itself needs memory for its descriptors.
        ended.append("MemoryError" if error.errno == 12 else repr(error))
print(*ended)
"""


def run(letter: str, megabytes: int) -> list[str]:
    code = CODE.format(letter=letter, megabytes=megabytes)
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=110)
    assert process.returncode == 0, (megabytes, process.returncode, process.stderr[-2000:])
    return process.stdout.split()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("letter", "megabytes"), [("x", 10), ("x", 50), ("x", 130), ("é", 130)])
def test_messages_without_memory_raise_memory_error(letter, megabytes):
    ended = run(letter, megabytes)
    assert ended[:5] == ["MemoryError"] * 5
    allowed = {"MemoryError", "done", "ArgumentError", "ConfigError", "Unsupported", "ConnectFailed", "ResourceError"}
    assert set(ended) <= allowed, ended
