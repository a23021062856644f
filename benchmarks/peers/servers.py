"""The servers that are compared."""

import base64
import hashlib
import hmac
import json
import os
import pwd
import shutil
import subprocess
import urllib.request

import postgresql
from server import HERE, LOAD, PASSWORD, Server, Trouble, debian_version, free_ports


class Martlet(Server):
    name = template = "martlet"
    suffix = "json"
    program = HERE.parent.parent / ".build/release/martlet"

    def command(self):
        return [str(self.program), "serve", "--config", str(self.configuration)]

    def prepare(self):
        if not self.program.exists():
            raise Trouble(f"there is no {self.program}: make build")

    def version(self):
        top = HERE.parent.parent
        return "commit " + self.call("git", "-C", str(top), "describe", "--always", "--dirty")

    def add_people(self, people):
        """By the generator, which writes the store itself: thousands a second."""
        self.call(
            str(LOAD), "populate", self.database(),
            "--accounts", str(people.count), "--groups-of", str(people.group),
        )  # fmt: skip

    def terms(self):
        return {"storage": json.dumps({"path": self.database()})}

    def database(self):
        return str(self.data / "martlet.db")


class MartletOnPostgreSQL(Martlet):
    """With a PostgreSQL of its own, as Debian sets it up: every commit waits for the disk.

    The database runs on the server's core, and what it uses counts as the server's.
    """

    name = "martlet-postgresql"

    def __init__(self, folder, core, certificate, seat=None):
        self.cluster = postgresql.Cluster(folder / self.name / "data", core)
        super().__init__(folder, core, certificate, seat)

    def can(self, workload, tls):
        """Where the store is asked for something."""
        return super().can(workload, tls) and workload.kind in ("login", "roster", "offline")

    def terms(self):
        return {"storage": json.dumps({"url": self.cluster.url})}

    def version(self):
        return f"{super().version()} on {postgresql.version()}"

    def others(self):
        return [self.cluster.process_id()]

    def start(self):
        self.cluster.start()
        try:
            super().start()
        except BaseException:
            self.cluster.stop()
            raise

    def stop(self):
        try:
            super().stop()
        finally:
            self.cluster.stop()

    def meet(self, people):
        shutil.rmtree(self.data)
        self.data.mkdir()
        self.cluster.make()
        if people.count:
            self.cluster.start()
            try:
                self.add_people(people)
            finally:
                self.cluster.stop()
        shutil.copytree(self.data, self.folder / people.kept_as)

    def begin_with(self, people):
        super().begin_with(people)
        self.cluster.own()

    def database(self):
        return self.cluster.url


class Prosody(Server):
    name = template = "prosody"
    suffix = "cfg.lua"

    def command(self):
        return ["prosody", "-F", "--config", str(self.configuration)]

    def version(self):
        return debian_version("prosody")

    def add_people(self, people):
        """Writes what `prosodyctl register` and its roster module write."""
        accounts, rosters = (self.data / f"localhost/{name}" for name in ("accounts", "roster"))
        account = self.account()
        for folder in (accounts, rosters):
            folder.mkdir(parents=True)
        for name in people.names():
            (accounts / f"{name}.dat").write_text(account)
            if people.group:
                items = "".join(
                    f'["{contact}@localhost"]={{["subscription"]="both";["groups"]={{}}}};'
                    for contact in people.contacts(name)
                )
                roster = f"return {{{items}[false]={{['version']=1}}}};"
                (rosters / f"{name}.dat").write_text(roster)

    def account(self):
        """One salt for all, so that one derivation serves all."""
        salt, rounds = base64.b64encode(os.urandom(12)).decode(), 10_000
        salted = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt.encode(), rounds)
        client_key = hmac.digest(salted, b"Client Key", "sha1")
        values = {
            "iteration_count": rounds,
            "salt": json.dumps(salt),
            "stored_key": json.dumps(hashlib.sha1(client_key).hexdigest()),
            "server_key": json.dumps(hmac.digest(salted, b"Server Key", "sha1").hex()),
        }
        return "return {%s};\n" % ";".join(f'["{key}"]={value}' for key, value in values.items())


