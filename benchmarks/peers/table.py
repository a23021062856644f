"""The result of a comparison as a Markdown table: medians, with the least and the greatest."""

import statistics
import typing

import workloads

# What is told of each kind of workload: a figure's name in `load`'s JSON, digits, whether less is
# better.
FIGURES = {
    "chat": [
        ("server CPU per message (µs)", 1, True),
        ("deliveries (/s)", 0, False),
        ("latency p99 (ms)", 2, True),
    ],
    "full": [
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
    "s2s": [
        ("server CPU per message (µs)", 1, True),
        ("deliveries (/s)", 0, False),
        ("latency p99 (ms)", 2, True),
    ],
    "s2s-one-way": [
        ("sender's server: CPU per message (µs)", 1, True),
        ("receiver's server: CPU per message (µs)", 1, True),
        ("deliveries (/s)", 0, False),
    ],
    "s2s-rate": [
        ("server CPU per message (µs)", 1, True),
        ("latency p50 (ms)", 2, True),
        ("latency p99 (ms)", 2, True),
    ],
    "login": [("server CPU per login (ms)", 3, True), ("logins (/s)", 0, False)],
    "presence": [
        ("server CPU per delivery (µs)", 1, True),
        ("server CPU of the logins per delivery (µs)", 1, True),
    ],
    "roster": [
        ("server CPU per get (µs)", 0, True),
        ("server CPU per change and its push (µs)", 0, True),
        ("changes (/s)", 0, False),
    ],
    "offline": [
        ("server CPU per stored message (µs)", 0, True),
        ("stored (/s)", 0, False),
        ("server CPU per fetched message, without its login (µs)", 0, True),
    ],
    "idle": [("KiB per connection (KiB)", 1, True)],
}
WORDS = {
    "none": "no",
    "starttls": "STARTTLS",
    "direct": "direct",
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


class Row(typing.NamedTuple):
    """One figure of one workload, with all that was measured of it, by column."""

    workload: str
    title: str
    tls: str
    figure: str
    digits: int
    less: bool  # is better
    values: dict

    @property
    def name(self):
        return WORDS.get(self.figure, self.figure)

    def median(self, column):
        return statistics.median(self.values[column])

    def ratio(self):
        """How many times better Martlet's median is than that of the better peer."""
        peers = [self.median(name) for name in PEERS if name in self.values]
        if "martlet" not in self.values or not peers:
            return "–"
        ours, theirs = self.median("martlet"), min(peers) if self.less else max(peers)
        better, worse = (ours, theirs) if self.less else (theirs, ours)
        return f"{worse / better:.1f}×" if better else "–"


def rows(result):
    found = {}
    for run in result["runs"]:
        workload = workloads.ALL[run["workload"]]
        title = workload.title.format(**result["settings"])
        for figure, digits, less in FIGURES[workload.kind]:
            key = (workload.name, title, run["tls"], figure, digits, less)
            value = run["figures"].get(figure)
            if value is not None:
                found.setdefault(key, {}).setdefault(run["server"], []).append(value)
    made = [Row(*key, values) for key, values in found.items()]
    order = list(workloads.ALL)
    return sorted(made, key=lambda row: order.index(row.workload))


def mark(result, row, column):
    """What is to be said of a rate or a latency: see MARKS."""
    if "CPU" in row.figure or column not in row.values:
        return ""
    figures = [
        run["figures"] for run in result["runs"]
        if (run["workload"], run["tls"], run["server"]) == (row.workload, row.tls, column)
    ]  # fmt: skip
    if max(each.get(GENERATOR, 0) for each in figures) > 0.9:
        return " †"
    if LATE in figures[0]:
        return " ◊" if max(each[LATE] for each in figures) >= LATE_MILLISECONDS else ""
    return " ‡" if min(each.get(SERVER, 1) for each in figures) < 0.9 else ""


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(values, digits, spread):
    if not values:
        return "–"
    median = number(statistics.median(values), digits)
    if len(values) == 1 or not spread:
        return median
    return f"{median} [{number(min(values), digits)} – {number(max(values), digits)}]"


def markdown(result, wanted=None, spread=True):
    """All rows, or those of which `wanted` names workload, TLS and figure."""
    columns = list(result["versions"])
    lines = [
        "| what | TLS | figure | " + " | ".join(columns) + " | Martlet : better peer |",
        "|---|---|---" + "|---" * len(columns) + "|---|",
    ]
    for row in rows(result):
        if wanted and (row.workload, row.tls, row.figure) not in wanted:
            continue
        cells = [
            cell(row.values.get(column), row.digits, spread) + mark(result, row, column)
            for column in columns
        ]
        what = [row.title, WORDS[row.tls], row.name, *cells, row.ratio()]
        lines.append(f"| {' | '.join(what)} |")
    text = "\n".join([*lines, "", *notes(result, spread)]) + "\n"
    marks = [f"{sign} {meaning}" for sign, meaning in MARKS.items() if f" {sign}" in text]
    return text + "".join(line + "\n" for line in marks)


def notes(result, spread):
    """When, where, and of what."""
    settings = result["settings"]
    versions = [f"{name} {version}" for name, version in result["versions"].items() if version]
    return [
        f"`{result['command']}`, {result['date']}, {result['machine']}; {result['cores']}; load"
        f" average before {result['load average before']}; {result['minutes']:.0f} minutes.",
        f"{', '.join(versions)}.",
        f"Turns: {settings['repeats']}; medians{' [least – greatest]' if spread else ''};"
        f" {settings['pairs']} pairs, {settings['seconds']:g} s each;"
        f" {settings['connections']:,} and {settings['many_connections']:,} idle connections.",
    ]
