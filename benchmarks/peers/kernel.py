"""What the kernel knows of a process and of those that it started."""

import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all that descend from it, itself first."""
    pids = [pid]
    for parent in pids:
        for tasks in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                pids += map(int, tasks.read_text().split())
            except OSError:
                continue
    return pids


def cpu_seconds(pids):
    """User and system time of all of them, to a hundredth."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def kibibytes(pids, what):
    """The sum of a line of /proc/PID/status, such as VmHWM, the most that was in memory."""
    total = 0
    for pid in pids:
        try:
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(what + ":"))
    return total


def kill(pid, signal):
    try:
        os.kill(pid, signal)
    except ProcessLookupError:
        pass


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    lines = text.splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    linux = ".".join(os.uname().release.split(".")[:2])
    return f"{names[0] if names else 'unknown'}, {os.cpu_count()} cores, Linux {linux}"
