"""Statistics: a snapshot by name, the histogram, JSON, and the text that Prometheus reads."""

from __future__ import annotations

import copy
import json
import pickle
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import omnize
import pytest
from prometheus_client.parser import text_string_to_metric_families

REQUESTS = ("accepted", "rejected", "unknown", "not_sent", "expired", "cancelled")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def set_faults(sandbox, *faults):
    request = urllib.request.Request(f"{sandbox.url}/sandbox/faults", json.dumps(faults).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


def ended(statistics):
    """The requests that ended, by result, without those of which there are none."""
    counts = {result: statistics[f"requests_{result}"] for result in REQUESTS}
    return {result: count for result, count in counts.items() if count}


def scrape(client, path="/metrics", headers=()):
    """Reads the statistics as Prometheus does. Returns the value of each sample by name and labels."""
    parts = urlsplit(client.webhook_url)
    request = urllib.request.Request(f"http://{parts.netloc}{path}", headers=dict(headers))
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.headers["Content-Type"] == CONTENT_TYPE
        return parse(response.read().decode())


def parse(text):
    samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation.endswith("."), family
        assert family.type in ("counter", "gauge", "histogram"), family
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in samples
            samples[key] = sample.value
    return samples


def test_requests_are_counted_by_their_outcome(omnize_sandbox):
    options = {**omnize_sandbox.options, "environment": False, "retry_posted": 30}
    with omnize.Client(**options) as client:
        chat = client.conversation("12", department="1")
        chat.start()
        chat.send("accepted")
        set_faults(omnize_sandbox, {"on": "message", "status": 500})
        with pytest.raises(omnize.Rejected):
            chat.send("rejected")
        set_faults(omnize_sandbox, {"on": "message", "hangUp": True})
        with pytest.raises(omnize.DeliveryUnknown):
            chat.send("unknown")
        set_faults(omnize_sandbox, {"on": "message", "status": 503, "times": 2})
        chat.post("retried")
        while not isinstance(outcome := client.next(20), omnize.Outcome):
            assert outcome is not None
        assert outcome.delivery == "accepted"
        statistics = client.statistics
    assert ended(statistics) == {"accepted": 3, "rejected": 1, "unknown": 1}
    assert statistics["requests_retried"] == 2
    assert statistics["requests_sent"] == statistics.latency.attempts == 7
    # Hanging up ends the first connection.
    assert (statistics["connections_opened"], statistics["connections_reused"]) == (2, 5)
    assert statistics["bytes_sent"] > statistics["requests_sent"] * 100


def test_time_outs_are_in_the_histogram(unanswering):
    with omnize.Client(**unanswering, timeout=0.3) as client:
        with pytest.raises(omnize.DeliveryUnknown):
            client.attach("12", department="1").send("oi")
        statistics = client.statistics
    assert ended(statistics) == {"unknown": 1}
    latency = statistics.latency
    assert latency.attempts == 1
    assert latency.seconds >= 0.3
    limits = [bucket.limit for bucket in latency.buckets]
    assert limits[-1] is None
    assert limits[:-1] == sorted(limits[:-1])
    assert sum(bucket.attempts for bucket in latency.buckets if bucket.limit is None or bucket.limit > 0.25) == 1


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_statistics_are_a_mapping_that_does_not_change(kind):
    client = kind("t", environment=False)
    before = client.statistics
    client._core.deliver(b'{"clientId": 12}')
    after = client.statistics
    assert (before["received"], after["received"], after["events_queued"]) == (0, 1, 1)
    assert before != after
    assert after == client.statistics
    assert set(before) == set(after)
    assert len(before) == len(dict(after)) == len(list(after.values()))
    assert (repr(before), repr(after)) == (
        "<Statistics all 0>",
        "<Statistics received=1, events_queued=1>",
    )
    with pytest.raises(KeyError):
        before["no-such"]
    with pytest.raises(AttributeError):
        before.latencies = 1
    with pytest.raises(TypeError, match="json"):
        pickle.dumps(before)
    with pytest.raises(TypeError, match="dict"):
        copy.copy(before)
    client._close_at_exit(0)


def test_json_has_the_same_values():
    with omnize.Client("t", environment=False, base_url="http://127.0.0.1:1/") as client:
        with pytest.raises(omnize.NotSent):
            client.attach("12", department="1").send("oi")
        statistics = client.statistics
    read = json.loads(statistics.json())
    latency = read.pop("latency")
    assert read == dict(statistics)
    assert read["requests_not_sent"] == 1
    assert latency == {
        "attempts": 0,
        "seconds": 0,
        "buckets": [bucket._asdict() for bucket in statistics.latency.buckets],
    }


def test_prometheus_reads_the_statistics_of_both_directions(omnize_sandbox, post):
    options = {**omnize_sandbox.options, "environment": False, "listen": "127.0.0.1:0", "listen_metrics": "/metrics"}
    with omnize.Client(**options) as client:
        assert post(client.webhook_url, b'{"clientId": "cliente-21"}').status == 200
        assert post(client.webhook_url + "s", b"{}").status == 404
        with client.conversation("cliente-21", department="1"):
            samples = scrape(client)
            latency = client.statistics.latency
        text = client.statistics.prometheus()
    one = ("client", "1")
    assert samples["omnize_triggers_total", (one, ("result", "accepted"))] >= 1
    assert samples["omnize_requests_total", (one, ("result", "accepted"))] == 1
    assert samples["omnize_listener_requests_total", (("result", "wrong_path"),)] == 1
    assert samples["omnize_requests_in_progress", (one,)] == 0
    assert samples["omnize_request_duration_seconds_count", (one,)] == 1
    assert samples["omnize_request_duration_seconds_sum", (one,)] == pytest.approx(latency.seconds)
    # Each bucket contains those before it.
    buckets = [
        (float(dict(labels)["le"]), value)
        for (name, labels), value in samples.items()
        if name == "omnize_request_duration_seconds_bucket"
    ]
    assert [bound for bound, _ in buckets] == sorted(bound for bound, _ in buckets)
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    assert buckets[-1] == (float("inf"), 1)

    # The text of the client itself has the same samples, without a number.
    own = parse(text)
    assert {(name, tuple(label for label in labels if label != one)) for name, labels in samples} == set(own)
    assert own["omnize_requests_total", (("result", "accepted"),)] == 2
    assert "cliente-21" not in text
    assert omnize_sandbox.token not in text


def test_prometheus_needs_the_credentials_of_the_webhook():
    options = {"environment": False, "listen": "127.0.0.1:0", "listen_metrics": "/metrics", "listen_basic": "a:b"}
    with omnize.Client("t", **options) as client:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            scrape(client)
        samples = scrape(client, headers={"Authorization": "Basic YTpi"})
    assert samples["omnize_listener_requests_total", (("result", "bad_credentials"),)] == 1


def test_without_the_option_there_is_no_path():
    client = omnize.Client("t", environment=False, listen="127.0.0.1:0")
    with client, pytest.raises(urllib.error.HTTPError, match="404"):
        scrape(client)
    with pytest.raises(omnize.ConfigError, match="a path that begins with a slash"):
        omnize.Client("t", environment=False, listen_metrics="metrics")


def test_clients_of_a_shared_listener_have_numbers(post):
    options = {"token": "t", "environment": False}
    with (
        omnize.Client(**options) as one,
        omnize.Client(**options) as two,
        omnize.Listener("127.0.0.1:0", metrics="/metrics") as listener,
    ):
        listener.attach(one)
        listener.attach(two)
        assert post(listener.url(two), b'{"clientId": 1}').status == 200
        parts = urlsplit(listener.url(one))
        with urllib.request.urlopen(f"http://{parts.netloc}/metrics", timeout=10) as response:
            samples = parse(response.read().decode())
    queued = {
        dict(labels)["client"]: value for (name, labels), value in samples.items() if name == "omnize_queued_events"
    }
    assert queued == {"1": 0, "2": 1}
