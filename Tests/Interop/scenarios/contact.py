"""What a domain says of itself in data forms (XEP-0157, XEP-0232), as slixmpp reads them."""

from client import Client


async def run(server, step):
    (romeo,) = await server.add("romeo.contact@montague.example")
    client = await Client(server, f"{romeo}/orchard", plugins=["xep_0004", "xep_0030"]).login()
    forms = await forms_of(client, "montague.example")
    addresses = forms["http://jabber.org/network/serverinfo"]["admin-addresses"]
    assert addresses == ["mailto:xmpp@montague.example"], forms
    step(f"montague.example's administrator is {addresses[0]}")
    software = forms["urn:xmpp:dataforms:softwareinfo"]
    assert software["software"] == "Martlet" and "os" not in software, software
    step(f"it runs {software['software']} {software['software_version']}")

    others = await forms_of(client, "capulet.example")
    assert "http://jabber.org/network/serverinfo" not in others, others
    step("capulet.example names nobody")
    await client.logout()


async def forms_of(client, domain):
    """The values of the forms in a domain's disco#info, by form and field."""
    answer = await client["xep_0030"].get_info(jid=domain, cached=False)
    found = {}
    for xml in answer["disco_info"].xml.findall("{jabber:x:data}x"):
        form = client["xep_0004"].stanza.Form(xml=xml)
        values = form.get_values()
        kind = values.pop("FORM_TYPE")
        found[kind[0] if isinstance(kind, list) else kind] = values
    return found
