"""All SQL of campaigns."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select, update

from kernel.db import AnySession, WriteSession
from services.campaigns.campaigns import tables
from services.campaigns.campaigns.model import Campaign, Draft, State

_Row = tables.Campaign


async def insert(session: WriteSession, campaign_id: uuid.UUID, draft: Draft, *, topic: str) -> Campaign:
    """Keeps a new campaign."""
    row = _Row(
        id=campaign_id,
        name=draft.name,
        goal=draft.goal,
        template_id=draft.template_id,
        audience_id=draft.audience_id,
        category=draft.category,
        topic=topic,
        state=State.DRAFT.value,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return _campaign(row)


async def find(session: AnySession, campaign_id: uuid.UUID) -> Campaign | None:
    """One campaign."""
    row = await session.get(_Row, campaign_id)
    return _campaign(row) if row is not None else None


async def newest(session: AnySession, *, after: uuid.UUID | None, limit: int) -> Sequence[Campaign]:
    """A page, newest first: ids of our making are in order of time."""
    query = select(_Row).order_by(_Row.id.desc()).limit(limit)
    if after is not None:
        query = query.where(_Row.id < after)
    return [_campaign(row) for row in await session.scalars(query)]


async def in_sending(session: AnySession) -> Sequence[Campaign]:
    """Campaigns that are started and not finished, oldest first."""
    query = select(_Row).where(_Row.state == State.SENDING).order_by(_Row.id)
    return [_campaign(row) for row in await session.scalars(query)]


async def start(session: WriteSession, campaign_id: uuid.UUID) -> Campaign | None:
    """Hands a draft to the sender; None if it is no draft."""
    started = await session.scalars(
        update(_Row)
        .where(_Row.id == campaign_id, _Row.state == State.DRAFT)
        .values(state=State.SENDING, started_at=func.now())
        .returning(_Row)
    )
    row = started.first()
    return _campaign(row) if row is not None else None


async def advance(session: WriteSession, campaign: Campaign, *, cursor: str) -> bool:
    """Moves the freeze on from where `campaign` stood; false if another process has moved it."""
    frozen = {} if cursor else {"frozen_at": func.now()}
    moved = await session.execute(
        update(_Row)
        .where(_Row.id == campaign.id, _Row.freeze_cursor == campaign.freeze_cursor, _Row.frozen_at.is_(None))
        .values(freeze_cursor=cursor, **frozen)
        .returning(_Row.id)
    )
    return moved.first() is not None


async def lock_frozen(session: WriteSession, campaign_id: uuid.UUID) -> bool:
    """Holds a campaign that is being sent to a complete audience; false if it is no such campaign."""
    query = select(_Row.id).where(
        _Row.id == campaign_id, _Row.state == State.SENDING, _Row.frozen_at.is_not(None)
    )
    return (await session.execute(query.with_for_update())).first() is not None


async def finish(session: WriteSession, campaign_id: uuid.UUID) -> None:
    """Ends a campaign that the caller holds."""
    await session.execute(
        update(_Row).where(_Row.id == campaign_id).values(state=State.FINISHED, finished_at=func.now())
    )


def _campaign(row: tables.Campaign) -> Campaign:
    draft = Draft(
        name=row.name,
        goal=row.goal,
        template_id=row.template_id,
        audience_id=row.audience_id,
        category=row.category,
    )
    return Campaign(
        id=row.id,
        draft=draft,
        topic=row.topic,
        state=State(row.state),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        freeze_cursor=row.freeze_cursor,
        frozen_at=row.frozen_at,
    )
