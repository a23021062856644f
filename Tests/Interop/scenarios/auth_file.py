"""slixmpp logs in to a domain whose users stand in a JSON file, and nobody else does."""

import json

from client import Client, LoginFailed
from server import DOMAINS, PASSWORD

VERONA = "verona.example"


async def run(server, step):
    users = server.folder / "users.json"
    users.write_text(json.dumps({"benvolio": PASSWORD, f"tybalt@{VERONA}": "rapier"}))
    (paris,) = await server.add("paris.file@montague.example")
    server.configure([*DOMAINS, VERONA], {VERONA: {"auth-file": {"file": str(users)}}})
    await server.reload()

    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]:
        client = await Client(server, f"benvolio@{VERONA}", mechanism=mechanism).login()
        step(f"{client['feature_mechanisms'].mech.name} as {client.boundjid}")
        await client.logout()
    for jid, password in [("benvolio", "rapier"), ("paris.file", PASSWORD)]:
        refused = await refusal(server, f"{jid}@{VERONA}", password)
        assert refused == "not-authorized", refused
        step(f"{jid} is refused: {refused}")

    users.write_text(json.dumps({"benvolio": "another, and longer"}))
    assert await refusal(server, f"benvolio@{VERONA}", PASSWORD) == "not-authorized"
    client = await Client(server, f"benvolio@{VERONA}", "another, and longer").login()
    step("the file changed, and the passwords with it")
    client.send_presence()
    await client.get_roster()
    await client.logout()

    client = await Client(server, paris).login()
    step("other domains have the accounts that they had")
    await client.logout()
    server.configure(DOMAINS)
    await server.reload()


async def refusal(server, jid, password):
    # By one mechanism: left to itself, slixmpp tries them all.
    client = Client(server, jid, password, "SCRAM-SHA-256")
    try:
        await client.login()
    except LoginFailed as failure:
        (condition,) = failure.args
        await client.logout()
        return condition
    raise AssertionError(f"{jid} logged in with the password {password!r}")
