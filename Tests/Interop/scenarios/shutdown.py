"""SIGTERM: a connected slixmpp client is told `system-shutdown`, and the server exits with 0."""

import time

from client import Client
from server import PASSWORD


async def run(server, step):
    (romeo,) = await server.add("romeo.shutdown@montague.example")
    client = await Client(server, romeo).login()
    begin = time.monotonic()
    status = await server.stop()
    took = time.monotonic() - begin
    await client.until("the end of the stream", lambda: not client.is_connected())
    assert client.stream_errors == ["system-shutdown"], client.stream_errors
    assert status == 0, status
    discreet(server, step)
    step(f"told {client.stream_errors[0]}; the server exited with {status} after {took:.1f} s")


def discreet(server, step):
    """The log of the whole run tells no password and nothing of what people said."""
    secrets = [PASSWORD, "mercutio", "Juliet> &", "before the crash", "message 1", "<body"]
    found = [line for line in server.log if any(secret in line for secret in secrets)]
    assert not found, found
    step(f"no password and no message in {len(server.log)} lines of log")
