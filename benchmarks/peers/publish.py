"""Puts a result into the documents: tables between two markers, charts beside them.

Nothing is written there that `compare` did not print.
"""

import json
import re

import plots
import table
from server import Trouble

# The whole table, and the parts of it about stores and about two servers, are kept apart.
SECTIONS = ("compare", "stores", "s2s")
FEWEST_TURNS = 3
CPU, DELIVERIES = "server CPU per message (µs)", "deliveries (/s)"
# What the front page tells, of the rows of the whole table.
FRONT = (
    ("chat-8", "none", CPU), ("chat-8", "none", DELIVERIES), ("chat-8", "direct", CPU),
    ("rate-5000", "none", CPU), ("rate-5000", "none", "latency p99 (ms)"),
    ("full-8", "none", CPU), ("full-8", "none", DELIVERIES),
    ("login", "none", "server CPU per login (ms)"),
    ("login", "direct", "server CPU per login (ms)"),
    ("presence-200", "none", "server CPU per delivery (µs)"),
    ("idle-many", "none", "KiB per connection (KiB)"),
    ("idle-many", "direct", "KiB per connection (KiB)"),
)  # fmt: skip
FRONT_CHARTS = ("cpu.svg", "deliveries.svg", "memory.svg")


def publish(path, benchmarks, section):
    if not path.exists():
        raise Trouble(f"there is no {path}: benchmarks/compare makes it")
    result = json.loads(path.read_text())
    if result["settings"]["repeats"] < FEWEST_TURNS:
        raise Trouble(f"{path} has fewer than {FEWEST_TURNS} turns; that is not for a front page")
    if section != "compare":
        return replace(benchmarks / "README.md", section, table.markdown(result), "figures", [])
    figures = benchmarks / "figures"
    figures.mkdir(exist_ok=True)
    drawn = plots.draw(result, figures)
    for picture in figures.glob("*.png"):
        picture.unlink()
    front = table.markdown(result, FRONT, spread=False)
    shown = [name for name in FRONT_CHARTS if name in drawn]
    replace(benchmarks.parent / "README.md", section, front, "benchmarks/figures", shown)
    replace(benchmarks / "README.md", section, table.markdown(result), "figures", drawn)


def replace(path, section, text, folder, charts):
    """Puts table and charts between the markers of a document."""
    begin, end = (f"<!-- {section}: {which} -->" for which in ("begin", "end"))
    lines = [f"![{name.removesuffix('.svg')}]({folder}/{name})" for name in charts]
    body = "\n".join([begin, "", text.strip(), "", *lines, end])
    old = path.read_text()
    new, count = re.subn(f"{begin}.*?{end}", lambda _: body, old, flags=re.DOTALL)
    if count != 1:
        raise Trouble(f"{path} lacks the markers {begin} and {end}")
    path.write_text(new)
    print(f"{path}: {len(charts)} charts, {text.count(chr(10))} lines")
