"""What a signal's handler may do while the main thread waits for a request, wherever that waits: raise, which ends it
with its true outcome; or anything else, and the request goes on.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

# A service whose responses a test sets, and a signal half a second after the start of a request.
PRELUDE = """
import json, os, signal, socket, sys, threading, time
import omnize

ACCEPTED = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK"

class Stop(BaseException):
    pass

class Service:
    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        # The response; None: no response until the peer closes the connection.
        self.answer = ACCEPTED
        # The number of the connection, and the text of a message, the type of a request, or "closed".
        self.seen = []
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        count = 0
        while True:
            connection, _ = self.server.accept()
            count += 1
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(count, connection), daemon=True).start()

    def serve(self, number, connection):
        with connection:
            self.read(number, connection)

    def read(self, number, connection):
        kept = b""
        while True:
            try:
                got = connection.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                self.seen.append((number, "closed"))
                return
            kept += got
            if kept.endswith(b"}"):
                said = json.loads(kept.split(b"\\r\\n\\r\\n")[1])
                self.seen.append((number, said.get("content") or said["type"]))
                kept = b""
                if self.answer is not None:
                    connection.sendall(self.answer)

    def saw(self):
        # Until the end of a closed connection has arrived.
        time.sleep(0.2)
        return self.seen

service = Service()

def options(**more):
    return {"token": "t", "base_url": service.url, "environment": False, "timeout": 20, **more}

def stop(*_):
    raise Stop

def interrupted(call, handler=stop, after=0.4, ready=None):
    # Prints the exception of the call and the delivery of the request. The signal comes `after` seconds from now, or
    # from the return of `ready`, which runs on another thread.
    signal.signal(signal.SIGALRM, handler)
    def start():
        nonlocal started_at
        if ready is not None:
            ready()
        started_at = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, after)
    started_at = None
    if ready is None:
        start()
    else:
        threading.Thread(target=start, daemon=True).start()
    try:
        call()
        print("accepted", end=" ")
    except Stop as error:
        cause = error.__cause__
        print(type(cause).__name__, cause.status, cause.delivery, end=" ")
    except omnize.Error as error:
        print(type(error).__name__, error.status, error.delivery, end=" ")
    took = time.monotonic() - started_at
    # Most tests send the signal after 0.4 s.
    print("at once" if took < 1.4 else f"after {took} s")
"""


def run(code: str) -> list[str]:
    process = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout.splitlines()


UNKNOWN = "DeliveryUnknown OMNIZE_E_LOST unknown at once"
NOT_SENT = "NotSent OMNIZE_E_LOST not sent at once"


def test_a_missing_response_can_be_interrupted():
    said = run("""
client = omnize.Client(**options())
chat = client.attach("12", department="1")
chat.send("before")
service.answer = None
interrupted(lambda: chat.send("during"))
service.answer = ACCEPTED
chat.send("after")
print(service.saw())
print(client.close())
""")
    seen = [(1, "before"), (1, "during"), (1, "closed"), (2, "after")]
    # The order of the two connections depends on the threads.
    assert said[0] == UNKNOWN
    assert sorted(eval(said[1])) == sorted(seen)
    assert said[2] == "CloseReport(events=0, requests=0)"


@pytest.mark.parametrize("connection", ["new", "used"])
@pytest.mark.parametrize(
    "part", ["HTTP/1.1 200 ", "HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nOK"], ids=["head", "body"]
)
def test_an_incomplete_response_can_be_interrupted(connection, part):
    said = run(f"""
client = omnize.Client(**options())
chat = client.attach("12", department="1")
if {connection!r} == "used":
    chat.send("before")
service.answer = b"{part}"
interrupted(lambda: chat.send("during"))
service.answer = ACCEPTED
chat.send("after")
print(sorted(service.saw()[-3:]))
client.close()
""")
    assert said == [UNKNOWN, "[(1, 'closed'), (1, 'during'), (2, 'after')]"]


def test_an_unfinished_send_can_be_interrupted():
    said = run("""
