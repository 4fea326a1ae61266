"""Validates the requests of a webhook, and chooses its responses. Independent of the web server."""

from __future__ import annotations

import base64
import hmac
import re
from typing import NamedTuple, Optional
from urllib.parse import quote, unquote_to_bytes

from .. import _omnize
from .._arguments import check_utf8, describe_type, optional_text
from .._errors import Error, TriggerError

# The seconds after which a service may retry a rejected trigger.
_RETRY_AFTER = "1"
# The supported content codings of a body.
_CODINGS = "gzip, deflate"

# A host and an optional port. RFC 3986 allows a comma, but web servers join two headers by one.
_HOST = re.compile(rb"(\[[A-Za-z0-9:.%\-_~]+\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})*)(:[0-9]*)?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# A larger number is not a valid length.
_MAX_LENGTH = 2**64 - 1
# The largest limit that the extension module accepts.
_MAX_LIMIT = 2**63 - 1


class Response(NamedTuple):
    """The head of a response. It has no body, which could reveal something to an unauthorized sender."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


class RequestPath(NamedTuple):
    """The path of a request, below the path where the application is mounted."""

    decoded: bytes
    #: The whole path with its escapes, if the server provides it. Only this distinguishes ``/`` from ``%2F``.
    raw: Optional[str]


class RequestHead(NamedTuple):
    """The parts of a request's head that are validated."""

    method: str
    #: The version of HTTP, for example ``1.1``; empty if the server does not provide it.
    version: str
    hosts: list[bytes]
    authorization: str
    lengths: list[str]


class RequestValidator:
    """Validates the requests of one webhook before and after their bodies are read."""

    def __init__(self, path: str, basic: str | None, max_body: int) -> None:
        if not isinstance(path, str):
            raise TypeError(f"the path is {describe_type(path)}; pass a str")
        if not path.startswith("/"):
            raise ValueError(
                "the path does not start with '/'; pass a path such as '/omnize/a-part-that-nobody-guesses'"
            )
        if optional_text("basic", basic) is not None and ":" not in str(basic):
            raise ValueError("basic does not contain ':'; pass 'user:password'")
        if isinstance(max_body, bool) or not isinstance(max_body, int):
            raise TypeError(f"max_body is {describe_type(max_body)}; pass a number of bytes")
        if max_body < 1:
            raise ValueError(f"max_body is {max_body}; pass a number of bytes, at least 1")
        self.max_body = max_body
        whole = check_utf8("the path", path)
        self._decoded = unquote_to_bytes(whole)
        self._raw = _normalized(whole)
        self._credentials = None if basic is None else basic.encode()

    def is_at(self, path: RequestPath) -> bool:
        """Returns whether this is the webhook's path. The duration depends only on its length."""
        if not hmac.compare_digest(path.decoded or b"/", self._decoded):
            return False
        # A server that rewrites paths may provide another raw path.
        if not path.decoded or path.raw is None or not unquote_to_bytes(path.raw).endswith(path.decoded):
            return True
        end = _normalized(path.raw)[-len(self._raw) :]
        return hmac.compare_digest(end.encode(), self._raw.encode())

    def reject(self, path: RequestPath, head: RequestHead) -> Response | None:
        """Returns the response to a request that must be rejected before its body is read, or None."""
        length = length_of(head.lengths)
        if length is None or not _has_host(head):
            return Response(400)
        # Before the path is checked: without credentials, a sender must not learn whether a path exists.
        if self._credentials is not None and not self._has_credentials(head.authorization):
            return Response(401, (("WWW-Authenticate", 'Basic charset="UTF-8"'),))
        if not self.is_at(path):
            return Response(404)
        if head.method not in ("POST", "PUT"):
            return Response(405, (("Allow", "POST, PUT"),))
        if length > self.max_body:
            return Response(413)
        return None

    def decode(self, body: bytes, content_encoding: str | None) -> bytes | Response:
        """Returns the decoded body, or the response to an invalid one."""
        if not content_encoding:
            return body
        decoded = _omnize.decode_body(body, content_encoding, min(self.max_body, _MAX_LIMIT))
        if isinstance(decoded, bytes):
            return decoded
        if decoded == 415:
            return Response(415, (("Accept-Encoding", _CODINGS),))
        return _unavailable() if decoded == 503 else Response(decoded)

    def _has_credentials(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            credentials = base64.b64decode(encoded.strip(), validate=True)
        except ValueError:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(credentials, self._credentials or b"")


def length_of(values: list[str]) -> int | None:
    """Returns the length of a body from its headers: 0 without a header, None if the headers are invalid."""
    lengths = {value.strip(" \t").lstrip("0") or value.strip(" \t") for header in values for value in header.split(",")}
    if not lengths:
        return 0
    length = lengths.pop()
    # Python refuses to parse numbers with thousands of digits.
    if lengths or not length.isascii() or not length.isdigit() or len(length) > len(str(_MAX_LENGTH)):
        return None
    return int(length) if int(length) <= _MAX_LENGTH else None


def _has_host(head: RequestHead) -> bool:
    if not head.hosts:
        return head.version != "1.1"
    return len(head.hosts) == 1 and _HOST.fullmatch(head.hosts[0]) is not None


def _normalized(path: str) -> str:
    """Normalizes the escapes of a path (RFC 3986, 6.2.2): none for unreserved characters, capitals for the others."""

    def normal(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(normal, quote(path, safe="%/:@!$&'()*+,;=~"))


def response_to(error: Error | None) -> Response:
    """Returns the response after the delivery of a trigger, which raised ``error`` or succeeded (None)."""
    if error is None:
        return Response(200)
    if isinstance(error, TriggerError):
        return Response(400)
    # For example: the queue or the disk is full, or the client is closed.
    return _unavailable()


def _unavailable() -> Response:
    return Response(503, (("Retry-After", _RETRY_AFTER),))
