"""Ten thousand connections that never log in: bounded memory, and others are served meanwhile."""

import asyncio
import resource
import time

from client import Client

WANTED = 10_000
# Both ends of each are in two processes; each keeps some descriptors for other things.
SPARE = 1_500


def resident(pid):
    """KiB of a process in memory."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.strangers@montague.example", "juliet.strangers@capulet.example"
    )
    listener = await Client(server, juliet).login()
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(WANTED, limit - SPARE)
    before = resident(server.process.pid)
    since = len(server.log)
    strangers = []
    for _ in range(0, count, 250):
        strangers += await asyncio.gather(*(approach(server, n) for n in range(250)))
    grown = resident(server.process.pid) - before
    each = grown / len(strangers)
    step(f"{len(strangers)} connections that do not log in: {each:.1f} KiB each")
    assert each < 16, f"{grown} KiB for {len(strangers)} connections"

    begun = time.monotonic()
    client = await Client(server, romeo).login()
    client.send_message(mto=juliet, mbody="Is the day so young?", mtype="chat")
    await listener.message("Is the day so young?")
    step(f"meanwhile a user logged in and was heard after {time.monotonic() - begun:.2f} s")

    # Each is told why, and ended, when its half minute is over.
    told = await asyncio.gather(*(ended(*stranger) for stranger in strangers))
    assert all(b"connection-timeout" in text for text in told), told[:3]
    logged = sum("connection closed" in line for line in server.log[since:])
    step(f"all were told connection-timeout and ended; {logged} lines say so")
    await client.logout()
    await listener.logout()


async def approach(server, number):
    """Connects; every other says a little, and stops."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    if number % 2:
        writer.write(b"<?xml version='1.0'?><stream:str")
    return reader, writer


async def ended(reader, writer):
    """All that the server says until it ends the connection."""
    text = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return text
