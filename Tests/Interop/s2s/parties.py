"""The servers: ours and its peers, each with a domain and an address of its own."""

import asyncio
import json
import os
import signal
import ssl
import urllib.error
import urllib.request

from client import Client
from network import ADDRESSES, call
from server import PASSWORD, Server


class Party(Server):
    """A server that can be stopped, killed and started again; its data stay."""

    ready = ""

    def __init__(self, network, proof):
        self.network, self.proof = network, proof
        self.address = ADDRESSES[self.name]
        self.domain = f"{self.name}.example"
        self.port = 5222
        super().__init__(self.name)
        self.accounts = set()

    def configure(self, domains):
        self.certificates = self.folder / "certificates"
        self.certificates.mkdir()

    async def open(self):
        is_signed = self.proof == "certificate"
        self.certificate = await self.network.certify(self.domain, self.certificates, is_signed)
        await self.prepare()
        await self.start()

    async def prepare(self):
        """Writes the configuration, and what else there must be."""

    async def start(self):
        since = len(self.log)
        await self.launch(*self.command())
        await self.logged(self.ready, since, within=60)

    async def restart(self):
        await self.stop()
        await self.start()

    async def crash(self):
        self.process.kill()
        await self.process.wait()
        await self._reader

    def pause(self):
        """It does nothing until it is resumed or killed; what is sent to it waits in the kernel."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    async def stop(self):
        """SIGTERM; a peer may take its time, or is killed."""
        self.process.terminate()
        try:
            async with asyncio.timeout(20):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        await self._reader

    def trust(self, alpn=None):
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.load_verify_locations(cafile=str(self.network.authority))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    async def user(self, name, plugins=()):
        """Logs an account in, which is made if need be, and asks for its roster."""
        if name not in self.accounts:
            await self.register(name)
            self.accounts.add(name)
        user = User(self, f"{name}@{self.domain}/here", plugins=plugins)
        await user.login(presence=False)
        # Who did not ask is told nothing of subscriptions (RFC 6121 §2.2).
        await user.roster_since(None)
        user.send_presence()
        await user.presence("available", user.boundjid.full)
        return user


class User(Client):
    """A client of a server that is at an address of its own."""

    def route(self, port):
        return self.martlet.address, port

    def failures(self):
        """The errors that messages came back with: their ids and conditions."""
        return [
            (s["id"], s["error"]["condition"], s["error"]["type"])
            for s in self.received
            if s.name == "message" and s["type"] == "error"
        ]


class Martlet(Party):
    name = "martlet"
    ready = r"ready addresses="

    def __init__(self, network, proof):
        super().__init__(network, proof)
        self.program = os.environ["MARTLET"]

    async def prepare(self):
        everybody = {"connectionsPerAddress": 20_000, "unauthenticatedPerAddress": 20_000}
        settings = {
            "domains": {self.domain: {}},
            "listeners": [
                {"address": self.address, "port": 5222},
                {"type": "s2s", "address": self.address, "port": 5269},
            ],
            "storage": {"path": f"{self.folder}/martlet.db"},
            "tls": {"certificates": str(self.certificates)},
            "adminSocket": f"{self.folder}/martlet.sock",
            "limits": everybody | {"stanzasPerSecond": 1000, "burstStanzas": 4000},
            "s2s": {
                "proof": self.proof,
                "authorities": str(self.network.authority),
                "privateAddresses": True,
            },
        }
        (self.folder / "config.json").write_text(json.dumps(settings, indent=4))

    def command(self):
        return ["serve", "--config", f"{self.folder}/config.json"]

    async def register(self, name):
        await self.add(f"{name}@{self.domain}")


PROSODY = """
run_as_root = true
data_path = "{folder}/data"
certificates = "{certificates}"
pidfile = "{folder}/prosody.pid"
log = {{ info = "*console" }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "smacks", "offline", "ping",
    "s2s_bidi"{dialback} }}
