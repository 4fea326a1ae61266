"""An application that receives triggers with the package's listener and reads each.

    python receive.py poll|events|dispatch|async [NAME=VALUE...]

It prints its webhook URL, then answers each line of its input with the number of triggers that its own code has handled,
and ends with its input.
"""

import asyncio
import sys
import threading

import omnize

handled = 0
# Stores the values of events.
letters = 0


def look_at(event):
    global handled, letters
    letters += len(event.client_id) + len(event.text)
    handled += 1


def answer_questions(client):
    for _ in sys.stdin:
        print(handled, flush=True)
    client.close(0)


def poll(client):
    client.on(omnize.Message)(look_at)
    while True:
        client.poll()


def events(client):
    for event in client.events():
        look_at(event)


def dispatch(client):
    client.on(omnize.Message)(look_at)
    client.dispatch()


async def in_a_loop(options):
    async with omnize.AsyncClient(**options) as client:
        print(client.webhook_url, flush=True)
        questions = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        reading = asyncio.create_task(read_all(client))
        while await questions:
            print(handled, flush=True)
            questions = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        reading.cancel()


async def read_all(client):
    async for event in client.events():
        look_at(event)


def main():
    way, *settings = sys.argv[1:]
    options = dict(setting.split("=", 1) for setting in settings)
    options |= {"token": "some-token", "environment": False, "listen": "127.0.0.1:0"}
    if way == "async":
        asyncio.run(in_a_loop(options))
        return
    client = omnize.Client(**options)
    print(client.webhook_url, flush=True)
    questions = threading.Thread(target=answer_questions, args=[client])
    questions.start()
    try:
        {"poll": poll, "events": events, "dispatch": dispatch}[way](client)
    except omnize.Closed:
        pass
    questions.join()


main()
