"""All SQL of templates."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from kernel.db import AnySession, WriteSession
from services.campaigns.templates.model import Draft, Saved
from services.campaigns.templates.tables import Template


async def insert(session: WriteSession, template_id: uuid.UUID, draft: Draft) -> Saved:
    """Keeps a new template."""
    row = Template(
        id=template_id, name=draft.name, subject=draft.subject, mjml=draft.mjml, language=draft.language
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return _saved(row)


async def find(session: AnySession, template_id: uuid.UUID) -> Saved | None:
    """One template."""
    row = await session.get(Template, template_id)
    return _saved(row) if row is not None else None


async def newest(session: AnySession, *, after: uuid.UUID | None, limit: int) -> Sequence[Saved]:
    """A page, newest first: ids of our making are in order of time."""
    query = select(Template).order_by(Template.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Template.id < after)
    return [_saved(row) for row in await session.scalars(query)]


def _saved(row: Template) -> Saved:
    draft = Draft(name=row.name, subject=row.subject, mjml=row.mjml, language=row.language)
    return Saved(id=row.id, draft=draft, created_at=row.created_at)
