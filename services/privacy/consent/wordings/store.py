"""All SQL of the texts that people were shown; they are written where they are approved."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from kernel.db import AnySession
from services.privacy.consent.model import Text
from services.privacy.consent.tables import ConsentText
from services.privacy.texts.tables import ConsentTopic


async def find_text(session: AnySession, text_id: uuid.UUID) -> Text | None:
    """A text by id."""
    row = (await session.execute(select(ConsentText).where(ConsentText.id == text_id))).scalars().first()
    return _text(row) if row else None


async def has_text(session: AnySession, topic: str) -> bool:
    """Whether there is a text of this topic, in any language and version."""
    found = await session.execute(select(exists().where(ConsentText.topic == topic)))
    return bool(found.scalar_one())


async def texts_by_id(session: AnySession, ids: set[uuid.UUID]) -> dict[uuid.UUID, Text]:
    """Texts by their ids."""
    rows = (await session.execute(select(ConsentText).where(ConsentText.id.in_(ids)))).scalars()
    return {row.id: _text(row) for row in rows}


async def current_texts(
    session: AnySession, *, language: str, at: datetime, topic: str | None = None
) -> list[Text]:
    """The newest version in force per topic; none of a topic that was retired."""
    statement = (
        select(ConsentText)
        .distinct(ConsentText.topic)
        .where(ConsentText.language == language, _in_force(at), ConsentText.topic.not_in(_retired(at)))
        .order_by(ConsentText.topic, ConsentText.version.desc())
    )
    if topic is not None:
        statement = statement.where(ConsentText.topic == topic)
    return [_text(row) for row in (await session.execute(statement)).scalars()]


async def outdated_texts(session: AnySession, topic: str, at: datetime) -> frozenset[uuid.UUID]:
    """Texts whose consents no longer cover what people are asked now: a later version changed what they agree to."""
    newest = select(func.max(ConsentText.version)).where(
        ConsentText.topic == topic, ConsentText.material, _in_force(at)
    )
    older = ConsentText.version < newest.scalar_subquery()
    statement = select(ConsentText.id).where(
        ConsentText.topic == topic, or_(older, ConsentText.topic.in_(_retired(at)))
    )
    return frozenset((await session.execute(statement)).scalars())


async def all_texts(session: AnySession) -> AsyncIterator[Text]:
    """Every text in every version."""
    statement = select(ConsentText).order_by(ConsentText.topic, ConsentText.version, ConsentText.language)
    for row in (await session.execute(statement)).scalars():
        yield _text(row)


def _in_force(at: datetime) -> ColumnElement[bool]:
    return or_(ConsentText.effective_at.is_(None), ConsentText.effective_at <= at)


def _retired(at: datetime) -> Select[tuple[str]]:
    return select(ConsentTopic.topic).where(ConsentTopic.retired_at <= at)


def _text(row: ConsentText) -> Text:
    return Text(
        id=row.id,
        topic=row.topic,
        language=row.language,
        version=row.version,
        title=row.title,
        text=row.text,
        withdrawal_notice=row.withdrawal_notice,
        sha256=row.sha256,
    )
