"""profanity (a client in C), driven in a terminal as a person would."""

import asyncio

from server import PASSWORD


class Terminal:
    """A program in a tmux session of its own: keys go in, the screen comes out."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
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

    async def screen(self):
        return await self.tmux("capture-pane", "-p")

    async def shows(self, *texts, within=20):
        """Waits until the screen has all the texts; returns the last line that has the last."""
        screen = ""
        try:
            async with asyncio.timeout(within):
                while not all(text in screen for text in texts):
                    await asyncio.sleep(0.05)  # A screen tells nobody that it changed: look again.
                    screen = await self.screen()
        except TimeoutError:
            raise AssertionError(f"the screen never showed {texts}:\n{screen}") from None
        return [line.strip() for line in screen.splitlines() if texts[-1] in line][-1]

    async def hides(self, *texts):
        """None of the texts is on the screen as it is now."""
        screen = await self.screen()
        assert not any(text in screen for text in texts), f"one of {texts} is shown:\n{screen}"

    async def close(self):
        await self.tmux("kill-server")


class Profanity(Terminal):
    """A user's profanity, which keeps its settings and what it heard from one start to the next."""

    def __init__(self, server, name):
        super().__init__(server.folder / name)
        self.server = server

    async def start(self, *lines):
        """Opens it, and types what is to hold before it connects."""
        await self.open("profanity")
        await self.shows("Profanity. Type /help")
        # The list of contacts stands beside what is said.
        for line in ("/roster hide", *lines):
            await self.type(line)

    async def login(self, jid):
        port = self.server.port
        await self.type(f"/connect {jid} server 127.0.0.1 port {port} tls trust")
        await self.shows("Enter password:")
        await self.type(PASSWORD)
        return await self.shows("logged in successfully")

    async def quit(self):
        """Returns when the program, and its session with it, has ended."""
        await self.type("/quit")
        async with asyncio.timeout(20):
            while "no server running" not in await self.tmux("list-sessions"):
                await asyncio.sleep(0.05)  # Nor does one that ends.

    async def console(self, line, *texts):
        """Types a command in the first window, where profanity answers."""
        await self.type("/win 1")
        await self.type("/clear")
        await self.type(line)
        return await self.shows(*texts)
