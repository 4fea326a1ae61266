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


def test_the_asynchronous_client_needs_no_plugin(session):
    code = """
        import asyncio, omnize, pytest

        @pytest.mark.parametrize("way", ["used", "handlers", "closed", "not used"])
        def test_it(omnize_sandbox, omnize_async_client, way):
            async def main():
                if way == "handlers":
                    began = asyncio.Event()
                    @omnize_async_client.on()
                    async def handler(event):
                        began.set()
                        await asyncio.sleep(60)
                    omnize_async_client.dispatch()
                await omnize_async_client.conversation("12", department="1").start()
                if way == "handlers":
                    await began.wait()
                else:
                    assert await omnize_async_client.next(5) == omnize.Accepted("12")
                if way == "closed":
                    await omnize_async_client.close()

            assert omnize_sandbox.transcript() == []
            if way != "not used":
                asyncio.run(main())
    """
    session(code, "-W", "error", "-p", "no:asyncio").assert_outcomes(passed=4)


@pytest.mark.parametrize(("plugin", "marker"), [("pytest_asyncio", "asyncio"), ("anyio", "anyio")])
def test_the_asynchronous_client_works_with_a_plugin(session, plugin, marker):
    pytest.importorskip(plugin)
    code = f"""
        import asyncio, omnize, pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.{marker}
        @pytest.mark.omnize_options(handlers_concurrency=3)
        @pytest.mark.parametrize("number", range(2))
        async def test_it(omnize_sandbox, omnize_async_client, number):
            replied = asyncio.Event()

            @omnize_async_client.on(omnize.Accepted)
            async def handler(event):
                await event.reply("Bom dia!")
                replied.set()

            omnize_async_client.dispatch()
            await omnize_async_client.conversation("12", department="1").start()
            await replied.wait()
            assert omnize_sandbox.wait_for("message").text == "Bom dia!"
    """
    session(code).assert_outcomes(passed=2)


def test_faults_bots_and_customers_are_set_and_reset(session):
    code = """
        import omnize, pytest

        def test_faults(omnize_sandbox, omnize_client):
            hang_up = {"on": "message", "hangUp": True, "taken": True}
            omnize_sandbox.set_faults([{"on": "start", "status": 422}, hang_up])
            chat = omnize_client.conversation("12", department="1")
            with pytest.raises(omnize.Rejected):
                chat.start()
            chat.start()
            with pytest.raises(omnize.DeliveryUnknown):
                chat.send("a")
            chat.send("b")
            omnize_sandbox.set_faults([{"on": "message", "status": 422, "times": 9}])
            omnize_sandbox.set_faults([])
            chat.send("c")
            with pytest.raises(TypeError, match="pass a list"):
                omnize_sandbox.set_faults({"status": 503})
            with pytest.raises(omnize.sandbox.SandboxError, match="fault 1"):
                omnize_sandbox.set_faults([{"status": 99}])

        @pytest.mark.omnize_options(dialect="interactions")
        def test_bot(omnize_sandbox, omnize_client):
            omnize_sandbox.set_bot(omnize_client.webhook_url, department=1)
            hash_ = omnize_sandbox.add_customer({"steps": [{"hear": "message"}, {"say": "Obrigado!"}]})
            event = omnize_client.next(5)
            assert event == omnize.NewInteraction(hash_, "1")
            event.conversation.bot_accept()
            event.reply("Bom dia!")
            omnize_sandbox.wait_for_customers()
            assert omnize_client.next(5).text == "Obrigado!"
            omnize_sandbox.set_bot(None, department=1)
            omnize_sandbox.set_bot(None)
            omnize_sandbox.add_customer({"steps": [{"hear": "accepted"}]})
            omnize_sandbox.wait_for_customers()

        def test_customers(omnize_sandbox):
            omnize_sandbox.add_customer({"steps": [{"hear": "accepted"}, {"say": "oi"}, {"hear": "message"}, "finish"]})
            omnize_sandbox.wait_for_customers()
            omnize_sandbox.add_customer({"steps": [{"hear": "finish", "within": 1}]})
            with pytest.raises(AssertionError, match="customer 2 failed"):
                omnize_sandbox.wait_for_customers()
            omnize_sandbox.add_customer({"steps": [{"wait": 30000}]})
            with pytest.raises(AssertionError, match="customer 3 has not ended within 0.1 s"):
                omnize_sandbox.wait_for_customers(0.1)
            with pytest.raises(omnize.sandbox.SandboxError, match="steps"):
                omnize_sandbox.add_customer({})

        @pytest.mark.omnize_options(dialect="interactions")
        def test_reset(omnize_sandbox, omnize_client):
            omnize_sandbox.set_bot(omnize_client.webhook_url)
            omnize_sandbox.set_faults([{"status": 503, "times": 99}])
            omnize_sandbox.add_customer({"steps": [{"wait": 30000}]})
            omnize_sandbox.set_agents("unavailable")
            assert omnize_client.next(5).kind == "new_interaction"
            omnize_sandbox.reset()
            omnize_sandbox.wait_for_customers(0)
            omnize_client.conversation("12", department="1").start()
            # Neither a fault, nor the bot, nor the agent of before. The webhook remains.
            assert omnize_client.next(5) == omnize.Accepted("12")
    """
    session(code).assert_outcomes(passed=4)
