"""slixmpp connects by direct TLS with ALPN (XEP-0368)."""

import asyncio
import ssl

from client import Client


async def run(server, step):
    (juliet,) = await server.add("juliet.direct@capulet.example")
    tls = server.trust("xmpp-client")
    # As Python does by itself from 3.13 on.
    tls.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    client = await Client(server, juliet, direct=True, tls=tls).login()
    protocol = client.socket.selected_alpn_protocol()
    assert protocol == "xmpp-client", protocol
    names = client.socket.getpeercert()["subjectAltName"]
    assert ("DNS", "capulet.example") in names, names
    step(f"{client.socket.version()}, ALPN {protocol}, a strictly verified certificate for {names}")
    await client.logout()
    await refuses_others(server, step)


async def refuses_others(server, step):
    """RFC 7301 §3.2: a client that speaks another protocol is told so in the handshake."""
    try:
        await asyncio.open_connection(
            "127.0.0.1", server.direct_port,
            ssl=server.trust("h2"), server_hostname="capulet.example",
        )
    except ssl.SSLError as error:
        step(f"ALPN h2: {error}")
    else:
        raise AssertionError("a client that speaks h2 was let in")
