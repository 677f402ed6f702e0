"""Writing while something is away, and looking whether all that was accepted is there afterwards."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from functools import partial

from kontor.contacts.v1.contacts_pb2 import Contact, CreateContactRequest, ListTimelineRequest

from tests.e2e.calls import new_id
from tests.e2e.check import same, wait_for
from tests.e2e.world import World

CREATED = "kontor.contacts.v1.ContactCreated"


def create(world: World, family_name: str) -> Contact:
    """A contact with this name."""
    return world.agent.contacts.CreateContact(command(family_name))


def command(family_name: str) -> CreateContactRequest:
    """The order to make it; sent twice, it makes one."""
    return CreateContactRequest(request_id=new_id(), contact=Contact(family_name=family_name))


def timeline(world: World, contact_id: str) -> list[str]:
    """What the facts about a contact have left in its timeline."""
    answer = world.agent.contacts.ListTimeline(ListTimelineRequest(contact_id=contact_id))
    return [entry.kind for entry in answer.entries]


def write_without_broker(world: World, *, seconds: float, every: float) -> list[Contact]:
    """Creates contacts while the broker is down; answers them when it is back."""
    world.running.take_down("nats")
    try:
        return [create(world, f"Inseln{number}") for number in _ticks(seconds, every)]
    finally:
        world.running.bring_up("nats")


def check_arrived(world: World, made: Collection[Contact]) -> None:
    """Each contact's fact had its effect, and had it once."""
    for contact in made:
        kinds = wait_for(partial(timeline, world, contact.id), "the fact arrives", seconds=60)
        same(kinds, [CREATED], "what one creation leaves in the timeline")


def _ticks(seconds: float, every: float) -> Iterator[int]:
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield number
        number += 1
        time.sleep(every)
