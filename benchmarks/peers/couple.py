"""Two servers of a kind whose users talk to each other: started, loaded and stopped together."""

from server import LOAD, certify, free_ports

DOMAINS = ("montague.example", "capulet.example")


class Couple:
    """Both on one core; they talk over TLS, and prove their names by certificates."""

    setup = "s2s"

    def __init__(self, kind, folder, core, authority):
        self.name = kind.name
        ports = free_ports(2)
        self.both = []
        for own, other in ((0, 1), (1, 0)):
            seat = {
                "domain": DOMAINS[own], "s2s": ports[own], "authority": authority,
                "peer": DOMAINS[other], "peer_port": ports[other],
            }  # fmt: skip
            certificate = certify(seat["domain"], authority)
            self.both.append(kind(folder / seat["domain"], core, certificate, seat))

    @property
    def column(self):
        return self.both[0].column

    def can(self, workload, tls):
        return workload.setup == "s2s" and tls in self.both[0].tls

    def version(self):
        return self.both[0].version()

    def prepare(self):
        self.both[0].prepare()

    def meet(self, people):
        for each in self.both:
            each.meet(people)

    def begin_with(self, people):
        for each in self.both:
            each.setup = self.setup
            each.begin_with(people)

    def start(self):
        one, other = self.both
        one.start()
        try:
            other.start()
        except BaseException:
            one.stop()
            raise

    def stop(self):
        for each in self.both:
            each.stop()

    def said(self):
        return "".join(each.said() for each in self.both)

    def pids(self):
        return [each.process.pid for each in self.both]

    def load_command(self, workload, tls, chosen):
        verb, *rest = workload.arguments(chosen)
        where = ["--tls", tls]
        for prefix, each in zip(("--", "--other-"), self.both):
            where += [f"{prefix}domain", each.seat["domain"], f"{prefix}port", str(each.ports[tls])]
            where += [f"{prefix}pid", str(each.process.pid)]
        return [str(LOAD), verb, *where, *rest]
