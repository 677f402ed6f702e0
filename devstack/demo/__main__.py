"""`python -m devstack.demo`: loads the demo data into the stack that the environment describes; twice is once."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kontor.privacy.v1.holder_pb2 import REQUEST_KIND_ACCESS, REQUEST_KIND_ERASURE, RequestKind
from kontor.privacy.v1.privacy_pb2 import CreateRequestRequest

from devstack.demo import campaigns, cast, consents, contacts, registers, tickets
from devstack.demo.doors import Caller, Doors, request_id
from kernel.errors import FailedPrecondition


@contextmanager
def step(name: str) -> Iterator[None]:
    """Says how long a part took."""
    began = time.monotonic()
    yield
    print(f"{name:<12} {time.monotonic() - began:5.1f} s", flush=True)


def main() -> int:
    """Answers the exit code."""
    doors = Doors(os.environ)
    people = cast.invent()
    with step("logins"):
        staff = {
            name: doors.person(f"{name}@demo.example")
            for name in ("service", "marketing", "leitung", "datenschutz")
        }
        customer = doors.person(cast.CUSTOMER)
        page, customers = doors.service("portal"), doors.service("integrator")
    agent, manager, dpo = staff["service"], staff["leitung"], staff["datenschutz"]
    with step("contacts"):
        ids = contacts.load(people, manager=manager, agent=agent)
        ids[cast.CUSTOMER] = contacts.link_customer(customer)
        contacts.give_responsible(ids, people, agent=agent)
        contacts.give_teams(ids, people, agent=agent)
    with step("consents"):
        consents.load(people, ids, doors=doors, page=page, agent=agent)
        consents.suppress(dpo)
    with step("campaigns"):
        campaigns.load(staff["marketing"])
    with step("tickets"):
        voices = tickets.Voices(customers=customers, customer=customer, agent=agent, manager=manager)
        tickets.load(people, ids, voices)
    with step("registers"):
        registers.load(dpo, manager=manager)
    with step("requests"):
        ask(ids[cast.CUSTOMER], REQUEST_KIND_ACCESS, by=customer)
        ask(ids[people.people[7].email], REQUEST_KIND_ACCESS, by=agent)
        ask(ids[people.people[15].email], REQUEST_KIND_ERASURE, by=agent)
    return 0


def ask(contact_id: str, kind: RequestKind.ValueType, *, by: Caller) -> None:
    """The customer asks on the portal; of two who wrote a letter one wants a copy, one to be erased."""
    asked = CreateRequestRequest(
        request_id=request_id("request", kind, contact_id), contact_id=contact_id, kind=kind, language="de"
    )
    try:
        by.requests.CreateRequest(asked)
    except FailedPrecondition:
        # One is open already: the demo was loaded before.
        return


if __name__ == "__main__":
    sys.exit(main())
