"""The goals of the library, and the results of a run."""

import statistics

import footprint
from receiving import CONNECTIONS
from table import markdown_table, short


def _middle(samples):
    return statistics.median(samples) if samples else None


def _receiving(tables, figure, case, other):
    """Returns the ratios on one core by number of connections; for a cost 1 ÷ ratio, so that more is better."""
    table = tables["receiving"]
    seen = [_middle(table.ratios((case, 1, count), figure, other)) for count in CONNECTIONS]
    return seen if figure == "requests/s" else [ratio and 1 / ratio for ratio in seen]


def _sending(tables, other, figure, host, threads):
    table = tables["sending"]
    return [_middle(table.ratios(("omnize", host, count), figure, other)) for count in threads]


def _footprint(tables, what, of="omnize"):
    return [_middle(tables["footprint"].samples((what, of), "value"))]


def _growth(tables, what, of):
    return [footprint.growth(tables["footprint"], what, of)]


def _receiving_goals(tables):
    figures = {"requests/s": "requests/s", "CPU µs/request": "requests per CPU second"}
    for figure, name in figures.items():
        for way in ("poll", "next", "dispatch"):
            seen = _receiving(tables, figure, f"omnize, {way}", "nginx")
            yield f"receiving by {way}: {name}, × nginx", 0.85, 1.0, seen
    for way in ("poll", "next", "dispatch"):
        seen = _receiving(tables, "requests/s", f"omnize, {way}, durable", f"omnize, {way}")
        yield f"receiving by {way}, durable: requests/s, × in memory", 0.5, 0.8, seen


def _sending_goals(tables):
    for host in ("127.0.0.1", "localhost"):
        seen = _sending(tables, "libcurl", "requests/s", host, (1, 16))
        yield f"sending to {host}, × libcurl, 1 / 16 threads", (1.3, 1.35), (1.5, 1.6), seen
    seen = _sending(tables, "raw", "requests/s", "127.0.0.1", (1,))
    yield "sending, × raw socket, 1 thread", 0.78, 0.88, seen
    seen = _sending(tables, "libcurl", "instructions", "127.0.0.1", (1,))
    yield "instructions of a request, × libcurl", 0.45, 0.3, seen


def _footprint_goals(tables):
    yield "bytes for an idle conversation", 512, 256, _footprint(tables, "bytes for an idle conversation")
    seen = _footprint(tables, "bytes for an open listener connection", "omnize, poll")
    yield "bytes for an open listener connection", 12_000, 10_000, seen
    seen = _growth(tables, "sending, CPU µs/request", "conversations")
    yield "100,000 conversations: CPU of a request sent, × that at 100", 1.1, 1.02, seen
    seen = _growth(tables, "sending, instructions/request", "conversations")
    yield "100,000 conversations: instructions of a request sent, × those at 100", 1.1, 1.02, seen
    seen = _growth(tables, "receiving, CPU µs/trigger", "subscriptions by customer")
    yield "100,000 subscriptions: CPU of a trigger, × that at 100", 1.1, 1.02, seen
    seen = _growth(tables, "receiving, instructions/trigger", "subscriptions by customer")
    yield "100,000 subscriptions: instructions of a trigger, × those at 100", 1.1, 1.02, seen
    yield "size of the shared object, MB", 4.5, 3.5, _footprint(tables, "size of the shared object, MB")
    yield "dlopen + dlclose, ms", 0.4, 0.25, _footprint(tables, "dlopen + dlclose, ms")


def _python_sending_goals(tables):
    table = tables["python-sending"]
    goals = {
        "pycurl": (1.2, 1.4),
        "http.client": (3.5, 4),
        "aiohttp": (7, 8),
        "httpx": (15, 17),
        "requests": (24, 28),
    }
    for other, (least, aim) in goals.items():
        seen = _middle([1 / ratio for ratio in table.ratios((other,), "requests/s", "omnize")])
        yield f"sending from Python: requests/s, × {other}", least, aim, [seen]
    seen = _middle(table.ratios(("omnize, async",), "requests/s", "aiohttp"))
    yield "sending from Python, async: requests/s, × aiohttp", 7, 8, [seen]


def _python_receiving_goals(tables):
    table = tables["python-receiving"]
    for other, least, aim in (("uvicorn", 2.5, 3.3), ("aiohttp", 3, 4), ("waitress", 7, 10)):
        for way in ("poll", "events", "dispatch", "async"):
            cases = [(f"omnize, {way}", 1, count) for count in (1, 16)]
            seen = [_middle(table.ratios(case, "requests/s", other)) for case in cases]
            yield f"receiving in Python by {way}: requests/s, × {other}, 1 / 16 connections", least, aim, seen


def _each(value, count):
    return value if isinstance(value, tuple) else (value,) * count


def _verdict(least, aim, seen):
    """Rates the worst result. More is better if the aim is greater than the minimum."""
    if None in seen:
        return "not measured"
    leasts, aims = _each(least, len(seen)), _each(aim, len(seen))
    sign = 1 if aims[0] > leasts[0] else -1
    for goals, verdict in ((aims, "as aimed"), (leasts, "reached")):
        if all(sign * value >= sign * goal for value, goal in zip(seen, goals)):
            return verdict
    return "**missed**"


def _format_figure(value):
    return " / ".join(map(short, value)) if isinstance(value, (tuple, list)) else short(value)


def markdown(tables):
    """Returns the goals with the results of this run."""
    rows = []
    goals_of = {"receiving": _receiving_goals, "sending": _sending_goals, "footprint": _footprint_goals}
    goals_of |= {"python-sending": _python_sending_goals, "python-receiving": _python_receiving_goals}
    for part in tables:
        for name, least, aim, seen in goals_of[part](tables):
            rows.append([name, _format_figure(least), _format_figure(aim), _format_figure(seen), _verdict(least, aim, seen)])
    note = "Receiving: on one core, with 1 / 16 / 256 connections."
    return "\n".join(["## Goals", "", note, "", *markdown_table(["", "at least", "aim", "seen", ""], rows)]) + "\n"
