"""slixmpp logs in by every password mechanism over STARTTLS, and wrong passwords all fail alike."""

import ssl

from client import Client, LoginFailed


async def run(server, step):
    (romeo,) = await server.add("romeo.mechanisms@montague.example")
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]:
        client = await Client(server, romeo, mechanism=mechanism).login()
        used = client["feature_mechanisms"].mech.name
        assert used == mechanism, used
        tls = client.socket.version()
        await client.logout()
        step(f"{used} over {tls} as {client.boundjid}")
        refusals = [
            await refusal(server, jid, password, mechanism)
            for jid, password in [(romeo, "wrong"), ("nobody@montague.example", "wrong")]
        ]
        assert refusals == ["not-authorized"] * 2, refusals
        step(f"{mechanism}: a wrong password and an unknown user both get {refusals[0]}")
    await chooses(server, romeo, step)


async def refusal(server, jid, password, mechanism):
    client = Client(server, jid, password, mechanism)
    try:
        await client.login()
    except LoginFailed as failure:
        (condition,) = failure.args
        await client.logout()
        return condition
    raise AssertionError(f"{jid} logged in by {mechanism} with the password {password!r}")


async def chooses(server, romeo, step):
    """What slixmpp takes when nobody tells it what."""
    # Python's ssl can bind to TLS 1.2 (`tls-unique`), and not to 1.3.
    for version, expected in [
        (ssl.TLSVersion.TLSv1_3, "SCRAM-SHA-512"), (ssl.TLSVersion.TLSv1_2, "SCRAM-SHA-512-PLUS"),
    ]:
        tls = server.trust()
        tls.maximum_version = version
        client = await Client(server, romeo, tls=tls).login()
        assert client.socket.version() == version.name.replace("_", "."), client.socket.version()
        used = client["feature_mechanisms"].mech
        assert used.name == expected, used.name
        bound = used.gs2_header.decode()
        step(f"left to itself over {client.socket.version()}: {used.name} with {bound}")
        await client.logout()
