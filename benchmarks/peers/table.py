"""The result of a comparison as a Markdown table: medians, with the least and the greatest."""

import statistics

# What is told of each workload: a figure's name in `load`'s JSON, digits, whether less is better.
FIGURES = {
    "chat": [
        ("server CPU per message (µs)", 1, True),
        ("deliveries (/s)", 0, False),
        ("latency p99 (ms)", 2, True),
    ],
    "rate": [
        ("server CPU per message (µs)", 1, True),
        ("latency p50 (ms)", 2, True),
        ("latency p99 (ms)", 2, True),
        ("latency p99.9 (ms)", 2, True),
    ],
    "login": [("server CPU per login (ms)", 3, True), ("logins (/s)", 0, False)],
    "idle": [("KiB per connection (KiB)", 1, True)],
}
WORDS = {
    "chat-1": "chat, 1 in flight",
    "chat-8": "chat, 8 in flight",
    "rate-5000": "chat, 5,000 a second",
    "login": "login, SCRAM-SHA-1",
    "idle": "idle",
    "none": "no",
    "direct": "yes",
    "KiB per connection (KiB)": "KiB per connection",
}
PEERS = ("prosody", "ejabberd")
GENERATOR, SERVER = "generator's share of a core ()", "server's share of a core ()"
LATE, LATE_MILLISECONDS = "sent late p99 (ms)", 0.1
MARKS = {
    "†": "The generator's core was full: the server could do more.",
    "‡": "Neither core was full: something else had its share, or the server waits for something.",
    "◊": f"The generator was late itself: p99 of its delay was {LATE_MILLISECONDS} ms or more.",
}


def rows(result):
    """Gives for each figure: workload, TLS, name, digits, whether less is better, all values."""
    found = {}
    for run in result["runs"]:
        for figure, digits, less in FIGURES[run["workload"].partition("-")[0]]:
            key = (run["workload"], run["tls"], figure, digits, less)
            value = run["figures"].get(figure)
            if value is not None:
                found.setdefault(key, {}).setdefault(run["server"], []).append(value)
    return [(*key, values) for key, values in found.items()]


def mark(result, workload, tls, server):
    """What is to be said of a rate or a latency: see MARKS."""
    figures = [
        run["figures"] for run in result["runs"]
        if (run["workload"], run["tls"], run["server"]) == (workload, tls, server)
    ]  # fmt: skip
    if max(each.get(GENERATOR, 0) for each in figures) > 0.9:
        return " †"
    if LATE in figures[0]:
        return " ◊" if max(each[LATE] for each in figures) >= LATE_MILLISECONDS else ""
    return " ‡" if min(each.get(SERVER, 1) for each in figures) < 0.9 else ""


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(values, digits):
    if not values:
        return "–"
    median = number(statistics.median(values), digits)
    if len(values) == 1:
        return median
    return f"{median} [{number(min(values), digits)} – {number(max(values), digits)}]"


def against_peers(values, less):
    """How many times better Martlet's median is than that of the better peer."""
    peers = [statistics.median(values[name]) for name in PEERS if name in values]
    if "martlet" not in values or not peers:
        return "–"
    ours, theirs = statistics.median(values["martlet"]), min(peers) if less else max(peers)
    return f"{theirs / ours if less else ours / theirs:.1f}×"


def markdown(result):
    names = list(result["versions"])
    lines = [
        "| what | TLS | figure | " + " | ".join(names) + " | Martlet : better peer |",
        "|---|---|---" + "|---" * len(names) + "|---|",
    ]
    for workload, tls, figure, digits, less, values in rows(result):
        cells = [cell(values.get(name), digits) for name in names]
        if "CPU" not in figure:
            cells = [
                text + (mark(result, workload, tls, name) if name in values else "")
                for name, text in zip(names, cells)
            ]
        what = [WORDS[workload], WORDS[tls], WORDS.get(figure, figure)]
        lines.append(f"| {' | '.join(what + cells)} | {against_peers(values, less)} |")
    text = "\n".join([*lines, "", *notes(result)]) + "\n"
    marks = [f"{sign} {meaning}" for sign, meaning in MARKS.items() if sign in text]
    return text + "".join(line + "\n" for line in marks)


def notes(result):
    settings = result["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return [
        f"{result['date']}, {result['machine']}; {result['cores']}; load average before"
        f" {result['load average before']}.",
        f"{versions}.",
        f"Turns: {settings['repeats']}; medians [least – greatest]; {settings['pairs']} pairs,"
        f" {settings['seconds']:g} s each, {settings['connections']:,} idle connections.",
    ]
