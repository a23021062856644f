"""Every plugin that is on by default, switched off by a reload and on again.

What it told of itself goes with it, what it answered is nobody's any more, and nobody is disconnected.
"""

import slixmpp
from client import Client
from server import DOMAINS
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

DOMAIN = "montague.example"
# By plugin: features of the domain, features of the account, and a request: type, to whom, payload.
HOME, OWN = "the domain", "the account"
PLUGINS = {
    "ping": ({"urn:xmpp:ping"}, set(), ("get", HOME, "<ping xmlns='urn:xmpp:ping'/>")),
    "version": (
        {"jabber:iq:version"}, set(), ("get", HOME, "<query xmlns='jabber:iq:version'/>")
    ),
    "time": ({"urn:xmpp:time"}, set(), ("get", HOME, "<time xmlns='urn:xmpp:time'/>")),
    "last": ({"jabber:iq:last"}, set(), ("get", HOME, "<query xmlns='jabber:iq:last'/>")),
    "private": (
        set(), set(),
        ("get", OWN, "<query xmlns='jabber:iq:private'><x xmlns='urn:example:x'/></query>"),
    ),
    "vcard": (set(), {"vcard-temp"}, ("set", OWN, "<vCard xmlns='vcard-temp'/>")),
    "blocking": ({"urn:xmpp:blocking"}, set(), ("get", OWN, "<blocklist xmlns='urn:xmpp:blocking'/>")),
    "carbons": ({"urn:xmpp:carbons:2"}, set(), ("set", OWN, "<enable xmlns='urn:xmpp:carbons:2'/>")),
    "mam": (set(), {"urn:xmpp:mam:2"}, ("get", OWN, "<metadata xmlns='urn:xmpp:mam:2'/>")),
    "csi": (set(), set(), None),
    "contact": (set(), set(), None),
    "softwareinfo": (set(), set(), None),
}


async def run(server, step):
    (romeo,) = await server.add(f"romeo.switching@{DOMAIN}")
    client = await Client(server, romeo, plugins=["xep_0030"]).login()
    listed = await list_plugins(server)
    missing = [name for name in PLUGINS if listed.get(name) != "all"]
    assert not missing, f"not at work: {missing}: {listed}"
    step(f"martlet plugins lists {len(listed)}, and at all domains {', '.join(PLUGINS)}")

    await expect(client, romeo, is_there=True)
    forms = await count_forms(client)
    assert forms >= 2, f"{forms} forms instead of contacts and software"
    step("each answers, and says so in service discovery")

    for name in PLUGINS:
        server.configure(DOMAINS, plugins={DOMAIN: {name: False}})
        await server.reload()
        await expect(client, romeo, is_there=False, only=name)
        listed = await list_plugins(server)
        assert listed[name] != "all" and DOMAIN not in listed[name], listed[name]
    step("switched off by reload, one after the other: gone from discovery, service-unavailable")

    off = {name: False for name in PLUGINS}
    server.configure(DOMAINS, plugins={DOMAIN: off})
    await server.reload()
    await expect(client, romeo, is_there=False)
    assert await count_forms(client) == 0, "a form is left"
    step("all of them at once: the same, and no form is left")

    server.configure(DOMAINS)
    await server.reload()
    await expect(client, romeo, is_there=True)
    assert client.is_connected() and not client.stream_errors
    step(f"all are back, and {client.boundjid} stayed connected")
    await client.logout()


async def list_plugins(server):
    """The domains that each plugin is at work in, by name."""
    status, output = await server.martlet("plugins")
    assert status == 0, output
    lines = [line.split() for line in output.splitlines()[1:]]
    return {words[0]: words[3] for words in lines if len(words) > 3}


async def expect(client, account, is_there, only=None):
    """Asks for what the plugins say and answer; with `only`, for one of them."""
    disco = client["xep_0030"]
    domain = (await disco.get_info(jid=DOMAIN))["disco_info"]["features"]
    own = (await disco.get_info(jid=account))["disco_info"]["features"]
    for name, (of_domain, of_account, request) in PLUGINS.items():
        if only not in (None, name):
            continue
        for wanted, told in ((of_domain, domain), (of_account, own)):
            assert wanted <= told if is_there else not wanted & told, f"{name}: {told}"
        if request:
            error = await ask(client, *request)
            wanted = None if is_there else "service-unavailable"
            assert error == wanted, f"{name}: {error} instead of {wanted}"


async def ask(client, type, whom, payload):
    """The condition of the error, or None for a result."""
    request = client.Iq(stype=type)
    if whom == HOME:
        request["to"] = slixmpp.JID(DOMAIN)
    request.append(ET.fromstring(payload))
    try:
        await request.send(timeout=10)
    except IqError as error:
        return error.condition
    return None


async def count_forms(client):
    info = await client["xep_0030"].get_info(jid=DOMAIN)
    return len(info.xml.findall(".//{jabber:x:data}x"))
