"""Blocking (XEP-0191): slixmpp's own plugin blocks, reads the list, is told of changes, unblocks."""

from slixmpp.exceptions import IqError

from client import Client

PLUGINS = ["xep_0030", "xep_0191"]


async def run(server, step):
    juliet, romeo = await server.add(
        "juliet.blocking@capulet.example", "romeo.blocking@montague.example"
    )
    chamber = await Client(server, f"{juliet}/chamber", plugins=PLUGINS).login()
    balcony = await Client(server, f"{juliet}/balcony", plugins=PLUGINS).login()
    orchard = await Client(server, f"{romeo}/orchard").login()
    info = await chamber["xep_0030"].get_info(jid="capulet.example")
    assert "urn:xmpp:blocking" in info["disco_info"]["features"], info
    changes = []
    balcony.add_event_handler("blocked", lambda iq: changes.append(("blocked", iq)))
    balcony.add_event_handler("unblocked", lambda iq: changes.append(("unblocked", iq)))
    assert not (await balcony["xep_0191"].get_blocked())["blocklist"]["items"]

    await chamber["xep_0191"].block(romeo)
    listed = (await chamber["xep_0191"].get_blocked())["blocklist"]["items"]
    assert {str(item["jid"]) for item in listed} == {romeo}, listed
    await balcony.fence()
    assert [name for name, _ in changes] == ["blocked"], changes
    step(f"{romeo} is blocked; {balcony.boundjid}, who knows the list, was told")

    orchard.send_message(mto=chamber.boundjid, mbody="Neither, fair saint", mtype="chat")
    refused = await orchard.expect("the error", lambda s: s.name == "message")
    assert refused["error"]["condition"] == "service-unavailable", refused
    chamber.send_message(mto=orchard.boundjid, mbody="Art thou not Romeo?", mtype="chat")
    refused = await chamber.expect("the error", lambda s: s["type"] == "error")
    assert refused["error"]["condition"] == "not-acceptable", refused
    assert refused.xml.find(".//{urn:xmpp:blocking:errors}blocked") is not None, refused
    step("nothing passes in either direction")

    await chamber["xep_0191"].unblock(romeo)
    orchard.send_message(mto=chamber.boundjid, mbody="I take thee at thy word", mtype="chat")
    await chamber.message("I take thee at thy word")
    await balcony.fence()
    assert [name for name, _ in changes] == ["blocked", "unblocked"], changes
    step("unblocked, all is as before")
    try:
        await chamber["xep_0191"].block([])
    except IqError as error:
        assert error.condition == "bad-request", error.condition
    else:
        raise AssertionError("nobody was blocked, and no error said so")
    for client in (chamber, balcony, orchard):
        await client.logout()
