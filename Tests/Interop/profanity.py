"""profanity (a client in C), driven in a terminal as a person would."""

import asyncio
import os

from server import PASSWORD


class Terminal:
    """A program in a tmux session of its own: keys go in, the screen comes out."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.wrote = asyncio.Event()
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
        await self.listen()

    async def listen(self):
        """Has the event set whenever the program writes to its screen."""
        path = self.folder / "output"
        if not path.exists():
            os.mkfifo(path)
            # Open for both, so that it does not end with one program.
            output = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            asyncio.get_running_loop().add_reader(output, self.take, output)
        await self.tmux("pipe-pane", "-O", f"exec cat >'{path}'")

    def take(self, output):
        os.read(output, 65536)
        self.wrote.set()

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
                while True:
                    self.wrote.clear()
                    screen = await self.screen()
                    if all(text in screen for text in texts):
                        break
                    await self.wrote.wait()
        except TimeoutError:
            raise AssertionError(f"the screen never showed {texts}:\n{screen}") from None
        return [line.strip() for line in screen.splitlines() if texts[-1] in line][-1]

    async def hides(self, *texts):
        """None of the texts is on the screen as it is now."""
        screen = await self.screen()
        assert not any(text in screen for text in texts), f"one of {texts} is shown:\n{screen}"

    async def close(self):
        await self.tmux("kill-server")


async def ended(pid):
    """Returns when a process that is nobody's child has ended, as tmux's server does with its last program."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(process, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(process)
        os.close(process)


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
        pid = int(await self.tmux("display-message", "-p", "#{pid}"))
        await self.type("/quit")
        async with asyncio.timeout(20):
            await ended(pid)

    async def console(self, line, *texts):
        """Types a command in the first window, where profanity answers."""
        await self.type("/win 1")
        await self.type("/clear")
        await self.type(line)
        return await self.shows(*texts)
