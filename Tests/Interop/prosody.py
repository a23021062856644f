"""Prosody in the place of our server: a control that the scenarios ask for nothing of their own.

It speaks neither SCRAM-SHA-512 nor Martlet's command line, so that only some of them apply.
"""

import asyncio
import socket

from server import DOMAINS, PASSWORD, Server

SCENARIOS = ["roster", "chat", "resumption", "terminal", "sendxmpp"]

CONFIGURATION = """
run_as_root = true
data_path = "{folder}/data"
certificates = "{folder}/certificates"
pidfile = "{folder}/prosody.pid"
log = {{ info = "*console" }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "smacks", "offline", "presence",
    "message", "iq", "carbons", "ping" }}
modules_disabled = {{ "s2s", "http", "admin_shell" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {direct_port} }}
s2s_ports = {{ }}
authentication = "internal_hashed"
storage = "internal"
c2s_direct_tls_ssl = {{ certificate = "{folder}/certificates/capulet.example.pem",
    key = "{folder}/certificates/capulet.example.key" }}
c2s_require_encryption = true
limits = {{ }}
"""

HOST = """
VirtualHost "{name}"
    ssl = {{ certificate = "{folder}/certificates/{name}.pem",
             key = "{folder}/certificates/{name}.key" }}
"""


class Prosody(Server):
    """Debian's prosody, from its start to its exit."""

    is_control = True

    def __init__(self):
        super().__init__("prosody")

    def configure(self, domains):
        self.port, self.direct_port = free_ports(2)
        (self.folder / "certificates").mkdir()
        (self.folder / "data").mkdir()
        values = {"folder": self.folder, "port": self.port, "direct_port": self.direct_port}
        hosts = [HOST.format(name=name, folder=self.folder) for name in domains]
        text = CONFIGURATION.format(**values) + "".join(hosts)
        (self.folder / "prosody.cfg.lua").write_text(text)

    async def start(self):
        for name in DOMAINS:
            path = f"{self.folder}/certificates/{name}"
            await self.call(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{path}.key",
                "-out", f"{path}.pem",
            )
        await self.launch("-F", "--config", f"{self.folder}/prosody.cfg.lua")
        await self.logged(rf"Activated service 'c2s_direct_tls' on .*\b{self.direct_port}\b")
        return f"prosody on ports {self.port} and {self.direct_port}"

    async def add(self, *accounts):
        for account in accounts:
            name, domain = account.split("@")
            await self.call(
                "prosodyctl", "--config", f"{self.folder}/prosody.cfg.lua",
                "register", name, domain, PASSWORD,
            )
        return accounts

    async def call(self, *command):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()


def free_ports(count):
    """Ports that nobody listens on; prosody cannot choose by itself."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
