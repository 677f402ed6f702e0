"""Imports through their RPCs: what the dry run promises, the commit does."""

import asyncio
import uuid

import pytest
from kontor.contacts.v1 import contacts_pb2, imports_pb2
from kontor.contacts.v1.imports_pb2 import (
    ROW_OUTCOME_DUPLICATE,
    ROW_OUTCOME_INVALID,
    ROW_OUTCOME_NEW,
    ROW_OUTCOME_SUPPRESSED,
    ROW_OUTCOME_UPDATE,
)
from sqlalchemy import text

from kernel.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.contacts.imports import model, store
from tests.contacts.conftest import House, request_id, update_request
from tests.fixtures.overdue import delete_overdue

HEADER = "Vorname;Nachname;E-Mail;Telefon;Straße;PLZ;Ort;Firma;Funktion;Notiz"


def counts(made: imports_pb2.Import) -> tuple[int, ...]:
    c = made.counts
    return c.rows, c.new, c.update, c.duplicate, c.suppressed, c.invalid


async def contacts_by_name(house: House) -> dict[str, contacts_pb2.Contact]:
    answer = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(page_size=200))
    return {c.family_name or c.email: c for c in answer.contacts}


def test_states_and_outcomes_are_those_of_the_contract() -> None:
    assert (model.DRY_RUN, model.COMMITTED) == (
        imports_pb2.IMPORT_STATE_DRY_RUN,
        imports_pb2.IMPORT_STATE_COMMITTED,
    )
    ours = (model.NEW, model.UPDATE, model.DUPLICATE, model.SUPPRESSED, model.INVALID)
    assert ours == tuple(v.number for v in imports_pb2.RowOutcome.DESCRIPTOR.values if v.number)


async def test_the_dry_run_decides_every_row_and_the_commit_does_it(house: House) -> None:
    house.neighbour.suppressed.add("weg@example.org")
    known = await house.create(given_name="Eva", family_name="Bekannt", email="eva@example.org")
    full = await house.create(given_name="Udo", family_name="Voll", phone="030 555555")
    made = await house.upload(
        f"{HEADER}\n"
        "Nora;Neu;nora@example.org;030 123456;Weg 1;10115;Berlin;Höß AG;Chefin;hallo\n"  # 2 new
        "Eva;Bekannt;EVA@example.org;030 999999;;;;;;\n"  # 3 fills the phone
        "Udo;Voll;;(030) 555555;;;;;;\n"  # 4 adds nothing
        "Nora;Neu;Nora@Example.org;;;;;;;\n"  # 5 repeats line 2
        "Nora;Neu;;+49 30 123456;;;;;;\n"  # 6 repeats line 2 by name and phone
        "NORA;neu;;;Weg 1;10115;Berlin;;;\n"  # 7 repeats line 2 by name and street
        "Erna;Weg;Weg@example.org;;;;;;;\n"  # 8 suppressed
        "Kai;Kaputt;kai@@example.org;;;;;;;\n"  # 9 invalid
        ";;;030 1;;;;;;\n"  # 10 invalid
        "Tom;Taub;tom@example.org;12;;;;Höß AG;;\n"  # 11 new, without phone
    )
    assert counts(made) == (10, 2, 1, 4, 1, 2)
    assert (made.layout, made.encoding, made.delimiter) == ("generic", "utf-8", ";")
    assert [(r.line, r.outcome, r.reason) for r in await house.rows(made.id)] == [
        (2, ROW_OUTCOME_NEW, ""),
        (3, ROW_OUTCOME_UPDATE, ""),
        (4, ROW_OUTCOME_DUPLICATE, "duplicate-contact"),
        (5, ROW_OUTCOME_DUPLICATE, "duplicate-in-file"),
        (6, ROW_OUTCOME_DUPLICATE, "duplicate-in-file"),
        (7, ROW_OUTCOME_DUPLICATE, "duplicate-in-file"),
        (8, ROW_OUTCOME_SUPPRESSED, "suppressed"),
        (9, ROW_OUTCOME_INVALID, "email-invalid"),
        (10, ROW_OUTCOME_INVALID, "no-name-no-email"),
        (11, ROW_OUTCOME_NEW, "phone-invalid"),
    ]
    assert set(await contacts_by_name(house)) == {"Bekannt", "Voll"}

    done = await house.commit(made.id)
    assert counts(done) == counts(made)
    assert done.state == imports_pb2.IMPORT_STATE_COMMITTED
    assert done.HasField("commit_time")
    people = await contacts_by_name(house)
    assert set(people) == {"Bekannt", "Voll", "Neu", "Taub"}
    new = people["Neu"]
    assert (new.phone, new.postal_code, new.note) == ("+4930123456", "10115", "hallo")
    assert new.source == f"import:{made.id}"
    assert [(r.organisation_name, r.role) for r in new.relations] == [("Höß AG", "Chefin")]
    assert people["Taub"].relations[0].organisation_id == new.relations[0].organisation_id
    assert people["Bekannt"].phone == "+4930999999"
    assert people["Bekannt"].etag != known.etag
    assert people["Voll"] == full
    rows = {r.line: r for r in await house.rows(made.id)}
    assert {rows[n].contact_id for n in (2, 5, 6, 7)} == {new.id}
    assert rows[3].contact_id == known.id
    assert rows[4].contact_id == full.id


