"""Moving from prosody (XEP-0227): its users, their contacts, cards and messages, and the same passwords."""

import re
from pathlib import Path

from slixmpp.plugins.xep_0048 import Bookmarks

import prosody
from client import Client
from server import PASSWORD, Server

PLUGINS = ["xep_0030", "xep_0048", "xep_0049", "xep_0054", "xep_0313"]
DOMAIN = "montague.example"
# Prosody's own tool, which reads its folder of data and writes a file for each user.
MIGRATOR = "/usr/bin/prosody-migrator"
MIGRATION = """
input {{
    hosts = {{ ["{domain}"] = {{ "accounts", "roster", "vcard", "private", "archive-archive" }} }},
    type = "internal", path = "{folder}/data",
}}
output {{ type = "xep0227" }}
"""


class OldServer(prosody.Prosody):
    """Prosody with what users keep on their server."""

    def configure(self, domains):
        super().configure(domains)
        path = self.folder / "prosody.cfg.lua"
        text = path.read_text().replace('"ping"', '"ping", "vcard", "private", "mam"')
        path.write_text(text + 'default_archive_policy = true\n')

    async def export(self):
        """The folder with a file of XEP-0227 for each user."""
        target = self.folder / "export"
        target.mkdir()
        configuration = self.folder / "migrator.cfg.lua"
        configuration.write_text(MIGRATION.format(domain=DOMAIN, folder=self.folder))
        # The tool writes to the folder that it was built with, as the user of the Debian package.
        text = Path(MIGRATOR).read_text()
        text = re.sub(r"CFG_DATADIR=.*", f"CFG_DATADIR='{target}';", text, count=1)
        text = text.replace("startup.switch_user();", "")
        tool = self.folder / "migrator"
        tool.write_text(text)
        await self.call("lua5.4", str(tool), "--config", str(configuration))
        return target


async def run(server, step):
    old, new = OldServer(), Server()
    try:
        await old.start()
        romeo, juliet = await old.add(
            f"romeo@{DOMAIN}", f"juliet@{DOMAIN}"
        )
        await furnish(old, romeo, juliet)
        assert await old.stop() == 0
        target = await old.export()
        files = sorted(path.name for path in target.glob("*.xml"))
        step(f"prosody's migrator wrote {', '.join(files)}")

        status, output = await new.martlet("import", "--dry-run", str(target))
        assert status == 0 and "would import" in output, output
        status, output = await new.martlet("import", str(target))
        assert status == 0 and "2 accounts" in output, output
        step("imported " + ", ".join(re.findall(r"^  (.*)$", output, re.MULTILINE)))
        status, output = await new.martlet("import", str(target))
        assert status == 0 and "2 accounts left as they were" in output, output
        step("and once more: nobody is touched")

        await new.start()
        status, output = await new.martlet("import", str(target))
        assert status != 0 and "the server is running" in output, output
        await look(new, step, romeo, juliet)
        status, output = await new.martlet("export", "--output", f"{new.folder}/all.xml")
        assert status == 0 and "2 accounts" in output, output
        text = (new.folder / "all.xml").read_text()
        assert PASSWORD not in text and "scram-credentials" in text, text
        step("an export of the running server has verifiers, and no password")
        assert await new.stop() == 0
    finally:
        await old.close()
        await new.close()


async def furnish(old, romeo, juliet):
    orchard = await Client(old, f"{romeo}/orchard", plugins=PLUGINS).login()
    balcony = await Client(old, f"{juliet}/balcony", plugins=PLUGINS).login()
    await orchard.update_roster(juliet, name="Juliet", groups=["Capulets"])
    balcony.send_presence_subscription(pto=romeo, ptype="subscribe")
    await orchard.presence("subscribe", juliet)
    orchard.send_presence_subscription(pto=juliet, ptype="subscribed")
    await balcony.presence("available", orchard.boundjid.full)
    bookmarks = Bookmarks()
    bookmarks.add_conference("coven@chat.example", "romeo", name="Three witches")
    await orchard["xep_0049"].store(bookmarks)
    card = orchard["xep_0054"].make_vcard()
    card["FN"] = "Romeo Montague"
    await orchard["xep_0054"].publish_vcard(card)
    balcony.send_message(mto=romeo, mbody="Wherefore art thou?", mtype="chat")
    await orchard.message("Wherefore art thou?")
    # She does not answer this one.
    orchard.send_presence_subscription(pto=juliet, ptype="subscribe")
    await balcony.presence("subscribe", romeo)
    await orchard.logout()
    await balcony.logout()


async def look(new, step, romeo, juliet):
    orchard = await Client(new, f"{romeo}/orchard", plugins=PLUGINS, mechanism="SCRAM-SHA-1").login()
    step("romeo logs in with the same password, by prosody's verifier")
    await orchard.get_roster()
    item = orchard.client_roster[juliet]
    assert item["name"] == "Juliet" and item["groups"] == ["Capulets"], item
    assert item["subscription"] == "from" and item["pending_out"], item
    step("his contact has her name, her group, and still has not answered")
    answer = await orchard["xep_0049"].retrieve("bookmarks")
    (found,) = answer["private"]["bookmarks"]["conferences"]
    assert found["name"] == "Three witches", answer
    card = await orchard["xep_0054"].get_vcard(romeo, cached=False)
    assert card["vcard_temp"]["FN"] == "Romeo Montague", card
    step("his bookmarks and his card are there")
    bodies = [
        message["mam_result"]["forwarded"]["stanza"]["body"]
        async for message in orchard["xep_0313"].iterate()
    ]
    assert "Wherefore art thou?" in bodies, bodies
    step("and what she said, in his archive")
    balcony = await Client(new, f"{juliet}/balcony", mechanism="SCRAM-SHA-1").login()
    await balcony.presence("subscribe", romeo)
    step("juliet is asked again to answer him")
    await orchard.logout()
    await balcony.logout()
