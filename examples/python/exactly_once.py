"""Sends each message of a file exactly once, also if it is killed: omnize sandbox -- python exactly_once.py FOLDER"""

# prints: 0 requests remain

import os
import signal
import sys
from pathlib import Path
from typing import Callable

import omnize

stopping = False


class Ledger:
    """The outcomes that are recorded: a line with the reference and the delivery of each."""

    def __init__(self, path: Path) -> None:
        path.touch()
        lines = path.read_bytes()
        os.truncate(path, lines.rfind(b"\n") + 1)  # a crash may have written half a line
        self.references = {line.split("\t")[0] for line in path.read_text("utf-8").splitlines()}
        self.file = path.open("ab", buffering=0)

    def record(self, reference: str, delivery: str) -> None:
        if reference not in self.references:  # it may be recorded already, but not acknowledged
            self.file.write(f"{reference}\t{delivery}\n".encode())
            os.fsync(self.file.fileno())
            self.references.add(reference)


def post(ledger: Ledger, reference: str, function: Callable[..., int], *text: str) -> None:
    """Posts a request that has no outcome. If an earlier process posted it, this sends nothing."""
    if reference not in ledger.references:
        try:
            function(*text, reference=reference, max_age=3600)
        except omnize.StateError:  # the start failed, so nothing was posted
            ledger.record(reference, "not sent")


def receive(ledger: Ledger, chat: omnize.Conversation, timeout: float) -> None:
    for event in chat.events(timeout):
        if isinstance(event, omnize.Outcome) and event.reference:
            ledger.record(event.reference, event.delivery)
        event.ack()  # only now: until here, the store delivers it again after a crash


def stop(*_: object) -> None:
    global stopping
    stopping = True


def main(folder: Path) -> None:
    ledger = Ledger(folder / "ledger.tsv")
    signal.signal(signal.SIGTERM, stop)
    with omnize.Client(store=folder / "chat.db", ack="manual", outbox_paused=True) as client:
        try:
            print("checked:", client.check(timeout=5))
        except (omnize.NotSent, omnize.DeliveryUnknown) as error:  # an outage: the messages wait in the outbox
            print("not reached:", error)
        print("of an earlier process:", client.outbox_count)
        chats = {}
        for line in (folder / "messages.tsv").read_text("utf-8").splitlines():
            key, customer, text = line.split("\t")
            if customer not in chats:
                chats[customer] = client.conversation(customer, department="1")
                post(ledger, f"start {customer}", chats[customer].post_start)
            post(ledger, key, chats[customer].post, text)
        for customer, chat in chats.items():
            post(ledger, f"finish {customer}", chat.post_finish)
        print("posted:", client.outbox_count, flush=True)
        client.resume()
        for customer, chat in chats.items():
            while not stopping and f"finish {customer}" not in ledger.references:
                receive(ledger, chat, timeout=0.5)
        try:
            client.flush(timeout=10)
        except omnize.FlushTimedOut as error:
            print(error)
        for chat in chats.values():
            receive(ledger, chat, timeout=0)
        print(client.close(timeout=5).requests, "requests remain")


main(Path(sys.argv[1]))
