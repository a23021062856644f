"""The program's verbs beside a running server: what they do to slixmpp clients."""

from client import Client, LoginFailed
from server import PASSWORD


async def run(server, step):
    (paris,) = await server.add("paris@montague.example")
    for named in (False, True):
        status, output = await server.martlet("user", "list", "montague.example", named=named)
        assert status == 0 and paris in output.split(), output
    status, output = await server.martlet(
        "user", "add", paris, "--password-stdin", stdin="another\n"
    )
    assert status != 0 and f"{paris} exists already" in output, output
    step(f"{paris} is listed, and cannot be made twice")

    client = await Client(server, paris).login()
    await change(server, client, paris, step)
    client = await Client(server, paris, "mercutio").login()
    await send(server, client, paris, step)
    await remove(server, client, paris, step)


async def change(server, client, paris, step):
    status, output = await server.martlet(
        "user", "password", paris, "--password-stdin", stdin="mercutio\n"
    )
    assert status == 0, output
    await client.until("the end of the stream", lambda: not client.is_connected())
    assert client.stream_errors == ["reset"], client.stream_errors
    await refused(server, paris, PASSWORD)
    step("another password: the session ended, and the old one is refused")


async def send(server, client, paris, step):
    arguments = ["send", "--from", paris, "--password-stdin", "--insecure"]
    arguments += ["--host", "127.0.0.1", "--port", str(server.port)]
    status, output = await server.martlet(
        *arguments, paris, "A plague o' both your houses!",
        configured=False, stdin="mercutio\n",
    )
    assert status == 0, output
    got = await client.message("A plague o' both your houses!")
    step(f"martlet send: {output.strip()}; slixmpp heard from {got['from']}")


async def remove(server, client, paris, step):
    status, output = await server.martlet("user", "remove", paris)
    assert status == 0, output
    await client.until("the end of the stream", lambda: not client.is_connected())
    await refused(server, paris, "mercutio")
    status, output = await server.martlet("user", "list", "montague.example")
    assert status == 0 and paris not in output.split(), output
    step("removed: the session ended, and nobody can log in")


async def refused(server, account, password):
    client = Client(server, account, password, "SCRAM-SHA-256")
    try:
        await client.login()
    except LoginFailed as failure:
        assert failure.args == ("not-authorized",), failure
        await client.logout()
        return
    raise AssertionError(f"{account} logged in with {password}")
