"""Client state indication (XEP-0352): what can wait does while slixmpp says that it is inactive."""

from client import Client

PLUGINS = ["xep_0352"]


async def run(server, step):
    romeo, juliet = await server.add("romeo.csi@montague.example", "juliet.csi@capulet.example")
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    balcony = await Client(server, f"{juliet}/balcony").login()
    assert orchard["xep_0352"].enabled, "the stream feature is missing"
    await orchard.fence()

    orchard["xep_0352"].send_inactive()
    # Directed, so that the two need not be friends.
    for show in ["away", "xa", "dnd"]:
        balcony.send_presence(pto=orchard.boundjid.full, pshow=show)
    balcony.send_message(mto=orchard.boundjid, mbody="urgent", mtype="chat")
    await orchard.message("urgent")
    shows = [s["type"] for s in orchard.received if s.name == "presence"]
    assert shows == ["dnd"], shows
    orchard.received.clear()
    step("of three presences, an inactive client got the last, with the message that came next")

    # The other's own message comes back behind what it said before.
    balcony.send_presence(pto=orchard.boundjid.full, pshow="chat")
    await balcony.fence()
    orchard["xep_0352"].send_active()
    await orchard.presence("chat", balcony.boundjid.full)
    step("and the rest when it was active again")
    await orchard.logout()
    await balcony.logout()
