"""If the operating system refuses a thread, async calls fail or wait, and later calls work."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the room for a thread's stack is taken away as on Linux"
)

PRELUDE = """
import asyncio, resource, socket, time
import omnize

service = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{service.getsockname()[1]}/"
options = {"token": "t", "base_url": url, "environment": False, "timeout": 0.5}

def refuse_threads():
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    # Each stack has two megabytes.
    allow(pages * resource.getpagesize() + 1536 * 1024)

def allow(most=resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))

async def ended(call):
    try:
        return await call
    except omnize.Error as error:
        return error

async def main():
    async with omnize.AsyncClient(**options) as client:
        chats = [client.attach(str(number), department="1") for number in range(2)]
        await talk(*chats)
"""


def run(talk: str) -> str:
    code = f"{PRELUDE}\n{talk}\nasyncio.run(main())\n"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_calls_without_threads_raise_resource_error():
    said = run("""
async def talk(one, other):
    refuse_threads()
    for chat in (one, one, other):
        assert isinstance(await ended(chat.typing()), omnize.ResourceError)
    allow()
    for chat in (one, other):
        assert isinstance(await ended(chat.typing()), omnize.DeliveryUnknown)
    print("all was told")
""")
    assert said == "all was told\n"


def test_calls_wait_for_an_existing_thread():
    said = run("""
async def talk(one, other):
    begun = time.monotonic()
    first = asyncio.ensure_future(ended(one.typing()))
    await asyncio.sleep(0.1)
    refuse_threads()
    assert isinstance(await ended(other.typing()), omnize.DeliveryUnknown)
    assert first.done()
    assert time.monotonic() - begun >= 1
    allow()
    print("all was told")
""")
    assert said == "all was told\n"