async def test_facts_of_a_commit(house: House) -> None:
    made = await house.upload(f"{HEADER}\nA;A;a@example.org;;;;;;;\nB;B;b@example.org;;;;;;;\n")
    await house.commit(made.id)
    async with house.database.reading() as session:
        found = (await session.execute(text("SELECT subject FROM outbox ORDER BY seq"))).scalars().all()
    assert sorted(found) == ["contacts.contact.created"] * 2 + ["contacts.import.committed"]


async def test_nothing_of_a_suppressed_row_is_kept(house: House) -> None:
    house.neighbour.suppressed.add("weg@example.org")
    made = await house.upload(f"{HEADER}\nErna;Wegmann;weg@example.org;;;;;;;privat\n")
    (row,) = await house.rows(made.id)
    assert not row.cells
    async with house.database.reading() as session:
        stored = (await session.execute(text("SELECT import_row::text FROM import_row"))).scalars().all()
    assert "Wegmann" not in stored[0]
    assert "weg@" not in stored[0]


async def test_who_is_suppressed_after_the_dry_run_is_not_imported(house: House) -> None:
    made = await house.upload(
        f"{HEADER}\nErna;Wegmann;weg@example.org;;;;;;;\nUwe;Da;da@example.org;;;;;;;\n"
    )
    house.neighbour.suppressed.add("weg@example.org")
    done = await house.commit(made.id)
    assert counts(done) == (2, 1, 0, 0, 1, 0)
    assert set(await contacts_by_name(house)) == {"Da"}
    assert not (await house.rows(made.id, ROW_OUTCOME_SUPPRESSED))[0].cells


async def test_a_phone_alone_is_checked_too_but_never_against_a_whole_household(house: House) -> None:
    house.neighbour.suppressed.add("+4930123456")
    made = await house.upload(
        f"{HEADER}\nErna;Weg;;030 123456;;;;;;\nUwe;Da;da@example.org;030 123456;;;;;;\n"
    )
    assert counts(made) == (2, 1, 0, 0, 1, 0)


async def test_a_world_that_changed_changes_the_commit(house: House) -> None:
    made = await house.upload(f"{HEADER}\nEva;E;eva@example.org;;;;;;;\nEva;E;EVA@example.org;;;;;;;\n")
    assert counts(made) == (2, 1, 0, 1, 0, 0)
    eva = await house.create(given_name="Eva", family_name="E", email="eva@example.org")
    done = await house.commit(made.id)
    assert counts(done) == (2, 0, 0, 2, 0, 0)
    assert {r.contact_id for r in await house.rows(made.id)} == {eva.id}


