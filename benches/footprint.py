"""The footprint of the library: size, loading, memory, and the cost of many conversations."""

import statistics

import machine
import receiving
import sending
from machine import BIN, NEAR, STAGE, Process
from table import Table

FEW, MANY = 100, 100_000


def measure(rounds, seconds):
    """Returns the table of the footprint."""
    table = Table("Footprint", ["what", "of"], None)
    library = (STAGE / "lib" / "libomnize.so").resolve()
    table.add(("size of the shared object, MB", "omnize"), "value", library.stat().st_size / 1e6)
    loading(table, library)
    conversations(table, rounds, seconds)
    subscriptions(table, rounds)
    for name, start in (("omnize, poll", lambda: receiving.Omnize("poll")), ("nginx", receiving.nginx)):
        server = start()
        if not server:
            table.missing.append(f"{name}: it is not installed")
            continue
        try:
            bytes_each = receiving.memory_of_a_connection(server)
        finally:
            server.end()
        table.add(("bytes for an open listener connection", name), "value", bytes_each)
    return table


def loading(table, library):
    """Measures dlopen and dlclose, each in a new process."""
    libraries = {"omnize": library, "libcurl with what it needs": "libcurl.so.4"}
    for _ in range(30):
        for name, path in libraries.items():
            table.add(("dlopen + dlclose, ms", name), "value", machine.run("load_library", path)[0] / 1e6)


def conversations(table, rounds, seconds):
    """Measures the memory of idle conversations, and the cost of a request with few and with many of them."""
    for _ in range(3):
        memory, opening = machine.run("idle_conversations", MANY)
        table.add(("bytes for an idle conversation", "omnize"), "value", memory)
        table.add(("attaching a conversation, CPU ns", "omnize"), "value", opening)
    used = {FEW: [], MANY: []}
    with Process([BIN / "serve"], NEAR) as server:
        port = server.line()
        for _ in range(rounds):
            for count in used:
                requests, _, spent = machine.run("send", "omnize", "127.0.0.1", port, 1, "seconds", seconds, count)
                used[count].append(spent / 1000 / requests)
        for count, samples in used.items():
            for sample in samples:
                table.add(("sending, CPU µs/request", f"{count:,} conversations"), "value", sample)
            instructions = sending.instructions(port, "omnize", "127.0.0.1", 1, count)
            if instructions:
                table.add(("sending, instructions/request", f"{count:,} conversations"), "value", instructions)


def subscriptions(table, rounds):
    """Measures the cost of a trigger if each customer has its own callback."""
    for _ in range(rounds):
        for count in (FEW, MANY):
            spent = machine.run("many_subscriptions", count, 20_000)[0]
            table.add(("receiving, CPU µs/trigger", f"{count:,} subscriptions by customer"), "value", spent / 1000)
    for count in (FEW, MANY):

        def run_with(triggers, count=count):
            with Process([BIN / "many_subscriptions", count, triggers], NEAR, machine.CALLGRIND) as program:
                return machine.collected(program.end())

        instructions = machine.instructions(5000, run_with)
        if instructions:
            case = ("receiving, instructions/trigger", f"{count:,} subscriptions by customer")
            table.add(case, "value", instructions)


def growth(table, what, of):
    """Adds the ratio of the cost with many to the cost with few."""
    few, many = (table.samples((what, f"{count:,} {of}"), "value") for count in (FEW, MANY))
    return statistics.median(many) / statistics.median(few) if few and many else None
