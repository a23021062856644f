"""What is measured: for each row of the table what `load` is told, and how the server is set up."""

import dataclasses
import typing

from people import People

ANONYMOUS = ["--domain", "anonymous.localhost"]
SCRAM = ["--mechanism", "SCRAM-SHA-1"]
LOGIN_ACCOUNTS = 20
ROSTER = 100  # contacts
S2S_RATE = 1000  # messages a second that all of them can bear
WRITERS = 10  # as `load offline` has them


@dataclasses.dataclass(frozen=True)
class Workload:
    """A row; what is a function is one of the chosen options."""

    name: str
    title: str
    kind: str  # which figures are told of it: `table.FIGURES`
    arguments: typing.Callable  # a verb of `load` and what it is given
    tls: tuple = ("none", "direct")
    setup: str = "bare"  # which of the servers' configurations
    people: typing.Callable = lambda chosen: People(0)
    connections: typing.Callable = lambda chosen: 2 * chosen.pairs
    turns: int | None = None  # at most so many, where more would tell no more


def timed(chosen):
    return ["--runs", "1", "--seconds", str(chosen.seconds)]


def chat(pace, number, terms=ANONYMOUS):
    def arguments(chosen):
        size = ["--pairs", str(chosen.pairs), "--warm-up", str(chosen.warm_up)]
        return ["chat", *timed(chosen), *terms, *size, pace, str(number)]

    return arguments


def s2s(pace, number, *way):
    def arguments(chosen):
        size = ["--pairs", str(chosen.pairs), "--warm-up", str(chosen.warm_up)]
        return ["s2s", *timed(chosen), *size, *way, pace, str(number)]

    return {"arguments": arguments, "tls": ("none",), "setup": "s2s"}


def login(chosen):
    return ["login", *timed(chosen), *SCRAM, "--accounts", str(LOGIN_ACCOUNTS)]


def idle(connections):
    def arguments(chosen):
        size = ["--connections", str(connections(chosen)), "--settling", str(chosen.settling)]
        return ["idle", *ANONYMOUS, *size]

    return arguments


def presence(groups, size):
    """Groups of mutual contacts."""

    def sizes(chosen):
        return (2, 5) if chosen.toy else (groups, size)

    def arguments(chosen):
        groups, size = sizes(chosen)
        circle = ["--groups", str(groups), "--roster", str(size), "--warm-up", str(chosen.warm_up)]
        return ["presence", *timed(chosen), *SCRAM, *circle]

    def people(chosen):
        groups, size = sizes(chosen)
        return People(groups * size, size)

    return {"arguments": arguments, "people": people, "connections": lambda chosen: groups * size}


def roster(chosen):
    size = ["--items", str(ROSTER), "--clients", str(LOGIN_ACCOUNTS), "--prepare"]
    return ["roster", *timed(chosen), *SCRAM, *size, "--warm-up", str(chosen.warm_up)]


def offline(chosen):
    away, messages = away_of(chosen)
    return ["offline", *SCRAM, "--accounts", str(away), "--messages", str(messages)]


def away_of(chosen):
    """Accounts that are away, and messages for each."""
    return (10, 10) if chosen.toy else (200, 100)


def few(chosen):
    return People(LOGIN_ACCOUNTS)


def pairs(chosen):
    return People(2 * chosen.pairs)


def some(chosen):
    return chosen.connections


def many(chosen):
    return chosen.many_connections


MODERN = [*SCRAM, "--stream-management", "--carbons", "--csi"]
ALL = {
    workload.name: workload
    for workload in (
        Workload("chat-1", "chat, 1 in flight", "chat", chat("--in-flight", 1)),
        Workload("chat-8", "chat, 8 in flight", "chat", chat("--in-flight", 8)),
        Workload("chat-16", "chat, 16 in flight", "chat", chat("--in-flight", 16), ("none",)),
        Workload("rate-5000", "chat, 5,000 a second", "rate", chat("--rate", 5000)),
        Workload(
            "full-1", "chat with everything on, 1 in flight", "full",
            chat("--in-flight", 1, MODERN), ("none",), setup="full", people=pairs,
        ),
        Workload(
            "full-8", "chat with everything on, 8 in flight", "full",
            chat("--in-flight", 8, MODERN), setup="full", people=pairs,
        ),
        Workload(
            "login", "login, SCRAM-SHA-1", "login", login, ("none", "starttls", "direct"),
            people=few, connections=lambda chosen: 0,
        ),
        Workload(
            "presence-20", "presence, 20 groups of 20", "presence", tls=("none",),
            **presence(20, 20),
        ),
        Workload(
            "presence-200", "presence, 2 groups of 200", "presence", tls=("none",),
            **presence(2, 200),
        ),
        Workload(
            "roster", f"rosters of {ROSTER}", "roster", roster, ("none",), people=few,
        ),
        Workload(
            "offline", "offline messages", "offline", offline, ("none",),
            people=lambda chosen: People(WRITERS + away_of(chosen)[0]),
        ),
        Workload(
            "idle", "idle, {connections:,}", "idle", idle(some), connections=some, turns=1,
        ),
        Workload(
            "idle-many", "idle, {many_connections:,}", "idle", idle(many), connections=many,
            turns=1,
        ),
        Workload("s2s-1", "two servers, 1 in flight", "s2s", **s2s("--in-flight", 1)),
        Workload("s2s-8", "two servers, 8 in flight", "s2s", **s2s("--in-flight", 8)),
        Workload(
            "s2s-one-way", "two servers, one way, 8 in flight", "s2s-one-way",
            **s2s("--in-flight", 8, "--one-way"),
        ),
        Workload(
            "s2s-rate", f"two servers, {S2S_RATE:,} a second", "s2s-rate",
            **s2s("--rate", S2S_RATE),
        ),
    )
}  # fmt: skip


def named(words):
    """The workloads of these names; `s2s`, as `s2s-1` and others begin, stands for all of them."""
    return [name for name in ALL if name in words or name.split("-")[0] in words - ALL.keys()]


NAMES = sorted({*ALL, *(name.split("-")[0] for name in ALL)})
