"""The tags of an update, which are sent as one text."""

from __future__ import annotations

import omnize
import pytest


@pytest.fixture
def chat():
    with omnize.Client(token="t", environment=False, dialect="interactions") as client:
        yield client.attach("12", department="1", interaction_hash="some-hash")


@pytest.mark.parametrize(
    ("tags", "kind", "why"),
    [("vip", TypeError, "pass a list"), ([7], TypeError, "pass a str"), (["a,b"], ValueError, "comma")],
)
def test_invalid_tags_are_rejected(chat, tags, kind, why):
    with pytest.raises(kind, match=why):
        chat.update(tags=tags)
