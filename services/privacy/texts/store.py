"""All SQL of drafts and topics; approved texts are only ever added."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from services.privacy.consent.model import Text
from services.privacy.consent.tables import ConsentText
from services.privacy.texts.model import Draft, Translation, Wording
from services.privacy.texts.tables import ConsentDraft, ConsentTopic


async def save(session: WriteSession, draft: Draft) -> None:
    """A new draft, or what became of a known one."""
    values: dict[str, Any] = {
        "topic": draft.topic,
        "material": draft.wording.material,
        "effective_at": draft.wording.effective_at,
        "translations": {language: asdict(each) for language, each in draft.wording.translations.items()},
        "authors": list(draft.authors),
        "approved_by": draft.approved_by or None,
        "approved_at": draft.approved_at,
        "version": draft.version or None,
    }
    statement = insert(ConsentDraft).values(id=draft.id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


async def lock_draft(session: WriteSession, draft_id: uuid.UUID) -> Draft | None:
    """A draft, held until the transaction ends."""
    statement = select(ConsentDraft).where(ConsentDraft.id == draft_id).with_for_update()
    row = (await session.execute(statement)).scalars().first()
    return _draft(row) if row is not None else None


async def drafts(session: AnySession, *, limit: int) -> list[Draft]:
    """The newest drafts; ids grow with time."""
    statement = select(ConsentDraft).order_by(ConsentDraft.id.desc()).limit(limit)
    return [_draft(row) for row in (await session.execute(statement)).scalars()]


async def lock_topic(session: WriteSession, topic: str) -> int:
    """Holds the topic until the transaction ends; answers its newest version, 0 if it has none."""
    await session.execute(insert(ConsentTopic).values(topic=topic).on_conflict_do_nothing())
    await session.execute(select(ConsentTopic).where(ConsentTopic.topic == topic).with_for_update())
    newest = await session.execute(select(func.max(ConsentText.version)).where(ConsentText.topic == topic))
    return newest.scalar_one() or 0


async def set_retired(session: WriteSession, topic: str, at: datetime | None) -> None:
    """From when nobody is asked about the topic; None: from now on people are again."""
    statement = insert(ConsentTopic).values(topic=topic, retired_at=at)
    await session.execute(statement.on_conflict_do_update(index_elements=["topic"], set_={"retired_at": at}))


async def publish(session: WriteSession, draft: Draft) -> None:
    """The draft's texts as the topic's next version."""
    rows = [
        {
            "id": new_id(),
            "topic": draft.topic,
            "language": language,
            "version": draft.version,
            **asdict(each),
            "sha256": each.sha256,
            "material": draft.wording.material,
            "effective_at": draft.wording.effective_at,
        }
        for language, each in sorted(draft.wording.translations.items())
    ]
    await session.execute(insert(ConsentText), rows)


async def versions(session: AnySession, topic: str) -> list[Text]:
    """Every version in every language, oldest first."""
    statement = select(ConsentText).where(ConsentText.topic == topic)
    ordered = statement.order_by(ConsentText.version, ConsentText.language)
    return [_text(row) for row in (await session.execute(ordered)).scalars()]


def _draft(row: ConsentDraft) -> Draft:
    return Draft(
        id=row.id,
        topic=row.topic,
        wording=Wording(
            {language: Translation(**each) for language, each in row.translations.items()},
            material=row.material,
            effective_at=row.effective_at,
        ),
        authors=tuple(row.authors),
        approved_by=row.approved_by or "",
        approved_at=row.approved_at,
        version=row.version or 0,
    )


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
        material=row.material,
        effective_at=row.effective_at,
    )
