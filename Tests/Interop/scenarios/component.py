"""Components (XEP-0114): slixmpp's comes, is found, answers, goes, and may not speak for others."""

import asyncio

import slixmpp
from slixmpp.exceptions import IqError

from client import Client
from server import COMPONENT, COMPONENT_SECRET


class Echo(slixmpp.ComponentXMPP):
    """Says everything again, from the address that it was said to."""

    def __init__(self, server, secret=COMPONENT_SECRET):
        super().__init__(COMPONENT, secret, "127.0.0.1", server.component_port)
        self.register_plugin("xep_0030")
        self.stream_error = None
        self.started, self.ended = asyncio.Event(), asyncio.Event()
        self.add_event_handler("message", self.answer)
        self.add_event_handler("session_start", lambda _: self.started.set())
        self.add_event_handler("disconnected", lambda _: self.ended.set())
        self.add_event_handler("stream_error", self.note)

    def answer(self, message):
        if message["type"] != "error":
            self.send_message(
                mto=message["from"], mfrom=message["to"], mbody=f"{message['body']}, {message['body']}"
            )

    def note(self, error):
        self.stream_error = error["condition"]

    async def come(self):
        self.connect()
        async with asyncio.timeout(10):
            await self.started.wait()

    async def go(self):
        await self.disconnect()


async def run(server, step):
    (romeo,) = await server.add("romeo.component@montague.example")
    orchard = await Client(server, f"{romeo}/orchard", plugins=["xep_0030"]).login()
    assert await unavailable(orchard, "before") == "service-unavailable"
    step("while nobody is there: service-unavailable")

    echo = Echo(server)
    await echo.come()
    for target in (COMPONENT, f"anybody@{COMPONENT}", f"anybody@{COMPONENT}/anywhere"):
        orchard.send_message(mto=target, mbody="Juliet", mtype="chat")
        got = await orchard.message("Juliet, Juliet")
        assert got["from"].full == target, got
    step("each of its addresses answers")
    items = await orchard["xep_0030"].get_items("capulet.example", timeout=10)
    assert any(item[0] == COMPONENT for item in items["disco_items"]["items"]), items
    info = await orchard["xep_0030"].get_info(COMPONENT, timeout=10)
    assert info["from"].full == COMPONENT, info
    step("the domain above lists it, and it says itself what it is")

    for number in range(200):
        orchard.send_message(mto=f"anybody@{COMPONENT}", mbody=str(number), mtype="chat")
    for number in range(200):
        await orchard.message(f"{number}, {number}")
    step("two hundred there and back, in order")

    echo.send_message(mto=orchard.boundjid, mfrom="juliet@capulet.example", mbody="It is I")
    async with asyncio.timeout(10):
        await echo.ended.wait()
    assert echo.stream_error == "invalid-from", echo.stream_error
    await orchard.fence()
    assert not [s for s in orchard.received if s.name == "message"], orchard.received
    step("who speaks for another is told invalid-from, and gone")

    false = Echo(server, secret="another")
    false.connect()
    async with asyncio.timeout(10):
        await false.ended.wait()
    assert false.stream_error == "not-authorized", false.stream_error
    assert not false.started.is_set()
    step("a wrong secret: not-authorized")

    again = Echo(server)
    await again.come()
    orchard.send_message(mto=COMPONENT, mbody="Romeo", mtype="chat")
    await orchard.message("Romeo, Romeo")
    await again.go()
    step("and it comes again")
    await orchard.logout()


async def unavailable(client, name):
    question = client.make_iq_get(queryxmlns="urn:example:question", ito=COMPONENT)
    try:
        await question.send(timeout=10)
    except IqError as error:
        return error.iq["error"]["condition"]
    raise AssertionError(f"{name}: somebody answered")
