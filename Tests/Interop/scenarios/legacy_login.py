"""The login before SASL (XEP-0078), with the stanzas of slixmpp's plugin.

The plugin itself has not been carried over to asyncio: it reads the answer before it came, and what
it sends waits for a session.
"""

import asyncio

from slixmpp import JID
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatcherId

from client import Client
from server import PASSWORD, REGISTERING


async def run(server, step):
    (account,) = await server.add(f"nurse@{REGISTERING}")
    nurse = LegacyClient(server, f"{account}/kitchen")
    await nurse.login()
    assert nurse.fields == {"username", "password", "resource"}, nurse.fields
    assert nurse.refusals == [("401", "not-authorized")], nurse.refusals
    await nurse.fence()
    step(f"{nurse.boundjid} logged in without SASL after a wrong password, and is heard")
    await nurse.logout()

    fallen = FallenClient(server, f"{account}/cellar")
    await fallen.fall()
    assert fallen.stream_errors == ["policy-violation"], fallen.stream_errors
    step(f"one that failed by SASL is not let fall back: {fallen.stream_errors[0]}")


class LegacyClient(Client):
    def __init__(self, server, jid):
        super().__init__(server, jid, plugins=["xep_0078"])
        order = self["xep_0078"].order
        self.unregister_feature("auth", order)
        self.register_feature("auth", self._log_in, restart=False, order=order)
        self.fields, self.refusals = set(), []

    async def _log_in(self, features):
        ask = self.Iq(stype="get", sto=self.boundjid.host)
        ask.enable("auth")
        self.fields = (await self._request(ask))["auth"]["fields"]
        refusal = await self._submit("not the password")
        self.refusals.append((refusal["error"]["code"], refusal["error"]["condition"]))
        assert (await self._submit(PASSWORD))["type"] == "result"
        self.authenticated = self.sessionstarted = True
        # And so does without SASL.
        self.features |= {"auth", "mechanisms"}
        self.boundjid = JID(self.requested_jid)
        self.event("session_bind", self.boundjid)
        self.event("session_start")
        return True

    async def _submit(self, password):
        request = self.Iq(stype="set")
        request["auth"]["username"] = self.requested_jid.user
        request["auth"]["password"] = password
        request["auth"]["resource"] = self.requested_jid.resource
        return await self._request(request)

    async def _request(self, iq):
        answer = asyncio.get_running_loop().create_future()
        name = f"legacy {iq['id']}"
        self.register_handler(Callback(name, MatcherId(iq["id"]), answer.set_result, once=True))
        self.send_raw(str(iq))
        return await asyncio.wait_for(answer, 10)


class FallenClient(LegacyClient):
    """Tries SASL, fails, and asks for what there was before it."""

    async def fall(self):
        # What follows a failure is for this one to say, and not for slixmpp.
        self.remove_handler("SASL Failure")
        self.connect(*self.route(self.martlet.port))
        await self.until("the stream's end", lambda: self.stream_errors)
        await self.logout()

    async def _log_in(self, features):
        self.send_raw("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='X-ROSE'/>")
        ask = self.Iq(stype="get", sto=self.boundjid.host)
        ask.enable("auth")
        self.send_raw(str(ask))
        return True
