"""The Literal types of options and fields have exactly the values that the core accepts."""

from __future__ import annotations

import datetime
import re
import sys
import typing
from pathlib import Path

import omnize
import pytest
from omnize._clients.option_types import Options

#: The page is printed from the core's table.
PAGE = Path(__file__).resolve().parent.parent.parent / "docs/src/options.md"
CHOICES = {
    variable.lower(): set(values.split(", "))
    for values, variable in re.findall(r"^\| choice: ([^|]+?) \|.*`OMNIZE_(\w+)` \|$", PAGE.read_text("utf-8"), re.M)
}


def literals(type_: object) -> set[str]:
    """Returns the values of the Literals in a type."""
    if typing.get_origin(type_) is typing.Literal:
        return set(typing.get_args(type_))
    return set().union(*map(literals, typing.get_args(type_)))


def test_every_choice_is_a_literal():
    hints = typing.get_type_hints(Options, localns={"timedelta": datetime.timedelta})
    assert {name: values for name, type_ in hints.items() if (values := literals(type_))} == CHOICES
    assert {"dialect", "ack"} <= CHOICES.keys()


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_the_core_accepts_each_value_and_no_other(name):
    for value in CHOICES[name]:
        if name == "tls_revocation" and value != "off" and sys.platform != "win32":
            with pytest.raises(omnize.Unsupported, match="only Windows"):
                omnize.Client("t", environment=False, **{name: value})
        else:
            omnize.Client("t", environment=False, **{name: value}).close()
    with pytest.raises(omnize.ConfigError, match=f"option {name}: "):
        omnize.Client("t", environment=False, **{name: "another"})


def test_dialects_of_parse_trigger():
    for dialect in literals(omnize.Dialect):
        omnize.parse_trigger(b'{"status": "typing", "clientId": "12", "interaction_hash": "h"}', dialect=dialect)
    with pytest.raises(omnize.ArgumentError) as caught:
        omnize.parse_trigger(b"{}", dialect="soap")
    assert all(dialect in str(caught.value) for dialect in literals(omnize.Dialect))


def test_media_kinds():
    for kind in literals(omnize.MediaKind):
        assert omnize.Media(kind, "https://example.com/cat.png").kind == kind
    with pytest.raises(omnize.ArgumentError) as caught:
        omnize.Media("picture", "https://example.com/cat.png")
    assert all(kind in str(caught.value) for kind in literals(omnize.MediaKind))


@pytest.mark.parametrize("dialect", sorted(literals(omnize.Dialect)))
def test_states(omnize_sandbox, dialect):
    seen = []
    with omnize.Client(**omnize_sandbox.options_in(dialect), listen="127.0.0.1:0") as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        chat = client.conversation("12", department="1", customer=omnize.Customer("Joao", "joao@example.com"))
        seen.append(chat.state)
        chat.start()
        seen.append(chat.state)
        while not isinstance(client.next(10), omnize.Accepted):
            pass
        seen.append(chat.state)
        chat.finish()
        seen.append(chat.state)
    assert seen[0] == "new"
    assert seen[2:] == ["active", "finished"]
    assert set(seen) <= literals(omnize.State)
