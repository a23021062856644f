"""A network of its own: a name server with a zone, certificates, and hosts that behave badly."""

import asyncio
import socket
from pathlib import Path

# Where each server of the zone is; the cases ask for nothing beyond it.
ADDRESSES = {"martlet": "127.0.0.2", "prosody": "127.0.0.3", "ejabberd": "127.0.0.4"}
SILENT, SILENT_DNS, CLOSED, FULL = "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"

ZONE = f"""
no-resolv
no-hosts
no-daemon
user=root
log-facility=-
listen-address=127.0.0.1
bind-interfaces
local=/example/
# Nobody answers for this one.
server=/silent-dns.example/{SILENT_DNS}
# It accepts connections, and says nothing.
srv-host=_xmpp-server._tcp.silent.example,host.silent.example,5269
host-record=host.silent.example,{SILENT}
# Nothing listens there: by SRV, and by the domain's own address alone.
srv-host=_xmpp-server._tcp.refusing.example,host.refusing.example,5269
host-record=host.refusing.example,{CLOSED}
host-record=plain-refusing.example,{CLOSED}
# SYNs are dropped.
srv-host=_xmpp-server._tcp.black-hole.example,host.black-hole.example,5269
host-record=host.black-hole.example,{FULL}
# The target is not there.
srv-host=_xmpp-server._tcp.lame.example,nowhere.lame.example,5269
# "No service here" (RFC 2782).
srv-host=_xmpp-server._tcp.no-service.example
srv-host=_xmpps-server._tcp.no-service.example
host-record=no-service.example,{CLOSED}
"""

SERVER = """
srv-host=_xmpp-server._tcp.{name}.example,host.{name}.example,5269
host-record=host.{name}.example,{address}
"""


class Network:
    """The name server, the authority that signs certificates, and the hosts that behave badly."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = self.folder / "authority.pem"
        self._sockets = []

    async def open(self):
        zone = self.folder / "dnsmasq.conf"
        servers = (SERVER.format(name=n, address=a) for n, a in ADDRESSES.items())
        zone.write_text(ZONE + "".join(servers))
        self.names = await asyncio.create_subprocess_exec(
            "dnsmasq", "--keep-in-foreground", f"--conf-file={zone}",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )
        await openssl(
            "req", "-x509", *KEY, "-days", "2", "-subj", "/CN=An authority",
            "-addext", "basicConstraints=critical,CA:true",
            "-keyout", f"{self.folder}/authority.key", "-out", f"{self.authority}",
        )
        self._listen(SILENT, 5269, backlog=64)
        full = self._listen(FULL, 5269, backlog=0)
        # Its queue is full for good: whoever comes now waits.
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
            self._sockets.append(caller)
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind((SILENT_DNS, 53))
        self._sockets.append(names)

    def _listen(self, address, port, backlog):
        listener = socket.create_server((address, port), backlog=backlog)
        self._sockets.append(listener)
        return listener

    async def certify(self, domain, folder, signed):
        """A key and a certificate, of the authority or of nobody; returns the certificate's path."""
        key, path = folder / f"{domain}.key", folder / f"{domain}.crt"
        names = ["-subj", f"/CN={domain}", "-addext", f"subjectAltName=DNS:{domain}"]
        signer = ["-CA", f"{self.authority}", "-CAkey", f"{self.folder}/authority.key"]
        uses = ["-addext", "extendedKeyUsage=serverAuth,clientAuth"]
        plain = ["-addext", "basicConstraints=critical,CA:false"]
        await openssl(
            "req", "-x509", *KEY, "-days", "2", *names, *uses, *plain, *(signer if signed else []),
            "-keyout", f"{key}", "-out", f"{path}",
        )
        return path

    async def close(self):
        for each in self._sockets:
            each.close()
        self.names.terminate()
        await self.names.wait()


KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


async def openssl(*arguments):
    await call("openssl", *arguments)


async def call(*command, within=30):
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(within):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()
