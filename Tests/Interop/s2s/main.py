"""Plays every case between the server and each peer, both ways; one line a case."""

import argparse
import asyncio
import logging
import os
import sys
import time
import traceback

from cases import CASES, asks_too_much
from failures import FAILURES, comes_back
from network import Network
from parties import PARTIES
from wire import Wire

PEERS = ["prosody", "ejabberd"]
PROOFS = ["certificate", "dialback"]


class Play:
    """What is played, and how it came out."""

    def __init__(self, choice):
        self.choice = choice
        self.wire = Wire()
        self.outcomes = []

    async def run(self):
        network = Network(os.environ["NETWORK"])
        await network.open()
        try:
            ours = PARTIES["prosody" if self.choice.control else "martlet"]
            peers = [name for name in self.choice.peers if name != ours.name]
            for proof in self.choice.proofs:
                for peer in peers:
                    await self.between(ours(network, proof), PARTIES[peer](network, proof), proof)
            # What a user is told of them is ours alone.
            if self.choice.failures and not self.choice.control:
                await self.alone(ours(network, "dialback"))
        finally:
            await network.close()

    async def between(self, ours, peer, proof):
        try:
            await asyncio.gather(ours.open(), peer.open())
            for name in self.choice.cases:
                for direction, here, there in (("out", ours, peer), ("in", peer, ours)):
                    label = f"{peer.name:9} {direction:4} {proof:12} {name:10}"
                    reason = asks_too_much(name, here, there, proof)
                    if reason:
                        print(f"{label} not asked: {reason}", flush=True)
                        continue
                    await self.case(label, CASES[name](here, there), (ours, peer))
        finally:
            await ours.close()
            await peer.close()

    async def alone(self, ours):
        try:
            await ours.open()
            for failure in FAILURES:
                label = f"{'-':9} out  {'-':12} {failure[0]:22}"
                await self.case(label, comes_back(ours, failure), (ours,))
        finally:
            await ours.close()

    async def case(self, label, played, servers):
        self.wire.lines.clear()
        marks = [len(server.log) for server in servers]
        begun = time.monotonic()
        try:
            async with asyncio.timeout(180):
                outcome = await played
        except Exception as fault:
            self.outcomes.append(False)
            print(f"{label} FAILED after {time.monotonic() - begun:.1f} s: {fault}", flush=True)
            traceback.print_exc(file=sys.stdout)
            self.tell("the wire", self.wire.lines)
            for server, mark in zip(servers, marks):
                self.tell(f"what {server.name} logged", server.log[mark:][-40:])
            return
        self.outcomes.append(True)
        print(f"{label} {outcome} ({time.monotonic() - begun:.1f} s)", flush=True)

    def tell(self, title, lines):
        print(f"  -- {title}")
        for line in lines:
            print(f"     {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--proofs", nargs="+", choices=PROOFS, default=PROOFS)
    parser.add_argument("--cases", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--no-failures", dest="failures", action="store_false")
    parser.add_argument("--control", action="store_true", help="prosody in our place")
    play = Play(parser.parse_args())
    logging.getLogger().addHandler(play.wire)
    logging.getLogger("slixmpp").setLevel(logging.DEBUG)
    asyncio.run(play.run())
    failed = play.outcomes.count(False)
    print(f"{len(play.outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
