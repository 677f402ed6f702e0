"""Which values a subject has provided (Art. 20 GDPR): declared on the column, narrowed by the row."""

import uuid

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import SmallInteger, Text, Uuid, insert
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.clock import SystemClock
from kernel.db import Database
from kernel.holder.collecting import collect, describe
from kernel.holder.subject import Holder, Subject
from kernel.personal import Category, Purpose, dataset, personal, plain
from kernel.schema import service_metadata
from tests.fixtures.serving import OpenDatabase
from tests.privacy.machine import signer


class Base(DeclarativeBase):
    metadata = service_metadata()


class Letter(Base):
    """A letter of the subject (1) or to it (2)."""

    __tablename__ = "letter"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    written_by: Mapped[int] = plain(SmallInteger)
    text: Mapped[str] = personal(Text, category=Category.FREE_TEXT, purpose=Purpose.SERVICE, provided=True)
    summary: Mapped[str] = personal(Text, category=Category.FREE_TEXT, purpose=Purpose.SERVICE)
    __table_args__ = (dataset(deletion_class="x", subject="contact_id", provided_rows=("written_by", (1,))),)


async def test_a_value_counts_as_provided_only_in_the_rows_that_came_from_the_subject(
    open_database: OpenDatabase,
) -> None:
    database: Database = open_database("scratch", Base.metadata)
    anna = uuid.uuid4()
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for number in (1, 2):
            row = {"id": uuid.uuid4(), "contact_id": anna, "written_by": number}
            await connection.execute(insert(Letter).values(**row, text=f"text {number}", summary="short"))
    holder = Holder("tickets", Base.metadata, signer("tickets"), SystemClock())
    async with database.begin() as session:
        records = [r async for r in collect(session, holder, Subject(anna)) if r.dataset == "letter"]
    found = {value.value: value.provided for record in records for value in record.values}
    assert found == {"text 1": True, "text 2": False, "short": False}
    (described,) = [d for d in describe(holder).datasets if d.name == "letter"]
    assert {c.name: c.provided for c in described.columns if c.personal} == {"text": True, "summary": False}
    assert holder_pb2.Value().provided is False
