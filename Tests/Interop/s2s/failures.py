"""Domains that cannot be reached: what a message to them comes back with, and when."""

import time

# Domain, condition, type, and the seconds within which it has to come.
FAILURES = [
    ("none.example", "remote-server-not-found", "cancel", 3),
    ("no-service.example", "remote-server-not-found", "cancel", 3),
    ("lame.example", "remote-server-not-found", "cancel", 3),
    ("plain-refusing.example", "remote-server-not-found", "cancel", 3),
    ("refusing.example", "remote-server-timeout", "wait", 3),
    ("silent-dns.example", "remote-server-timeout", "wait", 12),
    ("silent.example", "remote-server-timeout", "wait", 25),
    ("black-hole.example", "remote-server-timeout", "wait", 35),
]


async def comes_back(here, failure):
    domain, condition, kind, within = failure
    romeo = await here.user("romeo")
    begun = time.monotonic()
    stanza = romeo.make_message(mto=f"juliet@{domain}", mbody="Art thou there?")
    stanza["id"] = f"to-{domain}"
    stanza.send()
    await romeo.until("the message to come back", romeo.failures, within + 5)
    took = time.monotonic() - begun
    failures = romeo.failures()
    assert failures == [(f"to-{domain}", condition, kind)], failures
    assert took <= within, f"after {took:.1f} s and not {within}"
    await romeo.logout()
    return f"{condition}, {kind}"
