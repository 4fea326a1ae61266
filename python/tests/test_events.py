"""Events are immutable, comparable, hashable, matchable and picklable. Their repr is redacted."""

from __future__ import annotations

import copy
import pickle
import sys

import omnize
import pytest

TRIGGERS = {
    "accepted": omnize.Accepted,
    "unavailable": omnize.Unavailable,
    "finish": omnize.Finished,
    "typing": omnize.Typing,
    "cleared": omnize.Cleared,
}
EVENTS = [
    *(kind("12") for kind in TRIGGERS.values()),
    omnize.Message("12", "segredo"),
    omnize.Unknown("12", raw=b'{"status": "segredo", "clientId": "12"}'),
    omnize.Outcome("12", 7, "rejected", request="message", error=omnize.Rejected("no")),
]


@pytest.mark.parametrize(("status", "kind"), TRIGGERS.items())
def test_each_trigger_has_its_class(status, kind):
    event = omnize.parse_trigger(b'{"status": "%s", "clientId": 12}' % status.encode())
    assert type(event) is kind
    assert (event.kind, event.client_id) == (status, "12")
    assert event == kind("12")


def test_messages_and_unknown_triggers():
    body = '{"message": "Olá 😀", "clientId": "0012 ", "new": true}'.encode()
    event = omnize.parse_trigger(body)
    assert event == omnize.Message("0012 ", "Olá 😀")
    assert event.raw == body
    assert not event.replaced
    latin = omnize.parse_trigger(
        '{"message": "Olá", "clientId": "1"}'.encode("latin-1"), "application/json; charset=latin1"
    )
    assert latin == omnize.Message("1", "Olá")
    assert omnize.parse_trigger(b'{"message": "\xff", "clientId": "1"}').replaced
    unknown = omnize.parse_trigger(b'{"status": "promoted", "clientId": "1"}')
    assert type(unknown) is omnize.Unknown


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"clientId": null}'])
def test_invalid_triggers_raise_trigger_error(body):
    with pytest.raises(omnize.TriggerError) as caught:
        omnize.parse_trigger(body)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_events_are_immutable_values(event):
    for other in (copy.copy(event), copy.deepcopy(event), pickle.loads(pickle.dumps(event))):
        assert type(other) is type(event)
        assert (other.to_dict().keys(), repr(other)) == (event.to_dict().keys(), repr(event))
        if event.kind != "outcome":
            assert (other, hash(other), other.to_dict()) == (event, hash(event), event.to_dict())
    assert event not in [another for another in EVENTS if another is not event]
    assert event != "12"
    for change in (lambda: setattr(event, "client_id", "13"), lambda: delattr(event, "client_id")):
        with pytest.raises(AttributeError):
            change()
    with pytest.raises((AttributeError, TypeError)):
        event.more = 1
    assert "segredo" not in repr(event)
    event.ack()


def test_equality_ignores_time_and_order():
    assert omnize.Message("12", "a", sequence=1, received_at=1.0) == omnize.Message("12", "a", sequence=2)
    assert omnize.Message("12", "a") != omnize.Message("12", "b")
    assert len({omnize.Typing("1"), omnize.Typing("1"), omnize.Cleared("1")}) == 2


@pytest.mark.skipif(sys.version_info < (3, 10), reason="match is of Python 3.10")
def test_events_support_match_statements():
    code = """
def describe(event):
    match event:
        case omnize.Message(client_id, "oi"):
            return client_id
        case omnize.Message(text=text):
            return text
        case omnize.Accepted("12"):
            return "accepted"
        case omnize.Outcome(ticket=ticket, error=None):
            return ticket
        case omnize.Trigger():
            return "another"
"""
    names = {"omnize": omnize}
    exec(code, names)
    describe = names["describe"]
    assert describe(omnize.Message("12", "oi")) == "12"
    assert describe(omnize.Message("12", "ola")) == "ola"
    assert describe(omnize.Accepted("12")) == "accepted"
    assert describe(omnize.Outcome("12", 3, "accepted")) == 3
    assert describe(omnize.Typing("12")) == "another"


def test_customers_are_redacted():
    customer = omnize.Customer("Joao", "joao@example.com", "11988776655", "123.456.789-09")
    assert repr(customer) == "<Customer name=[redacted] email=[redacted] phone=[redacted] cpf=[redacted]>"
    assert pickle.loads(pickle.dumps(customer)) == customer
    assert customer != omnize.Customer("Joao")
    assert hash(customer) == hash(copy.copy(customer))
    with pytest.raises(AttributeError):
        customer.name = "Ana"
    with pytest.raises(TypeError, match="name is an int"):
        omnize.Customer(12)


def test_unknown_and_missing_arguments_are_type_errors():
    for make in (
        lambda: omnize.Message("12"),
        lambda: omnize.Message("12", "text", sequenze=1),
        lambda: omnize.Typing("12", text="text"),
        lambda: omnize.Outcome("12", 7, "accepted", raw=b"{}"),
        lambda: omnize.Queued("12", 3, 4),
    ):
        with pytest.raises(TypeError, match="argument"):
            make()


def test_all_fields_are_accepted():
    event = omnize.Message("12", "a", None, raw=b"{}", replaced=True, sequence=3, received_at=4.5, redelivered=True)
    assert event.to_dict() == {
        "kind": "message",
        "client_id": "12",
        "text": "a",
        "media": None,
        "raw": b"{}",
        "replaced": True,
        "sequence": 3,
        "received_at": 4.5,
        "redelivered": True,
    }
