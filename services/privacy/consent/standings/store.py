"""All SQL of the list of consents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from kernel.db import AnySession
from services.privacy.consent.model import STANDING, WITH_A_MAIL, State
from services.privacy.consent.standings.model import Counts, Filter, Standing, Wanted
from services.privacy.consent.store import as_record
from services.privacy.consent.tables import ConsentRecord

_LATER = aliased(ConsentRecord)


async def listed(session: AnySession, wanted: Wanted, *, before: int | None, limit: int) -> list[Standing]:
    """The most recent leaf first, from behind a position; the order of the tree bounds what is read."""
    conditions = _conditions(wanted.filter)
    if wanted.state is not None:
        conditions.append(ConsentRecord.state == int(wanted.state))
    if wanted.without_proof:
        conditions.append(_unproven())
    if before is not None:
        conditions.append(ConsentRecord.leaf_index < before)
    statement = select(ConsentRecord).where(*conditions).order_by(ConsentRecord.leaf_index.desc())
    rows = (await session.execute(statement.limit(limit))).scalars()
    return [Standing(as_record(row), row.leaf_index) for row in rows]


async def refusing(
    session: AnySession, contact_ids: Sequence[uuid.UUID], channel: int
) -> frozenset[uuid.UUID]:
    """Which of these contacts have said no to any topic on this channel, as it counts now."""
    among = any_(literal(list(contact_ids), ARRAY(Uuid)))
    statement = select(ConsentRecord.contact_id.distinct()).where(
        ConsentRecord.contact_id == among,
        ConsentRecord.channel == channel,
        ConsentRecord.state.in_((int(State.WITHDRAWN), int(State.REFUSED))),
        _counts(),
    )
    return frozenset((await session.execute(statement)).scalars())


async def consenting(session: AnySession) -> frozenset[uuid.UUID]:
    """Everybody with a consent that holds now, to whatever topic on whatever channel."""
    newest = _newest_decisive(ConsentRecord.contact_id, ConsentRecord.state).subquery()
    # One value instead of a row for each: there may be everybody.
    everybody = select(func.array_agg(newest.c.contact_id.distinct()))
    statement = everybody.where(newest.c.state.in_(map(int, STANDING)))
    return frozenset((await session.execute(statement)).scalar_one() or ())


async def last_words(session: AnySession, contact_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, State]:
    """The state of each contact's newest record, whatever it is about; nothing for who was never asked."""
    among = any_(literal(list(contact_ids), ARRAY(Uuid)))
    statement = (
        select(ConsentRecord.contact_id, ConsentRecord.state)
        .distinct(ConsentRecord.contact_id)
        .where(ConsentRecord.contact_id == among)
        .order_by(ConsentRecord.contact_id, ConsentRecord.leaf_index.desc())
    )
    return {contact_id: State(state) for contact_id, state in await session.execute(statement)}


async def counted(session: AnySession, asked: Filter) -> Counts:
    """How many there are: what decides is walked along once, and only requests are looked up one by one."""
    newest = _newest_decisive(ConsentRecord.leaf_index).subquery()
    decisive = (
        select(ConsentRecord.state, func.count(), func.count().filter(_unproven()))
        .join(newest, newest.c.leaf_index == ConsentRecord.leaf_index)
        .where(*_filters(asked))
        .group_by(ConsentRecord.state)
    )
    rows = [(State(state), many, unproven) for state, many, unproven in await session.execute(decisive)]
    counts = {state: many for state, many, _ in rows}
    waiting = select(func.count()).where(
        ConsentRecord.state == int(State.REQUESTED), _counts(), *_filters(asked)
    )
    if requested := (await session.execute(waiting)).scalar_one():
        counts[State.REQUESTED] = requested
    return Counts(counts, sum(unproven for _, _, unproven in rows))


def _newest_decisive(*columns: Any) -> Select[Any]:
    """The newest record that decides, per contact, topic and channel: one walk along their index, none per record."""
    key = (ConsentRecord.contact_id, ConsentRecord.topic, ConsentRecord.channel)
    order = [column.desc() for column in (*key, ConsentRecord.leaf_index)]
    decisive = ConsentRecord.state != int(State.REQUESTED)
    return select(*columns).distinct(*key).where(decisive).order_by(*order)


def _conditions(asked: Filter) -> list[ColumnElement[bool]]:
    return [_counts(), *_filters(asked)]


def _filters(asked: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.topic:
        conditions.append(ConsentRecord.topic == asked.topic)
    if asked.method:
        conditions.append(ConsentRecord.method == asked.method)
    if asked.since is not None:
        conditions.append(ConsentRecord.recorded_at >= asked.since)
    if asked.until is not None:
        conditions.append(ConsentRecord.recorded_at < asked.until)
    return conditions


def _counts() -> ColumnElement[bool]:
    """Nothing after it decides; and a request counts only while nothing ever decided, nor was asked again."""
    same = and_(
        _LATER.contact_id == ConsentRecord.contact_id,
        _LATER.topic == ConsentRecord.topic,
        _LATER.channel == ConsentRecord.channel,
    )
    after = _LATER.leaf_index > ConsentRecord.leaf_index
    request = ConsentRecord.state == int(State.REQUESTED)
    decided = exists().where(same, _LATER.state != int(State.REQUESTED), or_(after, request))
    asked_again = exists().where(same, after, _LATER.state == int(State.REQUESTED))
    return and_(~decided, or_(~request, ~asked_again))


def _unproven() -> ColumnElement[bool]:
    """As `Standing.missing` says it."""
    return and_(
        ConsentRecord.state.in_([int(state) for state in STANDING]),
        or_(
            ConsentRecord.text_id.is_(None),
            ConsentRecord.confirm_time.is_(None),
            and_(ConsentRecord.method.in_(WITH_A_MAIL), ConsentRecord.mail_sha256 == b""),
        ),
    )
