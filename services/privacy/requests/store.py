"""All SQL of requests: their rows, steps, rounds, plans, documents, and what is due."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    SmallInteger,
    Uuid,
    and_,
    any_,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from kernel.db import AnySession, WriteSession
from kernel.deletion import ZONE
from kernel.ids import new_id
from services.privacy.requests.model import (
    ERASING,
    Filter,
    Kind,
    Request,
    Requester,
    State,
    Told,
    Transition,
)
from services.privacy.requests.tables import (
    AccessDocument,
    Certificate,
    RequestNotice,
    RequestRecipient,
    RequestTransition,
    SubjectRequest,
)

_OPEN = SubjectRequest.state < State.COMPLETED
# What a request looks like that does not stand still.
MOVING: dict[str, Any] = {"waiting_for": [], "problem": "", "stalled_at": None, "retry_at": None}
_PARTIAL = SubjectRequest.state == State.PARTIALLY_FULFILLED
# States in which the machine, not a person, has the next move.
_WORKING = (State.ACCEPTED, State.EXECUTING)


async def add(session: WriteSession, request: Request) -> uuid.UUID | None:
    """Adds a request; None if the contact has an open one of this kind."""
    values = {
        "id": request.id,
        "kind": request.kind,
        "state": request.state,
        "contact_id": request.contact_id,
        "requested_by": request.requested_by,
        "language": request.language,
        "received_at": request.received_at,
        "due_date": request.due_date,
        "round": request.round,
        "waiting_for": [],
    }
    statement = insert(SubjectRequest).values(values).on_conflict_do_nothing().returning(SubjectRequest.id)
    return (await session.execute(statement)).scalar_one_or_none()


async def open_one(
    session: AnySession, contact_id: uuid.UUID, kind: Kind, *, lock: bool = False
) -> Request | None:
    """The open request of a contact and kind."""
    statement = select(SubjectRequest).where(
        SubjectRequest.contact_id == contact_id, SubjectRequest.kind == kind, _OPEN
    )
    if lock:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).scalars().first()
    return _request(row) if row else None


async def made_since(session: AnySession, login: str, since: datetime) -> int:
    """How many requests a login has made since then."""
    statement = select(func.count()).where(
        SubjectRequest.requested_by == login, SubjectRequest.received_at >= since
    )
    return (await session.execute(statement)).scalar_one()


async def find(session: AnySession, request_id: uuid.UUID, *, lock: bool = False) -> Request | None:
    """A request by id."""
    statement = select(SubjectRequest).where(SubjectRequest.id == request_id)
    if lock:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).scalars().first()
    return _request(row) if row else None


async def listed(
    session: AnySession, wanted: Filter, *, after: Sequence[str] | None, limit: int
) -> list[Request]:
    """Requests in the order that is wanted, from behind a position."""
    keys: list[InstrumentedAttribute[Any]] = [SubjectRequest.received_at, SubjectRequest.id]
    if wanted.due_first:
        keys.insert(0, SubjectRequest.due_date)
    statement = select(SubjectRequest).order_by(
        *(key.asc() if wanted.due_first else key.desc() for key in keys)
    )
    if wanted.contact_id is not None:
        statement = statement.where(SubjectRequest.contact_id == wanted.contact_id)
    if wanted.requested_by is not None:
        statement = statement.where(_seen_by(wanted.requested_by))
    if wanted.only_open:
        statement = statement.where(_OPEN)
    if wanted.untold:
        open_one = RequestRecipient.request_id == SubjectRequest.id, RequestRecipient.settled_at.is_(None)
        statement = statement.where(exists().where(*open_one))
    if after is not None:
        here, end = tuple_(*keys), wanted.keys(after)
        statement = statement.where(here > end if wanted.due_first else here < end)
    return [_request(row) for row in (await session.execute(statement.limit(limit))).scalars()]


def _seen_by(requester: Requester) -> ColumnElement[bool]:
    """As `Requester.sees`."""
    outlives_contact = and_(SubjectRequest.kind == Kind.ERASURE, SubjectRequest.state.in_(ERASING))
    own = or_(SubjectRequest.contact_id == requester.contact_id, outlives_contact)
    return and_(SubjectRequest.requested_by == requester.login, own)


async def due(session: AnySession, now: datetime) -> list[Request]:
    """Requests that the machine can move on, oldest first."""
    kept = SubjectRequest.kept_until
    over = and_(_PARTIAL, or_(kept.is_(None), kept < now.astimezone(ZONE).date()))
    statement = (
        select(SubjectRequest)
        .where(
            or_(SubjectRequest.state.in_(_WORKING), over),
            or_(SubjectRequest.retry_at.is_(None), SubjectRequest.retry_at <= now),
        )
        .order_by(SubjectRequest.received_at)
    )
    return [_request(row) for row in (await session.execute(statement)).scalars()]


async def count_open(session: AnySession, *, because: str) -> int:
    """How many requests are open that somebody moved for this reason."""
    moved = select(RequestTransition.request_id).where(RequestTransition.reason == because)
    statement = select(func.count()).select_from(SubjectRequest).where(_OPEN, SubjectRequest.id.in_(moved))
    return int((await session.execute(statement)).scalar_one())


async def unconfirmed(session: AnySession) -> list[Request]:
    """Erasures that wait for the word of the person who asked for them in the portal."""
    statement = select(SubjectRequest).where(
        SubjectRequest.state == State.PLANNED,
        SubjectRequest.kind == Kind.ERASURE,
        SubjectRequest.requested_by.is_not(None),
    )
    return [_request(row) for row in (await session.execute(statement)).scalars()]


async def contacts_of_open(session: AnySession) -> frozenset[uuid.UUID]:
    """Whose requests are open."""
    return frozenset((await session.execute(select(SubjectRequest.contact_id).where(_OPEN))).scalars())


async def restricted(session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Which of these contacts are being erased."""
    statement = select(SubjectRequest.contact_id).where(
        SubjectRequest.state == State.EXECUTING,
        SubjectRequest.kind == Kind.ERASURE,
        SubjectRequest.contact_id == any_(literal(list(contact_ids), ARRAY(Uuid))),
    )
    return frozenset((await session.execute(statement)).scalars())


