"""What others wrote about a subject: addresses are taken out of it, the rest stays theirs."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import Table, Text, Uuid, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.clock import SystemClock
from kernel.db import Database
from kernel.holder.executing import execute_plan, make_plan
from kernel.holder.probing import probe
from kernel.holder.subject import Holder, Subject
from kernel.ids import new_id
from kernel.personal import Category, Purpose, dataset, personal, plain
from kernel.schema import service_metadata
from kernel.signing import Signer
from tests.fixtures.serving import OpenDatabase

SEED = "bm90IGEgc2VjcmV0LCBqdXN0IGEgdGVzdCBzZWVkISE="


class Base(DeclarativeBase):
    metadata = service_metadata()


class Letter(Base):
    """Something a contact wrote."""

    __tablename__ = "letter_in_test_mentions"
    __table_args__ = (dataset(deletion_class="x", subject="contact_id"),)

    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    phone: Mapped[str] = personal(Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE)
    body: Mapped[str] = personal(Text, category=Category.FREE_TEXT, purpose=Purpose.SERVICE)


LETTERS: Table = Letter.__table__  # type: ignore[assignment]
ERNA = Subject(new_id(), emails=("erna@post.example",), phones=("+4930123",), names=("erna groß",))
HUGO = new_id()


@pytest.fixture
async def house(open_database: OpenDatabase) -> Database:
    database = open_database("scratch", Base.metadata)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(LETTERS.delete())
    return database


@pytest.fixture
def holder() -> Holder:
    return Holder("sample", Base.metadata, Signer(SEED), SystemClock())


async def write(database: Database, contact_id: uuid.UUID, body: str, phone: str = "") -> uuid.UUID:
    note_id = new_id()
    async with database.transaction() as session:
        values = {"id": note_id, "contact_id": contact_id, "body": body, "phone": phone}
        await session.execute(insert(LETTERS).values(values))
    return note_id


async def body_of(database: Database, note_id: uuid.UUID) -> str | None:
    async with database.reading() as session:
        return (await session.execute(select(LETTERS.c.body).where(LETTERS.c.id == note_id))).scalar()


async def erase(database: Database, holder: Holder) -> dict[str, int]:
    async with database.transaction() as session:
        plan = await make_plan(session, holder, ERNA, new_id())
    async with database.transaction() as session:
        receipt, _ = await execute_plan(session, holder, uuid.UUID(plan.plan_id), plan.plan_hash)
    promised, done = (
        sorted((i.dataset, i.action, i.rows) for i in items) for items in (plan.items, receipt.done)
    )
    assert promised == done
    return {f"{item.dataset}/{item.action}": item.rows for item in receipt.done}


async def findings(database: Database, holder: Holder) -> list[str]:
    async with database.reading() as session:
        answer = await probe(session, holder, ERNA)
    return [f"{f.dataset}.{f.column}" for f in answer.findings if not f.law]


async def test_an_address_in_somebody_elses_text_is_taken_out(house: Database, holder: Holder) -> None:
    own = await write(house, ERNA.id, "Meine Adresse: erna@post.example")
    other = await write(house, HUGO, "Bitte auch an Erna Groß, ERNA@Post.example, Tel. +4930123, danke.")
    assert await findings(house, holder)
    assert sum((await erase(house, holder)).values()) == 2
    assert await body_of(house, own) is None
    assert await body_of(house, other) == "Bitte auch an [erased], [erased], Tel. [erased], danke."
    assert await findings(house, holder) == []


async def test_longer_addresses_and_namesakes_stay(house: Database, holder: Holder) -> None:
    texts = ("Schreiben Sie an verna@post.example.", "Erna Groß war auch da, aber eine andere.")
    notes = [await write(house, HUGO, text) for text in texts]
    assert await erase(house, holder) == {}
    assert [await body_of(house, note) for note in notes] == list(texts)
    assert await findings(house, holder) == []


async def test_a_telephone_shared_by_a_household_stays_with_the_others(
    house: Database, holder: Holder
) -> None:
    note = await write(house, HUGO, "Hugo", phone="+4930123")
    assert await erase(house, holder) == {}
    assert await body_of(house, note) == "Hugo"
    assert await findings(house, holder) == []
