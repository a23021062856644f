"""Two slixmpp clients want the same resource, and a stream that is not resumed comes to its end."""

from client import Client
from server import BRIEF


async def run(server, step):
    romeo, juliet = await server.add("romeo.conflict@montague.example", f"juliet.late@{BRIEF}")
    await same_resource(server, romeo, step)
    await not_resumed(server, romeo, juliet, step)


async def same_resource(server, romeo, step):
    """RFC 6120 §7.7.2.2: one of the two goes, or the newcomer is called something else."""
    first = await Client(server, f"{romeo}/orchard").login()
    second = await Client(server, f"{romeo}/orchard").login()
    if second.boundjid.full == f"{romeo}/orchard":
        await first.until("the end of the stream", lambda: not first.is_connected())
        assert first.stream_errors == ["conflict"], first.stream_errors
        step("the newcomer has the resource, the other one is told of the conflict")
    else:
        step(f"the newcomer became {second.boundjid.full}")
    await second.fence()
    await first.logout()
    await second.logout()


async def not_resumed(server, romeo, juliet, step):
    """XEP-0198 §5: when the time is over, what was not acknowledged goes another way."""
    sender = await Client(server, romeo).login()
    lost = Client(server, f"{juliet}/road", plugins=["xep_0198"])
    await lost.login()
    lost.cut()
    await lost.until("the connection to be lost", lambda: not lost.is_connected())
    bodies = [f"for the road {number}" for number in range(3)]
    for body in bodies:
        sender.send_message(mto=lost.boundjid.full, mbody=body, mtype="chat")
    await sender.fence()
    home = await Client(server, f"{juliet}/home").login()
    for body in bodies:
        got = await home.message(body)
    stamp = got.xml.find("{urn:xmpp:delay}delay")
    assert stamp is not None, f"no delay stamp: {got}"
    step(f"three messages for {lost.boundjid} came to {home.boundjid}, stamped {stamp.get('stamp')}")
    await home.logout()
    await sender.logout()
