"""Members of the enums equal their text in every use. Deliveries are such members."""

from __future__ import annotations

import copy
import json
import pickle

import omnize
import pytest

TEXTS = ("accepted", "rejected", "not sent", "unknown")


MEMBERS = [*omnize.Delivery, *omnize.CheckLevel]


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_equals_its_text(member):
    text = member.value
    assert type(text) is str
    assert type(member)(text) is member
    assert member == text
    assert hash(member) == hash(text)
    assert {text: 1}[member] == 1
    assert (str(member), f"{member}", f"{member:>10}", f"{member!s}") == (text, text, f"{text:>10}", text)
    assert "%s" % member == text  # noqa: UP031
    assert json.dumps({"member": member}) == json.dumps({"member": text})
    assert member != "another"


@pytest.mark.parametrize("member", MEMBERS)
def test_copies_are_the_same_member(member):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(member, protocol)) is member
    assert copy.copy(member) is member
    assert copy.deepcopy(member) is member


def test_there_are_four_deliveries():
    assert tuple(map(str, omnize.Delivery)) == TEXTS
    with pytest.raises(ValueError, match="sent"):
        omnize.Delivery("sent")


def test_errors_and_outcomes_have_a_delivery(unanswering):
    with omnize.Client(**unanswering, timeout=0.2) as client:
        chat = client.attach("12", department="1")
        with pytest.raises(omnize.DeliveryUnknown) as caught:
            chat.send("oi")
        assert caught.value.delivery is omnize.Delivery.UNKNOWN
        chat.post("oi")
        outcome = client.next(10)
    assert isinstance(outcome, omnize.Outcome)
    assert outcome.delivery is omnize.Delivery.UNKNOWN
    assert outcome.error.delivery is omnize.Delivery.UNKNOWN
    assert outcome.error.timed_out
    assert outcome.to_dict()["delivery"] == "unknown"
    assert repr(outcome).endswith("delivery='unknown'>")


def test_outcomes_accept_the_text():
    assert omnize.Outcome("12", 1, "not sent").delivery is omnize.Delivery.NOT_SENT
    with pytest.raises(ValueError, match="sent"):
        omnize.Outcome("12", 1, "sent")
