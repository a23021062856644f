"""The result of a comparison as bars, drawn by gnuplot: medians, with the spread as a line."""

import statistics
import subprocess

import table

COLOURS = {
    "martlet": "#1b6ca8", "prosody": "#6b8e23", "ejabberd": "#c05a3c", "relay": "#999999",
}  # fmt: skip
PANEL = (380, 280)  # pixels
ACROSS = 3


def draw(result, folder):
    """Writes compare.svg and compare.png; gives their names."""
    panels = [panel(row) for row in table.rows(result)]
    down = -(-len(panels) // ACROSS)
    size = f"{PANEL[0] * ACROSS},{PANEL[1] * down + 30}"
    names = []
    for terminal, name in (("svg background 'white'", "compare.svg"), ("pngcairo", "compare.png")):
        script = [
            f"set terminal {terminal} size {size} font 'DejaVu Sans,10'",
            f"set output '{name}'",
            f"set multiplot layout {down},{ACROSS} title '{title(result)}'",
            "set style fill solid; set boxwidth 0.6; unset key; set border 3",
            "set tics nomirror; set xtics scale 0; set grid ytics lc rgb '#dddddd'",
            *panels,
            "unset multiplot",
        ]
        text = "\n".join(script) + "\n"
        subprocess.run(["gnuplot"], input=text, text=True, check=True, cwd=folder)
        names.append(name)
    return names


def title(result):
    return f"{result['machine']}, {result['date'][:10]}; medians of {result['settings']['repeats']}"


def panel(row):
    """One figure of one workload: a bar for each server."""
    workload, tls, figure, digits, less, values = row
    places = list(enumerate(values.items()))
    bars = [f"{at} {statistics.median(all_of)} {colour(name)}" for at, (name, all_of) in places]
    spreads = [
        f"{at} {statistics.median(all_of)} {min(all_of)} {max(all_of)}"
        for at, (_, all_of) in places
    ]
    labels = [
        f'{at} {statistics.median(all_of)} "{table.number(statistics.median(all_of), digits)}"'
        for at, (_, all_of) in places
    ]
    ticks = ", ".join(f"'{name}' {at}" for at, (name, _) in places)
    most = max(max(all_of) for all_of in values.values())
    what = f"{table.WORDS[workload]}{', TLS' if tls != 'none' else ''}"
    which = f"{table.WORDS.get(figure, figure)}, {'less' if less else 'more'} is better"
    across, up = f"[-0.6:{len(places) - 0.4}]", f"[0:{most * 1.15 or 1}]"
    return "\n".join([
        f'set title "{what}\\n{which}"',
        f"set xrange {across}; set yrange {up}; set xtics ({ticks})",
        "$bars << E", *bars, "E", "$spreads << E", *spreads, "E", "$labels << E", *labels, "E",
        "plot $bars using 1:2:3 with boxes lc rgb variable, "
        "$spreads using 1:2:3:4 with yerrorbars ps 0 lc rgb 'black', "
        "$labels using 1:2:3 with labels offset 0,0.6",
    ])  # fmt: skip


def colour(name):
    return int(COLOURS[name][1:], 16)