async def change(session: WriteSession, request_id: uuid.UUID, **values: Any) -> bool:
    """Sets columns of an open request; false if it has ended meanwhile: what has ended stays as it is."""
    statement = update(SubjectRequest).where(SubjectRequest.id == request_id, _OPEN).values(**values)
    return (await session.execute(statement.returning(SubjectRequest.id))).first() is not None


async def move(session: WriteSession, request_id: uuid.UUID, step: Transition, **values: Any) -> bool:
    """Sets the state of an open request and notes the step that led to it; false if it has ended meanwhile."""
    moved = await change(session, request_id, state=step.state, **values)
    if moved:
        await note(session, request_id, step)
    return moved


async def reopen(session: WriteSession, request: Request, step: Transition, *, number: int) -> bool:
    """Takes a partially fulfilled erasure up again; false if the contact has another one that is open."""
    other = await open_one(session, request.contact_id, request.kind, lock=True)
    if other is not None:
        return False
    await session.execute(
        update(SubjectRequest)
        .where(SubjectRequest.id == request.id, _PARTIAL)
        .values(state=step.state, round=number, kept_until=None, **MOVING)
    )
    await note(session, request.id, step)
    return True


async def stall(session: WriteSession, request_id: uuid.UUID, problem: str, *, at: datetime) -> None:
    """Notes that a request stands still, and why; since when is kept from the first time."""
    since = func.coalesce(SubjectRequest.stalled_at, at)
    await change(session, request_id, problem=problem, stalled_at=since)


async def note(session: WriteSession, request_id: uuid.UUID, step: Transition, *, tell: bool = True) -> None:
    """Notes a step, and that the person is to be told of it if it is worth a mail."""
    step_id = new_id()
    await session.execute(
        insert(RequestTransition).values(
            id=step_id,
            request_id=request_id,
            state=step.state,
            at=step.at,
            actor=step.actor,
            reason=step.reason,
        )
    )
    if step.told is None or not tell:
        return
    columns = SubjectRequest.id, SubjectRequest.due_date
    kind, at = literal(int(step.told), SmallInteger), literal(step.at, DateTime(timezone=True))
    wanted = select(literal(step_id, Uuid), *columns, kind, at).where(SubjectRequest.id == request_id)
    if step.told is Told.COMPLETED:
        # The end of an erasure is told by another mail: nobody else knows the person any more.
        wanted = wanted.where(SubjectRequest.kind != Kind.ERASURE)
    if step.told is Told.PLANNED:
        # A plan that staff asked for is staff's to look at.
        wanted = wanted.where(SubjectRequest.requested_by.is_not(None))
    names = ["id", "request_id", "due_date", "kind", "planned_at"]
    await session.execute(insert(RequestNotice).from_select(names, wanted))


async def transitions(
    session: AnySession, request_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[Transition]]:
    """All steps of these requests, in order."""
    statement = (
        select(RequestTransition)
        .where(RequestTransition.request_id.in_(request_ids))
        .order_by(RequestTransition.id)
    )
    found: dict[uuid.UUID, list[Transition]] = {each: [] for each in request_ids}
    for row in (await session.execute(statement)).scalars():
        found[row.request_id].append(Transition(State(row.state), row.at, row.actor, row.reason))
    return found


async def add_document(
    session: WriteSession, request: Request, *, format: int, content: bytes, at: datetime
) -> None:
    """Keeps the answer in one format; made anew, it takes the place of the earlier one."""
    table = Certificate if request.kind is Kind.ERASURE else AccessDocument
    fresh = {"content": content, "created_at": at}
    statement = insert(table).values(request_id=request.id, format=format, **fresh)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["request_id", "format"], set_=fresh)
    )


async def document(session: AnySession, request: Request, *, format: int) -> bytes | None:
    """The answer in one format; None when its time is over."""
    table: Any = Certificate if request.kind is Kind.ERASURE else AccessDocument
    statement = select(table.content).where(table.request_id == request.id, table.format == format)
    found: bytes | None = (await session.execute(statement)).scalar_one_or_none()
    return found


async def formats(session: AnySession, request_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[int]]:
    """In which formats the answers are kept now."""
    found: dict[uuid.UUID, list[int]] = {each: [] for each in request_ids}
    tables: tuple[Any, ...] = (AccessDocument, Certificate)
    for table in tables:
        statement = select(table.request_id, table.format).where(table.request_id.in_(request_ids))
        for request_id, format in await session.execute(statement.order_by(table.format)):
            found[request_id].append(format)
    return found


def _request(row: SubjectRequest) -> Request:
    return Request(
        id=row.id,
        kind=Kind(row.kind),
        state=State(row.state),
        contact_id=row.contact_id,
        requested_by=row.requested_by,
        language=row.language,
        received_at=row.received_at,
        due_date=row.due_date,
        completed_at=row.completed_at,
        round=row.round,
        retry_at=row.retry_at,
        waiting_for=tuple(row.waiting_for),
        problem=row.problem,
        stalled_at=row.stalled_at,
        kept_until=row.kept_until,
    )
