"""Four holders to drive: contacts on a small database, two that do as they are told, and privacy itself."""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import Text, Uuid, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.clock import to_timestamp
from kernel.db import Database, WriteSession
from kernel.errors import FailedPrecondition, Unavailable
from kernel.holder.executing import hash_of
from kernel.holder.subject import Subject
from kernel.personal import Category, Purpose, dataset, personal, plain
from kernel.schema import service_metadata
from kernel.signing import Signer, signed_content
from services.privacy.requests.blackening.names import Name
from tests.fixtures.clock import FakeClock


class Base(DeclarativeBase):
    metadata = service_metadata()


class Person(Base):
    """A contact as far as these tests need one."""

    __tablename__ = "person"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    given_name: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=True
    )
    family_name: Mapped[str] = personal(
        Text, category=Category.IDENTITY, purpose=Purpose.SERVICE, provided=True
    )
    email: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    phone: Mapped[str] = personal(
        Text, category=Category.CONTACT_POINT, purpose=Purpose.SERVICE, provided=True
    )
    __table_args__ = (dataset(deletion_class="with the contact", subject="id", emails=("email",)),)


class Remark(Base):
    """Free text of somebody else, in which a subject may be named."""

    __tablename__ = "remark"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID | None] = plain(Uuid)
    text: Mapped[str] = personal(Text, category=Category.FREE_TEXT, purpose=Purpose.SERVICE)
    __table_args__ = (dataset(deletion_class="with the contact", subject="contact_id"),)


async def make_tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def require_identifiers(session: WriteSession, subject: Subject) -> None:
    """As contacts do it: the subject's address must be among those named, and nobody else's may be."""
    own = Person.id == subject.id
    rows = await session.execute(
        select(Person.id, Person.email).where(own | Person.email.in_(subject.emails))
    )
    found = {row.id: row.email.lower() for row in rows}
    others = [at for at, email in enumerate(subject.emails) if email in _without(found, subject.id)]
    if others or found.get(subject.id, "") not in ("", *subject.emails):
        metadata = {"others": ",".join(map(str, others))}
        raise FailedPrecondition("changed", reason="IDENTIFIERS_CHANGED", metadata=metadata)


def _without(found: dict[uuid.UUID, str], subject_id: uuid.UUID) -> set[str]:
    return {email for owner, email in found.items() if owner != subject_id}


async def add_person(
    database: Database, *, email: str | None = None, phone: str = "+49 30 901820", family_name: str = "Meier"
) -> uuid.UUID:
    """Somebody; with an address of their own if none is named, without one if it is empty."""
    contact_id = uuid.uuid4()
    async with database.transaction() as session:
        await session.execute(
            insert(Person).values(
                id=contact_id,
                given_name="Anna",
                family_name=family_name,
                email=f"{contact_id.hex}@example.org" if email is None else email,
                phone=phone,
            )
        )
    return contact_id


Answer = TypeVar("Answer", bound=Message)