async def test_of_two_commits_one_is_done(house: House) -> None:
    made = await house.upload(f"{HEADER}\n" + "".join(f"N;N{n};n{n}@example.org;;;;;;;\n" for n in range(50)))
    results = await asyncio.gather(*(house.commit(made.id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(r, imports_pb2.Import) for r in results) == 1
    refused = [r for r in results if isinstance(r, FailedPrecondition)]
    assert [r.reason for r in refused] == ["IMPORT_COMMITTED"] * 3
    assert len(await contacts_by_name(house)) == 50


async def test_a_repeated_commit_gets_the_first_answer(house: House) -> None:
    made = await house.upload(f"{HEADER}\nEva;E;eva@example.org;;;;;;;\n")
    request = imports_pb2.CommitImportRequest(request_id=request_id(), import_id=made.id)
    assert await house.imports().CommitImport(request) == await house.imports().CommitImport(request)


async def test_two_files_of_the_same_people_at_once_make_each_of_them_once(house: House) -> None:
    content = f"{HEADER}\n" + "".join(f"N;N{n};n{n}@example.org;;;;;Höß AG;;\n" for n in range(60))
    first, second = await asyncio.gather(house.upload(content), house.upload(content))
    done = await asyncio.gather(house.commit(first.id), house.commit(second.id))
    assert sorted(d.counts.new for d in done) == [0, 60]
    assert sorted(d.counts.duplicate for d in done) == [0, 60]
    assert len(await contacts_by_name(house)) == 60
    organisations = await house.contacts().ListOrganisations(contacts_pb2.ListOrganisationsRequest())
    assert [o.contact_count for o in organisations.organisations] == [60]


async def test_a_commit_beside_people_who_create_the_same_contacts(house: House) -> None:
    made = await house.upload(
        f"{HEADER}\n" + "".join(f"N;N{n};n{n}@example.org;;;;;;;\n" for n in range(300))
    )
    results = await asyncio.gather(
        house.commit(made.id),
        *(house.create(family_name=f"N{n}", email=f"n{n}@example.org") for n in range(0, 300, 20)),
        return_exceptions=True,
    )
    done = results[0]
    assert isinstance(done, imports_pb2.Import), done
    created = sum(isinstance(r, contacts_pb2.Contact) for r in results[1:])
    assert done.counts.new == 300 - created
    async with house.database.reading() as session:
        total, emails = (
            await session.execute(text("SELECT count(*), count(DISTINCT email_key) FROM contact"))
        ).one()
    assert (total, emails) == (300, 300)


async def test_a_second_import_of_a_file_adds_nothing(house: House) -> None:
    content = f"{HEADER}\nEva;E;eva@example.org;030 123456;Weg 1;10115;Berlin;Höß AG;x;y\nUwe;Ohne;;030 77777;;;;;;\n"
    await house.commit((await house.upload(content)).id)
    again = await house.upload(content)
    assert counts(again) == (2, 0, 0, 2, 0, 0)


async def test_an_update_fills_and_never_overwrites_or_mixes_addresses(house: House) -> None:
    await house.create(given_name="Eva", family_name="E", email="eva@example.org", city="Bonn", note="alt")
    made = await house.upload(
        f"{HEADER}\nEvelin;Anders;eva@example.org;030 123456;Weg 1;10115;Berlin;;;neu\n"
    )
    assert counts(made) == (1, 0, 1, 0, 0, 0)
    await house.commit(made.id)
    eva = (await contacts_by_name(house))["E"]
    assert (eva.given_name, eva.phone, eva.street, eva.city, eva.note) == (
        "Eva",
        "+4930123456",
        "",
        "Bonn",
        "alt",
    )


async def test_a_discarded_import_leaves_nothing(house: House) -> None:
    made = await house.upload(f"{HEADER}\nNora;Neu;nora@example.org;;;;;;;\n")
    discard = imports_pb2.DiscardImportRequest(request_id=request_id(), import_id=made.id)
    await house.imports().DiscardImport(discard)
    # The same click once more is the same answer; a new one finds nothing.
    await house.imports().DiscardImport(discard)
    with pytest.raises(NotFound):
        await house.imports().DiscardImport(
            imports_pb2.DiscardImportRequest(request_id=request_id(), import_id=made.id)
        )
    with pytest.raises(NotFound):
        await house.commit(made.id)
    async with house.database.reading() as session:
        assert (await session.scalar(text("SELECT count(*) FROM import_row"))) == 0


async def test_what_was_taken_over_cannot_be_discarded(house: House) -> None:
    made = await house.upload(f"{HEADER}\nNora;Neu;nora@example.org;;;;;;;\n")
    await house.commit(made.id)
    discard = imports_pb2.DiscardImportRequest(request_id=request_id(), import_id=made.id)
    with pytest.raises(FailedPrecondition):
        await house.imports().DiscardImport(discard)
    assert (await house.imports().GetImport(imports_pb2.GetImportRequest(import_id=made.id))).counts.new == 1


async def test_rows_come_in_pages_and_by_outcome(house: House) -> None:
    made = await house.upload(f"{HEADER}\n" + "".join(f"N;N{n};{n % 2 * 'x'}@@;;;;;;;\n" for n in range(7)))
    request = imports_pb2.ListImportRowsRequest(
        import_id=made.id,
        outcomes=[ROW_OUTCOME_INVALID],
        page_size=3,
    )
    lines: list[int] = []
    while True:
        answer = await house.imports().ListImportRows(request)
        lines += [r.line for r in answer.rows]
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    assert lines == list(range(2, 9))
    assert answer.rows[-1].cells["Nachname"] == "N6"
    assert not await house.rows(made.id, ROW_OUTCOME_NEW)


async def test_imports_are_listed_newest_first(house: House) -> None:
    made = [await house.upload(f"{HEADER}\nA;A{n};;;;;;;;\n") for n in range(3)]
    first = await house.imports().ListImports(imports_pb2.ListImportsRequest(page_size=2))
    second = await house.imports().ListImports(
        imports_pb2.ListImportsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [i.id for i in (*first.imports, *second.imports)] == [i.id for i in reversed(made)]
    assert await house.imports().GetImport(imports_pb2.GetImportRequest(import_id=made[0].id)) == made[0]


async def test_rows_are_forgotten_after_thirty_days(house: House) -> None:
    committed = await house.upload(f"{HEADER}\nEva;E;eva@example.org;;;;;;;\n")
    await house.commit(committed.id)
    abandoned = await house.upload(f"{HEADER}\nUwe;U;uwe@example.org;;;;;;;\n")
    house.clock.advance(days=29)
    await delete_overdue(house.database, house.clock)
    assert await house.rows(committed.id)
    house.clock.advance(days=2)
    await delete_overdue(house.database, house.clock)
    assert not await house.rows(committed.id)
    with pytest.raises(NotFound):
        await house.commit(abandoned.id)
    assert set(await contacts_by_name(house)) == {"E"}


async def test_files_that_are_none_say_what_they_are(house: House) -> None:
    with pytest.raises(InvalidArgument) as error:
        await house.upload(b"%PDF-1.7 ...")
    assert error.value.reason == "NOT_CSV"
    assert "PDF" in error.value.message
    with pytest.raises(InvalidArgument):
        await house.upload(f"{HEADER}\nA;A;;;;;;;;\n", country="XX")


async def test_customers_import_nothing(house: House) -> None:
    with pytest.raises(PermissionDenied):
        await house.imports("customer").CreateImport(
            imports_pb2.CreateImportRequest(request_id=request_id(), file_name="x", content=b"x")
        )


async def test_two_thousand_rows_are_committed_in_under_two_seconds(house: House) -> None:
    rows = "".join(
        f"Vorname{n};Müller{n};n{n}@example.org;030 {100000 + n};Weg {n};10115;Berlin;Firma {n % 50};Rolle;Notiz\n"
        for n in range(2_000)
    )
    made = await house.upload(f"{HEADER}\n{rows}".encode("cp1252"))
    assert (made.encoding, made.counts.new) == ("windows-1252", 2_000)
    done = await house.commit(made.id)
    assert done.counts.new == 2_000


async def test_a_contact_changed_between_dry_run_and_commit_keeps_the_change(house: House) -> None:
    eva = await house.create(given_name="Eva", family_name="E", email="eva@example.org")
    made = await house.upload(f"{HEADER}\nEva;E;eva@example.org;030 123456;;;;;;\n")
    await house.contacts().UpdateContact(update_request(eva.id, phone="030 999999"))
    done = await house.commit(made.id)
    assert counts(done) == (1, 0, 0, 1, 0, 0)
    assert (await contacts_by_name(house))["E"].phone == "+4930999999"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a file that another one has in hand."""
    monkeypatch.setattr(store, "_PATIENCE", text("SET LOCAL lock_timeout = '50ms'"))


async def test_a_commit_that_waits_too_long_for_another_file_can_simply_be_tried_again(
    house: House, impatient: None
) -> None:
    made = await house.upload(f"{HEADER}\nNora;Neu;nora@example.org;;;;;;;\n")
    async with house.database.transaction() as session:
        await store.alone(session)
        with pytest.raises(Aborted):
            await house.commit(made.id)
    assert counts(await house.commit(made.id)) == (1, 1, 0, 0, 0, 0)


async def test_who_comes_to_a_file_that_is_being_taken_over_can_simply_try_again(
    house: House, impatient: None
) -> None:
    made = await house.upload(f"{HEADER}\nNora;Neu;nora@example.org;;;;;;;\n")
    async with house.database.transaction() as session:
        await store.lock(session, uuid.UUID(made.id))
        with pytest.raises(Aborted):
            await house.commit(made.id)
        with pytest.raises(Aborted):
            await house.imports().DiscardImport(
                imports_pb2.DiscardImportRequest(request_id=request_id(), import_id=made.id)
            )
    assert counts(await house.commit(made.id)) == (1, 1, 0, 0, 0, 0)
