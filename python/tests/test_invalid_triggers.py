"""Invalid triggers have the same status in all functions that accept triggers."""

from __future__ import annotations

import omnize
import pytest

BODIES = [
    b'{"status":"typing"}',
    b'{"message":"oi"}',
    b"{}",
    b"",
    b"no JSON",
    b'{"clientId":',
    b"[1]",
    b'"text"',
    b"null",
    b'{"clientId":null}',
    b'{"clientId":""}',
    b'{"clientId":[1],"status":"typing"}',
    b'{"status":"typing","clientId":"12"}',
    b'{"interaction_hash":"h","type":"message"}',
]


def status(call) -> str:
    try:
        call()
    except omnize.TriggerError as error:
        return error.status
    return "OK"


@pytest.mark.parametrize("dialect", ["rest", "gateway", "interactions"])
@pytest.mark.parametrize("body", BODIES)
def test_deliver_and_parse_trigger_agree(dialect, body):
    with omnize.Client(token="t", environment=False, dialect=dialect) as client:
        delivered = status(lambda: client.deliver(body))
    assert status(lambda: omnize.parse_trigger(body, dialect=dialect)) == delivered


def test_a_trigger_without_an_id():
    assert status(lambda: omnize.parse_trigger(b'{"status":"typing"}')) == "OMNIZE_E_NO_CLIENT_ID"
