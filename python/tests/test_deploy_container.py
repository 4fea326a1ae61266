"""The container of the page Deploy: its command as PID 1, with a read-only root and a volume for the store."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from deployed_bot import PAGE, SCRIPTS, bare_environment, file_on_page, free_port, started, write_programs

if os.name != "posix":
    pytest.skip("the page Deploy is for servers with signals, as Linux", allow_module_level=True)

DOCKERFILE = [line.partition(" ") for line in file_on_page("Dockerfile").text.splitlines()]
RUN = shlex.split(next(block.text for block in PAGE if block.text.startswith("docker run")))
#: A folder for the store, written as on the page.
VOLUME = "/var/lib/bot"
NAMESPACE = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]


def instructions(name):
    return [rest for word, _, rest in DOCKERFILE if word == name]


def can_make_namespaces():
    if shutil.which("unshare") is None:
        return False
    remount = ["sh", "-c", "mount --make-rprivate / && mount -o remount,bind,ro /"]
    return subprocess.run([*NAMESPACE, *remount], capture_output=True, timeout=30, check=False).returncode == 0


requires_namespaces = pytest.mark.skipif(
    not can_make_namespaces(), reason="namespaces need root and a kernel that allows them"
)


def test_the_page_follows_its_advice():
    assert json.loads(instructions("CMD")[0])[0] == "uvicorn"
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert instructions("VOLUME") == [VOLUME]
    assert instructions("USER") == ["bot"]
    assert f"OMNIZE_STORE={VOLUME}/omnize.db" in instructions("ENV")[0].split()
    assert "--read-only" in RUN
    assert RUN[RUN.index("--volume") + 1] == f"bot:{VOLUME}"


def first_process(bot):
    """Returns the process that is PID 1 in the namespace of a started ``unshare``."""
    children = Path(f"/proc/{bot.process.pid}/task/{bot.process.pid}/children")
    bot.wait_until(lambda: children.read_text() != "")
    return int(children.read_text())


@requires_namespaces
def test_the_container_drains_at_sigterm(service, tmp_path):
    port = free_port()
    app, volume = tmp_path / "app", tmp_path / "volume"
    app.mkdir()
    volume.mkdir()
    write_programs(app, port)
    environment = {**bare_environment(tmp_path), **service.environment}
    for assignment in instructions("ENV")[0].replace(VOLUME, str(volume)).split():
        name, _, value = assignment.partition("=")
        environment[name] = value
    command = [word.replace("8000", str(port)) for word in json.loads(instructions("CMD")[0])]
    script = f"""
        mount --make-rprivate / && mount --bind {volume} {volume} && mount -o remount,bind,ro / || exit 9
        cd {app} && ! touch {app}/file 2>/dev/null || exit 8
        exec "$@"
    """
    words = [*NAMESPACE, "sh", "-c", script, "sh", f"{SCRIPTS}/{command[0]}", *command[1:]]
    with started(words, tmp_path, environment, port) as bot:
        bot.wait_until_ready()
        assert bot.post_triggers(40) == [200] * 40
        service.open()
        os.kill(first_process(bot), signal.SIGTERM)
        timeout = float(RUN[RUN.index("--stop-timeout") + 1])
        assert bot.process.wait(timeout) in (0, 128 + signal.SIGTERM), bot.log
        assert service.received() == dict.fromkeys(bot.accepted, 1)
    assert (volume / "omnize.db").exists()


@requires_namespaces
def test_pid_1_ignores_sigterm_without_a_handler(tmp_path):
    """As the page says of programs without a handler."""
    code = "print('started', flush=True); input(); print('continued', flush=True)"
    words = [*NAMESPACE, sys.executable, "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "started\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(int(children), signal.SIGTERM)
        # The signal is pending or ignored before the process reads this line.
        assert process.communicate("\n", timeout=20)[0] == "continued\n"
