"""The options and the values that each takes, for type checkers and editors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Optional, TypedDict, Union

if TYPE_CHECKING:
    # Importing it takes time, and most applications pass numbers.
    from datetime import timedelta

#: A time in seconds.
Seconds = Union[float, "timedelta"]
#: The path of a file.
Path = Union[str, "os.PathLike[str]"]
#: The dialect of the service.
Dialect = Literal["rest", "gateway", "interactions"]


class SandboxOptions(TypedDict):
    """The options of a client for a sandbox."""

    token: str
    dialect: Dialect
    base_url: str


class Options(TypedDict, total=False):
    """Every option but the token."""

    dialect: Optional[Dialect]
    base_url: Optional[str]
    encoding: Optional[str]
    encoding_unmappable: Optional[Literal["question", "reference"]]
    timeout: Optional[Seconds]
    timeout_connect: Optional[Seconds]
    timeout_tls: Optional[Seconds]
    timeout_send: Optional[Seconds]
    timeout_response: Optional[Seconds]
    require_tls: Optional[bool]
    tls_ca_file: Optional[Path]
    tls_certificate: Optional[Path]
    tls_key: Optional[Path]
    tls_min_version: Optional[Literal["1.2", "1.3"]]
    tls_revocation: Optional[Literal["off", "best_effort", "required"]]
    proxy: Optional[str]
    no_proxy: Optional[str]
    address_family: Optional[Literal["any", "ipv4", "ipv6"]]
    validate: Optional[Literal["off", "customer"]]
    response_max_bytes: Optional[int]
    listen: Optional[str]
    listen_path: Optional[str]
    listen_public_url: Optional[str]
    listen_health: Optional[str]
    listen_metrics: Optional[str]
    listen_basic: Optional[str]
    listen_allow: Optional[Union[str, Iterable[str]]]
    listen_trusted_proxies: Optional[Union[str, Iterable[str]]]
    listen_tls_certificate: Optional[Path]
    listen_tls_key: Optional[Path]
    listen_max_body: Optional[int]
    listen_max_head: Optional[int]
    listen_timeout_head: Optional[Seconds]
    listen_timeout_body: Optional[Seconds]
    listen_timeout_idle: Optional[Seconds]
    listen_max_connections: Optional[int]
    listen_max_connections_per_address: Optional[int]
    events_capacity: Optional[int]
    events_max_bytes: Optional[int]
    outbox_capacity: Optional[int]
    outbox_max_bytes: Optional[int]
    outbox_reference_window: Optional[Seconds]
    outbox_reference_capacity: Optional[int]
    message_max_age: Optional[Seconds]
    outbox_connections: Optional[int]
    outbox_paused: Optional[bool]
    retry_posted: Optional[Seconds]
    retry_blocking: Optional[Seconds]
    on_unknown: Optional[Literal["report", "resend"]]
    check_state: Optional[bool]
    typing_pause: Optional[Seconds]
    interactions_capacity: Optional[int]
    dispatch_threads: Optional[int]
    handlers_concurrency: Optional[int]
    store: Optional[Path]
    store_move_account: Optional[bool]
    ack: Optional[Literal["auto", "manual"]]
