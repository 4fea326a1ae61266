"""The systemd units of the page Deploy: systemd accepts them, and their command drains within their timeout."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack

import pytest
from deployed_bot import SCRIPTS, bare_environment, file_on_page, free_port, started, write_programs

if os.name != "posix":
    pytest.skip("the page Deploy is for servers with signals, as Linux", allow_module_level=True)

#: The lines of the template unit, by the line of the unit that they replace.
TEMPLATE_LINES = ("StateDirectory=", "Environment=OMNIZE_STORE=", "ExecStart=")
# In the order of their signals: what systemd takes for a clean end of a service.
CLEAN = (0, -signal.SIGHUP, -signal.SIGINT, -signal.SIGTERM, -signal.SIGPIPE)


def unit_text(name):
    text = file_on_page("bot.service").text
    if name == "bot.service":
        return text
    changed = file_on_page("bot@.service").text.splitlines()
    lines = []
    for line in text.splitlines():
        start = next((start for start in TEMPLATE_LINES if line.startswith(start)), None)
        lines.append(next(new for new in changed if new.startswith(start)) if start else line)
    assert set(changed) <= set(lines)
    return "\n".join(lines) + "\n"


class Unit:
    """A unit, installed below a folder instead of the root."""

    def __init__(self, name, instance, root, service):
        self.root = root
        self.port = free_port()
        self._folders = {"%S": root / "var/lib", "%d": root / "run/credentials"}
        self._instance = instance
        self._text = unit_text(name).replace(f"800{instance}" if instance else "8000", str(self.port))
        self._text = self._text.replace("800%i", str(self.port))
        self._service = service

    def values(self, key):
        lines = [line.partition("=")[2] for line in self._text.splitlines() if line.startswith(f"{key}=")]
        return [self._expand(line) for line in lines]

    def _expand(self, value):
        for specifier, folder in self._folders.items():
            value = value.replace(specifier, str(folder))
        return value.replace("%i", self._instance)

    def environment(self):
        """Returns what systemd passes to the service, and creates the folders as systemd does."""
        environment = bare_environment(self.root)
        state = self._folders["%S"] / self.values("StateDirectory")[0]
        state.mkdir(parents=True, mode=int(self.values("StateDirectoryMode")[0], 8))
        credentials = self._folders["%d"]
        credentials.mkdir(parents=True, exist_ok=True)
        for credential in self.values("LoadCredential"):
            name, _, path = credential.partition(":")
            # The operator writes the token. The test also selects its service.
            installed = self.root / path.lstrip("/")
            installed.parent.mkdir(parents=True, exist_ok=True)
            service = self._service.environment
            installed.write_text(f"token = {service['OMNIZE_TOKEN']}\nbase_url = {service['OMNIZE_BASE_URL']}\n")
            shutil.copy(installed, credentials / name)
        environment["STATE_DIRECTORY"] = str(state)
        environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        environment.update(assignment.split("=", 1) for assignment in self.values("Environment"))
        return environment

    def command(self):
        return shlex.split(self.values("ExecStart")[0].replace("/opt/bot/bin", SCRIPTS))

    def start(self):
        folder = self.root / self.values("WorkingDirectory")[0].lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        write_programs(folder, self.port)
        return started(self.command(), folder, self.environment(), self.port)


@pytest.mark.parametrize("name", ["bot.service", "bot@.service"])
def test_systemd_accepts_the_unit(name, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze")
    scripts = tmp_path / "bin"
    scripts.mkdir()
    scripts.joinpath("uvicorn").write_text("#!/bin/sh\n")
    scripts.joinpath("uvicorn").chmod(0o755)
    unit = tmp_path / name
    unit.write_text(unit_text(name).replace("/opt/bot/bin", str(scripts)))
    verify(unit, is_valid=True)
    unit.write_text(unit.read_text().replace("TimeoutStopSec=40", "TimeoutStopSec=soon"))
    verify(unit, is_valid=False)


def verify(unit, is_valid):
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "Failed to initialize" in done.stderr or "Failed to set up" in done.stderr:
        pytest.skip("systemd-analyze does not work on this system")
    # Units of the system may have mistakes of their own.
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (not complaints) == is_valid, done.stderr


def stop(unit, bot):
    """Stops a service as systemd does. Returns its exit status and the seconds that it took."""
    assert unit.values("KillSignal") == ["SIGTERM"]
    assert unit.values("KillMode") == ["mixed"]
    begun = time.monotonic()
    status = bot.terminate(float(unit.values("TimeoutStopSec")[0]))
    return status, time.monotonic() - begun


def test_the_service_drains_within_its_timeout(service, tmp_path):
    unit = Unit("bot.service", "", tmp_path, service)
    with unit.start() as bot:
        bot.wait_until_ready()
        assert bot.post_triggers(40) == [200] * 40
        service.open()
        status, took = stop(unit, bot)
        assert status in CLEAN, bot.log
        assert took < float(unit.values("TimeoutStopSec")[0])
        assert service.received() == dict.fromkeys(bot.accepted, 1)
    assert (tmp_path / "var/lib/bot/omnize.db").stat().st_mode & 0o077 == 0


def test_the_timeouts_contain_each_other(service, tmp_path):
    """If the service stays down, the client is closed in its time, and the next start sends what is left."""
    unit = Unit("bot.service", "", tmp_path, service)
    words = unit.command()
    graceful = float(words[words.index("--timeout-graceful-shutdown") + 1])
    close_timeout = 20
    assert f"close_timeout={close_timeout})" in file_on_page("bot.py").text
    with unit.start() as bot:
        bot.wait_until_ready()
        assert bot.post_triggers(8) == [200] * 8
        status, took = stop(unit, bot)
        accepted = bot.accepted
        assert status in CLEAN, bot.log
        assert close_timeout - 1 < took < close_timeout + graceful
        assert not service.received()
    service.open()
    folder = tmp_path / "opt/bot"
    environment = {**bare_environment(tmp_path), "OMNIZE_STORE": str(tmp_path / "var/lib/bot/omnize.db")}
    environment["BOT_CONFIG"] = str(tmp_path / "run/credentials/omnize.ini")
    with started(words, folder, environment, unit.port) as bot:
        bot.wait_until(lambda: len(service.received()) == len(accepted), 60)
        bot.terminate(30)
        assert service.received() == dict.fromkeys(accepted, 1)


def test_two_instances_have_two_stores(service, tmp_path):
    service.open()
    units = [Unit("bot@.service", instance, tmp_path, service) for instance in ("1", "2")]
    with ExitStack() as stack:
        bots = [stack.enter_context(unit.start()) for unit in units]
        for bot in bots:
            bot.wait_until_ready()
            assert bot.post_triggers(8) == [200] * 8
        for unit, bot in zip(units, bots):
            assert stop(unit, bot)[0] in CLEAN, bot.log
    assert service.received() == dict.fromkeys(bots[0].accepted, 2)
    assert len(list(tmp_path.glob("var/lib/bot/*/omnize.db"))) == 2
