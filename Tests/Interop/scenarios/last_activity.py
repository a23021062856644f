"""Last activity (XEP-0012): slixmpp asks for the uptime and for a friend that left."""

from slixmpp.exceptions import IqError

from client import Client

PLUGINS = ["xep_0012", "xep_0030"]


async def run(server, step):
    romeo, juliet, paris = await server.add(
        "romeo.last@montague.example",
        "juliet.last@capulet.example",
        "paris.last@capulet.example",
    )
    orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    balcony = await Client(server, f"{juliet}/balcony", plugins=PLUGINS).login()
    stranger = await Client(server, f"{paris}/tomb", plugins=PLUGINS).login()
    last = balcony["xep_0012"]
    answer = await last.get_last_activity("montague.example", local=False)
    step(f"the server has been running for {answer['last_activity']['seconds']} seconds")

    balcony.send_presence_subscription(pto=romeo, ptype="subscribe")
    await orchard.presence("subscribe", juliet)
    orchard.send_presence_subscription(pto=juliet, ptype="subscribed")
    await balcony.presence("available", orchard.boundjid.full)
    answer = await last.get_last_activity(romeo, local=False)
    assert answer["last_activity"]["seconds"] == 0, answer
    try:
        await stranger["xep_0012"].get_last_activity(romeo, local=False)
    except IqError as error:
        assert error.condition == "forbidden", error
        step("a stranger may not ask")
    else:
        raise AssertionError("a stranger was told")

    orchard.send_presence(ptype="unavailable", pstatus="Heading Home")
    await balcony.presence("unavailable", orchard.boundjid.full)
    await orchard.logout()
    for _ in range(50):
        answer = await last.get_last_activity(romeo, local=False)
        if answer["last_activity"]["status"]:
            break
        await balcony.fence()
    assert answer["last_activity"]["status"] == "Heading Home", answer
    assert answer["last_activity"]["seconds"] < 60, answer
    step(f"{romeo} left {answer['last_activity']['seconds']} seconds ago, {answer['last_activity']['status']}")
    await balcony.logout()
    await stranger.logout()
