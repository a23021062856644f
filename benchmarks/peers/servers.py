"""The servers that are compared: each in a folder of its own, on ports of its own, on one core."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import socket
import string
import subprocess
import time
import urllib.request

import kernel

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "secret"  # the one that `load` gives
CERTIFICATE = [
    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost,DNS:anonymous.localhost",
]  # fmt: skip


class Trouble(Exception):
    """Why there is nothing to measure."""


class Server:
    """A server, from its folder to its exit; what differs is in the classes below."""

    name = ""
    template = None  # its configuration in this folder, with $names in it
    tls = ("none", "direct")
    listens = ("plain", "direct")
    workloads = ("chat", "rate", "login", "idle")

    def __init__(self, folder, core, certificate):
        self.folder = folder / self.name
        self.core = core
        (self.folder / "certificates").mkdir(parents=True)
        (self.folder / "data").mkdir()
        for domain in ("localhost", "anonymous.localhost"):
            shutil.copy(certificate, self.folder / f"certificates/{domain}.pem")
        self.ports = dict(zip(("plain", "direct", "api"), free_ports(3)))
        if self.template:
            text = (HERE / self.template).read_text()
            filled = string.Template(text).substitute(self.ports, folder=self.folder)
            self.configuration.write_text(filled)

    @property
    def configuration(self):
        return self.folder / self.template

    def port(self, tls):
        return self.ports["plain" if tls == "none" else tls]

    def start(self):
        """Returns when every port takes connections."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(self.core), *self.command()],
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        for name in self.listens:
            while not takes_connections(self.ports[name]):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise Trouble(f"{self.name} does not listen; it said:\n{self.said()}")
                time.sleep(0.05)

    def stop(self):
        tree = kernel.tree(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in tree[1:]:  # helpers that outlive it are its own
            kernel.kill(pid, signal.SIGKILL)

    def said(self):
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def environment(self):
        return {}

    def prepare(self):
        """Makes what is needed before the first start."""

    def add_accounts(self, names):
        """Makes accounts before the first run."""

    def call(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Trouble(f"{command[0]} failed: {done.stdout}{done.stderr}")
        return done.stdout.strip()


class Martlet(Server):
    name = "martlet"
    template = "martlet.json"
    program = HERE.parent.parent / ".build/release/martlet"

    def command(self):
        return [str(self.program), "serve", "--config", str(self.configuration)]

    def prepare(self):
        if not self.program.exists():
            raise Trouble(f"there is no {self.program}: make build")

    def version(self):
        top = HERE.parent.parent
        return "commit " + self.call("git", "-C", str(top), "describe", "--always", "--dirty")

    def add_accounts(self, names):
        for name in names:
            self.call(
                str(self.program), "user", "add", "--config", str(self.configuration),
                "--password", PASSWORD, f"{name}@localhost",
            )  # fmt: skip


class Prosody(Server):
    name = "prosody"
    template = "prosody.cfg.lua"

    def command(self):
        return ["prosody", "-F", "--config", str(self.configuration)]

    def version(self):
        return debian_version("prosody")

    def add_accounts(self, names):
        """Writes what `prosodyctl register` writes; one salt, so that one derivation serves all."""
        salt, rounds = base64.b64encode(os.urandom(12)).decode(), 10_000
        salted = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt.encode(), rounds)
        client_key = hmac.digest(salted, b"Client Key", "sha1")
        values = {
            "iteration_count": rounds,
            "salt": json.dumps(salt),
            "stored_key": json.dumps(hashlib.sha1(client_key).hexdigest()),
            "server_key": json.dumps(hmac.digest(salted, b"Server Key", "sha1").hex()),
        }
        text = "return {%s};\n" % ";".join(f'["{key}"]={value}' for key, value in values.items())
        accounts = self.folder / "data/localhost/accounts"
        accounts.mkdir(parents=True)
        for name in names:
            (accounts / f"{name}.dat").write_text(text)


class Ejabberd(Server):
    """Without distribution, and so without epmd; `erl` becomes the process that is measured."""

    name = "ejabberd"
    template = "ejabberd.yml"
    listens = ("plain", "direct", "api")

    def command(self):
        # One scheduler for the one core, and none that spins while it waits.
        quiet = ["+S", "1:1", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]
        return [
            "erl", "-noinput", "+K", "true", "+P", "250000", "+Q", "250000", *quiet,
            "-mnesia", "dir", f'"{self.folder}/data"', "-s", "ejabberd",
        ]  # fmt: skip

    def environment(self):
        return {
            "EJABBERD_CONFIG_PATH": str(self.configuration),
            "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log",
            "ERL_CRASH_DUMP": f"{self.folder}/crash.dump",
            "ERL_LIBS": os.path.dirname(self.library()),
            "HOME": str(self.folder),
        }

    def library(self):
        """Where Debian keeps it, such as /usr/lib/x86_64-linux-gnu/ejabberd-23.01-1."""
        beam = "/ebin/ejabberd.beam"
        files = self.call("dpkg-query", "-L", "ejabberd").splitlines()
        return next(path for path in files if path.endswith(beam)).removesuffix(beam)

    def said(self):
        log = self.folder / "ejabberd.log"
        return super().said() + (log.read_text()[-2000:] if log.exists() else "")

    def version(self):
        return debian_version("ejabberd")

    def add_accounts(self, names):
        self.start()
        try:
            for name in names:
                account = {"user": name, "host": "localhost", "password": PASSWORD}
                urllib.request.urlopen(
                    f"http://127.0.0.1:{self.ports['api']}/api/register",
                    json.dumps(account).encode(), timeout=20,
                ).close()  # fmt: skip
        finally:
            self.stop()


class Relay(Server):
    """The bare C relay: what the machine asks of any server."""

    name = "relay"
    tls = ("none",)
    listens = ("plain",)
    workloads = ("chat", "rate")

    def command(self):
        return [str(self.folder / "relay"), str(self.ports["plain"])]

    def version(self):
        return "in C"

    def prepare(self):
        source, program = HERE.parent / "relay/relay.c", self.folder / "relay"
        self.call("cc", "-O2", "-Wall", "-Wextra", "-o", str(program), str(source), "-lexpat")


ALL = {kind.name: kind for kind in (Martlet, Prosody, Ejabberd, Relay)}
PACKAGES = {"prosody": ["prosody"], "ejabberd": ["ejabberd"], "relay": ["gcc", "libexpat1-dev"]}


def make_certificate(folder):
    """One certificate for all of them: ECDSA P-256, its key in the same file."""
    key, chain, both = (folder / name for name in ("key.pem", "chain.pem", "both.pem"))
    command = [*CERTIFICATE, "-keyout", str(key), "-out", str(chain)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(chain.read_text() + key.read_text())
    return both


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def takes_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def debian_version(package):
    command = ["dpkg-query", "-W", "-f=${Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
