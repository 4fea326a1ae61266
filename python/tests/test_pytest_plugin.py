"""The pytest plugin, in separate test sessions."""

from __future__ import annotations

import sys

import pytest

BOT = """
    import omnize, pytest

    def test_transcripts_are_cleared(omnize_sandbox, omnize_client):
        assert omnize_sandbox.transcript() == []
        assert omnize_sandbox.trigger("message", "12", "oi") == 200
        assert omnize_client.next(5) == omnize.Message("12", "oi")

    def test_second(omnize_sandbox, omnize_client):
        assert omnize_sandbox.transcript() == []
        assert omnize_client.next(0) is None

    @pytest.mark.omnize_options(events_capacity=1)
    def test_options(omnize_sandbox, omnize_client):
        statuses = [omnize_sandbox.trigger("typing", "12") for _ in range(2)]
        assert statuses == [200, 503]
"""


@pytest.fixture
def session(pytester):
    """Runs pytest in a separate process, with the plugin of the wheel."""

    def run(code, *arguments):
        pytester.makepyfile(code)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return run


def test_each_test_gets_an_empty_transcript(session):
    session(BOT).assert_outcomes(passed=3)


def test_each_worker_gets_its_own_sandbox(session, pytester):
    pytest.importorskip("xdist")
    code = """
        import pytest, time

        @pytest.mark.parametrize("n", range(6))
        def test_it(omnize_sandbox, omnize_client, worker_id, n):
            assert omnize_sandbox.transcript() == []
            assert omnize_sandbox.trigger("message", str(n), "oi") == 200
            time.sleep(0.1)
            assert [event.client_id for event in omnize_client.events(timeout=0)] == [str(n)]
            with open(f"{worker_id}.url", "w") as file:
                file.write(omnize_sandbox.url)
    """
    session(code, "-n", "2").assert_outcomes(passed=6)
    urls = [file.read_text() for file in pytester.path.glob("*.url")]
    assert len(urls) == len(set(urls)) == 2


def test_markers_set_the_agents(session):
    code = """
        import pytest

        def agent(omnize_sandbox):
            # The state of the sandbox shows in its behaviour.
            import http.client, json
            connection = http.client.HTTPConnection(omnize_sandbox.url[7:])
            body = {"token": omnize_sandbox.token, "type": "info", "content": "init", "departmentId": "1"}
            connection.request("POST", omnize_sandbox.base_url[len(omnize_sandbox.url):],
                json.dumps({**body, "clientId": "12"}), {"Content-Type": "application/json"})
            assert connection.getresponse().status == 200

        @pytest.mark.omnize_agents({"1": "unavailable"})
        def test_marked(omnize_sandbox, omnize_client):
            agent(omnize_sandbox)
            assert omnize_client.next(5).kind == "unavailable"

        def test_not_marked(omnize_sandbox, omnize_client):
            agent(omnize_sandbox)
            assert omnize_client.next(5).kind == "accepted"
    """
    session(code).assert_outcomes(passed=2)


def test_reports_of_failures_contain_the_transcript(session):
    code = """
        def test_it(omnize_sandbox, omnize_client):
            omnize_sandbox.trigger("message", "12", "Bom dia!")
            assert False
    """
    result = session(code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- Omnize transcript -*", "*trigger  12  message 'Bom dia!'"])


def test_a_failed_sandbox_start_is_reported_without_traceback(session, pytester):
    pytester.makeconftest("import sys; sys.executable = '/nowhere/python'")
    result = session("def test_it(omnize_client): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the sandbox can't start: *'/nowhere/python'"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_unused_fixtures_import_nothing(session, pytester):
    code = """
        import sys
        def test_it():
            assert "omnize.sandbox" not in sys.modules
    """
    session(code).assert_outcomes(passed=1)
    markers = pytester.run(sys.executable, "-m", "pytest", "--markers")
    markers.stdout.fnmatch_lines(["@pytest.mark.omnize_agents(agents):*"])


def test_each_test_gets_a_reset_sandbox(session):
    code = """
        import http.client, json, pytest

        def call(sandbox, method, path, body=None):
            connection = http.client.HTTPConnection(sandbox.url[7:])
            connection.request(method, path, json.dumps(body))
            answer = connection.getresponse()
            assert answer.status < 300, answer.read()
            return json.loads(answer.read())

        def test_that_sets_everything(omnize_sandbox, omnize_client):
            url, token = omnize_client.webhook_url, omnize_sandbox.token
            call(omnize_sandbox, "PUT", "/portal/settings/integrations/bot", {"token": token, "url": url})
            call(omnize_sandbox, "PUT", "/sandbox/faults", [{"status": 503, "times": 9}])
            steps = [{"wait": 30000}, "finish"]
            call(omnize_sandbox, "POST", "/sandbox/customers", {"token": token, "script": {"steps": steps}})
            omnize_sandbox.set_agents({"1": "unavailable", "*": "silent"})
            call(omnize_sandbox, "POST", "/portal/settings/integrations/clientsdk/tokens")
            assert omnize_sandbox.interactions()

        @pytest.mark.parametrize("dialect", ["rest", "interactions"])
        def test_that_finds_nothing(omnize_sandbox, dialect):
            import omnize
            sandbox = omnize_sandbox
            assert (sandbox.transcript(), sandbox.interactions()) == ([], [])
            assert call(sandbox, "GET", "/sandbox/faults") == []
            assert call(sandbox, "GET", "/sandbox/customers") == []
            with omnize.Client(**sandbox.options_in(dialect)) as client:
                # The webhook is removed too, and the interaction has no bot.
                client.conversation("12", department="1").start()
                trigger = sandbox.wait_for("accepted", direction="trigger")
                assert "no webhook" in trigger.error
                client.conversation("13", department="2").start()
                agent = sandbox.wait_for("accepted", direction="trigger", client_id="13")
                assert "no webhook" in agent.error
    """
    session(code).assert_outcomes(passed=3)
