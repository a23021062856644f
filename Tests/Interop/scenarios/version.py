"""Software version (XEP-0092) and entity time (XEP-0202), as slixmpp asks for them."""

import datetime

from client import Client

PLUGINS = ["xep_0030", "xep_0092", "xep_0202"]


async def run(server, step):
    (romeo,) = await server.add("romeo.version@montague.example")
    client = await Client(server, f"{romeo}/orchard", plugins=PLUGINS).login()
    info = await client["xep_0030"].get_info(jid="montague.example")
    features = info["disco_info"]["features"]
    assert {"jabber:iq:version", "urn:xmpp:time"} <= features, features

    answer = await client["xep_0092"].get_version("montague.example")
    software = answer["software_version"]
    assert software["name"] == "Martlet" and software["version"], answer
    assert not software["os"], "the operating system is told although nobody said so"
    step(f"the server is {software['name']} {software['version']}")

    answer = await client["xep_0202"].get_entity_time("montague.example")
    # slixmpp appends a Z of its own to what has one (XEP-0202 §2 wants it): it is read here.
    told = datetime.datetime.fromisoformat(answer["entity_time"]._get_sub_text("utc"))
    distance = abs(datetime.datetime.now(datetime.timezone.utc) - told)
    assert distance < datetime.timedelta(seconds=60), f"it is told that it is {told}"
    step(f"its clock says {told}")
    await client.logout()
