"""The server under test: a process of its own, on ports of its own, in a folder of its own."""

import asyncio
import json
import os
import re
import signal
import ssl
import tempfile
from pathlib import Path

PASSWORD = "r0m30 & juliet"
# A domain whose clients have a second to resume a stream.
BRIEF = "mantua.example"
# A domain where people make their own accounts, and log in as they did before SASL.
REGISTERING = "verona.example"
DOMAINS = ["montague.example", "capulet.example", BRIEF, REGISTERING]
# What domains are told beside their names.
SETTINGS = {
    BRIEF: {"limits": {"resumptionSeconds": 1}},
    REGISTERING: {
        "plugins": {
            "register": {"registrationsPerHour": 1000}, "legacy-auth": True, "privacy": True
        }
    },
    "montague.example": {"plugins": {"contact": {"admin": ["mailto:xmpp@montague.example"]}}},
}

# What a component comes as (XEP-0114).
COMPONENT, COMPONENT_SECRET = "echo.capulet.example", "what-is-said-twice"


class Server:
    """`martlet serve`, from its start to its exit."""

    is_control = False
    # What the process is started in; None for our own.
    environment = None

    def __init__(self, program=None):
        self.program = program or os.environ["MARTLET"]
        self.place = tempfile.TemporaryDirectory(prefix="martlet-interop-")
        self.folder = Path(self.place.name)
        self.log = []
        self._news = asyncio.Condition()
        self.configure(DOMAINS)

    def configure(self, domains, plugins=None):
        """Writes config.json; a running server reads it on SIGHUP.

        `plugins` are those of some domains, by their names.
        """
        chosen = {name: {"plugins": choice} for name, choice in (plugins or {}).items()}
        listener = {"address": "127.0.0.1", "port": 0}
        settings = {
            "domains": {name: SETTINGS.get(name, {}) | chosen.get(name, {}) for name in domains},
            "listeners": [listener, listener | {"tls": "direct"}, listener | {"type": "component"}],
            "components": {COMPONENT: {"secret": COMPONENT_SECRET}},
            "storage": {"path": f"{self.folder}/martlet.db"},
            "tls": {"certificates": f"{self.folder}/certificates"},
            "adminSocket": f"{self.folder}/martlet.sock",
            # Every scenario logs in from the same address, one of them ten thousand times.
            "limits": {"connectionsPerAddress": 20_000, "unauthenticatedPerAddress": 20_000},
        }
        (self.folder / "config.json").write_text(json.dumps(settings, indent=4))

    async def start(self):
        """Returns when the server says that it is ready, and on which ports."""
        since = len(self.log)
        await self.launch("serve", "--config", f"{self.folder}/config.json")
        place = r" ?127\.0\.0\.1:(\d+)"
        ready = await self.logged(f"ready addresses={place}{place}{place}", since)
        self.port, self.direct_port, self.component_port = map(int, ready.groups())
        return ready.string

    async def launch(self, *arguments):
        self._has_ended = False
        self.process = await asyncio.create_subprocess_exec(
            self.program, *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment,
        )
        self._reader = asyncio.create_task(self._read_log())

    async def _read_log(self):
        async for line in self.process.stdout:
            async with self._news:
                self.log.append(line.decode().rstrip())
                self._news.notify_all()
        async with self._news:
            self._has_ended = True
            self._news.notify_all()

    async def logged(self, pattern, since=0, within=20):
        """The first line of the log, from line `since` on, that the pattern is found in."""

        def found():
            hits = (re.search(pattern, line) for line in self.log[since:])
            return next((hit for hit in hits if hit), None)

        def over():
            return found() or self._has_ended

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(over)
        hit = found()
        if hit:
            return hit
        raise AssertionError(f"the server ended without logging {pattern!r}")

    async def martlet(self, *arguments, stdin="", configured=True, named=False):
        """Runs another verb of the program; returns its exit status and all that it wrote.

        The configuration is an option's, or, where it is `named`, the environment's.
        """
        if named:
            configured = False
            environment = os.environ | {"MARTLET_CONFIG": f"{self.folder}/config.json"}
        else:
            environment = None
        options = ["--config", f"{self.folder}/config.json"] if configured else []
        process = await asyncio.create_subprocess_exec(
            self.program, *arguments, *options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        async with asyncio.timeout(20):
            output, _ = await process.communicate(stdin.encode())
        return process.returncode, output.decode()

    async def add(self, *accounts):
        """Makes accounts with the password of all accounts; returns their addresses."""
        for account in accounts:
            status, output = await self.martlet(
                "user", "add", account, "--password-stdin", stdin=PASSWORD + "\n"
            )
            assert status == 0, output
        return accounts

    def trust(self, alpn=None):
        """A client's TLS that trusts the server's own certificates and verifies names."""
        context = ssl.create_default_context()
        for certificate in (self.folder / "certificates").glob("*.pem"):
            context.load_verify_locations(cafile=certificate)
        if alpn:
            context.set_alpn_protocols([alpn])
        return context

    async def reload(self):
        """SIGHUP; returns when the new settings are in force."""
        since = len(self.log)
        self.process.send_signal(signal.SIGHUP)
        await self.logged("settings reloaded", since)

    async def stop(self):
        """SIGTERM; returns the exit status, which has to come within ten seconds."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            status = await self.process.wait()
        await self._reader
        return status

    async def crash(self):
        """SIGKILL."""
        self.process.kill()
        await self.process.wait()
        await self._reader

    async def close(self):
        """Leaves nothing behind, whatever happened."""
        if hasattr(self, "process") and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self.place.cleanup()
