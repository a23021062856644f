"""Message archives (XEP-0313) in profanity: it opens a chat, and what was said before is there."""

from client import Client
from profanity import Profanity


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.history@montague.example", "juliet.history@capulet.example"
    )
    orchard = await Client(server, f"{romeo}/orchard").login()
    balcony = await Client(server, f"{juliet}/balcony").login()
    phone = Profanity(server, "profanity-mam")
    try:
        await say(orchard, balcony, "It is the east", "Ay me!")
        await phone.start("/carbons off", "/mam on")
        await enter(phone, f"{romeo}/phone", step)
        shown = await read(phone, balcony, "It is the east", "Ay me!")
        step("it asked, and shows: " + ", ".join(shown))
        await phone.quit()

        await say(orchard, balcony, "She speaks", "Wherefore art thou?")
        await phone.start("/carbons off", "/mam on")
        await enter(phone, f"{romeo}/phone", step)
        shown = await read(phone, balcony, "She speaks", "Wherefore art thou?")
        step("it asked for the rest, and shows: " + ", ".join(shown))
    finally:
        await phone.close()
    for client in (orchard, balcony):
        await client.logout()


async def enter(phone, jid, step):
    step("profanity: " + await phone.login(jid))
    domain = jid.partition("@")[2].partition("/")[0]
    # It looks for archives among what the domain says of itself, and nowhere else. It asks by itself
    # when it logs in; when it knows the answer to this, it has that one as well.
    found = await phone.console(f"/disco info {domain}", f"info for {domain}", "urn:xmpp:mam:2")
    step(f"profanity finds at {domain}: {found}")


async def say(orchard, balcony, his, hers):
    """Past profanity, which is away."""
    orchard.send_message(mto=balcony.boundjid.bare, mbody=his, mtype="chat")
    await balcony.message(his)
    balcony.send_message(mto=orchard.boundjid.bare, mbody=hers, mtype="chat")
    await orchard.message(hers)


async def read(phone, balcony, his, hers):
    juliet = balcony.boundjid
    await phone.type(f"/msg {juliet.bare}")
    return [await phone.shows(f"me: {his}"), await phone.shows(f"{juliet}: {hers}")]
