"""A client that waits by blocking."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Optional

from . import _omnize
from ._events import Event

__all__ = ["Client"]


class Client:
    """Holds conversations for one token, and receives what the service says of them."""

    def __init__(self, token: Optional[str] = None, **options: Any) -> None:
        if token is not None:
            options["token"] = token
        self._core = _omnize.Core([(name, _text(value)) for name, value in options.items()])

    @property
    def webhook_url(self) -> Optional[str]:
        """The webhook URL of this client's own listener."""
        return self._core.webhook_url

    def deliver(self, body: bytes, content_type: Optional[str] = None) -> None:
        """Hands over the body of a trigger that the application's own web server received."""
        self._core.deliver(bytes(body), content_type)

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Waits up to ``timeout`` seconds for the next event."""
        return self._core.next(timeout)

    def events(self, timeout: Optional[float] = None) -> Iterator[Event]:
        """Events, one by one, until none came for ``timeout`` seconds."""
        while (event := self.next(timeout)) is not None:
            yield event

    def close(self, timeout: float = 5.0) -> tuple[int, int]:
        """Closes the client."""
        return self._core.close(timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
