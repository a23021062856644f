"""Ad-hoc commands (XEP-0050) of a plugin in C: slixmpp and profanity list, run and cancel them."""

import asyncio
import json
from pathlib import Path

from slixmpp.exceptions import IqError

from client import Client
from profanity import Profanity
from server import Server

PLUGINS = ["xep_0004", "xep_0030", "xep_0050"]
DOMAIN = "montague.example"
NAMESPACE = "http://jabber.org/protocol/commands"
ROOT = Path(__file__).resolve().parents[3]


async def run(_, step):
    server = Server()
    try:
        await prepare(server)
        step(await server.start())
        romeo, juliet = await server.add(f"romeo@{DOMAIN}", f"juliet@{DOMAIN}")
        orchard = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
        balcony = await Client(server, f"{juliet}/balcony", plugins=PLUGINS).login()
        await discover(orchard, balcony, step)
        await execute(orchard, step)
        await fail(orchard, balcony, step)
        await by_hand(server, f"{romeo}/phone", step)
        await switch_off(server, orchard, step)
        for client in (orchard, balcony):
            await client.logout()
        assert await server.stop() == 0
    finally:
        await server.close()


async def prepare(server):
    """A server of its own: plugins are looked for when it starts."""
    folder = server.folder / "plugins"
    folder.mkdir()
    compiler = await asyncio.create_subprocess_exec(
        "cc", "-std=c11", "-shared", "-fPIC", "-I", ROOT / "Sources/C/Plugin/include",
        "-o", folder / "libmartlet_clerk.so", ROOT / "Tests/Plugins/Faults/clerk.c",
    )
    assert await compiler.wait() == 0, "the plugin does not compile"
    configure(server, {"clerk": True})


def configure(server, plugins):
    server.configure([DOMAIN], {DOMAIN: plugins})
    path = server.folder / "config.json"
    settings = json.loads(path.read_text())
    settings["pluginFolders"] = [str(server.folder / "plugins")]
    settings["domains"][DOMAIN]["administrators"] = [f"romeo@{DOMAIN}"]
    path.write_text(json.dumps(settings))


async def nodes(client):
    """The commands that a client is shown, by their nodes."""
    answer = await client["xep_0050"].get_commands(DOMAIN)
    return {node: name for _, node, name in answer["disco_items"]["items"]}


async def discover(orchard, balcony, step):
    info = await orchard["xep_0030"].get_info(jid=DOMAIN)
    assert NAMESPACE in info["disco_info"]["features"], info
    shown = await nodes(orchard)
    assert shown["greet"] == "Be greeted" and shown["repeat"] == "Say it again", shown
    others = await nodes(balcony)
    assert set(others) == {"greet"}, others
    info = (await orchard["xep_0030"].get_info(jid=DOMAIN, node="repeat"))["disco_info"]
    assert ("automation", "command-node", None, "Say it again") in info["identities"], info
    assert {NAMESPACE, "jabber:x:data"} <= set(info["features"]), info
    listed = ", ".join(sorted(shown))
    step(f"{orchard.boundjid.bare} is shown {listed}; {balcony.boundjid.bare} is shown greet")


class Command:
    """One run of a command by slixmpp's own workflow."""

    def __init__(self, client, node):
        self.plugin = client["xep_0050"]
        self.answers = asyncio.Queue()
        self.session = {"next": self.tell, "error": self.tell, "payload": None}
        self.plugin.start_command(DOMAIN, node, self.session)

    def tell(self, iq, session):
        self.answers.put_nowait(iq)

    async def answer(self):
        return await asyncio.wait_for(self.answers.get(), 10)


async def execute(client, step):
    command = Command(client, "repeat")
    asked = await command.answer()
    assert asked["command"]["status"] == "executing", asked
    assert asked["command"]["actions"] == {"complete"}, asked
    form = asked["command"]["form"]
    assert form.get_fields()["arguments"]["type"] == "text-multi", asked
    step(f"{form['title']}: {form['instructions']}")
    form["type"] = "submit"
    form.set_values({"arguments": "a rose\nby any other name"})
    command.session["payload"] = [form]
    command.plugin.complete_command(command.session)
    said = (await command.answer())["command"]
    assert said["status"] == "completed", said
    values = said["form"].get_values()
    assert values["argument"] == ["a rose", "by any other name"], said
    step(f"it repeats {values['argument']!r}, and notes {said['notes']}")

    command = Command(client, "repeat")
    await command.answer()
    command.plugin.cancel_command(command.session)
    canceled = await command.answer()
    assert canceled["command"]["status"] == "canceled", canceled
    step("another is canceled")
    await refused(
        client, "not-allowed", "session-expired", "repeat", action="complete",
        sessionid=command.session["id"],
    )
    step("and its session is over")


async def fail(orchard, balcony, step):
    said = await orchard["xep_0050"].send_command(DOMAIN, "refuse", action="complete")
    assert said["command"]["notes"] == [("error", "there is no such street")], said
    said = await balcony["xep_0050"].send_command(DOMAIN, "greet", action="complete")
    assert said["command"]["notes"] == [("info", f"Hello, {balcony.boundjid}!")], said
    await refused(balcony, "forbidden", None, "repeat")
    await refused(orchard, "item-not-found", None, "unknown")
    await refused(orchard, "bad-request", "bad-sessionid", "repeat", sessionid="made-up")
    await refused(orchard, "bad-request", "malformed-action", "repeat", action="dance")
    await refused(orchard, "bad-request", "bad-action", "repeat", action="prev")
    step("what is not for one, is not there, or makes no sense is refused, each with its error")


async def refused(client, condition, specific, node, action="execute", sessionid=None):
    request = client.make_iq_set(ito=DOMAIN)
    request["command"]["node"] = node
    # Past slixmpp, which sends no action that the XEP does not name.
    request["command"].xml.attrib["action"] = action
    if sessionid:
        request["command"]["sessionid"] = sessionid
    try:
        answer = await request.send()
    except IqError as error:
        assert error.condition == condition, error.iq
        found = error.iq["error"].xml.find(f"{{{NAMESPACE}}}{specific}")
        assert specific is None or found is not None, error.iq
    else:
        raise AssertionError(f"{condition} was expected: {answer}")


async def by_hand(server, jid, step):
    """A person at profanity, which shows forms as they are and asks for their fields."""
    phone = Profanity(server, "commands")
    try:
        await phone.start("/carbons off")
        await phone.login(jid)
        await phone.console(f"/cmd list {DOMAIN}", "Ad hoc commands:", "greet", "repeat")
        step("profanity lists them")
        await phone.type(f"/cmd exec repeat {DOMAIN}")
        step("profanity asks: " + await phone.shows("Say it again", "[field1] Arguments:"))
        await phone.type("/field1 add a rose")
        await phone.shows("[val1] a rose")
        await phone.type("/form submit")
        step("profanity shows: " + await phone.shows("[field1] argument: a rose"))
        await phone.type(f"/cmd exec greet {DOMAIN}")
        await phone.shows("Be greeted", "[field1] Arguments:")
        await phone.type("/form submit")
        step("profanity shows: " + await phone.shows(f"Hello, {jid}!"))
    finally:
        await phone.close()


async def switch_off(server, client, step):
    configure(server, {"clerk": False})
    await server.reload()
    info = await client["xep_0030"].get_info(jid=DOMAIN)
    assert NAMESPACE not in info["disco_info"]["features"], info
    await refused(client, "service-unavailable", None, "repeat")
    step("with its plugin, all of it goes")
