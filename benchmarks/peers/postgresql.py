"""A PostgreSQL server of one's own, in a folder."""

import os
import pathlib
import pwd
import subprocess

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
"""


class Cluster:
    """As Debian sets one up, but for where it listens: a socket in its folder; `fsync` is on.

    Where we are root it runs as `postgres`, since PostgreSQL refuses root.
    """

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core

    @property
    def url(self):
        return f"postgresql://postgres@/postgres?host={self.folder}"

    @property
    def data(self):
        return self.folder / "cluster"

    def make(self):
        """Makes it in the folder, which is there and empty."""
        self.own()
        self.call("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
                  "--locale=C")  # fmt: skip
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(SETTINGS.format(folder=self.folder))

    def own(self):
        """Gives the folder to who runs it: a copy is the copier's."""
        if os.geteuid():
            return
        for above in (self.folder.parent, self.folder.parent.parent):
            above.chmod(0o711)  # it has to come to its folder
        user = pwd.getpwnam("postgres")
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        for path, folders, files in os.walk(self.folder):
            for name in folders + files:
                os.chown(os.path.join(path, name), user.pw_uid, user.pw_gid, follow_symlinks=False)

    def start(self):
        """Returns when it takes connections."""
        log = self.folder / "log"
        self.call("pg_ctl", "-s", "-w", "-t", "60", "-D", self.data, "-l", log, "start")

    def stop(self):
        self.call("pg_ctl", "-s", "-w", "-t", "60", "-m", "fast", "-D", self.data, "stop")

    def process_id(self):
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def call(self, program, *words):
        user = [] if os.geteuid() else [
            "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"
        ]  # fmt: skip
        command = [*user, "taskset", "-c", str(self.core), programs() / program, *words]
        # Into a file, which a server that stays may keep: nobody waits for the end of it.
        with open(os.devnull, "w") as nowhere:
            subprocess.run(
                list(map(str, command)), check=True, cwd="/", stdin=subprocess.DEVNULL,
                stdout=nowhere,
            )  # fmt: skip


def programs():
    """The folder of the newest that is installed."""
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    return max(folders, key=lambda folder: float(folder.parent.name))


def version():
    """Such as `PostgreSQL 15.18`."""
    said = subprocess.run([programs() / "postgres", "--version"], capture_output=True, text=True)
    return f"PostgreSQL {said.stdout.split()[2]}"
