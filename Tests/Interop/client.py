"""A slixmpp client that notes what it receives, and waits for what a scenario expects."""

import asyncio
import itertools

import slixmpp
from slixmpp.stanza import Iq, Message, Presence

from server import PASSWORD


class LoginFailed(Exception):
    """The server refused the credentials; the argument is the SASL condition."""


class Client(slixmpp.ClientXMPP):
    """One resource of an account. Nothing is answered by itself: subscriptions least of all."""

    _fences = itertools.count(1)

    def __init__(self, server, jid, password=PASSWORD, mechanism=None, direct=False, tls=None, plugins=()):
        super().__init__(jid, password, sasl_mech=mechanism)
        self.martlet = server
        self.ssl_context = tls or server.trust("xmpp-client" if direct else None)
        self.enable_direct_tls, self.enable_starttls = direct, not direct
        self.use_ipv6 = False
        self.auto_authorize, self.auto_subscribe = None, False
        for plugin in plugins:
            self.register_plugin(plugin)
        self.received = []
        self.conditions = []
        self.stream_errors = []
        self._news = asyncio.Condition()
        self._tasks = set()
        self.add_filter("in", self._note)
        self.add_event_handler("failed_auth", self._note_failure)
        self.add_event_handler("stream_error", self._note_stream_error)
        self.add_event_handler("disconnected", lambda _: self.wake())

    # What comes in.

    def _note(self, stanza):
        is_answer = isinstance(stanza, Iq) and stanza["type"] in ("result", "error")
        if isinstance(stanza, (Iq, Message, Presence)) and not is_answer:
            self.received.append(stanza)
            self.wake()
        return stanza

    def _note_failure(self, failure):
        self.conditions.append(failure["condition"])

    def _note_stream_error(self, error):
        self.stream_errors.append(error["condition"])
        self.wake()

    def wake(self):
        """Lets those who wait look again."""

        async def wake():
            async with self._news:
                self._news.notify_all()

        task = asyncio.ensure_future(wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def until(self, description, condition, within=10):
        """Waits until the condition holds, and returns its value."""
        try:
            async with asyncio.timeout(within), self._news:
                return await self._news.wait_for(condition)
        except TimeoutError:
            unread = "\n".join(f"    {stanza}" for stanza in self.received) or "    nothing"
            raise AssertionError(
                f"{self.boundjid} waited {within} s for {description}; not taken yet:\n{unread}"
            ) from None

    async def expect(self, description, matches):
        """Takes the first stanza that matches, of those received and not taken; else waits."""
        stanza = await self.until(description, lambda: self._find(matches))
        self.received.remove(stanza)
        return stanza

    def _find(self, matches):
        return next((stanza for stanza in self.received if matches(stanza)), None)

    async def message(self, body=None):
        """Takes the next message with a body, and this one if it is named."""
        got = await self.expect(
            f"a message {body or ''}", lambda s: isinstance(s, Message) and s["body"]
        )
        assert body is None or got["body"] == body, f"expected {body!r}, got {got['body']!r}"
        return got

    async def presence(self, kind, sender):
        """Takes the next presence of this kind from an address, bare or full."""

        def matches(stanza):
            if not isinstance(stanza, Presence) or stanza["type"] != kind:
                return False
            return sender in (stanza["from"].full, stanza["from"].bare)

        return await self.expect(f"presence {kind} from {sender}", matches)

    async def push(self, contact, **wanted):
        """Takes roster pushes about a contact up to one that says what is wanted (RFC 6121 §2.1.6)."""

        def matches(stanza):
            if not isinstance(stanza, Iq) or stanza["type"] != "set" or "roster" not in stanza:
                return False
            item = stanza["roster"]["items"].get(slixmpp.JID(contact))
            return item is not None and all(item[key] == value for key, value in wanted.items())

        return await self.expect(f"a roster push of {contact} with {wanted}", matches)

    async def fence(self):
        """Returns when all that the server had for this resource so far must have come."""
        await self.roster_since(None)
        body = f"fence {next(self._fences)}"
        self.send_message(mto=self.boundjid.full, mbody=body)
        await self.expect(body, lambda s: isinstance(s, Message) and s["body"] == body)

    async def roster_since(self, version):
        """Asks for the roster; None for the version asks for all of it (RFC 6121 §2.6)."""
        request = self.Iq(stype="get")
        request.enable("roster")
        if version is not None:
            request["roster"]["ver"] = version
        return await request.send()

    # Coming and going.

    async def login(self, presence=True):
        """Logs in, up to the bound resource; presence is available unless it says otherwise."""
        await self._negotiate("session_start")
        if presence:
            self.send_presence()
            await self.presence("available", self.boundjid.full)
        return self

    async def resume(self):
        """Connects again and resumes the stream (XEP-0198 §5)."""
        return await self._negotiate("session_resumed", "sm_failed")

    async def _negotiate(self, success, *failures):
        outcomes = [success, *failures, "failed_all_auth", "disconnected", "connection_failed"]
        first = asyncio.get_running_loop().create_future()

        def settle(name, value):
            if not first.done():
                first.set_result((name, value))

        handlers = [(n, lambda v, n=n: settle(n, v)) for n in outcomes]
        for name, handler in handlers:
            self.add_event_handler(name, handler)
        port = self.martlet.direct_port if self.enable_direct_tls else self.martlet.port
        self.connect(*self.route(port))
        try:
            async with asyncio.timeout(20):
                name, value = await first
        finally:
            for event, handler in handlers:
                self.del_event_handler(event, handler)
        if name == success:
            return value
        if self.conditions:
            raise LoginFailed(*self.conditions)
        raise AssertionError(f"{self.boundjid}: {name} instead of {success}: {value}")

    def route(self, port):
        """The address to connect to; a scenario may put something in between."""
        return "127.0.0.1", port

    async def logout(self):
        """Closes the stream, and waits for the server's closing tag."""
        if self.transport:
            await self.disconnect()

    def cut(self):
        """Drops the connection without a word to the server."""
        self.transport.abort()
