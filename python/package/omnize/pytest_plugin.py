"""Fixtures for pytest, to test an application with the sandbox. Active if the package is installed."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import AsyncClient, Client
    from .sandbox import Sandbox

# Not pytest's stash, which exists only since version 7.
_sandbox_of_item: weakref.WeakKeyDictionary[Any, Sandbox] = weakref.WeakKeyDictionary()


def pytest_configure(config: pytest.Config) -> None:
    """Registers the markers."""
    config.addinivalue_line(
        "markers",
        "omnize_agents(agents): the agents of the sandbox in this test: one for all departments, or a mapping",
    )
    config.addinivalue_line(
        "markers", "omnize_options(**options): options of omnize_client and omnize_async_client in this test"
    )


@pytest.fixture(scope="session")
def omnize_sandbox_process() -> Iterator[Sandbox]:
    """The sandbox process of this session, or of this worker of pytest-xdist. Tests use ``omnize_sandbox``."""
    # Imported here, because importing takes time and not every session uses the fixtures.
    from .sandbox import Sandbox, SandboxError

    try:
        sandbox = Sandbox()
    except SandboxError as error:
        pytest.fail(str(error), pytrace=False)
    with sandbox:
        yield sandbox


@pytest.fixture
def omnize_sandbox(omnize_sandbox_process: Sandbox, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox in its initial state. If the test fails, the transcript is added to the report."""
    sandbox = omnize_sandbox_process
    sandbox._restart()
    marker = request.node.get_closest_marker("omnize_agents")
    if marker is not None:
        sandbox.set_agents(*marker.args)
    _sandbox_of_item[request.node] = sandbox
    yield sandbox
    del _sandbox_of_item[request.node]


@pytest.fixture
def omnize_client(omnize_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client that sends requests to ``omnize_sandbox`` and receives its triggers."""
    from . import Client

    with Client(**_options(omnize_sandbox, request)) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        yield client


@pytest.fixture
def omnize_async_client(omnize_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[AsyncClient]:
    """An asynchronous client that sends requests to ``omnize_sandbox`` and receives its triggers.

    It needs no plugin: the test may call ``asyncio.run``, or a plugin such as pytest-asyncio or anyio runs it.
    """
    from . import AsyncClient

    client = AsyncClient(**_options(omnize_sandbox, request))
    try:
        omnize_sandbox.set_webhook(client.webhook_url)
        yield client
    finally:
        _close(client)


def _options(sandbox: Sandbox, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Returns the options of the client of a test."""
    marker = request.node.get_closest_marker("omnize_options")
    chosen: dict[str, Any] = marker.kwargs if marker else {}
    dialect = chosen.get("dialect", sandbox.dialect)
    return {"listen": "127.0.0.1:0", **sandbox.options_in(dialect), **chosen}


def _close(client: AsyncClient) -> None:
    """Closes the client in the loop of the test, or in another one if that loop is closed."""
    import asyncio

    if not client._is_open:
        return
    loop = client._loop
    if loop is not None and not loop.is_closed():
        loop.run_until_complete(client.close())
        return
    # Not asyncio.run, which replaces the current loop of a plugin.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(client.close())
    finally:
        loop.close()


# Not wrapper=True, which requires pluggy 1.2.
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Adds the transcript to the report of a failed test."""
    outcome = yield
    # If the report could not be created, pytest reports that.
    report = None if outcome.excinfo else outcome.get_result()
    sandbox = _sandbox_of_item.get(item)
    if report is not None and sandbox is not None and report.when == "call" and report.failed:
        from .sandbox import SandboxError

        try:
            transcript = sandbox.transcript_text()
        except SandboxError as error:
            transcript = str(error)
        report.sections.append(("Omnize transcript", transcript))
