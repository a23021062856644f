"""Message archives (XEP-0313, 0359, 0441): slixmpp pages through them in both directions."""

from client import Client
from slixmpp.exceptions import IqError

PLUGINS = ["xep_0030", "xep_0280", "xep_0313", "xep_0359", "xep_0441"]
SAID = [f"line {number}" for number in range(25)]


async def run(server, step):
    romeo, juliet = await server.add("romeo.mam@montague.example", "juliet.mam@capulet.example")
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    balcony = await Client(server, f"{juliet}/balcony", plugins=PLUGINS).login()
    info = await orchard["xep_0030"].get_info(jid=romeo)
    features = info["disco_info"]["features"]
    wanted = {"urn:xmpp:mam:2", "urn:xmpp:mam:2#extended", "urn:xmpp:sid:0"}
    assert wanted <= features, features

    ids = []
    for line in SAID:
        orchard.send_message(mto=juliet, mbody=line, mtype="chat")
        got = await balcony.message(line)
        assert got["stanza_id"]["by"] == juliet, got
        ids.append(got["stanza_id"]["id"])
    await pages(orchard, balcony, ids, step)
    await filters(orchard, balcony, ids, step)
    await strangers(orchard, balcony, step)
    await copies(server, orchard, balcony, step)
    await preferences(orchard, balcony, step)
    await crash(server, orchard, balcony, ids, step)


def bodies(messages):
    return [result(message)["body"] for message in messages]


def result(message):
    return message["mam_result"]["forwarded"]["stanza"]


async def pages(orchard, balcony, ids, step):
    archive = balcony["xep_0313"]
    forwards = [m async for m in archive.iterate(rsm={"max": 10})]
    assert bodies(forwards) == SAID, bodies(forwards)
    assert [m["mam_result"]["id"] for m in forwards] == ids
    assert result(forwards[0])["from"] == orchard.boundjid
    backwards = [m async for m in archive.iterate(rsm={"max": 10}, reverse=True)]
    assert bodies(backwards) == SAID[::-1], bodies(backwards)
    step(f"{len(forwards)} messages in pages of ten, and the same from the end")

    meta = (await archive.get_archive_metadata())["mam_metadata"]
    assert (meta["start"]["id"], meta["end"]["id"]) == (ids[0], ids[-1]), meta
    fields = (await archive.get_fields()).get_fields()
    assert {"with", "start", "end", "before-id", "after-id", "ids"} <= set(fields), fields
    step(f"from {meta['start']['timestamp']} to {meta['end']['timestamp']}")


async def ask(client, fields=None, rsm=None, flip=False):
    """A query that slixmpp's plugin cannot make; returns the results, in the order of their coming."""
    request = client.make_iq_set()
    request["mam"]["queryid"] = request["id"]
    form = request["mam"]["form"]
    form["type"] = "submit"
    form.add_field(var="FORM_TYPE", ftype="hidden", value="urn:xmpp:mam:2")
    for name, value in (fields or {}).items():
        form.add_field(var=name, value=value)
    for name, value in (rsm or {}).items():
        request["mam"]["rsm"][name] = value
    if flip:
        request["mam"].xml.append(request.xml.makeelement("{urn:xmpp:mam:2}flip-page", {}))
    client.received.clear()
    answer = await request.send()
    found = [s for s in client.received if s["mam_result"]["queryid"] == request["id"]]
    client.received.clear()
    return found, answer["mam_fin"]


async def filters(orchard, balcony, ids, step):
    between, fin = await ask(balcony, {"after-id": ids[3], "before-id": ids[8]})
    assert bodies(between) == SAID[4:8], bodies(between)
    assert fin["complete"] == "true" or fin["complete"] is True, fin
    named, _ = await ask(balcony, {"ids": [ids[7], ids[2]]})
    assert bodies(named) == [SAID[2], SAID[7]], bodies(named)
    flipped, fin = await ask(balcony, rsm={"max": "4", "before": ids[10]}, flip=True)
    assert bodies(flipped) == SAID[6:10][::-1], bodies(flipped)
    assert (fin["rsm"]["first"], fin["rsm"]["last"]) == (ids[6], ids[9]), fin
    start = result_time(named[0])
    since, _ = await ask(balcony, {"start": start, "end": result_time(named[1])})
    assert bodies(since) == SAID[2:8], bodies(since)
    nobody, fin = await ask(balcony, {"with": "nurse@capulet.example"})
    assert not nobody and fin["rsm"]["count"] == "0", fin
    step("between ids, by ids, by time, and a page turned around")
    for fields in ({"after-id": "unknown"}, {"ids": [ids[0], ids[0][::-1]]}):
        try:
            await ask(balcony, fields)
        except IqError as error:
            assert error.condition == "item-not-found", error
        else:
            raise AssertionError(f"{fields} were found")
    step("ids that the archive never gave are not found")


def result_time(message):
    return message.xml.find(".//{urn:xmpp:delay}delay").attrib["stamp"]


async def strangers(orchard, balcony, step):
    try:
        await orchard["xep_0313"].retrieve(jid=balcony.boundjid.bare)
    except IqError as error:
        assert error.condition == "forbidden", error
    else:
        raise AssertionError("a stranger was let in")
    step("an archive is its owner's alone")


async def copies(server, orchard, balcony, step):
    garden = await Client(server, f"{orchard.boundjid.bare}/garden", plugins=PLUGINS).login(False)
    await garden["xep_0280"].enable()
    found = []
    garden.add_event_handler("carbon_sent", found.append)
    orchard.send_message(mto=balcony.boundjid, mbody="copied", mtype="chat")
    await balcony.message("copied")
    await garden.fence()
    (copy,) = found
    identity = copy["carbon_sent"]["stanza_id"]
    assert identity["by"] == orchard.boundjid.bare, copy
    last, _ = await ask(garden, {"with": balcony.boundjid.full}, rsm={"max": "1", "before": True})
    assert last[0]["mam_result"]["id"] == identity["id"], (last, copy)
    await garden.logout()
    step("a copy has the id that the message has in the archive")


async def preferences(orchard, balcony, step):
    plugin = balcony["xep_0441"]
    default, always, never = await plugin.get_preferences()
    assert (default, always, never) == ("always", set(), set()), (default, always, never)
    await plugin.set_preferences(default="always", never={orchard.boundjid.bare})
    orchard.send_message(mto=balcony.boundjid, mbody="not kept", mtype="chat")
    got = await balcony.message("not kept")
    assert got.xml.find("{urn:xmpp:sid:0}stanza-id") is None, got
    await plugin.set_preferences(default="always")
    last, _ = await ask(balcony, rsm={"max": "1", "before": True})
    assert bodies(last) == ["copied"], bodies(last)
    step("what one asks not to be kept is not")


async def crash(server, orchard, balcony, ids, step):
    if server.is_control:
        return
    orchard.send_message(mto=balcony.boundjid, mbody="the last", mtype="chat")
    got = await balcony.message("the last")
    romeo, juliet = orchard.boundjid.bare, balcony.boundjid.full
    await server.crash()
    await server.start()
    again = await Client(server, juliet, plugins=PLUGINS).login()
    last, _ = await ask(again, rsm={"max": "1", "before": True})
    assert bodies(last) == ["the last"], bodies(last)
    assert last[0]["mam_result"]["id"] == got["stanza_id"]["id"], last
    await again.logout()
    step("what was delivered before the server was killed is in the archive, under the same id")
