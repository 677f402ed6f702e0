"""Contacts as a data holder: what is held can be seen, and an erasure leaves nothing that a probe could find."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from kontor.contacts.v1 import contacts_pb2
from kontor.privacy.v1 import holder_pb2
from kontor.tickets.v1 import events_pb2 as tickets
from sqlalchemy import text

from kernel.clock import SystemClock
from kernel.consuming import Delivered
from kernel.errors import FailedPrecondition, NotFound
from kernel.housekeeping import housekeeping
from kernel.migrate import differences
from kernel.signing import Signer, is_signed, signed_content
from services.contacts.consumers import consumers
from tests.contacts.conftest import SEED, House, request_id, update_request
from tests.fixtures.overdue import delete_overdue

HEADER = "Name;E-Mail;Zweite Adresse;Telefon;Firma;Notiz"


async def somebody(house: House) -> contacts_pb2.Contact:
    """A contact who has left traces in every table."""
    organisation = await house.contacts().CreateOrganisation(
        contacts_pb2.CreateOrganisationRequest(
            request_id=request_id(), organisation=contacts_pb2.Organisation(name="Höß AG")
        )
    )
    contact = await house.create(
        given_name="Erna",
        family_name="Wegmann",
        email="Erna.Wegmann@example.org",
        phone="030 987654",
        street="Geheimweg 3",
        note="mag Katzen",
        relations=[contacts_pb2.Relation(organisation_id=organisation.id, role="Prokuristin")],
    )
    await house.contacts().UpdateContact(update_request(contact.id, city="Bonn"))
    customer = house.customer("erna.wegmann@example.org")
    await customer.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    made = await house.upload(
        f"{HEADER}\n"
        "Erna Wegmann;erna.wegmann@example.org;;;;Dublette\n"
        "Erna Wegmann;;;030 987654;;Dublette ohne Adresse\n"
        "E. W.;erna.wegmann@@example.org;ERNA.wegmann@example.org;;;ungültig\n"
        "Erna Wegmann;kein@@name.example;;;;ungültig, ohne ihre Adresse\n"
        "Uwe Bleibt;uwe@example.org;;;Höß AG;bleibt\n"
    )
    await house.commit(made.id)
    await house.upload(f"{HEADER}\nErna W.;erna.wegmann@example.org;;;;nie übernommen\n")
    for subscription in consumers(house.timeline):
        await subscription.handle(
            Delivered(
                uuid.uuid4(),
                subscription.subject,
                subscription.fact(contact_id=contact.id),
                datetime(2026, 3, 2, tzinfo=UTC),
                {},
            )
        )
    return contact


def identifiers() -> holder_pb2.Identifiers:
    return holder_pb2.Identifiers(
        emails=["erna.wegmann@example.org"], phones=["+4930987654"], names=["Erna Wegmann"]
    )


async def plan(house: House, contact_id: str, known: holder_pb2.Identifiers | None = None) -> Any:
    return await house.holder().Plan(
        holder_pb2.PlanRequest(
            request_id=request_id(),
            subject_id=contact_id,
            identifiers=known or identifiers(),
            kind=holder_pb2.REQUEST_KIND_ERASURE,
        )
    )


async def execute(house: House, planned: Any) -> Any:
    return await house.holder().Execute(
        holder_pb2.ExecuteRequest(
            request_id=request_id(), plan_id=planned.plan_id, plan_hash=planned.plan_hash
        )
    )


async def probe(house: House, contact_id: str) -> Any:
    return await house.holder().Probe(
        holder_pb2.ProbeRequest(subject_id=contact_id, identifiers=identifiers())
    )


async def test_every_column_says_what_it_is(house: House) -> None:
    described = await house.holder().Describe(holder_pb2.DescribeRequest())
    datasets = {d.name: d for d in described.datasets}
    assert described.public_key == Signer(SEED).public_key
    assert {"contact", "relation", "login", "import_row", "timeline_entry"} <= datasets.keys()
    assert all(d.deletion_class for d in datasets.values())
    note = next(c for c in datasets["contact"].columns if c.name == "note")
    assert note.personal


async def test_collect_shows_what_is_held_from_where(house: House) -> None:
    contact = await somebody(house)
    records = [
        record
        async for record in house.holder().Collect(
            holder_pb2.CollectRequest(subject_id=contact.id, identifiers=identifiers())
        )
    ]
    held = {(r.dataset, v.column): v.value for r in records for v in r.values}
    assert held["contact", "note"] == "mag Katzen"
    assert held["relation", "role"] == "Prokuristin"
    assert ("login", "subject") in held
    assert ("timeline_entry", "kind") in held
    (record,) = [r for r in records if r.dataset == "contact"]
    assert record.source == "staff"
    assert record.HasField("since")
    # What only mentions her, by a name that others may have or beside another row's address, is erased with her
    # but never handed out to her: Art. 15(4) GDPR.
    rows = [v.value for r in records if r.dataset == "import_row" for v in r.values if v.column == "cells"]
    assert sorted(json.loads(cells)["Notiz"] for cells in rows) == [
        "Dublette",
        "Dublette ohne Adresse",
        "nie übernommen",
    ]
    assert not any("Uwe" in v.value for r in records for v in r.values)


async def test_a_copy_holds_no_row_of_a_namesake_or_of_whoever_wrote_about_the_subject(house: House) -> None:
    thomas = await house.create(
        given_name="Thomas", family_name="Müller", email="thomas@example.org", phone="030 123456"
    )
    await house.upload(
        f"{HEADER}\n"
        "Thomas Müller;tm@anderswo.example;;;;ein anderer\n"
        "Thomas Müller;;;030 777777;;noch ein anderer\n"
        "Beate Bach;beate@example.org;;030 123456;;wohnt im selben Haus\n"
        "Bob Berg;bob@example.org;;;;kennt thomas@example.org\n"
        "Bert Blau;;;;;hat nur thomas@example.org genannt\n"
        "T. Müller;Thomas@Example.org;;;;er selbst\n"
    )
    known = holder_pb2.Identifiers(
        emails=["thomas@example.org"], phones=["+4930123456"], names=["Thomas Müller"]
    )
    asked = holder_pb2.CollectRequest(subject_id=thomas.id, identifiers=known)
    rows = [
        value.value
        async for record in house.holder().Collect(asked)
        if record.dataset == "import_row"
        for value in record.values
        if value.column == "cells"
    ]
    assert [json.loads(cells)["Notiz"] for cells in rows] == ["er selbst"]


async def test_an_erasure_leaves_nothing_and_others_alone(house: House) -> None:
    contact = await somebody(house)
    assert (await probe(house, contact.id)).findings
    planned = await plan(house, contact.id)
    before = {i.dataset: i for i in planned.items}
    assert before["contact"].action == holder_pb2.ACTION_DELETE_ROW
    assert before["import_row"].rows == 5
    assert before["timeline_entry"].rows == 18
    receipt = await execute(house, planned)
    assert is_signed(signed_content(receipt), receipt.signature, Signer(SEED).public_key)
    assert {i.dataset for i in receipt.done} >= {
        "contact",
        "relation",
        "login",
        "import_row",
        "timeline_entry",
        "idempotency",
    }
    left = await probe(house, contact.id)
    assert [f for f in left.findings if not f.law] == []
    with pytest.raises(NotFound):
        await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=contact.id))
    with pytest.raises(NotFound):
        await house.customer("erna.wegmann@example.org").GetOwnContact(contacts_pb2.GetOwnContactRequest())
    others = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest())
    assert [c.family_name for c in others.contacts] == ["Bleibt"]
    async with house.database.reading() as session:
        facts = (await session.execute(text("SELECT subject FROM outbox ORDER BY seq"))).scalars().all()
        assert (await session.execute(text("SELECT count(*) FROM import_row"))).scalar() == 1
    assert facts[-1] == "contacts.contact.erased"


async def test_twice_executed_is_once_done(house: House) -> None:
    contact = await somebody(house)
    planned = await plan(house, contact.id)
    assert await execute(house, planned) == await execute(house, planned)
    async with house.database.reading() as session:
        erased = await session.execute(
            text("SELECT count(*) FROM outbox WHERE subject = 'contacts.contact.erased'")
        )
        assert erased.scalar() == 1


async def test_another_plan_than_the_one_shown_is_refused(house: House) -> None:
    planned = await plan(house, (await somebody(house)).id)
    planned.plan_hash = b"x" * 32
    with pytest.raises(FailedPrecondition):
        await execute(house, planned)


async def test_what_comes_after_the_plan_goes_too_and_nothing_comes_back(house: House) -> None:
    contact = await somebody(house)
    planned = await plan(house, contact.id)
    await house.upload(f"{HEADER}\nErna Wegmann;erna.wegmann@example.org;;;;spät\n")
    await execute(house, planned)
    (opened,) = [s for s in consumers(house.timeline) if s.fact is tickets.TicketOpened]
    late = tickets.TicketOpened(ticket_id=request_id(), contact_id=contact.id)
    await opened.handle(Delivered(uuid.uuid4(), opened.subject, late, datetime(2026, 3, 3, tzinfo=UTC), {}))
    assert [f for f in (await probe(house, contact.id)).findings if not f.law] == []


async def test_plans_that_nobody_executed_forget_the_addresses_too(house: House) -> None:
    # Somebody who had the address of the erased when this was planned.
    before = await house.create(family_name="Vorher", email="erna.wegmann@example.org")
    await plan(house, before.id)
    await house.contacts().UpdateContact(update_request(before.id, email="vorher@example.org"))
    contact = await somebody(house)
    former = holder_pb2.Identifiers(
        emails=["früher@example.org", *identifiers().emails], phones=["+4930987654"]
    )
    await plan(house, contact.id, former)
    other = await plan(
        house,
        (await house.create(family_name="Andere")).id,
        holder_pb2.Identifiers(emails=["andere@example.org"]),
    )
    await execute(house, await plan(house, contact.id))
    assert [f for f in (await probe(house, contact.id)).findings if not f.law] == []
    async with house.database.reading() as session:
        knowing = await session.execute(
            text("SELECT id::text FROM erasure_plan WHERE identifiers IS NOT NULL")
        )
        assert list(knowing.scalars()) == [other.plan_id]


async def test_a_plan_that_nobody_carries_out_keeps_its_addresses_for_ninety_days(house: House) -> None:
    contact = await somebody(house)
    void, fresh = [await plan(house, contact.id) for _ in range(2)]
    age = text("UPDATE erasure_plan SET created_at = now() - make_interval(days => :days) WHERE id = :id")
    for planned, days in ((void, 91), (fresh, 89)):
        async with house.database.transaction() as session:
            await session.execute(age, {"days": days, "id": planned.plan_id})
    await housekeeping(house.database)()
    async with house.database.reading() as session:
        knowing = await session.execute(
            text("SELECT id::text FROM erasure_plan WHERE identifiers IS NOT NULL")
        )
        assert list(knowing.scalars()) == [fresh.plan_id]
    async with house.database.transaction() as session:
        await session.execute(age, {"days": 4 * 366, "id": void.plan_id})
    await delete_overdue(house.database, SystemClock())
    async with house.database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM erasure_plan"))).scalar_one() == 1


async def test_the_erased_cannot_come_back_through_a_file(house: House) -> None:
    contact = await somebody(house)
    content = f"{HEADER}\nErna Wegmann;erna.wegmann@example.org;;;;wieder da\n"
    await execute(house, await plan(house, contact.id))
    house.neighbour.suppressed.add("erna.wegmann@example.org")
    again = await house.upload(content)
    done = await house.commit(again.id)
    assert (done.counts.new, done.counts.suppressed) == (0, 1)
    assert [f for f in (await probe(house, contact.id)).findings if not f.law] == []


async def test_the_migrations_make_what_the_tables_say(house: House) -> None:
    async with house.database.engine.connect() as connection:
        found = await connection.run_sync(lambda c: differences("services.contacts", c))
    assert found == []
