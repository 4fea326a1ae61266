"""Fixtures for pytest, to test one's own bot against a local Omnize; there as soon as the wheel is installed."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import Client
    from .sandbox import Sandbox

# pytest has a stash of its own from version 7 on; this works with older ones too.
_sandbox_of_item: weakref.WeakKeyDictionary[Any, Sandbox] = weakref.WeakKeyDictionary()


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers."""
    config.addinivalue_line(
        "markers",
        "omnize_agents(agents): who answers in the sandbox in this test: an agent for all departments, or a mapping",
    )
    config.addinivalue_line("markers", "omnize_options(**options): options of omnize_client in this test")


@pytest.fixture(scope="session")
def omnize_sandbox_process() -> Iterator[Sandbox]:
    """The sandbox of this session, or of this worker of pytest-xdist. Tests use ``omnize_sandbox``."""
    # What does not use the fixtures shall not pay for the import.
    from .sandbox import Sandbox, SandboxError

    try:
        sandbox = Sandbox()
    except SandboxError as error:
        pytest.fail(str(error), pytrace=False)
    with sandbox:
        yield sandbox


@pytest.fixture
def omnize_sandbox(omnize_sandbox_process: Sandbox, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A local Omnize as it starts: nothing was said, and nothing is set. When the test fails, its transcript is in the
    report.
    """
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
    """A client that talks to ``omnize_sandbox`` and takes its triggers."""
    from . import Client

    marker = request.node.get_closest_marker("omnize_options")
    chosen: dict[str, Any] = marker.kwargs if marker else {}
    dialect = chosen.get("dialect", omnize_sandbox.dialect)
    options = {"listen": "127.0.0.1:0", **omnize_sandbox.options_in(dialect), **chosen}
    with Client(**options) as client:
        omnize_sandbox.set_webhook(client.webhook_url)
        yield client


# The other kind of wrapper needs pluggy 1.2.
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show what was said when a test failed."""
    outcome = yield
    # Where making the report has failed, pytest tells so.
    report = None if outcome.excinfo else outcome.get_result()
    sandbox = _sandbox_of_item.get(item)
    if report is not None and sandbox is not None and report.when == "call" and report.failed:
        from .sandbox import SandboxError

        try:
            told = sandbox.told()
        except SandboxError as error:
            told = str(error)
        report.sections.append(("Omnize transcript", told))
