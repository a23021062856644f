"""What all servers that are compared have in common: folder, ports, core, beginning and end."""

import os
import pathlib
import random
import shutil
import signal
import socket
import string
import subprocess
import time

import kernel

HERE = pathlib.Path(__file__).resolve().parent
LOAD = HERE.parent / ".build/release/load"
PASSWORD = "secret"  # the one that `load` gives
DOMAINS = ("localhost", "anonymous.localhost")
CERTIFICATE = [
    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-days", "2",
]  # fmt: skip


class Trouble(Exception):
    """Why there is nothing to measure."""


class Server:
    """A server, from its folder to its exit; what differs is in `servers.py`.

    All that it keeps is in `data`, of which copies are put by, so that every turn finds the same.
    """

    name = ""
    template = ""  # whose configurations it has
    suffix = None  # of its configurations in this folder, `NAME-SETUP.SUFFIX`, with $names in them
    tls = ("none", "starttls", "direct")
    listens = ("none", "starttls", "direct")

    def __init__(self, folder, core, certificate, seat=None):
        """`seat` says which domain it has, and its peer, when it is one of two (`couple.py`)."""
        self.folder = folder / self.name
        self.core = core
        self.setup = "bare"
        self.certificate = certificate
        self.seat = seat or {}
        (self.folder / "certificates").mkdir(parents=True)
        self.data.mkdir()
        for domain in [seat["domain"]] if seat else DOMAINS:
            shutil.copy(certificate, self.folder / f"certificates/{domain}.pem")
        self.ports = dict(zip(("none", "starttls", "direct", "api"), free_ports(4)))
        for template in HERE.glob(f"{self.template}-*.{self.suffix}") if self.suffix else ():
            if bool(seat) == template.name.startswith(f"{self.template}-s2s."):
                self.fill(template)

    def fill(self, template):
        terms = {**self.ports, **self.seat, **self.terms(), "folder": self.folder, "here": HERE}
        text = string.Template(template.read_text()).substitute(terms)
        (self.folder / template.name).write_text(text)

    @property
    def column(self):
        """Under which name its figures stand in the table."""
        return self.name

    @property
    def data(self):
        return self.folder / "data"

    @property
    def configuration(self):
        return self.folder / f"{self.template}-{self.setup}.{self.suffix}"

    def terms(self):
        """What else its configurations have $names for."""
        return {}

    def can(self, workload, tls):
        return tls in self.tls and workload.setup != "s2s"  # that takes two: `couple.py`

    def load_command(self, workload, tls, chosen):
        """What loads it, and prints a line of JSON; one measurement, the turns are what repeats."""
        where = ["--port", str(self.ports[tls]), "--pid", str(self.process.pid), "--tls", tls]
        for pid in self.others():
            where += ["--and-tree-of", str(pid)]
        verb, *rest = workload.arguments(chosen)
        return [str(LOAD), verb, *where, *rest]

    def pids(self):
        return [self.process.pid]

    def others(self):
        """Processes whose CPU, and that of their children, counts as the server's."""
        return []

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

    def meet(self, people):
        """Makes accounts and rosters in an empty folder, and keeps that folder."""
        shutil.rmtree(self.data)
        self.data.mkdir()
        if people.count:
            self.add_people(people)
        shutil.copytree(self.data, self.folder / people.kept_as)

    def begin_with(self, people):
        """Gives it the data that it had when it had just met them."""
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / people.kept_as, self.data)

    def said(self):
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def environment(self):
        return {}

    def prepare(self):
        """Makes what is needed before the first start."""

    def add_people(self, people):
        """Makes accounts and rosters before the first run."""

    def call(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Trouble(f"{command[0]} failed: {done.stdout}{done.stderr}")
        return done.stdout.strip()


def make_certificate(folder):
    """One certificate for all of them: ECDSA P-256, its key in the same file."""
    names = "subjectAltName=" + ",".join(f"DNS:{domain}" for domain in DOMAINS)
    return request(folder / "both.pem", "-subj", "/CN=localhost", "-addext", names)


def make_authority(folder):
    """One that both servers of each couple trust, its key in the same file."""
    use = ["-addext", "basicConstraints=critical,CA:true"]
    return request(folder / "authority.pem", "-subj", "/CN=An authority", *use)


def certify(domain, authority):
    """A certificate by which a server is known to its peer; the same for all of the domain."""
    both = authority.parent / f"{domain}.pem"
    signer = ["-CA", str(authority), "-CAkey", str(authority), "-subj", f"/CN={domain}"]
    uses = ["extendedKeyUsage=serverAuth,clientAuth", "basicConstraints=critical,CA:false"]
    for use in [f"subjectAltName=DNS:{domain}", *uses]:
        signer += ["-addext", use]
    return both if both.exists() else request(both, *signer)


def request(both, *terms):
    """Has OpenSSL make a certificate, and puts its key into the same file."""
    key, chain = (both.with_suffix(suffix) for suffix in (".key", ".crt"))
    command = [*CERTIFICATE, *terms, "-keyout", str(key), "-out", str(chain)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(chain.read_text() + key.read_text())
    return both


def free_ports(count):
    """Below those that the kernel gives to clients, of whom there are thousands."""
    found = []
    for port in random.sample(range(20_000, 32_000), 12_000):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise Trouble("there are no ports left")


def takes_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def debian_version(package):
    command = ["dpkg-query", "-W", "-f=${Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
