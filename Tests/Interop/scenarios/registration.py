"""In-band registration (XEP-0077): slixmpp makes an account, changes its password, removes it."""

from slixmpp.exceptions import IqError

from client import Client, LoginFailed
from server import REGISTERING

PLUGINS = ["xep_0004", "xep_0030", "xep_0066", "xep_0077"]


async def run(server, step):
    account = f"bill@{REGISTERING}"
    bill = Newcomer(server, f"{account}/globe", "Calliope's own")
    await bill.login()
    assert bill.registered == [("result", "")], bill.registered
    step(f"{account} was made over the stream that then logged in")

    taken = Newcomer(server, f"{account}/second", "Calliope's own")
    await taken.login()
    assert taken.registered == [("error", "conflict")], taken.registered
    await taken.logout()
    step("the same name again: conflict")

    form = await bill["xep_0077"].get_registration(jid=REGISTERING)
    assert form["register"]["registered"], form
    await bill["xep_0077"].change_password("Melpomene's own", jid=REGISTERING)
    try:
        await Client(server, account, "Calliope's own", "SCRAM-SHA-256").login()
    except LoginFailed as failure:
        assert failure.args == ("not-authorized",), failure
    else:
        raise AssertionError("the old password still serves")
    again = await Client(server, f"{account}/again", "Melpomene's own").login()
    step("another password: the new one serves, the old one does not")

    await bill["xep_0077"].cancel_registration(jid=REGISTERING)
    await again.until("the end of the stream", lambda: not again.is_connected())
    await bill.until("the end of the stream", lambda: not bill.is_connected())
    try:
        await Client(server, account, "Melpomene's own", "SCRAM-SHA-256").login()
    except LoginFailed:
        step("removed: the streams ended, and nobody can log in")
    else:
        raise AssertionError("the account is still there")


class Newcomer(Client):
    """Registers before it logs in, and notes how that went."""

    def __init__(self, server, jid, password):
        super().__init__(server, jid, password, plugins=PLUGINS)
        self.registered = []
        self.add_event_handler("register", self._register)

    async def _register(self, form):
        assert form["register"]["username"] is not None, form
        request = self.Iq(stype="set")
        request["register"]["username"] = self.boundjid.user
        request["register"]["password"] = self.password
        try:
            await request.send()
            self.registered.append(("result", ""))
        except IqError as error:
            self.registered.append(("error", error.condition))
