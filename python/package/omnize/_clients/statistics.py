"""The statistics of a client at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Optional

if TYPE_CHECKING:
    from .. import _omnize

__all__ = ["Latency", "LatencyBucket", "Statistics"]


class LatencyBucket(NamedTuple):
    """A bucket of a histogram.

    It contains the attempts that took no longer than its limit, and longer than the limit of the bucket before it.
    """

    limit: Optional[float]
    """The limit in seconds, or None for the last bucket."""
    attempts: int
    """The number of attempts."""


class Latency(NamedTuple):
    """The durations of attempts, as a histogram.

    An attempt begins with its connection, and ends with the end of its response or with its failure. Attempts that
    wrote no byte of their request are not included.
    """

    attempts: int
    """The number of attempts in all buckets."""
    seconds: float
    """The duration of all attempts, in seconds."""
    buckets: tuple[LatencyBucket, ...]
    """The buckets, shortest first."""


class Statistics(Mapping[str, int]):
    """The statistics of a client at one moment, by name. The values do not change.

    >>> with Client(token="t") as client:
    ...     client.statistics["requests_accepted"]
    0
    """

    __slots__ = ("_snapshot", "_values")

    def __init__(self, snapshot: _omnize.Snapshot) -> None:
        self._snapshot = snapshot
        self._values = dict(snapshot.values())

    @property
    def latency(self) -> Latency:
        """The durations of attempts."""
        buckets = tuple(LatencyBucket(limit, attempts) for limit, attempts in self._snapshot.buckets())
        return Latency(sum(bucket.attempts for bucket in buckets), self._snapshot.seconds, buckets)

    def json(self) -> str:
        """Returns the statistics as a JSON object."""
        return self._snapshot.json()

    def prometheus(self) -> str:
        """Returns the statistics in the text format of Prometheus, version 0.0.4."""
        return self._snapshot.prometheus()

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Statistics can't be copied or pickled; use dict(statistics) or statistics.json()")

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self._values.items() if value != 0)
        return f"<Statistics {values or 'all 0'}>"
