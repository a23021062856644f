"""What two servers must be able to do for their users, whoever of the two is ours.

Each case gets the server of the one who begins, `here`, and that of the other, `there`.
"""

import asyncio

from parties import Martlet

DISCO = "http://jabber.org/protocol/disco#info"


async def pair(here, there, **options):
    romeo = await here.user("romeo", **options)
    juliet = await there.user("juliet")
    return romeo, juliet


async def part(*users):
    for user in users:
        await user.logout()


async def message(here, there):
    """To a full and to a bare address, and an answer."""
    romeo, juliet = await pair(here, there)
    for number, target in enumerate((juliet.boundjid.full, juliet.boundjid.bare)):
        romeo.send_message(mto=target, mbody=f"Wherefore <&> \N{SNOWMAN} {number}", mtype="chat")
        got = await juliet.message(f"Wherefore <&> \N{SNOWMAN} {number}")
        assert got["from"].full == romeo.boundjid.full, got
    juliet.send_message(mto=romeo.boundjid.full, mbody="Here.")
    await romeo.message("Here.")
    await part(romeo, juliet)
    return "each arrived, with the address of who wrote it"


async def query(here, there):
    """iq: what the other server offers, and errors for what nobody knows."""
    romeo = await here.user("romeo")
    answer = await romeo.make_iq_get(queryxmlns=DISCO, ito=there.domain).send(timeout=20)
    assert answer["from"].full == there.domain, answer
    features = [f for f in answer.xml.iter(f"{{{DISCO}}}feature")]
    assert features, answer
    errors = []
    for target in (there.domain, f"nobody@{there.domain}", f"nobody@{there.domain}/x"):
        question = romeo.make_iq_get(queryxmlns="urn:example:unknown", ito=target)
        errors.append(await refused(question))
    await part(romeo)
    return f"{len(features)} features; unknown: {', '.join(errors)}"


async def refused(question):
    from slixmpp.exceptions import IqError

    try:
        await question.send(timeout=20)
    except IqError as error:
        return error.iq["error"]["condition"]
    raise AssertionError("an unknown question was answered")


async def contacts(here, there):
    """Subscription both ways, presence, and what is left of it after each server started anew."""
    romeo, juliet = await pair(here, there)
    mine, hers = romeo.boundjid.bare, juliet.boundjid.bare
    await befriend(romeo, juliet)
    await befriend(juliet, romeo)
    romeo.send_presence(pshow="away", pstatus="banished")
    got = await juliet.presence("away", mine)
    assert got["status"] == "banished", got
    await part(romeo)
    await juliet.presence("unavailable", mine)
    for server in (there, here):
        if server is there:
            await part(juliet)
        await server.restart()
        romeo = await here.user("romeo")
        if server is there:
            juliet = await there.user("juliet")
        # By presence or by the probe, whoever came last.
        await juliet.presence("available", mine)
        await romeo.presence("available", hers)
        if server is there:
            await part(romeo)
            await juliet.presence("unavailable", mine)
    romeo.send_presence(pto=hers, ptype="unsubscribe")
    await juliet.presence("unsubscribe", mine)
    juliet.send_presence(pto=mine, ptype="unsubscribe")
    await romeo.presence("unsubscribe", hers)
    for one, other in ((romeo, hers), (juliet, mine)):
        one.send_presence(pto=other, ptype="unsubscribed")
        await one.push(other, subscription="none")
    await part(romeo, juliet)
    return "both, seen away and gone, still so after either server's start"


async def befriend(one, other):
    """One comes to see the other's presence."""
    mine, hers = one.boundjid.bare, other.boundjid.bare
    one.send_presence(pto=hers, ptype="subscribe")
    await other.presence("subscribe", mine)
    other.send_presence(pto=mine, ptype="subscribed")
    await one.presence("subscribed", hers)
    await one.presence("available", hers)


async def order(here, there, count=1_000):
    """A thousand messages, each once and in their order."""
    romeo, juliet = await pair(here, there)
    for number in range(count):
        romeo.send_message(mto=juliet.boundjid.full, mbody=str(number))
    heard = await numbers(juliet, count, within=60)
    assert heard == list(range(count)), heard
    await part(romeo, juliet)
    return f"{count} in their order"


async def numbers(user, count, within):
    """What a user heard, as numbers, when there are so many of them."""

    def heard():
        return [s for s in user.received if s.name == "message" and s["type"] != "error"]

    await user.until(f"{count} messages", lambda: len(heard()) >= count, within)
    return [int(s["body"]) for s in heard()]


