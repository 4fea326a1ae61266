"""A signal's handler may do anything while the main thread waits for a request, and the request goes on."""

from __future__ import annotations

import pytest
from interrupted_requests import run
from unix_only import requires_unix

pytestmark = requires_unix


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
        "OMNIZE_E_TIMEOUT not respond within timeout_response (2 s)",
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
    assert said[1].startswith("ResponseTimedOut OMNIZE_E_TIMEOUT unknown")


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
