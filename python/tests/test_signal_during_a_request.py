"""A signal's handler that raises ends a request, wherever the main thread waits for it, with its true outcome."""

from __future__ import annotations

import pytest
from interrupted_requests import NOT_SENT, UNKNOWN, run
from unix_only import requires_unix

pytestmark = requires_unix


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
        ended.append(str(error.delivery))
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
# The service may see the end of the first connection late.
print(sorted(text for _, text in service.saw()))
client.close()
""")
    assert said == ["not sent", "accepted", "['closed', 'first', 'posted']"]


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
