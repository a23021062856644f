"""Privacy lists (XEP-0016): slixmpp's own plugin makes a list, chooses it, and removes it."""

from client import Client
from server import REGISTERING

PLUGINS = ["xep_0016", "xep_0030"]


async def run(server, step):
    escalus, tybalt = await server.add(f"escalus@{REGISTERING}", "tybalt.privacy@capulet.example")
    palace = await Client(server, f"{escalus}/palace", plugins=PLUGINS).login()
    street = await Client(server, f"{tybalt}/street").login()
    info = await palace["xep_0030"].get_info(jid=REGISTERING)
    assert "jabber:iq:privacy" in info["disco_info"]["features"], info
    lists = palace["xep_0016"]
    deny = {"type": "jid", "value": tybalt, "action": "deny", "order": "1", "message": True}
    allow = {"value": None, "action": "allow", "order": "2"}
    await lists.edit_list("peace", [deny, allow])
    got = await lists.get_list("peace")
    (found,) = got["privacy"]["lists"]
    assert [item["action"] for item in found["items"]] == ["deny", "allow"], got
    await lists.activate("peace")
    names = (await lists.get_privacy_lists())["privacy"]
    assert names["active"]["name"] == "peace", names
    street.send_message(mto=palace.boundjid, mbody="Draw!", mtype="chat")
    refused = await street.expect("the error", lambda s: s.name == "message")
    assert refused["error"]["condition"] == "service-unavailable", refused
    step(f"{tybalt} is kept away by the active list")

    await lists.deactivate()
    street.send_message(mto=palace.boundjid, mbody="Part, fools!", mtype="chat")
    await palace.message("Part, fools!")
    await lists.make_default("peace")
    street.send_message(mto=palace.boundjid, mbody="Draw again!", mtype="chat")
    await street.expect("the error", lambda s: s["type"] == "error")
    await lists.remove_default()
    await lists.remove_list("peace")
    names = (await lists.get_privacy_lists())["privacy"]
    assert not names["lists"], names
    step("and by the default list; none is left")
    for client in (palace, street):
        await client.logout()

