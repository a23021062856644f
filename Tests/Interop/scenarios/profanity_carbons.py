"""Message carbons (XEP-0280) in profanity: copied while it asks for them, and only then."""

from client import Client
from profanity import Profanity


async def run(server, step):
    romeo, juliet = await server.add(
        "romeo.copies@montague.example", "juliet.copies@capulet.example"
    )
    orchard = await Client(server, f"{romeo}/orchard").login()
    balcony = await Client(server, f"{juliet}/balcony").login()
    phone = Profanity(server, "profanity-carbons")
    try:
        await phone.start("/carbons off")
        step("profanity: " + await phone.login(f"{romeo}/phone"))
        talk = Talk(phone, orchard, balcony)
        await talk.pass_by("But soft", "what light")
        step("profanity, which did not ask for copies, shows none")

        step("profanity: " + await phone.console("/carbons on", "carbons preference enabled"))
        step("and shows: " + ", ".join(await talk.overhear("It is the east", "Ay me!")))

        step("profanity: " + await phone.console("/carbons off", "carbons preference disabled"))
        await talk.pass_by("She speaks", "wherefore art thou")
        step("and shows none any more")
    finally:
        await phone.close()
    for client in (orchard, balcony):
        await client.logout()


class Talk:
    """What romeo's other resource and juliet say to each other, as profanity sees it or does not."""

    def __init__(self, phone, orchard, balcony):
        self.phone, self.orchard, self.balcony = phone, orchard, balcony
        self.count = 0

    async def exchange(self, his, hers):
        # What profanity typed before this, the server has dealt with when this arrives.
        self.count += 1
        mark = f"mark {self.count}"
        await self.phone.type(f"/msg {self.balcony.boundjid.bare} {mark}")
        marked = await self.balcony.message(mark)
        self.orchard.send_message(mto=self.balcony.boundjid.bare, mbody=his, mtype="chat")
        await self.balcony.message(his)
        self.balcony.send_message(mto=self.orchard.boundjid, mbody=hers, mtype="chat")
        await self.orchard.message(hers)
        end = f"end {self.count}"
        self.balcony.send_message(mto=marked["from"], mbody=end, mtype="chat")
        await self.phone.shows(mark, end)

    async def pass_by(self, his, hers):
        await self.exchange(his, hers)
        await self.phone.hides(his, hers)

    async def overhear(self, his, hers):
        await self.exchange(his, hers)
        juliet = self.balcony.boundjid
        return [await self.phone.shows(f"me: {his}"), await self.phone.shows(f"{juliet}: {hers}")]
