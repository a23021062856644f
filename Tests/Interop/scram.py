"""SCRAM with channel binding (RFC 5802, RFC 7677, RFC 9266) from scratch, over pyOpenSSL.

Python's own `ssl` cannot export keying material, and so slixmpp cannot bind to TLS 1.3. This
speaks just enough XMPP for a login, blocking, and shares nothing with the server but the RFCs.
"""

import base64
import hashlib
import hmac
import re
import secrets
import socket

from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL


class Stream:
    """The beginning of an XMPP stream: STARTTLS, and one SASL exchange."""

    def __init__(self, port, domain, version):
        self.domain = domain
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.features = self.restart()
        self.ask("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", r"<proceed[^>]*>")
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        self.wire.settimeout(None)
        tls = SSL.Connection(context, self.wire)
        tls.set_tlsext_host_name(domain.encode())
        tls.set_connect_state()
        tls.do_handshake()
        self.wire = tls
        self.features = self.restart()

    def restart(self):
        header = (
            f"<stream:stream to='{self.domain}' version='1.0' xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        return self.ask(header, r"<stream:features>.*</stream:features>")[0]

    def ask(self, text, pattern):
        """Sends a text, and reads until the pattern matches."""
        self.wire.sendall(text.encode())
        received = ""
        while not (match := re.search(pattern, received, re.DOTALL)):
            data = self.wire.recv(65536)
            assert data, f"the stream ended after {received!r}"
            received += data.decode()
        return match

    def binding(self, kind):
        """The bytes that both ends of this TLS connection know (RFC 9266 §2, RFC 5929 §3–4)."""
        if kind == "tls-exporter":
            return self.wire.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        if kind == "tls-unique":
            return self.wire.get_finished()  # The client's comes first in a new session.
        certificate = self.wire.get_peer_certificate().to_cryptography()
        algorithm = certificate.signature_hash_algorithm
        digest = Hash(SHA256() if algorithm.name in ("md5", "sha1") else algorithm)
        digest.update(certificate.public_bytes(Encoding.DER))
        return digest.finalize()

    def login(self, name, password, mechanism, flag, binding=b""):
        """One SCRAM exchange; the name of what answered it: `success`, or the SASL condition."""
        function = mechanism.removeprefix("SCRAM-").removesuffix("-PLUS").replace("-", "").lower()
        header = f"{flag},,"
        first = f"n={name},r={secrets.token_hex(12)}"
        answer = self.exchange("auth", f" mechanism='{mechanism}'", header + first)
        if answer[0] != "challenge":
            return answer[0]
        values = dict(part.split("=", 1) for part in answer[1].split(","))
        assert values["r"].startswith(first.split("r=")[1]), values
        bound = base64.b64encode(header.encode() + binding).decode()
        final = f"c={bound},r={values['r']}"
        message = f"{first},{answer[1]},{final}".encode()
        salted = hashlib.pbkdf2_hmac(
            function, password.encode(), base64.b64decode(values["s"]), int(values["i"])
        )

        def mac(key, text):
            return hmac.digest(key, text, function)

        key = mac(salted, b"Client Key")
        signature = mac(hashlib.new(function, key).digest(), message)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        outcome, told = self.exchange("response", "", f"{final},p={proof}")
        if outcome == "success":
            verifier = base64.b64encode(mac(mac(salted, b"Server Key"), message)).decode()
            assert told == f"v={verifier}", f"the server does not know the password: {told}"
        return outcome

    def exchange(self, element, attributes, text):
        """Sends one SASL message; returns the kind and the text of the answer."""
        payload = base64.b64encode(text.encode()).decode()
        namespace = "urn:ietf:params:xml:ns:xmpp-sasl"
        match = self.ask(
            f"<{element} xmlns='{namespace}'{attributes}>{payload}</{element}>",
            r"<(challenge|success)[^>/]*>([^<]*)<|<(failure)[^>]*><([a-z-]+).*</failure>",
        )
        if match[3]:
            return match[4], ""
        return match[1], base64.b64decode(match[2]).decode()

    def close(self):
        self.wire.close()
