"""Stream management (XEP-0198): a slixmpp client's connection is lost, and not one message."""

import asyncio

from client import Client


class Wire:
    """A TCP relay before the server, that can go dead without either end being told."""

    async def open(self, port):
        self.port = port
        self.links = []
        self.relay = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return self.relay.sockets[0].getsockname()

    async def _join(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.dead = False
        self.links.append(far_writer)
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader, writer):
        try:
            while data := await reader.read(65536):
                if self.dead:
                    return
                writer.write(data)
                await writer.drain()
            if not self.dead:
                writer.close()
        except OSError:
            return

    async def close(self):
        self.relay.close()
        for link in self.links:
            link.close()


class Mobile(Client):
    """A client with stream management, behind a wire."""

    def __init__(self, server, jid, address):
        super().__init__(server, jid, plugins=["xep_0198"])
        self.address = address

    def route(self, port):
        return self.address


async def run(server, step):
    romeo, juliet = await server.add("romeo.sm@montague.example", "juliet.sm@capulet.example")
    wire = Wire()
    orchard = Mobile(server, f"{romeo}/orchard", await wire.open(server.port))
    balcony = await Client(server, f"{juliet}/balcony").login()
    await orchard.login()
    step(f"enabled, with the id {orchard['xep_0198'].sm_id}")
    sent = iter(range(1, 1_000))

    since = len(server.log)
    await lose(orchard, orchard.cut)
    await resumes(orchard, balcony, sent)
    await server.logged(r"resumed account=romeo\.sm@.* resource=orchard", since)
    step("resumed after a broken connection: 20 messages, each once and in order")

    def go_dead():
        wire.dead = True
        # These never reach the server, and only its count says so.
        for number in range(5):
            orchard.send_message(mto=juliet, mbody=f"unheard {number}")

    since = len(server.log)
    await lose(orchard, go_dead, flush=True)
    await resumes(orchard, balcony, sent)
    # What the server writes is read here a little later: it is asked about when its end is there.
    login = await server.logged(r"info login account=romeo\.sm@", since)
    before = server.log[since : server.log.index(login.string, since)]
    assert not [line for line in before if "closed" in line], before
    for number in range(5):
        await balcony.message(f"unheard {number}")
    await balcony.fence()
    assert not [s for s in balcony.received if s.name == "message"], balcony.received
    step("resumed while the server thought the dead connection alive: both directions lost nothing")

    await lose(orchard, orchard.cut)
    await resumes(orchard, balcony, sent)
    step("and a third time on the same session")
    await orchard.logout()
    await balcony.logout()
    await wire.close()


async def lose(orchard, how, flush=False):
    how()
    if flush:
        await orchard.waiting_queue.join()
        orchard.cut()
    await orchard.until("the connection to be lost", lambda: not orchard.is_connected())


async def resumes(orchard, balcony, sent):
    bodies = [f"message {next(sent)}" for _ in range(20)]
    for body in bodies:
        balcony.send_message(mto=orchard.boundjid.full, mbody=body)
    await balcony.fence()
    before = orchard.boundjid.full
    await orchard.resume()
    assert orchard.boundjid.full == before
    for body in bodies:
        await orchard.message(body)
    await orchard.fence()
    assert not [s for s in orchard.received if s.name == "message"], orchard.received
