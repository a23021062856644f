"""Blocking (XEP-0191) by profanity: it blocks slixmpp, shows the list, and takes it back."""

from client import Client
from profanity import Profanity

PLUGINS = ["xep_0030", "xep_0191"]


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.blocks@montague.example", "juliet.blocks@capulet.example"
    )
    balcony = await Client(server, f"{juliet}/balcony").login()
    # Another resource of his, which is told because it asked for the list.
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    assert not (await orchard["xep_0191"].get_blocked())["blocklist"]["items"]
    changes = []
    for name in ("blocked", "unblocked"):
        orchard.add_event_handler(name, lambda iq, name=name: changes.append(name))
    phone = Profanity(server, "profanity-blocking")
    try:
        await phone.start()
        step("profanity: " + await phone.login(f"{romeo}/phone"))
        await block(phone, balcony, orchard, changes, step)
        await unblock(phone, balcony, orchard, changes, step)
    finally:
        await phone.close()
    for client in (balcony, orchard):
        await client.logout()


async def block(phone, balcony, orchard, changes, step):
    juliet, romeo = balcony.boundjid.bare, orchard.boundjid.bare
    step("profanity: " + await phone.console("/blocked", "No blocked users."))
    said = await phone.console(f"/blocked add {juliet}", f"User {juliet} successfully blocked.")
    step(f"profanity: {said}")
    said = await phone.console("/blocked", "Blocked users:", f"  {juliet}")
    step(f"profanity's list: {said}")
    listed = (await orchard["xep_0191"].get_blocked())["blocklist"]["items"]
    assert {str(item["jid"]) for item in listed} == {juliet}, listed
    assert changes == ["blocked"], changes

    balcony.send_message(mto=f"{romeo}/phone", mbody="Art thou not Romeo?", mtype="chat")
    refused = await balcony.expect("the error", lambda s: s["type"] == "error")
    assert refused["error"]["condition"] == "service-unavailable", refused
    balcony.send_message(mto=romeo, mbody="And a Montague?", mtype="chat")
    refused = await balcony.expect("the error", lambda s: s["type"] == "error")
    assert refused["error"]["condition"] == "service-unavailable", refused
    step(f"{juliet} is refused: {refused['error']['condition']}")


async def unblock(phone, balcony, orchard, changes, step):
    juliet, romeo = balcony.boundjid.bare, orchard.boundjid.bare
    said = await phone.console(
        f"/blocked remove {juliet}", f"User {juliet} successfully unblocked."
    )
    step(f"profanity: {said}")
    step("profanity: " + await phone.console("/blocked", "No blocked users."))
    await orchard.fence()
    assert changes == ["blocked", "unblocked"], changes

    balcony.send_message(mto=f"{romeo}/phone", mbody="I take thee at thy word", mtype="chat")
    await phone.type(f"/msg {juliet}")
    step("profanity shows: " + await phone.shows("I take thee at thy word"))
    await phone.hides("Art thou not Romeo?", "And a Montague?")