class Ejabberd(Server):
    """Without distribution, and so without epmd; `erl` becomes the process that is measured."""

    name = template = "ejabberd"
    suffix = "yml"
    listens = ("none", "starttls", "direct", "api")

    def command(self):
        # One scheduler for the one core, and none that spins while it waits.
        quiet = ["+S", "1:1", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]
        # Its log is moved into tables less often, as those do whose log says it is overloaded.
        mnesia = ["dump_log_write_threshold", "50000", "dc_dump_limit", "40"]
        return [
            "erl", "-noinput", "+K", "true", "+P", "250000", "+Q", "250000", *quiet,
            "-mnesia", "dir", f'"{self.data}"', *mnesia, "-s", "ejabberd",
        ]  # fmt: skip

    def environment(self):
        return {
            "EJABBERD_CONFIG_PATH": str(self.configuration),
            "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log",
            "ERL_CRASH_DUMP": f"{self.folder}/crash.dump",
            "ERL_LIBS": os.path.dirname(self.library()),
            "HOME": str(self.folder),
            **({"ERL_INETRC": str(self.folder / "inetrc")} if self.seat else {}),
        }

    def start(self):
        """With a name server that knows its peer, if it has one: nothing else tells it the port."""
        if not self.seat:
            return super().start()
        names = free_ports(1)[0]
        (self.folder / "inetrc").write_text(
            f'{{resolv_conf, ""}}. {{nameserver, {{127,0,0,1}}, {names}}}. {{lookup, [native]}}.\n'
        )
        self.names = subprocess.Popen([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=",
            f"--user={pwd.getpwuid(os.geteuid()).pw_name}", f"--port={names}", "--no-resolv",
            "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--local=/example/",
            f"--srv-host=_xmpp-server._tcp.{self.seat['peer']},localhost,{self.seat['peer_port']}",
        ])  # fmt: skip
        try:
            super().start()
        except BaseException:
            self.names.terminate()
            raise

    def stop(self):
        super().stop()
        if self.seat:
            self.names.terminate()
            self.names.wait()

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

    def add_people(self, people):
        """By a file in the format of XEP-0227."""
        file = self.folder / "people.xml"
        users = "".join(map(self.user, people.names(), map(people.contacts, people.names())))
        file.write_text(
            "<server-data xmlns='urn:xmpp:pie:0'>"
            f"<host jid='localhost'>{users}</host></server-data>"
        )
        self.start()
        try:
            urllib.request.urlopen(
                f"http://127.0.0.1:{self.ports['api']}/api/import_piefxis",
                json.dumps({"file": str(file)}).encode(), timeout=300,
            ).close()  # fmt: skip
        finally:
            self.stop()

    def user(self, name, contacts):
        items = "".join(
            f"<item jid='{contact}@localhost' subscription='both'/>" for contact in contacts
        )
        roster = f"<query xmlns='jabber:iq:roster'>{items}</query>" if items else ""
        return f"<user name='{name}' password='{PASSWORD}'>{roster}</user>"


class Bare(Server):
    """A program in C that does one thing: what the machine asks of any server."""

    column = "bare C"
    libraries = ()

    @property
    def program(self):
        return self.folder / self.name

    def version(self):
        return ""

    def prepare(self):
        source = HERE.parent / f"{self.name}/{self.name}.c"
        self.call("cc", "-O2", "-Wall", "-Wextra", "-o", str(self.program), str(source),
                  *self.libraries)  # fmt: skip


class Relay(Bare):
    """Parses each stanza and passes its bytes on: a message to one, a presence to a group."""

    name = "relay"
    tls = listens = ("none",)
    libraries = ("-lexpat",)

    def can(self, workload, tls):
        bare = workload.setup == "bare" and workload.kind in ("chat", "rate", "presence")
        return bare and super().can(workload, tls)

    def begin_with(self, people):
        super().begin_with(people)
        self.group = people.group

    def command(self):
        return [str(self.program), str(self.ports["none"]), str(self.group)]

    def load_command(self, workload, tls, chosen):
        """It knows a client by the name alone, and that stands in the open only in PLAIN."""
        command = super().load_command(workload, tls, chosen)
        return ["PLAIN" if word == "SCRAM-SHA-1" else word for word in command]


class Answers(Bare):
    """Reads and writes as a login does, and knows its answers beforehand."""

    name = "answers"
    tls = listens = ("none",)

    def can(self, workload, tls):
        return super().can(workload, tls) and workload.kind == "login"

    def command(self):
        return [str(self.program), str(self.ports["none"])]


class Handshake(Bare):
    """TLS alone, loaded by a client of its own, since nobody can log in to it."""

    name = "handshake"
    tls = listens = ("direct",)
    libraries = ("-lssl", "-lcrypto", "-lpthread")

    def can(self, workload, tls):
        return super().can(workload, tls) and workload.kind in ("login", "idle")

    def command(self):
        return [str(self.program), "serve", str(self.ports["direct"]), str(self.certificate)]

    def load_command(self, workload, tls, chosen):
        where = [str(self.ports["direct"]), str(self.process.pid)]
        what = ["idle", *where, str(workload.connections(chosen))]
        if workload.kind == "login":
            what = ["measure", *where, str(chosen.seconds)]
        return ["taskset", "-c", str(os.cpu_count() - 1), str(self.program), *what]


KINDS = (Martlet, MartletOnPostgreSQL, Prosody, Ejabberd, Relay, Answers, Handshake)
ALL = {kind.name: kind for kind in KINDS}
COUPLES = (Martlet, Prosody, Ejabberd)
PACKAGES = {
    "martlet-postgresql": ["postgresql"],
    "prosody": ["prosody", "lua-dbi-sqlite3"],
    "ejabberd": ["ejabberd", "erlang-p1-sqlite3", "dnsmasq-base"],
    "relay": ["gcc", "libexpat1-dev"],
    "answers": ["gcc"],
    "handshake": ["gcc", "libssl-dev"],
}


def is_installed(name):
    command = ["dpkg-query", "-W", "-f=${Status}", name]
    return b"ok installed" in subprocess.run(command, capture_output=True).stdout
