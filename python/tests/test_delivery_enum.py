"""A delivery is a member of an enum, and equals its text in every use."""

from __future__ import annotations

import copy
import json
import pickle

import omnize
import pytest

TEXTS = ("accepted", "rejected", "not sent", "unknown")


@pytest.mark.parametrize("text", TEXTS)
def test_a_delivery_equals_its_text(text):
    delivery = omnize.Delivery(text)
    assert delivery == text
    assert hash(delivery) == hash(text)
    assert {text: 1}[delivery] == 1
    assert (str(delivery), f"{delivery}", f"{delivery:>10}", f"{delivery!s}") == (text, text, f"{text:>10}", text)
    assert "%s" % delivery == text  # noqa: UP031
    assert json.dumps({"delivery": delivery}) == json.dumps({"delivery": text})
    assert delivery != "another"


@pytest.mark.parametrize("delivery", omnize.Delivery)
def test_copies_are_the_same_member(delivery):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(delivery, protocol)) is delivery
    assert copy.copy(delivery) is delivery
    assert copy.deepcopy(delivery) is delivery


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
