"""Private XML storage (XEP-0049): slixmpp keeps its bookmarks (XEP-0048) there."""

from slixmpp.plugins.xep_0048 import Bookmarks

from client import Client

PLUGINS = ["xep_0030", "xep_0048", "xep_0049"]


async def run(server, step):
    (romeo,) = await server.add("romeo.private@montague.example")
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    garden = await Client(server, f"{romeo}/garden", plugins=PLUGINS).login()

    bookmarks = Bookmarks()
    bookmarks.add_conference("coven@chat.example", "romeo", name="Three witches", autojoin=True)
    await orchard["xep_0049"].store(bookmarks)
    answer = await garden["xep_0049"].retrieve("bookmarks")
    (found,) = answer["private"]["bookmarks"]["conferences"]
    assert found["jid"] == "coven@chat.example" and found["name"] == "Three witches", answer
    step(f"one client stored the bookmark {found['name']}, another read it")

    await orchard["xep_0049"].store(Bookmarks())
    answer = await garden["xep_0049"].retrieve("bookmarks")
    assert not answer["private"]["bookmarks"]["conferences"], answer
    step("and it is gone again")
    await orchard.logout()
    await garden.logout()
