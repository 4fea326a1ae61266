"""What a webhook answers, whatever web server it is behind: who may come in, and what became of the trigger."""

from __future__ import annotations

import base64
import hmac
from typing import Any, NamedTuple

from ._arguments import optional_text, what_is, whole_text
from ._errors import Error, TriggerError

# What a service that is turned away is told to wait, in seconds.
_RETRY_AFTER = "1"


class Answer(NamedTuple):
    """The head of an answer. There is no body: a stranger learns nothing from it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


def check_otherwise(otherwise: Any) -> None:
    """Whether this can be an application."""
    if otherwise is not None and not callable(otherwise):
        raise TypeError(f"otherwise is {what_is(otherwise)}; pass an application or None")


class Door:
    """Checks the requests of one webhook before their bodies are read."""

    def __init__(self, path: str, basic: str | None, max_body: int) -> None:
        if not isinstance(path, str):
            raise TypeError(f"the path is {what_is(path)}; pass a str")
        if not path.startswith("/"):
            raise ValueError("the path does not start with '/'; pass one such as '/omnize/a-part-that-nobody-guesses'")
        if optional_text("basic", basic) is not None and ":" not in str(basic):
            raise ValueError("basic holds no ':'; pass 'user:password'")
        if isinstance(max_body, bool) or not isinstance(max_body, int):
            raise TypeError(f"max_body is {what_is(max_body)}; pass a number of bytes")
        if max_body < 1:
            raise ValueError(f"max_body is {max_body}; pass a number of bytes, at least 1")
        self.max_body = max_body
        self._path = whole_text("the path", path).encode()
        self._credentials = None if basic is None else basic.encode()

    def is_at(self, path: bytes) -> bool:
        """Whether this is the webhook's path. The time that takes tells nothing of it but its length."""
        return hmac.compare_digest(path or b"/", self._path)

    def refuse(self, path: bytes, method: str, authorization: str, length: int | None) -> Answer | None:
        """The answer to a request that may not come in. ``length`` is what its head says of its body."""
        # Only who has the credentials learns whether a path exists.
        if self._credentials is not None and not self._has_credentials(authorization):
            return Answer(401, (("WWW-Authenticate", 'Basic charset="UTF-8"'),))
        if not self.is_at(path):
            return Answer(404)
        if method not in ("POST", "PUT"):
            return Answer(405, (("Allow", "POST, PUT"),))
        if length is not None and length > self.max_body:
            return Answer(413)
        return None

    def _has_credentials(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except ValueError:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._credentials or b"")


def answer_to(error: Error | None) -> Answer:
    """The answer to a trigger that was handed over, by what that ended with."""
    if error is None:
        return Answer(200)
    if isinstance(error, TriggerError):
        return Answer(400)
    # It can't be taken now: too many wait, the disk is full, or the client is closed.
    return Answer(503, (("Retry-After", _RETRY_AFTER),))
