"""slixmpp asks who the server is, what it can, and whether it is there."""

from slixmpp.exceptions import IqError

from client import Client


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.disco@montague.example", "juliet.disco@capulet.example"
    )
    client = await Client(server, romeo, plugins=["xep_0030", "xep_0199"]).login()
    disco = client["xep_0030"]

    for jid, category in [("montague.example", "server"), (romeo, "account")]:
        info = (await disco.get_info(jid=jid, timeout=10))["disco_info"]
        kinds = {identity[0] for identity in info["identities"]}
        assert category in kinds, info
        assert "http://jabber.org/protocol/disco#info" in info["features"], info
        items = (await disco.get_items(jid=jid, timeout=10))["disco_items"]["items"]
        features = ", ".join(sorted(info["features"]))
        step(f"{jid} is {sorted(info['identities'])}, has {len(items)} items and {features}")

    try:
        await disco.get_info(jid=juliet, timeout=10)
    except IqError as error:
        step(f"a stranger's account: {error.condition}")
    else:
        raise AssertionError("a stranger's account was shown")
    await ping(client, step)
    await client.logout()


async def ping(client, step):
    """XEP-0199, as keepalives of clients use it."""
    delay = await client["xep_0199"].ping("montague.example", timeout=10)
    step(f"ping: answered after {delay * 1e3:.1f} ms")
