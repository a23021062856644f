"""By turns: each server is started for each measurement, with its data as they were, and stopped."""

import json
import subprocess
import sys
import time

import kernel
import workloads
from server import Trouble

SERVER_CORE = 0  # `load` takes the last one
TLS = ("none", "starttls", "direct")
# Seconds to start and stop; milliseconds to log one client in without TLS, about twice that with.
PACE = {
    "martlet": (1, 0.8), "prosody": (1.5, 2), "ejabberd": (4, 2.5), "relay": (0.5, 0.3),
    "martlet-postgresql": (3, 1.5), "answers": (0.5, 0.3), "handshake": (0.5, 0.5),
}  # fmt: skip


def cells(fleet, chosen):
    """Gives workload, TLS, how many turns, and the servers that can."""
    for tls in TLS:
        for name in chosen.workloads:
            workload = workloads.ALL[name]
            if tls not in chosen.tls or tls not in workload.tls:
                continue
            count = min(chosen.repeats, workload.turns or chosen.repeats)
            yield workload, tls, count, [each for each in fleet if each.can(workload, tls)]


def expected_minutes(fleet, chosen):
    """How long all turns will take, more or less."""
    seconds = 0
    for workload, tls, count, able in cells(fleet, chosen):
        for server in able:
            start, login = PACE[server.name]
            arrival = workload.connections(chosen) * login / 1e3 * (1 if tls == "none" else 2)
            rest = 3 * chosen.settling if workload.kind == "idle" else chosen.seconds + 1
            seconds += count * (start + arrival + chosen.warm_up + rest)
    return seconds / 60


def prepare(fleet, chosen):
    """Makes the programs, the accounts and the rosters, once for all turns."""
    for server in fleet:
        print(f"preparing {server.name}", file=sys.stderr, flush=True)
        server.prepare()
        for people in {workload.people(chosen) for workload in of(server, chosen)}:
            server.meet(people)


def of(server, chosen):
    """The workloads that a server has a turn in."""
    return {workload for workload, _, _, able in cells([server], chosen) if able}


def take(fleet, chosen, runs):
    """Adds to the runs as they are made; gives what failed, of which the rest knows nothing."""
    failures = []
    for workload, tls, count, able in cells(fleet, chosen):
        for turn in range(count):
            for server in able:
                label = f"{workload.name} tls={tls} turn {turn + 1}/{count} {server.name}"
                began = time.monotonic()
                print(label, end=" ", file=sys.stderr, flush=True)
                try:
                    runs.append({"turn": turn, **measure(workload, tls, server, chosen)})
                    print(f"{time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
                except Trouble as trouble:
                    failures.append(label)
                    print(trouble, file=sys.stderr, flush=True)
    return failures


def measure(workload, tls, server, chosen):
    """One turn: the server is started with the data it is to find, loaded, and stopped."""
    server.setup = workload.setup
    server.begin_with(workload.people(chosen))
    server.start()
    try:
        command = server.load_command(workload, tls, chosen)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            said = f"{done.stderr}{done.stdout}\n{server.said()}"
            raise Trouble(f"{workload.name} against {server.name} failed:\n{said}")
        trees = [kernel.tree(pid) for pid in server.pids()]
        figures = json.loads(next(line for line in done.stdout.splitlines() if line[:1] == "{"))
        figures["server's most in memory (KiB)"] = kernel.kibibytes(sum(trees, []), "VmHWM")
        figures["its helpers' CPU (s)"] = sum(kernel.cpu_seconds(tree[1:]) for tree in trees)
        return {"server": server.column, "workload": workload.name, "tls": tls, "figures": figures}
    finally:
        server.stop()
