"""vCards (XEP-0054) and their photos (XEP-0153): slixmpp stores one, and a friend sees it change."""

import hashlib

from slixmpp.exceptions import IqError

from client import Client

PLUGINS = ["xep_0030", "xep_0054"]
PHOTO = b"\x89PNG\r\n\x1a\n and so on"


async def run(server, step):
    romeo, juliet = await server.add("romeo.vcard@montague.example", "juliet.vcard@capulet.example")
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    balcony = await Client(server, f"{juliet}/balcony", plugins=PLUGINS).login()
    balcony.send_presence_subscription(pto=romeo, ptype="subscribe")
    await orchard.presence("subscribe", juliet)
    orchard.send_presence_subscription(pto=juliet, ptype="subscribed")
    await balcony.presence("available", orchard.boundjid.full)

    try:
        await balcony["xep_0054"].get_vcard(romeo, cached=False)
    except IqError as error:
        assert error.condition == "service-unavailable", error
        step("there is none at first")
    else:
        raise AssertionError("there is a vCard that nobody stored")

    card = orchard["xep_0054"].make_vcard()
    card["FN"] = "Romeo Montague"
    card["PHOTO"]["TYPE"] = "image/png"
    card["PHOTO"]["BINVAL"] = PHOTO
    await orchard["xep_0054"].publish_vcard(card)
    told = await balcony.expect(
        "presence with the photo's hash",
        lambda s: s.name == "presence" and hash_in(s) is not None,
    )
    assert hash_in(told) == hashlib.sha1(PHOTO).hexdigest(), told
    step(f"a friend is told of the photo {hash_in(told)}")

    answer = await balcony["xep_0054"].get_vcard(romeo, cached=False)
    found = answer["vcard_temp"]
    assert found["FN"] == "Romeo Montague" and found["PHOTO"]["BINVAL"] == PHOTO, answer
    step(f"and gets the vCard of {found['FN']}, its photo as it was")
    await orchard.logout()
    await balcony.logout()


def hash_in(presence):
    """The hash that a presence tells (XEP-0153 §3.1)."""
    photo = presence.xml.find("{vcard-temp:x:update}x/{vcard-temp:x:update}photo")
    return None if photo is None else photo.text
