"""Two slixmpp clients of two domains chat; messages wait for who is away."""

from client import Client


async def run(server, step):
    romeo, juliet = await server.add("romeo.chat@montague.example", "juliet.chat@capulet.example")
    orchard = await Client(server, f"{romeo}/orchard").login()
    balcony = await Client(server, f"{juliet}/balcony").login()
    await talk(orchard, balcony, step)
    await priorities(server, orchard, balcony, juliet, step)
    await offline(server, orchard, juliet, step)
    await orchard.logout()


async def talk(orchard, balcony, step):
    question = "Art thou not <Juliet> & fair? 🌹"
    orchard.send_message(mto=balcony.boundjid.bare, mbody=question, mtype="chat")
    got = await balcony.message(question)
    assert got["from"] == orchard.boundjid, got
    assert got["type"] == "chat", got
    balcony.send_message(mto=got["from"], mbody="Wherefore art thou?", mtype="chat")
    answer = await orchard.message("Wherefore art thou?")
    assert answer["from"] == balcony.boundjid, answer
    assert answer["to"] == orchard.boundjid, answer
    step(f"{got['from']} and {answer['from']} told each other something")


async def priorities(server, orchard, balcony, juliet, step):
    """RFC 6121 §8.5.2.1.1: a bare address means the one that most wants it, or all that do."""
    chamber = await Client(server, f"{juliet}/chamber").login()
    chamber.send_presence(ppriority=5)
    await balcony.presence("available", chamber.boundjid.full)
    orchard.send_message(mto=balcony.boundjid.full, mbody="to the balcony", mtype="chat")
    orchard.send_message(mto=juliet, mbody="to the highest priority", mtype="chat")
    await balcony.message("to the balcony")
    await chamber.message("to the highest priority")
    await balcony.fence()
    others = [s["body"] for s in messages(balcony)]
    assert others in ([], ["to the highest priority"]), others
    balcony.received.clear()

    balcony.send_presence(ppriority=-1)
    await chamber.presence("available", balcony.boundjid.full)
    chamber.send_presence(pshow="away", ppriority=0)
    await balcony.presence("away", chamber.boundjid.full)
    orchard.send_message(mto=juliet, mbody="not to a negative priority", mtype="chat")
    await chamber.message("not to a negative priority")
    await balcony.fence()
    assert not messages(balcony), balcony.received
    step("messages to a full address, to the highest priority, and never to a negative one")

    await chamber.logout()
    await balcony.presence("unavailable", chamber.boundjid.full)
    orchard.send_message(mto=juliet, mbody="stored, for nobody wants it", mtype="chat")
    await orchard.fence()
    await balcony.fence()
    assert not messages(balcony), balcony.received
    await balcony.logout()
    again = await Client(server, f"{juliet}/balcony").login()
    late = await again.message("stored, for nobody wants it")
    assert late.xml.find("{urn:xmpp:delay}delay") is not None, late
    await again.logout()
    step("a message for a user with a negative priority alone was stored")


def messages(client):
    return [stanza for stanza in client.received if stanza.name == "message"]


async def offline(server, orchard, juliet, step):
    for body in ["one", "two", "three"]:
        orchard.send_message(mto=juliet, mbody=body, mtype="chat")
    await orchard.fence()
    balcony = await Client(server, f"{juliet}/balcony").login()
    for body in ["one", "two", "three"]:
        message = await balcony.message(body)
        delay = message.xml.find("{urn:xmpp:delay}delay")
        assert delay is not None, f"no delay stamp: {message}"
        assert message["from"] == orchard.boundjid, message
    step(f"three offline messages in order, stamped {delay.get('stamp')} by {delay.get('from')}")
    await balcony.logout()
    again = await Client(server, f"{juliet}/balcony").login()
    await again.fence()
    assert not messages(again), again.received
    step("nothing is given twice")
    await again.logout()