interfaces = {{ "{address}" }}
authentication = "internal_hashed"
storage = "internal"
c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth = {secure}
limits = {{ }}
ssl = {{ cafile = "{authority}" }}
VirtualHost "{domain}"
    ssl = {{ certificate = "{certificates}/{domain}.crt", key = "{certificates}/{domain}.key" }}
"""


class Prosody(Party):
    name = "prosody"
    ready = r"Activated service 's2s'"

    async def prepare(self):
        (self.folder / "data").mkdir()
        by_certificate = self.proof == "certificate"
        text = PROSODY.format(
            folder=self.folder, certificates=self.certificates, address=self.address,
            dialback="" if by_certificate else ', "dialback"',
            secure="true" if by_certificate else "false",
            authority=self.network.authority, domain=self.domain,
        )
        if by_certificate:
            text = text.replace("interfaces =", 'modules_disabled = { "dialback" }\ninterfaces =')
        self.configuration = self.folder / "prosody.cfg.lua"
        self.configuration.write_text(text)

    def command(self):
        return ["-F", "--config", str(self.configuration)]

    async def register(self, name):
        tool = ["prosodyctl", "--config", str(self.configuration)]
        await call(*tool, "register", name, self.domain, PASSWORD)


EJABBERD = """
hosts: [{domain}]
loglevel: info
log_rotate_count: 0
certfiles: ["{folder}/both.pem"]
ca_file: "{authority}"
auth_method: internal
auth_password_format: scram
auth_scram_hash: sha
s2s_use_starttls: required
s2s_max_retry_delay: 1 s
outgoing_s2s_families: [ipv4]
listen:
  - port: 5222
    ip: "{address}"
    module: ejabberd_c2s
    starttls_required: true
    access: all
    shaper: none
  - port: 5269
    ip: "{address}"
    module: ejabberd_s2s_in
  - port: 5280
    ip: "{address}"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
api_permissions:
  loopback:
    who: all
    what: ["register", "stop"]
shaper_rules:
  max_user_sessions: 100
  max_user_offline_messages: 5000
acme:
  auto: false
modules:
  mod_disco: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
"""


class Ejabberd(Party):
    """Without distribution, and so without epmd."""

    name = "ejabberd"
    ready = r"Start accepting TCP connections at .*:5269 for ejabberd_s2s_in"

    async def prepare(self):
        text = EJABBERD.format(
            domain=self.domain, folder=self.folder, address=self.address,
            authority=self.network.authority,
        )
        if self.proof == "dialback":
            text += "  mod_s2s_dialback: {}\n"
        self.configuration = self.folder / "ejabberd.yml"
        self.configuration.write_text(text)
        both = [self.certificates / f"{self.domain}.{kind}" for kind in ("crt", "key")]
        (self.folder / "both.pem").write_text("".join(path.read_text() for path in both))
        beam = "/ebin/ejabberd.beam"
        files = (await call("dpkg-query", "-L", "ejabberd")).splitlines()
        library = next(path for path in files if path.endswith(beam)).removesuffix(beam)
        self.environment = os.environ | {
            "EJABBERD_CONFIG_PATH": str(self.configuration),
            "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log",
            "ERL_CRASH_DUMP": f"{self.folder}/crash.dump",
            "ERL_LIBS": os.path.dirname(library),
            "HOME": str(self.folder),
        }
        self.program = "erl"

    def command(self):
        quiet = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]
        data = ["-mnesia", "dir", f'"{self.folder}/data"']
        return ["-noinput", "+K", "true", *quiet, *data, "-s", "ejabberd"]

    async def register(self, name):
        values = {"user": name, "host": self.domain, "password": PASSWORD}
        request = urllib.request.Request(
            f"http://{self.address}:5280/api/register", json.dumps(values).encode()
        )
        try:
            await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=20).close())
        except urllib.error.HTTPError as error:
            assert error.code == 409, error

    async def crash(self):
        """An account that it made a moment ago need not outlive that."""
        await super().crash()
        self.accounts.clear()


PARTIES = {kind.name: kind for kind in (Martlet, Prosody, Ejabberd)}
