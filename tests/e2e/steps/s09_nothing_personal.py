"""Step 9: every message on the broker and every line of every log is read; nobody's name or address occurs."""

from __future__ import annotations

from collections import Counter

from tests.e2e.broker import read_everything
from tests.e2e.check import holds, same
from tests.e2e.leaks import Needles, values_of
from tests.e2e.world import Counts, World

STREAMS = frozenset({"CONTACTS", "CAMPAIGNS", "TICKETS", "PRIVACY", "LEDGER"})


def run(world: World) -> Counts:
    needles = Needles(values_of(world.people, world.texts))
    messages = read_everything(world.env["KONTOR_NATS_URL"])
    streams = Counter(message.stream for message in messages)
    holds(streams.keys() >= STREAMS, f"every service has published: {dict(streams)}")
    _check_the_search(world, needles)
    content = b"\n".join(
        part
        for message in messages
        for part in (message.subject.encode(), repr(message.headers).encode(), message.body)
    )
    same(needles.found_in(content)[:5], [], "personal values on the broker")
    logs = {log.name: needles.found_in(log.read_bytes())[:5] for log in world.running.logs}
    same({name: found for name, found in logs.items() if found}, {}, "personal values in logs")
    return {"messages": len(messages), "values": needles.count, "bytes": len(content), "logs": len(logs)}


def _check_the_search(world: World, needles: Needles) -> None:
    """The search finds what it looks for: a silent one would prove nothing."""
    planted = f"\x0a\x05{world.people.customer.email}\x12".encode()
    same(len(needles.found_in(planted)) > 0, True, "the search finds an address that was planted")
