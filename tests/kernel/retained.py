"""A small shop with a deletion class of every kind, on a real database behind the DataHolder's door."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import DateTime, ForeignKey, Integer, Text, Uuid, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.clock import to_timestamp
from kernel.db import Database, WriteSession
from kernel.deletion import LIMITATION, LIMITATION_LAW, VOUCHERS, VOUCHERS_LAW, after, days, with_the, years
from kernel.personal import Category, Erase, Purpose, dataset, personal, plain
from kernel.schema import service_metadata
from tests.fixtures.clock import FakeClock


class Base(DeclarativeBase):
    metadata = service_metadata()


class Buyer(Base):
    """A contact whose visits put off the end of the business."""

    __tablename__ = "buyer"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    name: Mapped[str] = personal(Text, category=Category.IDENTITY, purpose=Purpose.SERVICE)
    updated_at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (
        dataset(
            deletion_class=after(
                "last business", LIMITATION, starts="updated_at", also=("visit.at",), law=LIMITATION_LAW
            ),
            subject="id",
        ),
    )


class Visit(Base):
    """Goes with the buyer."""

    __tablename__ = "visit"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    buyer_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("buyer.id", ondelete="CASCADE"))
    at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=with_the("buyer"), subject="buyer_id"),)


class Parcel(Base):
    """Its period begins when it is delivered."""

    __tablename__ = "parcel"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    buyer_id: Mapped[uuid.UUID] = personal(Uuid, category=Category.IDENTITY, purpose=Purpose.SERVICE)
    state: Mapped[int] = plain(Integer)
    changed_at: Mapped[datetime] = plain(DateTime(timezone=True), index=True)
    __table_args__ = (
        dataset(
            deletion_class=after("delivery", days(30), starts="changed_at", once="state = 2"),
            subject="buyer_id",
        ),
    )


class Label(Base):
    """Of a parcel; the database does not take it along."""

    __tablename__ = "label"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    parcel_id: Mapped[uuid.UUID] = plain(Uuid, ForeignKey("parcel.id"))
    text: Mapped[str] = personal(Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE)
    __table_args__ = (
        dataset(
            deletion_class=after("delivery", days(30), starts="parcel_id -> parcel"),
            subject="parcel_id -> parcel",
        ),
    )


class Invoice(Base):
    """A voucher: the law keeps it eight years from the end of its year; the nickname on it is not kept."""

    __tablename__ = "invoice"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    buyer_id: Mapped[uuid.UUID] = plain(Uuid, index=True)
    issued_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    address: Mapped[str] = personal(
        Text,
        category=Category.CONTACT_POINT,
        purpose=Purpose.LEGAL_DUTY,
        on_erasure=Erase.KEEP_RESTRICTED,
        law=VOUCHERS_LAW,
        keep_years=8,
    )
    nickname: Mapped[str | None] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.MARKETING, on_erasure=Erase.NULL, nullable=True
    )
    __table_args__ = (
        dataset(
            deletion_class=after("issue", VOUCHERS, starts="issued_at", law=VOUCHERS_LAW), subject="buyer_id"
        ),
    )


class Tally(Base):
    """Counts of a day, of nobody."""

    __tablename__ = "tally"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    at: Mapped[datetime] = plain(DateTime(timezone=True))
    __table_args__ = (dataset(deletion_class=after("day", years(1), starts="at")),)


def when(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00+00:00")


@dataclass
class Shop:
    """The running holder."""

    database: Database
    rpc: holder_pb2_grpc.DataHolderAsyncStub
    clock: FakeClock
    deleted: list[tuple[str, uuid.UUID]] = field(default_factory=list)

    async def add(self, table: Any, **values: Any) -> uuid.UUID:
        made = uuid.uuid4()
        async with self.database.begin() as session:
            await session.execute(insert(table).values(id=made, **values))
        return made

    async def buyer(self, updated: str) -> uuid.UUID:
        return await self.add(Buyer, name="Erna Groß", updated_at=when(updated))

    async def count(self, table: Any) -> int:
        async with self.database.reading() as session:
            return int((await session.execute(select(func.count()).select_from(table))).scalar_one())

    async def overdue(self, *exempt: uuid.UUID) -> dict[str, holder_pb2.OverdueDataset]:
        asked = holder_pb2.ListOverdueRequest(
            as_of=to_timestamp(self.clock.now()), exempt_contact_ids=map(str, exempt)
        )
        return {each.name: each for each in (await self.rpc.ListOverdue(asked)).datasets}

    async def delete(self, dataset: str, *exempt: uuid.UUID, limit: int = 100) -> int:
        """As the run does: batch by batch until there is no more."""
        rows, more = 0, True
        while more:
            answer = await self.batch(dataset, *exempt, limit=limit)
            rows, more = rows + answer.rows, answer.more
        return rows

    async def batch(
        self, dataset: str, *exempt: uuid.UUID, limit: int = 100, request_id: str = ""
    ) -> holder_pb2.DeleteOverdueResponse:
        return await self.rpc.DeleteOverdue(
            holder_pb2.DeleteOverdueRequest(
                request_id=request_id or str(uuid.uuid4()),
                dataset=dataset,
                as_of=to_timestamp(self.clock.now()),
                exempt_contact_ids=map(str, exempt),
                limit=limit,
            )
        )

    async def told(self, session: WriteSession, table: str, keys: Any) -> None:
        self.deleted += [(table, key) for key in keys]
