"""Message carbons (XEP-0280): slixmpp's own plugin enables them and reads what is copied."""

from client import Client

PLUGINS = ["xep_0030", "xep_0280"]


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.carbons@montague.example", "juliet.carbons@capulet.example"
    )
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    garden = await Client(server, f"{romeo}/garden", plugins=PLUGINS).login(presence=False)
    balcony = await Client(server, f"{juliet}/balcony").login()
    info = await orchard["xep_0030"].get_info(jid="montague.example")
    features = info["disco_info"]["features"]
    assert {"urn:xmpp:carbons:2", "urn:xmpp:carbons:rules:0"} <= features, features
    copies = {"sent": [], "received": []}
    for kind, found in copies.items():
        garden.add_event_handler(f"carbon_{kind}", found.append)
    await garden["xep_0280"].enable()

    orchard.send_message(mto=juliet, mbody="It is the east", mtype="chat")
    await balcony.message("It is the east")
    await garden.fence()
    (copy,) = copies["sent"]
    assert copy["from"] == romeo and copy["to"] == garden.boundjid, copy
    said = copy["carbon_sent"]
    assert said["body"] == "It is the east" and said["from"] == orchard.boundjid, said
    step(f"{garden.boundjid} has a copy of what {said['from']} sent to {said['to']}")

    balcony.send_message(mto=orchard.boundjid, mbody="Ay me!", mtype="chat")
    await orchard.message("Ay me!")
    await garden.fence()
    (copy,) = copies["received"]
    said = copy["carbon_received"]
    assert said["body"] == "Ay me!" and said["from"] == balcony.boundjid, said
    step(f"and of what {said['to']} was sent by {said['from']}")

    await garden["xep_0280"].disable()
    balcony.send_message(mto=orchard.boundjid, mbody="not copied", mtype="chat")
    await orchard.message("not copied")
    await garden.fence()
    assert len(copies["received"]) == 1, copies
    step("none is copied once it is disabled")
    for client in (orchard, garden, balcony):
        await client.logout()