# The server reads nothing. The time that an unoptimised build needs to encode the text does not count.
silent = socket.create_server(("127.0.0.1", 0))
connections = []
client = omnize.Client(**options(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}/"))
chat = client.attach("12", department="1")
interrupted(lambda: chat.send("x" * 20_000_000), ready=lambda: connections.append(silent.accept()))
client.close()
""")
    assert said == [UNKNOWN]


def test_an_unfinished_connect_can_be_interrupted():
    # The kernel's queue is full, so it accepts no further connection.
    said = run("""
full = socket.socket()
full.bind(("127.0.0.1", 0))
full.listen(0)
queued = [socket.socket() for _ in range(16)]
for one in queued:
    one.setblocking(False)
    one.connect_ex(full.getsockname())
client = omnize.Client(**options(base_url=f"http://127.0.0.1:{full.getsockname()[1]}/"))
interrupted(lambda: client.attach("12", department="1").send("oi"))
client.close()
""")
    assert said == [NOT_SENT]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param('base_url=f"https://127.0.0.1:{deaf.getsockname()[1]}/"', id="the TLS handshake"),
        pytest.param(
            'base_url="https://chat.example.com/", proxy=f"http://127.0.0.1:{deaf.getsockname()[1]}"',
            id="the way through a proxy",
        ),
    ],
)
def test_a_missing_handshake_can_be_interrupted(more):
    said = run(f"""
deaf = socket.create_server(("127.0.0.1", 0))
client = omnize.Client(**options({more}))
interrupted(lambda: client.attach("12", department="1").send("oi"))
client.close()
""")
    assert said == [NOT_SENT]


def test_a_queued_request_can_be_interrupted():
    said = run("""
client = omnize.Client(**options())
chat = client.attach("12", department="1")
service.answer = None
ended = []
def first():
    try:
        chat.send("first")
    except omnize.DeliveryUnknown as error:
        ended.append(error.delivery)
thread = threading.Thread(target=first)
thread.start()
time.sleep(0.2)
posted = []
def stop_and_post(*_):
    posted.append(chat.post("posted"))
    raise Stop
interrupted(lambda: chat.send("second"), stop_and_post)
print(service.saw(), ended)
client.close(0)
thread.join()
print(ended)
""")
    assert said == [NOT_SENT, "[(1, 'first')] []", "['unknown']"]


def test_requests_after_an_interrupted_one_are_sent():
    said = run("""
client = omnize.Client(**options())
chat = client.attach("12", department="1")
service.answer = None
def first():
    try:
        chat.send("first")
    except omnize.DeliveryUnknown:
        pass
chat.timeout = 0.8
thread = threading.Thread(target=first)
thread.start()
time.sleep(0.2)
chat.timeout = 20
def stop_late(*_):
    # In the meantime, the interrupted request reaches the front of the queue.
    chat.post("posted")
    service.answer = ACCEPTED
    thread.join()
    raise Stop
signal.signal(signal.SIGALRM, stop_late)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    chat.send("second")
except Stop as error:
    print(error.__cause__.delivery)
print(client.next(5).delivery)
print([text for _, text in service.saw()])
client.close()
""")
    assert said == ["not sent", "accepted", "['first', 'closed', 'posted']"]


def test_the_pause_before_a_retry_can_be_interrupted():
    said = run("""
service.answer = b"HTTP/1.1 503 x\\r\\nRetry-After: 10\\r\\nContent-Length: 0\\r\\n\\r\\n"
client = omnize.Client(**options(retry_blocking=60))
interrupted(lambda: client.attach("12", department="1").send("oi"))
print(service.saw())
client.close()
""")
    assert said == ["Rejected OMNIZE_E_SERVICE rejected at once", "[(1, 'oi')]"]


def test_interrupted_requests_are_not_retried():
    said = run("""
service.answer = None
client = omnize.Client(**options(retry_blocking=60, on_unknown="resend"))
interrupted(lambda: client.attach("12", department="1").send("oi"))
print(sorted(service.saw()))
client.close()
""")
    assert said == [UNKNOWN, "[(1, 'closed'), (1, 'oi')]"]


def test_interrupted_starts_can_be_repeated():
    said = run("""
client = omnize.Client(**options())
chat = client.conversation("12", department="1")
service.answer = None
interrupted(lambda: chat.start())
print(chat.state, client.open_interactions)
service.answer = ACCEPTED
chat.start()
print(chat.state, [what for _, what in service.saw() if what != "closed"])
client.close()
""")
    assert said == [UNKNOWN, "new []", "waiting ['init', 'init']"]


def test_an_account_request_can_be_interrupted():
    said = run("""
service.answer = None
deaf = socket.create_server(("127.0.0.1", 0))
client = omnize.Client(**options(dialect="gateway", base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/"))
interrupted(lambda: client.departments("12"))
client.close()
""")
    assert said == [UNKNOWN]


def test_signal_handlers_without_exception_do_not_end_requests():
    said = run("""
client = omnize.Client(**options(timeout_response=2))
chat = client.attach("12", department="1")
calls = []
signal.signal(signal.SIGALRM, lambda *_: calls.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
service.answer = None
try:
    chat.send("not answered")
except omnize.DeliveryUnknown as error:
    print(error.status, str(error).partition("; ")[0].partition(" did ")[2])
service.answer = ACCEPTED
chat.send("answered")
signal.setitimer(signal.ITIMER_REAL, 0)
print(len(calls) > 20)
print(sorted(service.saw()))
client.close()
""")
    assert said == [
        "OMNIZE_E_TIMEOUT not respond within timeout.response (2 s)",
        "True",
        "[(1, 'closed'), (1, 'not answered'), (2, 'answered')]",
    ]


def test_signal_handlers_may_use_the_client():
    said = run("""
client = omnize.Client(**options(timeout_response=1))
chat = client.attach("12", department="1")
service.answer = None
def use(*_):
    service.answer = ACCEPTED
    client.attach("13", department="1").send("of another")
    try:
        chat.send("of the same")
    except omnize.StateError as error:
        print(error.delivery)
    chat.post("posted")
signal.signal(signal.SIGALRM, use)
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    chat.send("first")
except omnize.DeliveryUnknown as error:
    print(error.status)
print(client.next(5).delivery)
print(service.saw())
client.close()
""")
    assert said[:3] == ["not sent", "OMNIZE_E_TIMEOUT", "accepted"]
    # One request of a conversation at a time, and requests of several conversations concurrently.
    assert sorted(eval(said[3])) == [(1, "closed"), (1, "first"), (2, "of another"), (2, "posted")]


def test_signal_handlers_may_be_nested():
    said = run(
        """
client = omnize.Client(**options())
service.answer = None
def inner(*_):
    raise Stop
def outer(*_):
    signal.signal(signal.SIGALRM, inner)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        client.attach("13", department="1").send("inner")
    except Stop as error:
        print("inner", error.__cause__.delivery)
interrupted(lambda: client.attach("12", department="1").send("outer"), outer, 0.3)
client.close(0)
""".replace("options()", "options(timeout=1.5)")
    )
    assert said[0] == "inner unknown"
    assert said[1].startswith("DeliveryUnknown OMNIZE_E_TIMEOUT unknown")


def test_endlessly_nested_signal_handlers_raise_recursion_error():
    said = run("""
service.answer = None
client = omnize.Client(**options())
depth = deepest = 0
def resend(*_):
    global depth, deepest
    depth += 1
    deepest = max(deepest, depth)
    try:
        client.attach(str(depth), department="1").send("oi")
    except RecursionError:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise
    finally:
        depth -= 1
signal.signal(signal.SIGALRM, resend)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
try:
    client.attach("0", department="1").send("oi")
except RecursionError as error:
    print(deepest >= 32, error.__cause__.delivery)
client.close()
""")
    assert said == ["True unknown"]


def test_signal_handlers_may_close_the_client():
    said = run("""
client = omnize.Client(**options())
chat = client.attach("12", department="1")
service.answer = None
interrupted(lambda: chat.send("oi"), lambda *_: print(client.close(10)))
print(sorted(service.saw()))
""")
    assert said == [
        "CloseReport(events=0, requests=1)",
        "DeliveryUnknown OMNIZE_E_LOST unknown at once",
        "[(1, 'closed'), (1, 'oi')]",
    ]


@pytest.mark.parametrize("waits", ["for its answer", "for its turn", "for closing"])
def test_signal_handlers_may_fork(waits):
    # The child must not read the response that its parent waits for.
    said = run(f"""
if sys.version_info >= (3, 12):
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
client = omnize.Client(**options())
chat = client.attach("12", department="1")
service.answer = None
if {waits!r} != "for its answer":
    threading.Thread(target=chat.send, args=("first",)).start()
    time.sleep(0.2)
children = []
def fork(*_):
    for _ in range(8):
        child = os.fork()
        if child == 0:
            return
        children.append(child)
    time.sleep(0.3)
    service.answer = ACCEPTED
    for answered in list(service.connections):
        answered.sendall(ACCEPTED)
signal.signal(signal.SIGALRM, fork)
signal.setitimer(signal.ITIMER_REAL, 0.2)
parent = os.getpid()
try:
    if {waits!r} == "for closing":
        client.close()
    else:
        chat.send("oi")
    ended = 1
except omnize.Forked:
    ended = 2
if os.getpid() != parent:
    os._exit(ended)
print(ended, [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
client.close()
""")
    assert said == ["1 [2, 2, 2, 2, 2, 2, 2, 2]"]


def test_signals_do_not_interrupt_requests_of_other_threads():
    said = run("""
client = omnize.Client(**options(timeout=2))
service.answer = None
ended = []
def first():
    try:
        client.attach("13", department="1").send("other")
    except omnize.DeliveryUnknown as error:
        ended.append(error.status)
thread = threading.Thread(target=first)
thread.start()
interrupted(lambda: client.attach("12", department="1").send("main"))
thread.join()
print(ended)
client.close()
""")
    assert said == [UNKNOWN, "['OMNIZE_E_TIMEOUT']"]


def test_signals_received_by_other_threads_end_waits():
    # Then the main thread's system call is not interrupted.
    said = run("""
client = omnize.Client(**options())
service.answer = None
def handle_elsewhere():
    time.sleep(0.4)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
signal.signal(signal.SIGUSR1, stop)
threading.Thread(target=handle_elsewhere).start()
interrupted(lambda: client.attach("12", department="1").send("oi"), after=10)
client.close()
""")
    assert said == [UNKNOWN]
