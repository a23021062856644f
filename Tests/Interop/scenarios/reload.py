"""SIGHUP with one domain more: its users log in, and those connected stay."""

from client import Client
from server import DOMAINS


async def run(server, step):
    (romeo,) = await server.add("romeo.reload@montague.example")
    connected = await Client(server, romeo).login()
    status, output = await server.martlet(
        "user", "add", "paris@padua.example", "--password-stdin", stdin="secret\n"
    )
    assert status != 0 and "padua.example" in output, output
    step(f"before: {output.strip()}")

    server.configure([*DOMAINS, "padua.example"])
    await server.reload()
    (paris,) = await server.add("paris@padua.example")
    newcomer = await Client(server, paris).login()
    names = newcomer.socket.getpeercert()["subjectAltName"]
    step(f"after: {newcomer.boundjid} logged in, and verified a certificate for {names}")

    newcomer.send_message(mto=connected.boundjid.bare, mbody="Good morrow")
    got = await connected.message("Good morrow")
    assert connected.is_connected() and not connected.stream_errors
    step(f"{connected.boundjid} stayed, and heard from {got['from']}")
    await newcomer.logout()
    await connected.logout()