async def peer_dies(here, there, count=1_000):
    """Who is written to loses the server in mid-traffic: each message arrives or comes back."""
    romeo, juliet = await pair(here, there)
    writer = asyncio.create_task(talk(romeo, juliet.boundjid.bare, count))
    await juliet.until("some traffic", lambda: len(juliet.received) > count // 4, 30)
    if not isinstance(there, Martlet):
        await freeze(here, there, romeo, juliet)
    await there.crash()
    await juliet.until("her connection to go", lambda: not juliet.is_connected(), 20)
    before = spoken(juliet)
    await there.start()
    juliet = await there.user("juliet")
    await writer
    heard, returned = await settle(romeo, juliet, before, count)
    await part(romeo, juliet)
    lost = set(range(count)) - heard - returned
    assert not lost, f"{len(lost)} lost: {sorted(lost)[:20]}"
    return f"{len(heard)} heard, {len(returned)} returned, {len(heard & returned)} of them both"


async def freeze(here, there, romeo, juliet):
    """Stops a peer between what it has handed on and what is still on its way to it.

    What a peer takes, acknowledges and then loses is lost by the peer; here it holds nothing of
    that kind when it dies, and a good many are written to it that it never reads.
    """
    here.pause()
    heard = None
    while heard != len(juliet.received):
        heard = len(juliet.received)
        for _ in range(20):
            await juliet.roster_since(None)
    there.pause()
    here.resume()
    enough = len(romeo.said) + 100
    while len(romeo.said) < enough:
        await romeo.fence()


async def own_dies(here, there, count=1_000):
    """Who writes loses the server in mid-traffic: what was acknowledged arrives."""
    romeo, juliet = await pair(here, there, plugins=["xep_0198"])
    acknowledged = []
    romeo.add_event_handler("stanza_acked", acknowledged.append)
    writer = asyncio.create_task(talk(romeo, juliet.boundjid.bare, count))
    await juliet.until("some traffic", lambda: len(juliet.received) > count // 4, 30)
    await here.crash()
    await romeo.until("his connection to go", lambda: not romeo.is_connected(), 20)
    writer.cancel()
    told = {int(s["body"]) for s in acknowledged if s.name == "message"}
    await here.start()
    romeo = await here.user("romeo")
    heard, _ = await settle(romeo, juliet, [], 0)
    await part(romeo, juliet)
    lost = told - heard
    assert not lost, f"{len(lost)} of {len(told)} acknowledged were lost: {sorted(lost)[:20]}"
    return f"{len(told)} acknowledged, {len(heard)} heard, and on it goes"


async def talk(user, target, count):
    """Writes numbered messages, some hundred a second."""
    user.said = []
    for number in range(count):
        stanza = user.make_message(mto=target, mbody=str(number), mtype="chat")
        # Who returns it need not return what was in it.
        stanza["id"] = str(number)
        stanza.send()
        user.said.append(number)
        # The rate of the traffic; nothing is waited for by this.
        if number % 10 == 9:
            await asyncio.sleep(0.03)


def spoken(user):
    return [s for s in user.received if s.name == "message" and s["type"] != "error"]


async def settle(romeo, juliet, before, count):
    """Returns what was heard, in order and once, and what came back, when a last word arrived."""
    attempts = 0
    while True:
        # What is written while the servers find each other again may come back.
        attempts += 1
        word = f"the last word {attempts}"
        romeo.send_message(mto=juliet.boundjid.bare, mbody=word, mtype="chat")
        try:
            await juliet.until(word, lambda: any(s["body"] == word for s in spoken(juliet)), 10)
            break
        except AssertionError:
            assert attempts < 12, "the servers do not find each other again"

    def returned():
        errors = (s for s in romeo.received if s.name == "message" and s["type"] == "error")
        return {int(s["id"]) for s in errors if s["id"].isdigit()}

    def heard(is_kept=None):
        stanzas = (s for s in before + spoken(juliet) if s["body"].isdigit())
        return [int(s["body"]) for s in stanzas if is_kept in (None, was_kept(s))]

    def is_settled():
        return len(set(heard()) | returned()) >= count

    try:
        await romeo.until("every message to arrive or to come back", is_settled, 90)
    except AssertionError:
        pass
    numbers = heard()
    assert len(numbers) == len(set(numbers)), "doubled: " + str(doubled(numbers))
    # What was kept for her may come between what is new: that is her server's matter.
    for part in (heard(is_kept=False), heard(is_kept=True)):
        assert part == sorted(part), f"out of order: {part}"
    return set(numbers), returned()


def was_kept(stanza):
    return stanza.xml.find("{urn:xmpp:delay}delay") is not None


def doubled(numbers):
    return sorted({n for n in numbers if numbers.count(n) > 1})[:20]


# By their names, in this order.
CASES = {
    "message": message,
    "query": query,
    "contacts": contacts,
    "order": order,
    "peer-dies": peer_dies,
    "own-dies": own_dies,
}


def asks_too_much(name, here, there, proof):
    """Why a server cannot be asked for a case, or None."""
    if name == "peer-dies" and not isinstance(here, Martlet):
        if here.name == "ejabberd":
            return "ejabberd does not know what a dead connection took with it"
        if proof == "dialback":
            return "prosody offers no acknowledgements after dialback"
    if name == "own-dies" and here.name == "ejabberd":
        return "the case is about the server that has the client, and ejabberd keeps no queue"
    return None
