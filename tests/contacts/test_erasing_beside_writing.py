"""Writing an address and erasing it at once: whichever comes first, nothing of the erased stays or comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kontor.contacts.v1 import contacts_pb2, imports_pb2
from kontor.contacts.v1.imports_pb2 import ROW_OUTCOME_NEW, ROW_OUTCOME_SUPPRESSED
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import text

from kernel.errors import Aborted, AlreadyExists, FailedPrecondition, NotFound
from services.contacts.erasures import store
from tests.contacts.conftest import House, request_id, update_request
from tests.fixtures.overdue import delete_overdue

ERNA = "erna@example.org"
HEADER = "Name;E-Mail;Telefon;Notiz"
# Every row but the last is about Erna: by address, by name and phone, and as a row that is none.
FILE = (
    f"{HEADER}\n"
    f"Erna Groß;{ERNA};;mag Katzen\n"
    "Erna Groß;;030 987654;\n"
    f"Erna Groß;kaputt@@example.org;;früher {ERNA}\n"
    "Uwe Bleibt;uwe@example.org;;\n"
)
# Who writes the last statements of a writer or an erasure waits for these tables.
_PAUSE = text("LOCK TABLE outbox, contact_import IN SHARE MODE")
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND wait_event = :kind AND datname = current_database()"
)

Write = Callable[[House], Coroutine[Any, Any, Any]]


@asynccontextmanager
async def paused(house: House) -> AsyncIterator[None]:
    """Whoever comes to the end of a transaction stays there until this ends."""
    async with house.database.engine.begin() as connection:
        await connection.execute(_PAUSE)
        yield


async def waits(house: House, kind: str) -> None:
    """Until somebody waits for a table ("relation"), an address or the files ("advisory"), a row ("transactionid")."""
    async with asyncio.timeout(10), house.database.reading() as session:
        while not (await session.execute(_WAITING, {"kind": kind})).scalar_one():  # noqa: ASYNC110 - no notice
            await asyncio.sleep(0.01)


async def erna(house: House) -> contacts_pb2.Contact:
    return await house.create(given_name="Erna", family_name="Groß", email=ERNA, phone="030 987654")


async def plan(house: House, contact_id: str, *emails: str) -> holder_pb2.PlanResponse:
    planned: holder_pb2.PlanResponse = await house.holder().Plan(
        holder_pb2.PlanRequest(
            request_id=request_id(),
            subject_id=contact_id,
            identifiers=holder_pb2.Identifiers(
                emails=emails or (ERNA,), phones=["+4930987654"], names=["Erna Groß"]
            ),
            kind=holder_pb2.REQUEST_KIND_ERASURE,
        )
    )
    return planned


async def execute(house: House, planned: holder_pb2.PlanResponse) -> None:
    await house.holder().Execute(
        holder_pb2.ExecuteRequest(
            request_id=request_id(), plan_id=planned.plan_id, plan_hash=planned.plan_hash
        )
    )


async def left(house: House, contact_id: str) -> list[str]:
    """Where Erna can still be found."""
    answer = await house.holder().Probe(
        holder_pb2.ProbeRequest(
            subject_id=contact_id,
            identifiers=holder_pb2.Identifiers(emails=[ERNA], phones=["+4930987654", "030 987654"]),
        )
    )
    return [f"{finding.dataset}.{finding.column}" for finding in answer.findings if not finding.law]


async def names(house: House) -> set[str]:
    answer = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(page_size=200))
    return {c.family_name for c in answer.contacts}


async def create(house: House) -> Any:
    return await house.create(given_name="Erna", family_name="Zurück", email=ERNA)


async def ensure(house: House) -> Any:
    return await house.contacts("service").EnsureContact(
        contacts_pb2.EnsureContactRequest(request_id=request_id(), email=ERNA, source="form")
    )


async def update(house: House) -> Any:
    (hugo,) = (await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(query="Hugo"))).contacts
    return await change(house, hugo.id, ERNA)


async def change(house: House, contact_id: str, email: str) -> Any:
    return await house.contacts().UpdateContact(update_request(contact_id, email=email))


async def log_in(house: House) -> Any:
    request = contacts_pb2.LinkLoginRequest(request_id=request_id(), create=True)
    return await house.customer(ERNA).LinkLogin(request)


async def between(house: House, planned: holder_pb2.PlanResponse, write: Write) -> Any:
    """The erasure is executed after the writer has asked about the address, before it writes."""

    async def meanwhile() -> None:
        house.neighbour.meanwhile = None
        await execute(house, planned)

    house.neighbour.meanwhile = meanwhile
    return await write(house)


async def overtaken(
    house: House, planned: holder_pb2.PlanResponse, write: Write, *, at: str = "advisory"
) -> Any:
    """The writer comes to its transaction while the erasure is about to commit."""
    async with asyncio.TaskGroup() as tasks, paused(house):
        erasing = tasks.create_task(execute(house, planned))
        await waits(house, "relation")
        writing = asyncio.create_task(write(house))
        await waits(house, at)
        assert not erasing.done()
    return await writing


@pytest.mark.parametrize("order", [between, overtaken])
@pytest.mark.parametrize("write", [create, ensure, update])
async def test_who_asked_before_an_erasure_does_not_bring_the_address_back(
    house: House, write: Write, order: Callable[..., Awaitable[Any]]
) -> None:
    contact = await erna(house)
    await house.create(family_name="Hugo", email="hugo@example.org")
    if write is ensure:
        # Else the known contact is the answer, and nothing is written.
        await change(house, contact.id, "neu@example.org")
    planned = await plan(house, contact.id, ERNA, "neu@example.org")
    with pytest.raises(FailedPrecondition) as refused:
        await order(house, planned, write)
    assert refused.value.reason == "ADDRESS_SUPPRESSED"
    assert await names(house) == {"Hugo"}
    assert await left(house, contact.id) == []


@pytest.mark.parametrize("order", [between, overtaken])
async def test_a_dry_run_that_asked_before_an_erasure_keeps_nothing_of_the_erased(
    house: House, order: Callable[..., Awaitable[Any]]
) -> None:
    contact = await erna(house)
    planned = await plan(house, contact.id)
    made = await order(house, planned, lambda h: h.upload(f"{HEADER}\nErna Groß;{ERNA};;\n"))
    (row,) = await house.rows(made.id)
    assert (made.counts.rows, made.counts.suppressed) == (1, 1)
    assert (row.outcome, dict(row.cells)) == (ROW_OUTCOME_SUPPRESSED, {})
    assert await left(house, contact.id) == []


@pytest.mark.parametrize("order", [between, overtaken])
async def test_a_commit_that_read_its_rows_before_an_erasure_reports_them_as_suppressed(
    house: House, order: Callable[..., Awaitable[Any]]
) -> None:
    contact = await erna(house)
    made = await house.upload(FILE)
    planned = await plan(house, contact.id)
    done = await order(house, planned, lambda h: h.commit(made.id))
    rows = await house.rows(made.id)
    assert [(r.line, r.outcome, r.reason) for r in rows] == [
        (2, ROW_OUTCOME_SUPPRESSED, "suppressed"),
        (3, ROW_OUTCOME_SUPPRESSED, "suppressed"),
        (4, ROW_OUTCOME_SUPPRESSED, "suppressed"),
        (5, ROW_OUTCOME_NEW, ""),
    ]
    assert not any(r.cells or r.contact_id for r in rows[:3])
    assert (done.counts.rows, done.counts.new, done.counts.suppressed) == (4, 1, 3)
    assert await names(house) == {"Bleibt"}
    assert await left(house, contact.id) == []


async def test_an_address_that_no_row_shows_as_it_is_kept_is_recognised_too(house: House) -> None:
    made = await house.upload(f"{HEADER}\nErna O'Neill;O'Neill@BÜCHER.example;;\n")
    contact = await house.create(family_name="O'Neill", email="o'neill@bücher.example")
    planned = await plan(house, contact.id, "o'neill@xn--bcher-kva.example")
    done = await between(house, planned, lambda h: h.commit(made.id))
    assert (done.counts.new, done.counts.suppressed) == (0, 1)
    assert await names(house) == set()


@pytest.mark.parametrize(
    "write", [lambda h, i: h.commit(i), lambda h, i: h.upload(FILE)], ids=["commit", "dry run"]
)
async def test_an_erasure_takes_what_a_file_wrote_just_before(
    house: House, write: Callable[[House, str], Coroutine[Any, Any, Any]]
) -> None:
    contact = await erna(house)
    made = await house.upload(FILE)
    planned = await plan(house, contact.id)
    async with asyncio.TaskGroup() as tasks, paused(house):
        writing = tasks.create_task(write(house, made.id))
        await waits(house, "relation")
        erasing = tasks.create_task(execute(house, planned))
        await waits(house, "advisory")
        assert not writing.done()
        assert not erasing.done()
    assert writing.result().counts.rows == 4
    assert await names(house) <= {"Bleibt"}
    assert await left(house, contact.id) == []


@pytest.mark.parametrize("write", [create, ensure, update])
async def test_an_address_that_somebody_else_took_just_before_is_theirs(house: House, write: Write) -> None:
    """The erasure is refused; what it was planned with must be found out anew."""
    contact = await house.create(family_name="Groß", email="neu@example.org")
    await house.create(family_name="Hugo", email="hugo@example.org")
    planned = await plan(house, contact.id, ERNA, "neu@example.org")
    async with paused(house):
        writing = asyncio.create_task(write(house))
        await waits(house, "relation")
        erasing = asyncio.create_task(execute(house, planned))
        await waits(house, "advisory")
    await writing
    with pytest.raises(FailedPrecondition) as refused:
        await erasing
    assert refused.value.reason == "IDENTIFIERS_CHANGED"
    async with house.database.reading() as session:
        found = (await session.execute(text("SELECT email FROM contact ORDER BY email"))).scalars().all()
    assert ERNA in found
    assert "neu@example.org" in found


@pytest.mark.parametrize("values", [{"email": "neu@example.org"}, {"phone": "030 111111"}])
async def test_a_contact_that_changed_its_address_since_the_plan_is_not_erased_by_it(
    house: House, values: dict[str, str]
) -> None:
    contact = await erna(house)
    planned = await plan(house, contact.id)
    await house.contacts().UpdateContact(update_request(contact.id, **values))
    with pytest.raises(FailedPrecondition) as refused:
        await execute(house, planned)
    assert refused.value.reason == "IDENTIFIERS_CHANGED"
    assert await names(house) == {"Groß"}
    async with house.database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM erased_address"))).scalar_one() == 0


async def test_a_plan_with_an_address_of_another_contact_says_which(house: House) -> None:
    contact = await erna(house)
    await house.create(family_name="Hugo", email="hugo@example.org")
    with pytest.raises(FailedPrecondition) as refused:
        await plan(house, contact.id, ERNA, "hugo@example.org", "niemand@example.org")
    assert (refused.value.reason, refused.value.metadata) == ("IDENTIFIERS_CHANGED", {"others": "1"})
    with pytest.raises(FailedPrecondition) as refused:
        await plan(house, contact.id, "niemand@example.org")
    assert (refused.value.reason, refused.value.metadata) == ("IDENTIFIERS_CHANGED", {"others": ""})


async def test_a_contact_that_changes_its_address_at_the_same_moment_is_erased_or_refused(
    house: House,
) -> None:
    contact = await erna(house)
    planned = await plan(house, contact.id)
    async with paused(house):
        writing = asyncio.create_task(change(house, contact.id, "neu@example.org"))
        await waits(house, "relation")
        erasing = asyncio.create_task(execute(house, planned))
        # It holds its addresses and waits for the contact's row.
        await waits(house, "transactionid")
    await writing
    with pytest.raises(FailedPrecondition):
        await erasing
    async with paused(house):
        erasing = asyncio.create_task(execute(house, await plan(house, contact.id, ERNA, "neu@example.org")))
        await waits(house, "relation")
        writing = asyncio.create_task(change(house, contact.id, "dritte@example.org"))
        await waits(house, "transactionid")
    await erasing
    with pytest.raises(NotFound):
        await writing


async def test_who_logs_in_while_being_erased_comes_back_as_somebody_new(house: House) -> None:
    contact = await erna(house)
    planned = await plan(house, contact.id)
    with pytest.raises(NotFound):
        await overtaken(house, planned, log_in, at="transactionid")
    back = await log_in(house)
    assert back.id != contact.id
    assert not back.phone


async def test_who_comes_back_while_a_former_address_is_erased_is_somebody_else(house: House) -> None:
    contact = await house.create(family_name="Groß", email="neu@example.org")
    planned = await plan(house, contact.id, ERNA, "neu@example.org")
    back = await overtaken(house, planned, log_in)
    assert await names(house) == {back.family_name}


async def test_an_erased_address_is_remembered_for_a_day_and_as_a_hash(house: House) -> None:
    contact = await erna(house)
    await execute(house, await plan(house, contact.id))
    with pytest.raises(FailedPrecondition):
        await create(house)
    async with house.database.reading() as session:
        stored = (await session.execute(text("SELECT erased_address::text FROM erased_address"))).scalar_one()
    assert "erna" not in stored
    house.clock.advance(hours=23)
    await delete_overdue(house.database, house.clock)
    with pytest.raises(FailedPrecondition):
        await create(house)
    house.clock.advance(hours=2)
    await delete_overdue(house.database, house.clock)
    await create(house)


async def test_whoever_came_back_can_be_saved_with_the_same_address(house: House) -> None:
    contact = await erna(house)
    await execute(house, await plan(house, contact.id))
    back = await log_in(house)
    saved = await house.contacts().UpdateContact(update_request(back.id, email=ERNA, city="Bonn"))
    assert saved.city == "Bonn"


async def test_others_write_while_an_erasure_waits_for_a_long_import(house: House) -> None:
    contact = await erna(house)
    made = await house.upload(f"{HEADER}\nUwe Bleibt;uwe@example.org;;\n")
    planned = await plan(house, contact.id)
    # The import is stopped before it writes its outcome; the outbox stays open for everybody else.
    async with house.database.engine.begin() as connection:
        await connection.execute(text("LOCK TABLE import_row IN SHARE MODE"))
        committing = asyncio.create_task(house.commit(made.id))
        await waits(house, "relation")
        erasing = asyncio.create_task(execute(house, planned))
        await waits(house, "advisory")
        async with asyncio.timeout(3):
            await house.create(family_name="Eilig", email="eilig@example.org")
            with pytest.raises(AlreadyExists):
                await create(house)
    await committing
    await erasing
    assert await names(house) == {"Bleibt", "Eilig"}
    assert await left(house, contact.id) == []


async def test_an_erasure_that_waits_too_long_for_an_import_comes_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", text("SET LOCAL lock_timeout = '50ms'"))
    contact = await erna(house)
    planned = await plan(house, contact.id)
    async with house.database.transaction() as session:
        await house.erasures.hold_files(session)
        with pytest.raises(Aborted):
            await execute(house, planned)
    await execute(house, planned)
    assert await left(house, contact.id) == []


async def test_everything_at_once_leaves_nothing_of_the_erased(house: House) -> None:
    rows = "".join(f"N{n};n{n}@example.org;;\n" for n in range(200))
    made = await house.upload(f"{HEADER}\n{rows}")
    contact = await house.create(family_name="Sieben", email="n7@example.org")
    planned = await plan(house, contact.id, "n7@example.org")
    results = await asyncio.gather(
        house.commit(made.id),
        execute(house, planned),
        *(house.create(family_name="Sieben", email="n7@example.org") for _ in range(4)),
        house.upload(f"{HEADER}\nSieben;N7@example.org;;\n"),
        return_exceptions=True,
    )
    assert isinstance(results[0], imports_pb2.Import), results[0]
    # Whoever of the four came after the erasure heard that the address is erased, the others that it is taken.
    assert all(getattr(r, "reason", "") in ("ADDRESS_IN_USE", "ADDRESS_SUPPRESSED") for r in results[2:6])
    async with house.database.reading() as session:
        found = await session.execute(
            text("SELECT count(*) FROM contact WHERE email_key = 'n7@example.org' UNION ALL "
                 "SELECT count(*) FROM import_row WHERE emails && '{n7@example.org}'")
        )  # fmt: skip
    assert list(found.scalars()) == [0, 0]
