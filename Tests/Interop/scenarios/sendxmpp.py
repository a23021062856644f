"""go-sendxmpp (a client in Go) sends messages that slixmpp receives, and receives one itself."""

import asyncio

from client import Client
from server import PASSWORD


async def run(server, step):
    nurse, juliet = await server.add("nurse@capulet.example", "juliet.go@montague.example")
    client = await Client(server, juliet).login()
    for name, port, flags in [
        ("STARTTLS", server.port, []), ("direct TLS", server.direct_port, ["--tls"]),
    ]:
        text = f"Madam! Your mother craves a word with you, by {name}"
        sender = await start(server, nurse, port, *flags, juliet)
        async with asyncio.timeout(20):
            output, _ = await sender.communicate(text.encode())
        assert sender.returncode == 0, output.decode()
        got = await client.message(text)
        step(f"{got['from']} by {name}: {got['body']}")
    await listens(server, client, nurse, step)
    await client.logout()


async def listens(server, client, nurse, step):
    listener = await start(server, nurse, server.port, "--listen")
    try:
        client.send_message(mto=nurse, mbody="Who calls?")
        async with asyncio.timeout(20):
            line = (await listener.stdout.readline()).decode()
        assert "Who calls?" in line, line
        step(f"go-sendxmpp printed: {line.strip()}")
    finally:
        listener.terminate()
        await listener.wait()


async def start(server, account, port, *arguments):
    # It knows no way to name an authority of one's own: --no-tls-verify.
    return await asyncio.create_subprocess_exec(
        "go-sendxmpp", "--no-tls-verify", "--username", account, "--password", PASSWORD,
        "--jserver", f"127.0.0.1:{port}", *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"HOME": str(server.folder), "PATH": "/usr/bin:/bin"},
    )
