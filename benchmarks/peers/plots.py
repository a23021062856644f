"""The result of a comparison as charts of bars, drawn by gnuplot: medians, the spread as a line."""

import subprocess
import typing

import table
import workloads

COLOURS = {
    "martlet": "#1b6ca8", "martlet-postgresql": "#6fa8d6",
    "prosody": "#7a9a3a", "ejabberd": "#c8693f", "bare C": "#a0a0a0",
}  # fmt: skip
HEIGHT = 360  # pixels
MARGIN, CLUSTER_GAP, BAR = 110, 1.0, 42  # pixels, bars, pixels


class Chart(typing.NamedTuple):
    name: str  # of the file
    title: str
    figures: tuple
    kinds: tuple
    less: bool = True  # is better
    logarithmic: bool = False
    thousands: bool = False


CPU, DELIVERIES = "server CPU per message (µs)", "deliveries (/s)"
LATENCIES = ("latency p50 (ms)", "latency p99 (ms)", "latency p99.9 (ms)")
CHARTS = (
    Chart(
        "cpu", "Server CPU per message, µs", (CPU,), ("chat", "rate"), logarithmic=True,
    ),
    Chart(
        "deliveries", "Messages a second on one core, thousands", (DELIVERIES,), ("chat",),
        less=False, logarithmic=True, thousands=True,
    ),
    Chart(
        "latency", "Latency at 5,000 messages a second, ms", LATENCIES, ("rate",),
        logarithmic=True,
    ),
    Chart("full-cpu", "Archive and all else on: server CPU per message, µs", (CPU,), ("full",)),
    Chart(
        "full-deliveries", "Archive and all else on: messages a second, thousands",
        (DELIVERIES,), ("full",), less=False, thousands=True,
    ),
    Chart(
        "presence", "Presence: server CPU per delivery, µs",
        ("server CPU per delivery (µs)",), ("presence",),
    ),
    Chart("login", "Server CPU per login, ms", ("server CPU per login (ms)",), ("login",)),
    Chart(
        "memory", "Memory per idle connection, KiB", ("KiB per connection (KiB)",), ("idle",),
    ),
)  # fmt: skip


def draw(result, folder):
    """Writes each chart as SVG and PNG; gives the names of the SVG files."""
    rows, names = table.rows(result), []
    for chart in CHARTS:
        chosen = [row for row in rows if fits(chart, row)]
        if not chosen:
            continue
        for terminal, suffix in (("svg background 'white'", "svg"), ("pngcairo", "png")):
            script = script_of(chart, chosen, terminal, f"{chart.name}.{suffix}")
            subprocess.run(["gnuplot"], input=script, text=True, check=True, cwd=folder)
        names.append(f"{chart.name}.svg")
    return names


def fits(chart, row):
    return row.figure in chart.figures and workloads.ALL[row.workload].kind in chart.kinds


def script_of(chart, rows, terminal, name):
    columns = [column for column in COLOURS if any(column in row.values for row in rows)]
    ticks, place, bars = [], 0.0, {column: [] for column in columns}
    for row in rows:
        here = [column for column in columns if column in row.values]
        ticks.append(f'"{label(chart, row)}" {place + (len(here) - 1) / 2}')
        for column in here:
            scale = 1e-3 if chart.thousands else 1
            values = [value * scale for value in row.values[column]]
            median = row.median(column) * scale
            shown = short(median)
            bars[column].append(f'{place} {median} {min(values)} {max(values)} "{shown}"')
            place += 1
        place += CLUSTER_GAP
    every = [
        value * (1e-3 if chart.thousands else 1)
        for row in rows for all_of in row.values.values() for value in all_of
    ]  # fmt: skip
    width = int(MARGIN + place * BAR)
    return "\n".join([
        f"set terminal {terminal} size {max(width, 480)},{HEIGHT} font 'DejaVu Sans,10'",
        f"set output '{name}'",
        f'set title "{title(chart)}" font "DejaVu Sans,12"',
        "set style fill solid; set boxwidth 0.9; set border 2 lc rgb '#888888'",
        "set key outside top center horizontal; set bmargin 3.5; set rmargin 2",
        "set tics nomirror textcolor rgb '#222222'",
        "set xtics scale 0; set grid ytics lc rgb '#dddddd'",
        f"set xrange [-1:{place - CLUSTER_GAP + 0.4}]; set xtics ({', '.join(ticks)})",
        scale_of(chart, every),
        *(
            line for index, column in enumerate(columns)
            for line in (f"$bars{index} << E", *bars[column], "E")
        ),
        "plot " + ", ".join(plots_of(index, column) for index, column in enumerate(columns)),
    ]) + "\n"  # fmt: skip


def title(chart):
    words = "logarithmic; less" if chart.logarithmic and chart.less else "less"
    if not chart.less:
        words = "logarithmic; more" if chart.logarithmic else "more"
    return f"{chart.title} ({words} is better)"


def plots_of(index, column):
    data = f"$bars{index}"
    return ", ".join([
        f"{data} using 1:2 with boxes lc rgb '{COLOURS[column]}' title '{column}'",
        f"{data} using 1:3:(0):($4-$3) with vectors nohead lc rgb '#333333' notitle",
        f"{data} using 1:4:5 with labels offset 0,0.6 font 'DejaVu Sans,9' notitle",
    ])  # fmt: skip


def scale_of(chart, values):
    if chart.logarithmic:
        return f"set logscale y; set yrange [{min(values) / 2.5}:{max(values) * 2}]"
    return f"set yrange [0:{max(values) * 1.12 or 1}]"


def label(chart, row):
    """What stands under the bars of a row, in at most two lines."""
    what, _, details = row.title.partition(", ")
    first = row.figure.split()[1] if len(chart.figures) > 1 else details or what
    second = {"none": "no TLS", "starttls": "STARTTLS", "direct": "TLS"}[row.tls]
    return f"{first}\\n{second}"


def short(value):
    """Three digits or so."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"