@dataclass
class Told(holder_pb2_grpc.DataHolderServicer):
    """A holder in memory: it can be down, sign with a stranger's key, or find something left."""

    name: str
    signer: Signer
    clock: FakeClock
    down: bool = False
    # Answers everything but the word to erase.
    stubborn: bool = False
    # What a plan is made of besides two notes and an invoice.
    more: list[holder_pb2.PlanItem] = field(default_factory=list)
    stranger: Signer | None = None
    findings: list[holder_pb2.Finding] = field(default_factory=list)
    # What a copy gets besides one note.
    records: list[holder_pb2.Record] = field(default_factory=list)
    plans: dict[str, holder_pb2.PlanResponse] = field(default_factory=dict)
    receipts: dict[str, holder_pb2.Receipt] = field(default_factory=dict)
    executions: int = 0
    # Grounds by subject.
    restricted: dict[str, tuple[int, ...]] = field(default_factory=dict)
    # By method: what it makes of an answer before it is given.
    spoils: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    # How often it says its one note.
    repeats: int = 1

    async def Describe(self, request: Any, context: Any) -> holder_pb2.DescribeResponse:
        await self._answer(context)
        return holder_pb2.DescribeResponse(holder=self.name, public_key=self.signer.public_key)

    async def Collect(self, request: Any, context: Any) -> AsyncIterator[holder_pb2.Record]:
        await self._answer(context)
        for number in range(self.repeats):
            yield holder_pb2.Record(
                holder=self.name,
                dataset="note",
                record_id=str(number),
                values=[
                    holder_pb2.Value(
                        column="body",
                        value=f"#{self.name} [*bold*] $x$ @ref <b>",
                        category=options_pb2.CATEGORY_FREE_TEXT,
                    )
                ],
            )

        for record in self.records:
            yield record

    async def Plan(self, request: Any, context: Any) -> holder_pb2.PlanResponse:
        await self._answer(context)
        if request.request_id not in self.plans:
            items = [
                holder_pb2.PlanItem(dataset="note", action=holder_pb2.ACTION_DELETE_ROW, rows=2),
                holder_pb2.PlanItem(
                    dataset="invoice",
                    action=holder_pb2.ACTION_KEEP_RESTRICTED,
                    rows=1,
                    law="§ 147 AO",
                    keep_until=to_timestamp(self.clock.now()),
                ),
                *self.more,
            ]
            self.plans[request.request_id] = holder_pb2.PlanResponse(
                plan_id=str(uuid.uuid4()), holder=self.name, items=items, plan_hash=hash_of(items)
            )
        return self._spoilt("Plan", self.plans[request.request_id])

    async def Execute(self, request: Any, context: Any) -> holder_pb2.Receipt:
        await self._answer(context)
        if self.stubborn:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "stubborn")
        if request.plan_id not in self.receipts:
            self.executions += 1
            plan = next(p for p in self.plans.values() if p.plan_id == request.plan_id)
            self.receipts[request.plan_id] = holder_pb2.Receipt(
                holder=self.name,
                plan_id=plan.plan_id,
                plan_hash=plan.plan_hash,
                done=plan.items,
                execute_time=to_timestamp(self.clock.now()),
            )
        receipt = holder_pb2.Receipt()
        receipt.CopyFrom(self.receipts[request.plan_id])
        receipt = self._spoilt("Execute", receipt)
        receipt.signature = (self.stranger or self.signer).sign(signed_content(receipt))
        return self._spoilt("Signed", receipt)

    async def Restrict(self, request: Any, context: Any) -> holder_pb2.RestrictReceipt:
        await self._answer(context)
        self.restricted[request.subject_id] = tuple(request.grounds)
        receipt = holder_pb2.RestrictReceipt(
            holder=self.name,
            subject_id=request.subject_id,
            number=request.number,
            grounds=request.grounds,
            execute_time=to_timestamp(self.clock.now()),
        )
        receipt.signature = (self.stranger or self.signer).sign(signed_content(receipt))
        return receipt

    async def Probe(self, request: Any, context: Any) -> holder_pb2.ProbeResponse:
        await self._answer(context)
        answer = holder_pb2.ProbeResponse(holder=self.name, findings=self.findings, columns_scanned=7)
        return self._spoilt("Probe", answer)

    def _spoilt(self, method: str, answer: Answer) -> Answer:
        spoilt = type(answer)()
        spoilt.CopyFrom(answer)
        self.spoils.get(method, lambda _: None)(spoilt)
        return spoilt

    async def ListOverdue(self, request: Any, context: Any) -> holder_pb2.ListOverdueResponse:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "knows no class")
        raise AssertionError

    async def DeleteOverdue(self, request: Any, context: Any) -> holder_pb2.DeleteOverdueResponse:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "knows no class")
        raise AssertionError

    async def _answer(self, context: Any) -> None:
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")


@dataclass
class ToldNames:
    """Who is called how, by family and given name, as the test says; `tests/contacts` asks the real one."""

    others: set[tuple[str, str]] = field(default_factory=set)
    down: bool = False

    async def check_names(self, names: Sequence[Name], *, own: uuid.UUID) -> tuple[list[int], list[int]]:
        if self.down:
            raise Unavailable("down", reason="DOWN")
        families = {family for family, _ in self.others}
        others = [
            at for at, n in enumerate(names) if n in self.others or (n.family in families and not n.given)
        ]
        return others, [at for at, n in enumerate(names) if n.family in families and not n.given]
