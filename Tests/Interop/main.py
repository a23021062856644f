"""Runs the scenarios one after the other against one server, and tells what each saw."""

import asyncio
import importlib
import logging
import os
import resource
import sys
import traceback

import prosody
from server import Server
from wire import Wire

# In this order; the last ends the server.
SCENARIOS = [
    "plus",
    "mechanisms",
    "direct_tls",
    "roster",
    "chat",
    "resumption",
    "conflict",
    "discovery",
    "blocking",
    "registration",
    "legacy_login",
    "privacy",
    "carbons",
    "csi",
    "version",
    "last_activity",
    "private",
    "contact",
    "commands",
    "vcard",
    "mam",
    "auth_file",
    "component",
    "terminal",
    "profanity_carbons",
    "profanity_mam",
    "profanity_blocking",
    "sendxmpp",
    "strangers",
    "accounts",
    "moving",
    "switching",
    "reload",
    "crash",
    "shutdown",
]

# Whether Prosody is driven, to see that the scenarios ask for nothing that is ours alone.
IS_CONTROL = os.environ.get("SERVER") == "prosody"


async def play(name, server, wire):
    """Whether a scenario went through; tells why not."""
    wire.lines.clear()
    since = len(server.log)
    print(f"{name}: {sys.modules[f'scenarios.{name}'].__doc__.splitlines()[0]}", flush=True)
    try:
        async with asyncio.timeout(120):
            await sys.modules[f"scenarios.{name}"].run(server, step)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        tell("the wire", wire.lines)
        tell("the server's log", server.log[since:][-30:])
        print(f"  FAILED {name}", flush=True)
        return False
    return True


def step(text):
    print(f"  {text}", flush=True)


def tell(title, lines):
    print(f"  -- {title}")
    for line in lines:
        print(f"     {line}")


async def run(names):
    # As many descriptors as the machine allows, for the server as well.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    wire = Wire()
    logging.getLogger().addHandler(wire)
    logging.getLogger("slixmpp").setLevel(logging.DEBUG)
    server = prosody.Prosody() if IS_CONTROL else Server()
    try:
        step(await server.start())
        outcomes = [await play(name, server, wire) for name in names]
        if "shutdown" not in names:
            outcomes.append(await server.stop() == 0)
    finally:
        await server.close()
    failed = outcomes.count(False)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    names = sys.argv[1:] or (prosody.SCENARIOS if IS_CONTROL else SCENARIOS)
    for name in names:
        if name not in SCENARIOS:
            sys.exit(f"there is no scenario {name}; there are {', '.join(SCENARIOS)}")
        importlib.import_module(f"scenarios.{name}")
    sys.exit(asyncio.run(run(names)))
