"""profanity (a client in C), driven in a terminal as a person would, chats with slixmpp."""

import asyncio

from client import Client
from server import PASSWORD


class Terminal:
    """A program in a tmux session of its own: keys go in, the screen comes out."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {
            "HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm",
        }

    async def tmux(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            "tmux", "-S", f"{self.folder}/tmux", "-f", "/dev/null", *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment,
        )
        output, _ = await process.communicate()
        return output.decode()

    async def open(self, *command):
        told = await self.tmux("new-session", "-d", "-x", "150", "-y", "50", *command)
        assert not told, told

    async def type(self, line):
        await self.tmux("send-keys", "-l", line)
        await self.tmux("send-keys", "Enter")

    async def shows(self, *texts, within=20):
        """Waits until the screen has all the texts; returns the last line that has the last."""
        screen = ""
        try:
            async with asyncio.timeout(within):
                while not all(text in screen for text in texts):
                    await asyncio.sleep(0.05)  # Between two looks: a screen tells nobody that it changed.
                    screen = await self.tmux("capture-pane", "-p")
        except TimeoutError:
            raise AssertionError(f"the screen never showed {texts}:\n{screen}") from None
        return [line.strip() for line in screen.splitlines() if texts[-1] in line][-1]

    async def close(self):
        await self.tmux("kill-server")


async def run(server, step):
    tybalt, juliet = await server.add("tybalt@capulet.example", "juliet.terminal@montague.example")
    client = await Client(server, juliet).login()
    terminal = Terminal(server.folder)
    await terminal.open("profanity")
    try:
        await converse(terminal, server, client, tybalt, step)
    finally:
        await terminal.close()
    await client.logout()


async def befriend(terminal, client, tybalt, step):
    juliet = client.boundjid.bare
    await client.roster_since(None)
    await terminal.type("/win 1")
    await terminal.type(f"/roster add {juliet} Juliet")
    await terminal.type(f"/sub request {juliet}")
    await client.presence("subscribe", tybalt)
    client.send_presence_subscription(pto=tybalt, ptype="subscribed")
    client.send_presence(pshow="away", pstatus="on the balcony")
    client.send_presence_subscription(pto=tybalt, ptype="subscribe")
    await terminal.type(f"/sub allow {juliet}")
    await client.presence("subscribed", tybalt)
    await client.push(tybalt, subscription="both")
    await terminal.type("/who")
    step("profanity has a contact: " + await terminal.shows("on the balcony"))


async def converse(terminal, server, client, tybalt, step):
    await terminal.shows("Profanity")
    await terminal.type(f"/connect {tybalt} server 127.0.0.1 port {server.port} tls trust")
    await terminal.shows("Enter password:")
    await terminal.type(PASSWORD)
    step("profanity: " + await terminal.shows("logged in successfully"))

    await terminal.type(f"/msg {client.boundjid.bare} What, drawn, and talk of peace?")
    got = await client.message("What, drawn, and talk of peace?")
    step(f"slixmpp got from {got['from']}: {got['body']}")

    client.send_message(mto=got["from"], mbody="I hate the word", mtype="chat")
    step("profanity shows: " + await terminal.shows("I hate the word"))

    await befriend(terminal, client, tybalt, step)
    await terminal.type("/quit")
    await client.presence("unavailable", got["from"].full)
    await client.fence()
