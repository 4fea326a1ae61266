"""Sends messages with one of the clients below, each as a request with a body of 240 bytes.

    python send.py CLIENT HOST PORT SECONDS

It sends one request that is not measured, then sends for SECONDS. Prints the number of requests, the elapsed
nanoseconds, and the nanoseconds of CPU time.

The other clients send prepared bytes; omnize encodes its JSON each time.
"""

import asyncio
import json
import sys
import time

TOKEN = "0123456789abcdef0123456789abcdef"
REQUEST_BYTES = 240
PARTS = {"token": TOKEN, "type": "message", "content": "", "departmentId": "1", "clientId": "0000000"}
TEXT = "t" * (REQUEST_BYTES - len(json.dumps(PARTS, separators=(",", ":"))))
BODY = json.dumps({**PARTS, "content": TEXT}, separators=(",", ":")).encode()
HEADERS = {"Content-Type": "application/json"}
PATH = "/api/rest/v1"


def accepted(status):
    if status != 200:
        sys.exit(f"a request got the status {status}")


def omnize(host, port):
    import omnize

    client = omnize.Client(TOKEN, base_url=f"http://{host}:{port}{PATH}", environment=False)
    chat = client.attach("0000000", department="1")
    # The conversation keeps the client open: a client without references is closed.
    return lambda client=client: chat.send(TEXT)


def pycurl(host, port):
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"http://{host}:{port}{PATH}")
    curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
    curl.setopt(pycurl.POSTFIELDS, BODY)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, 10_000)
    curl.setopt(pycurl.TIMEOUT_MS, 30_000)
    curl.setopt(pycurl.NOSIGNAL, 1)
    response = []
    curl.setopt(pycurl.WRITEFUNCTION, response.append)

    def send():
        response.clear()
        curl.perform()
        accepted(curl.getinfo(pycurl.RESPONSE_CODE))

    return send


def http_client(host, port):
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=30)

    def send():
        connection.request("POST", PATH, BODY, HEADERS)
        response = connection.getresponse()
        response.read()
        accepted(response.status)

    return send


def httpx(host, port):
    import httpx

    client = httpx.Client(timeout=30, trust_env=False)
    return lambda: accepted(client.post(f"http://{host}:{port}{PATH}", content=BODY, headers=HEADERS).status_code)


def requests(host, port):
    import requests

    session = requests.Session()
    session.trust_env = False
    url = f"http://{host}:{port}{PATH}"
    return lambda: accepted(session.post(url, data=BODY, headers=HEADERS, timeout=30).status_code)


def raw(host, port):
    import socket

    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(BODY)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    request = "\r\n".join([*lines, "", ""]).encode() + BODY

    def send():
        connection.sendall(request)
        # The response is short, so one call receives it.
        accepted(int(connection.recv(4096)[9:12]))

    return send


async def async_omnize(host, port):
    import omnize

    client = omnize.AsyncClient(TOKEN, base_url=f"http://{host}:{port}{PATH}", environment=False)
    chat = client.attach("0000000", department="1")
    return lambda: chat.send(TEXT), client.close


async def aiohttp(host, port):
    import aiohttp

    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def send():
        async with session.post(f"http://{host}:{port}{PATH}", data=BODY, headers=HEADERS) as response:
            await response.read()
            accepted(response.status)

    return send, session.close


BLOCKING = {
    "omnize": omnize,
    "raw socket": raw,
    "pycurl": pycurl,
    "http.client": http_client,
    "httpx": httpx,
    "requests": requests,
}
AWAITED = {"omnize, async": async_omnize, "aiohttp": aiohttp}


def report(count, start, start_processor):
    print(count, time.perf_counter_ns() - start, time.process_time_ns() - start_processor, flush=True)


def measure(send, seconds):
    send()
    count, start, start_processor = 0, time.perf_counter_ns(), time.process_time_ns()
    deadline = start + seconds * 1e9
    while time.perf_counter_ns() < deadline:
        send()
        count += 1
    report(count, start, start_processor)


async def measure_awaited(begin, host, port, seconds):
    send, close = await begin(host, port)
    await send()
    count, start, start_processor = 0, time.perf_counter_ns(), time.process_time_ns()
    deadline = start + seconds * 1e9
    while time.perf_counter_ns() < deadline:
        await send()
        count += 1
    report(count, start, start_processor)
    await close()


def main():
    client, host, port, seconds = sys.argv[1:]
    if client in BLOCKING:
        measure(BLOCKING[client](host, int(port)), float(seconds))
    else:
        asyncio.run(measure_awaited(AWAITED[client], host, int(port), float(seconds)))


main()
