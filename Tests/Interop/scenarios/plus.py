"""Login by SCRAM-SHA-256-PLUS, bound to the TLS channel, by two implementations that are not ours.

slixmpp speaks SCRAM itself, but Python's ssl has no `tls-exporter`: as it is, it binds to TLS 1.2
by `tls-unique`; taught to digest the certificate, to TLS 1.3. `scram.py`, over pyOpenSSL, binds by
every type that the server offers, and tries to cheat.
"""

import asyncio
import re
import ssl

from cryptography import x509
from OpenSSL import SSL
from slixmpp.util.sasl.client import MECHANISMS
from slixmpp.util.sasl.mechanisms import SCRAM

from client import Client
from scram import Stream
from server import PASSWORD

MECHANISM = "SCRAM-SHA-256-PLUS"
TLS_1_2 = ("TLS 1.2", SSL.TLS1_2_VERSION, ["tls-unique", "tls-server-end-point"])
TLS_1_3 = ("TLS 1.3", SSL.TLS1_3_VERSION, ["tls-exporter", "tls-server-end-point"])


class EndPoint(SCRAM):
    """slixmpp's SCRAM, bound by `tls-server-end-point`, which it does not know by itself."""

    def process_1(self, challenge):
        super().process_1(challenge)
        self.gs2_header = b"p=tls-server-end-point,,"
        return self.gs2_header + self.client_first_message_bare


async def run(server, step):
    name = "romeo.plus"
    (romeo,) = await server.add(f"{name}@montague.example")
    await as_it_is(server, romeo, step)
    await taught(server, romeo, step)
    for case in [TLS_1_2, TLS_1_3]:
        await asyncio.to_thread(by_hand, server, name, case, step)
    await asyncio.to_thread(cheating, server, name, step)


async def as_it_is(server, romeo, step):
    tls = server.trust()
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    client = await Client(server, romeo, mechanism=MECHANISM, tls=tls).login()
    verify(client, "p=tls-unique,,", step)
    await client.logout()


def verify(client, header, step):
    used = client["feature_mechanisms"].mech
    assert used.name == MECHANISM, used.name
    assert used.gs2_header.decode() == header, used.gs2_header
    assert used._mutual_auth, "slixmpp did not verify the server"
    step(f"slixmpp: {used.name} with {header} over {client.socket.version()}")


async def taught(server, romeo, step):
    client = Client(server, romeo, mechanism=MECHANISM)
    mechanisms = client["feature_mechanisms"]
    usual = mechanisms.sasl_callback

    def credentials(required, optional):
        values = usual(required, optional)
        values["channel_binding"] = digest(client.socket.getpeercert(True))
        return values

    mechanisms.sasl_callback = credentials
    MECHANISMS[MECHANISM] = EndPoint
    try:
        await client.login()
    finally:
        MECHANISMS[MECHANISM] = SCRAM
    verify(client, "p=tls-server-end-point,,", step)
    await client.logout()


def digest(certificate):
    certificate = x509.load_der_x509_certificate(certificate)
    return certificate.fingerprint(certificate.signature_hash_algorithm)


def by_hand(server, name, case, step):
    title, version, kinds = case
    stream = Stream(server.port, "montague.example", version)
    types = re.findall(r"<channel-binding type=['\"]([a-z-]+)", stream.features)
    stream.close()
    assert types == kinds, stream.features
    step(f"{title}: the server offers {', '.join(types)} (XEP-0440)")
    for kind in kinds:
        for mechanism in ["SCRAM-SHA-1-PLUS", MECHANISM, "SCRAM-SHA-512-PLUS"]:
            stream = Stream(server.port, "montague.example", version)
            assert f">{mechanism}<" in stream.features, stream.features
            outcome = stream.login(
                name, PASSWORD, mechanism, f"p={kind}", stream.binding(kind)
            )
            assert outcome == "success", f"{mechanism} by {kind} over {title}: {outcome}"
            assert "urn:ietf:params:xml:ns:xmpp-bind" in stream.restart()
            stream.close()
        step(f"by hand: SHA-1, -256 and -512-PLUS by {kind} over {title}")


def cheating(server, name, step):
    """What somebody in the middle could make of it is refused (RFC 5802 §6)."""
    for title, mechanism, flag, binding in [
        ("another channel's binding", MECHANISM, "p=tls-exporter", b"\0" * 32),
        ("a client told that there is no -PLUS", "SCRAM-SHA-256", "y", b""),
        ("an unknown type", MECHANISM, "p=tls-imagined", b"\0" * 32),
        ("-PLUS without binding", MECHANISM, "n", b""),
    ]:
        stream = Stream(server.port, "montague.example", SSL.TLS1_3_VERSION)
        outcome = stream.login(name, PASSWORD, mechanism, flag, binding)
        assert outcome != "success", title
        step(f"{title}: {outcome}")
        stream.close()
