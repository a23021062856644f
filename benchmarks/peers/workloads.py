"""What is measured: for each row of the table what `load` is told, and how the server is set up."""

import dataclasses
import typing

ANONYMOUS = ["--domain", "anonymous.localhost"]
SCRAM = ["--mechanism", "SCRAM-SHA-1"]


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    title: str
    kind: str  # which figures are told of it: `table.FIGURES`
    arguments: typing.Callable  # of the chosen options: a verb of `load` and what it is given
    tls: tuple = ("none", "direct")
    setup: str = "bare"  # which of the servers' configurations
    accounts: typing.Callable = lambda chosen: 0  # user0, user1 … that it logs in to
    connections: typing.Callable = lambda chosen: 2 * chosen.pairs
    keeps: bool = False  # it makes rosters when it is run first, and finds them from then on
    turns: int | None = None  # at most so many, where more would tell no more


def timed(chosen):
    return ["--runs", "1", "--seconds", str(chosen.seconds)]


def chat(pace, number, who=lambda chosen: ANONYMOUS):
    def arguments(chosen):
        size = ["--pairs", str(chosen.pairs), pace, str(number)]
        return ["chat", *timed(chosen), *who(chosen), *size, "--warm-up", str(chosen.warm_up)]

    return arguments


def with_accounts(chosen):
    return [*SCRAM, "--accounts", str(2 * chosen.pairs), "--stream-management"]


def login(chosen):
    return ["login", *timed(chosen), *SCRAM, "--accounts", str(LOGIN_ACCOUNTS)]


def idle(connections):
    def arguments(chosen):
        return ["idle", *ANONYMOUS, "--connections", str(connections(chosen))]

    return arguments


LOGIN_ACCOUNTS = 20


def everybody(chosen):
    return 2 * chosen.pairs


def few(chosen):
    return LOGIN_ACCOUNTS


def some_idle(chosen):
    return chosen.connections


def many_idle(chosen):
    return chosen.many_connections


ALL = {
    workload.name: workload
    for workload in (
        Workload("chat-1", "chat, 1 in flight", "chat", chat("--in-flight", 1)),
        Workload("chat-8", "chat, 8 in flight", "chat", chat("--in-flight", 8)),
        Workload("chat-16", "chat, 16 in flight", "chat", chat("--in-flight", 16), ("none",)),
        Workload("rate-5000", "chat, 5,000 a second", "rate", chat("--rate", 5000)),
        Workload(
            "full-1", "chat with everything on, 1 in flight", "full",
            chat("--in-flight", 1, with_accounts), setup="full", accounts=everybody,
        ),
        Workload(
            "full-8", "chat with everything on, 8 in flight", "full",
            chat("--in-flight", 8, with_accounts), setup="full", accounts=everybody,
        ),
        Workload(
            "login", "login, SCRAM-SHA-1", "login", login,
            ("none", "starttls", "direct"), accounts=few,
        ),
        Workload("idle", "idle", "idle", idle(some_idle), connections=some_idle, turns=2),
        Workload(
            "idle-many", "idle, many", "idle", idle(many_idle), connections=many_idle, turns=1,
        ),
    )
}  # fmt: skip
