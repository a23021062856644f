"""SIGKILL: what the server acknowledged to slixmpp (XEP-0198) is there when it runs again."""

from client import Client


async def run(server, step):
    romeo, juliet = await server.add("romeo.crash@montague.example", "juliet.crash@capulet.example")
    sender = Client(server, romeo, plugins=["xep_0198"])
    acknowledged = []
    sender.add_event_handler("stanza_acked", acknowledged.append)
    await sender.login()
    await sender.update_roster(juliet, name="Juliet")
    bodies = [f"before the crash {number}" for number in range(200)]
    for body in bodies:
        sender.send_message(mto=juliet, mbody=body, mtype="chat")

    def told():
        return sum(stanza.name == "message" for stanza in acknowledged)

    # slixmpp asks every five stanzas: the server dies in the midst of its work.
    sender.add_event_handler("stanza_acked", lambda _: sender.wake())
    await sender.until("acknowledgements", lambda: told() >= 50)
    await server.crash()
    await sender.until("the end of the connection", lambda: not sender.is_connected())
    safe = told()
    step(f"{safe} of {len(bodies)} messages were acknowledged when the server was killed")

    step(await server.start())
    balcony = await Client(server, juliet).login()
    for body in bodies[:safe]:
        await balcony.message(body)
    await balcony.fence()
    more = [s["body"] for s in balcony.received if s.name == "message"]
    assert more == bodies[safe : safe + len(more)], more
    await balcony.logout()
    step(f"they came in order, each once, and {len(more)} that were not")

    again = await Client(server, romeo).login()
    items = (await again.roster_since(None))["roster"]["items"]
    assert items[juliet]["name"] == "Juliet", items
    await again.logout()
    step("the roster is there too")
