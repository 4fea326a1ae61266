"""What a webhook answers, whatever web server it is behind: who may come in, and what became of the trigger."""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any, NamedTuple, Optional
from urllib.parse import quote, unquote_to_bytes

from . import _omnize
from ._arguments import optional_text, what_is, whole_text
from ._errors import Error, TriggerError

# What a service that is turned away is told to wait, in seconds.
_RETRY_AFTER = "1"
# The codings that a body may have.
_CODINGS = "gzip, deflate"

# A host and perhaps a port. A comma is none, though RFC 3986 allows it: web servers join two headers by it.
_HOST = re.compile(rb"(\[[A-Za-z0-9:.%\-_~]+\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})*)(:[0-9]*)?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# A larger number of bytes is no length.
_LONGEST = 2**64 - 1
# No body is larger than this.
_LONGEST_BODY = 2**63 - 1


class Answer(NamedTuple):
    """The head of an answer. There is no body: a stranger learns nothing from it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


def check_otherwise(otherwise: Any) -> None:
    """Whether this can be an application."""
    if otherwise is not None and not callable(otherwise):
        raise TypeError(f"otherwise is {what_is(otherwise)}; pass an application or None")


class Path(NamedTuple):
    """Where a request goes, below the place where the application is mounted."""

    decoded: bytes
    #: The whole path as it came, where the server tells it: only there a ``/`` differs from a ``%2F``.
    raw: Optional[str]


class Head(NamedTuple):
    """What the head of a request says."""

    method: str
    #: Of HTTP, as ``1.1``; empty where the server does not tell.
    version: str
    hosts: list[bytes]
    authorization: str
    lengths: list[str]


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
        whole = whole_text("the path", path)
        self._decoded = unquote_to_bytes(whole)
        self._raw = _normalized(whole)
        self._credentials = None if basic is None else basic.encode()

    def is_at(self, path: Path) -> bool:
        """Whether this is the webhook's path. The time that takes tells nothing of it but its length."""
        if not hmac.compare_digest(path.decoded or b"/", self._decoded):
            return False
        # A server that rewrites paths may tell another one.
        if not path.decoded or path.raw is None or not unquote_to_bytes(path.raw).endswith(path.decoded):
            return True
        end = _normalized(path.raw)[-len(self._raw) :]
        return hmac.compare_digest(end.encode(), self._raw.encode())

    def refuse(self, path: Path, head: Head) -> Answer | None:
        """The answer to a request that may not come in."""
        length = length_of(head.lengths)
        if length is None or not _has_host(head):
            return Answer(400)
        # Only who has the credentials learns whether a path exists.
        if self._credentials is not None and not self._has_credentials(head.authorization):
            return Answer(401, (("WWW-Authenticate", 'Basic charset="UTF-8"'),))
        if not self.is_at(path):
            return Answer(404)
        if head.method not in ("POST", "PUT"):
            return Answer(405, (("Allow", "POST, PUT"),))
        if length > self.max_body:
            return Answer(413)
        return None

    def decompressed(self, body: bytes, content_encoding: str | None) -> bytes | Answer:
        """The body without its content coding, or the answer to one that can't be had."""
        if not content_encoding:
            return body
        decoded = _omnize.decompress(body, content_encoding, min(self.max_body, _LONGEST_BODY))
        if isinstance(decoded, bytes):
            return decoded
        if decoded == 415:
            return Answer(415, (("Accept-Encoding", _CODINGS),))
        return _not_now() if decoded == 503 else Answer(decoded)

    def _has_credentials(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except ValueError:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._credentials or b"")


def length_of(values: list[str]) -> int | None:
    """The length of a body by its headers: 0 where there is none, ``None`` where they can't be right."""
    lengths = {value.strip(" \t").lstrip("0") or value.strip(" \t") for given in values for value in given.split(",")}
    if not lengths:
        return 0
    length = lengths.pop()
    # Python refuses to read numbers of some thousand digits.
    if lengths or not length.isascii() or not length.isdigit() or len(length) > len(str(_LONGEST)):
        return None
    return int(length) if int(length) <= _LONGEST else None


def _has_host(head: Head) -> bool:
    if not head.hosts:
        return head.version != "1.1"
    return len(head.hosts) == 1 and _HOST.fullmatch(head.hosts[0]) is not None


def _normalized(path: str) -> str:
    """The path with unreserved characters as they are and all else encoded with capitals (RFC 3986, 6.2.2)."""

    def normal(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(normal, quote(path, safe="%/:@!$&'()*+,;=~"))


def answer_to(error: Error | None) -> Answer:
    """The answer to a trigger that was handed over, by what that ended with."""
    if error is None:
        return Answer(200)
    if isinstance(error, TriggerError):
        return Answer(400)
    # It can't be taken now: too many wait, the disk is full, or the client is closed.
    return _not_now()


def _not_now() -> Answer:
    return Answer(503, (("Retry-After", _RETRY_AFTER),))
