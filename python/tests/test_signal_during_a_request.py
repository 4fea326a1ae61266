"""What a signal's handler may do while the main thread waits for a request, wherever that waits: raise, which ends it
with its true outcome; or anything else, and the request goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A service whose answers a test writes, and a signal half a second after a request has begun to wait.
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
        # What is written for an answer; None is none, until the other end closes the connection.
        self.answer = ACCEPTED
        # The number of the connection, and what came over it: the text of a message, or how it ended.
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
        # Until what a closed connection was told has arrived.
        time.sleep(0.2)
        return self.seen

service = Service()

def options(**more):
    return {"token": "t", "base_url": service.url, "environment": False, "timeout": 20, **more}

def stop(*_):
    raise Stop

def interrupted(call, handler=stop, after=0.4):
    # Tells what the call ended with, and what that says of the request.
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, after)
    begun = time.monotonic()
    try:
        call()
        print("accepted", end=" ")
    except Stop as error:
        cause = error.__cause__
        print(type(cause).__name__, cause.status, cause.delivery, end=" ")
    except omnize.Error as error:
        print(type(error).__name__, error.status, error.delivery, end=" ")
    took = time.monotonic() - begun
    # The signal that it is about comes after 0.4 s.
    print("at once" if took < 1.4 else f"after {took} s")
"""


def run(code: str) -> list[str]:
    process = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout.splitlines()


UNKNOWN = "DeliveryUnknown OMNIZE_E_LOST unknown at once"
NOT_SENT = "NotSent OMNIZE_E_LOST not sent at once"


def test_the_answer_does_not_come():
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
    # Which of the two connections is heard of first is the threads' matter.
    assert said[0] == UNKNOWN
    assert sorted(eval(said[1])) == sorted(seen)
    assert said[2] == "Left(events=0, requests=0)"


@pytest.mark.parametrize("connection", ["new", "used"])
@pytest.mark.parametrize(
    "part", ["HTTP/1.1 200 ", "HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nOK"], ids=["head", "body"]
)
def test_the_answer_does_not_end(connection, part):
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


def test_the_service_does_not_take_the_request():
    said = run("""
deaf = socket.create_server(("127.0.0.1", 0))
client = omnize.Client(**options(base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/"))
chat = client.attach("12", department="1")
interrupted(lambda: chat.send("x" * 20_000_000))
client.close()
""")
    assert said == [UNKNOWN]


def test_the_connection_is_not_made():
    # As many as the kernel queues are there already, and it answers no further one.
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
def test_nothing_answers_before_the_request(more):
    said = run(f"""
deaf = socket.create_server(("127.0.0.1", 0))
client = omnize.Client(**options({more}))
interrupted(lambda: client.attach("12", department="1").send("oi"))
client.close()
""")
    assert said == [NOT_SENT]


def test_another_request_of_the_interaction_is_before_it():
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


def test_what_stood_behind_one_that_gave_up_follows():
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
    # The turn of the one that is interrupted comes meanwhile.
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


def test_the_pause_before_the_next_try():
    said = run("""
service.answer = b"HTTP/1.1 503 x\\r\\nRetry-After: 10\\r\\nContent-Length: 0\\r\\n\\r\\n"
client = omnize.Client(**options(retry_blocking=60))
interrupted(lambda: client.attach("12", department="1").send("oi"))
print(service.saw())
client.close()
""")
    assert said == ["Rejected OMNIZE_E_SERVICE rejected at once", "[(1, 'oi')]"]


def test_it_is_not_made_again_though_unknown_ones_are():
    said = run("""
service.answer = None
client = omnize.Client(**options(retry_blocking=60, on_unknown="resend"))
interrupted(lambda: client.attach("12", department="1").send("oi"))
print(sorted(service.saw()))
client.close()
""")
    assert said == [UNKNOWN, "[(1, 'closed'), (1, 'oi')]"]


def test_a_start_that_was_interrupted_can_be_made_again():
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


def test_a_question():
    said = run("""
service.answer = None
deaf = socket.create_server(("127.0.0.1", 0))
client = omnize.Client(**options(dialect="gateway", base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/"))
interrupted(lambda: client.departments("12"))
client.close()
""")
    assert said == [UNKNOWN]


def test_a_handler_that_raises_nothing_lets_the_request_end():
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
        "OMNIZE_E_TIMEOUT not answer within timeout.response (2 s)",
        "True",
        "[(1, 'closed'), (1, 'not answered'), (2, 'answered')]",
    ]


def test_a_handler_may_use_the_client():
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
    # One of a conversation at a time, and those of several side by side.
    assert sorted(eval(said[3])) == [(1, "closed"), (1, "first"), (2, "of another"), (2, "posted")]


def test_a_handler_within_a_handler():
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


def test_handlers_within_handlers_without_end():
    said = run("""
service.answer = None
client = omnize.Client(**options())
depth = deepest = 0
def again(*_):
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
signal.signal(signal.SIGALRM, again)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
try:
    client.attach("0", department="1").send("oi")
except RecursionError as error:
    print(deepest >= 32, error.__cause__.delivery)
client.close()
""")
    assert said == ["True unknown"]


def test_a_handler_that_closes_the_client():
    said = run("""
client = omnize.Client(**options())
chat = client.attach("12", department="1")
service.answer = None
interrupted(lambda: chat.send("oi"), lambda *_: print(client.close(10)))
print(sorted(service.saw()))
""")
    assert said == [
        "Left(events=0, requests=1)",
        "DeliveryUnknown OMNIZE_E_LOST unknown at once",
        "[(1, 'closed'), (1, 'oi')]",
    ]


@pytest.mark.parametrize("waits", ["for its answer", "for its turn", "for closing"])
def test_a_handler_that_forks(waits):
    # The child must not read the answer that its parent waits for.
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


def test_requests_of_other_threads_are_not_asked_about():
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


def test_a_signal_that_another_thread_gets():
    # Nothing interrupts the main thread's system call then.
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
