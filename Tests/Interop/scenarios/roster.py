"""Two slixmpp clients of two domains keep rosters, subscribe, see each other, and part again."""

from client import Client


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.roster@montague.example", "juliet.roster@capulet.example"
    )
    orchard = await Client(server, f"{romeo}/orchard").login()
    balcony = await Client(server, f"{juliet}/balcony").login()
    await orchard.roster_since(None)
    await balcony.roster_since(None)
    await add(orchard, juliet, step)
    await subscribe(orchard, balcony, step)
    await see(server, orchard, balcony, step)
    await versions(server, orchard, romeo, juliet, step)
    # Prosody takes its leave in the name of the account, not of each resource (RFC 6121 §3.3.3).
    if not server.is_control:
        await part(orchard, balcony, step)
    await orchard.logout()
    await balcony.logout()


async def add(orchard, juliet, step):
    await orchard.update_roster(juliet, name="Juliet", groups=["Capulets", "Loves"])
    item = (await orchard.push(juliet, subscription="none"))["roster"]["items"][juliet]
    assert item["name"] == "Juliet", item
    assert sorted(item["groups"]) == ["Capulets", "Loves"], item
    step(f"added {juliet}: pushed with name and groups")


async def subscribe(orchard, balcony, step):
    """RFC 6121 §3.1, once in each direction."""
    romeo, juliet = orchard.boundjid.bare, balcony.boundjid.bare
    orchard.send_presence_subscription(pto=juliet, ptype="subscribe")
    await orchard.push(juliet, subscription="none", ask="subscribe")
    await balcony.presence("subscribe", romeo)
    balcony.send_presence_subscription(pto=romeo, ptype="subscribed")
    await balcony.push(romeo, subscription="from")
    await orchard.presence("subscribed", juliet)
    await orchard.push(juliet, subscription="to")
    await orchard.presence("available", balcony.boundjid.full)
    step(f"{romeo} subscribed to {juliet}, and saw {balcony.boundjid}")

    balcony.send_presence_subscription(pto=romeo, ptype="subscribe")
    await orchard.presence("subscribe", juliet)
    orchard.send_presence_subscription(pto=juliet, ptype="subscribed")
    await orchard.push(juliet, subscription="both")
    await balcony.presence("subscribed", romeo)
    await balcony.push(romeo, subscription="both")
    await balcony.presence("available", orchard.boundjid.full)
    step(f"{juliet} subscribed to {romeo}, and saw {orchard.boundjid}")


async def see(server, orchard, balcony, step):
    """RFC 6121 §4.2–4.5: what is sent to subscribers, and what probes find."""
    orchard.send_presence(pshow="dnd", pstatus="Under the window")
    got = await balcony.presence("dnd", orchard.boundjid.full)
    assert got["status"] == "Under the window", got
    await balcony.logout()
    await orchard.presence("unavailable", balcony.boundjid.full)
    again = await Client(server, balcony.boundjid.full).login()
    await orchard.presence("available", again.boundjid.full)
    found = await again.presence("dnd", orchard.boundjid.full)
    assert found["status"] == "Under the window", found
    again.cut()
    await orchard.presence("unavailable", again.boundjid.full)
    step("saw a status, a logout, the status again after a new login, and a broken connection")
    await balcony.login()
    await balcony.roster_since(None)  # Who did not ask is told of no changes (RFC 6121 §2.1.6).
    await orchard.presence("available", balcony.boundjid.full)


async def versions(server, orchard, romeo, juliet, step):
    """RFC 6121 §2.6."""
    version = (await orchard.roster_since(""))["roster"]["ver"]
    assert version, "no roster version"
    same = await orchard.roster_since(version)
    assert same.xml.find("{jabber:iq:roster}query") is None, same
    await orchard.update_roster(juliet, name="My Juliet", groups=["Loves"])
    pushed = await orchard.push(juliet, name="My Juliet")
    assert pushed["roster"]["ver"] not in ("", version), pushed
    # Whichever way the server chooses (RFC 6121 §2.6.3), what the client then knows is the truth.
    newer = await Client(server, f"{romeo}/crypt").login()
    result = await newer.roster_since(version)
    told = result if result.xml.find("{jabber:iq:roster}query") is not None else None
    told = told or await newer.push(juliet)
    assert told["roster"]["items"][juliet]["name"] == "My Juliet", told
    await newer.logout()
    new = told["roster"]["ver"]
    step(f"roster version {version}: nothing when unchanged, then the change and version {new}")


async def part(orchard, balcony, step):
    romeo, juliet = orchard.boundjid.bare, balcony.boundjid.bare
    orchard.send_presence_subscription(pto=juliet, ptype="unsubscribe")
    await orchard.push(juliet, subscription="from")
    await balcony.presence("unsubscribe", romeo)
    await balcony.push(romeo, subscription="to")
    await orchard.presence("unavailable", balcony.boundjid.full)
    step("unsubscribed: one direction is left")

    await orchard.del_roster_item(juliet)
    await orchard.push(juliet, subscription="remove")
    await balcony.presence("unsubscribed", romeo)
    await balcony.push(romeo, subscription="none")
    await balcony.presence("unavailable", orchard.boundjid.full)
    left = (await orchard.roster_since(None))["roster"]["items"]
    assert not left, left
    step("removed from the roster: nothing is left")
