"""profanity (a client in C), driven in a terminal as a person would, chats with slixmpp."""

from client import Client
from profanity import Profanity


async def run(server, step):
    tybalt, juliet = await server.add("tybalt@capulet.example", "juliet.terminal@montague.example")
    client = await Client(server, juliet).login()
    terminal = Profanity(server, "terminal")
    try:
        await terminal.start()
        await converse(terminal, server, client, tybalt, step)
    finally:
        await terminal.close()
    await client.logout()


async def befriend(terminal, client, tybalt, step):
    juliet = client.boundjid.bare
    await client.roster_since(None)
    await terminal.type("/win 1")
    await terminal.type(f"/roster add {juliet} Juliet")
    await terminal.type(f"/sub request {juliet}")
    await client.presence("subscribe", tybalt)
    client.send_presence_subscription(pto=tybalt, ptype="subscribed")
    client.send_presence(pshow="away", pstatus="on the balcony")
    client.send_presence_subscription(pto=tybalt, ptype="subscribe")
    await terminal.type(f"/sub allow {juliet}")
    await client.presence("subscribed", tybalt)
    await client.push(tybalt, subscription="both")
    await terminal.type("/who")
    step("profanity has a contact: " + await terminal.shows("on the balcony"))


async def converse(terminal, server, client, tybalt, step):
    step("profanity: " + await terminal.login(tybalt))

    await terminal.type(f"/msg {client.boundjid.bare} What, drawn, and talk of peace?")
    got = await client.message("What, drawn, and talk of peace?")
    step(f"slixmpp got from {got['from']}: {got['body']}")

    client.send_message(mto=got["from"], mbody="I hate the word", mtype="chat")
    step("profanity shows: " + await terminal.shows("I hate the word"))

    await befriend(terminal, client, tybalt, step)
    await terminal.type("/quit")
    await client.presence("unavailable", got["from"].full)
    await client.fence()
