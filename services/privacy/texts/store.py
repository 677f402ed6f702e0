"""All SQL of drafts and topics; approved texts are only ever added."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Text as Words
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from kernel.ids import new_id
from services.privacy.consent.model import Text
from services.privacy.consent.tables import ConsentText
from services.privacy.texts.model import Draft, Translation, Use, Wording
from services.privacy.texts.tables import ConsentDraft, ConsentTopic

# What somebody gave or renewed, and nothing decided since. A form's address ends where its own questions begin.
_USES = text(
    "WITH newest AS (SELECT DISTINCT ON (contact_id, topic, channel) topic, text_id, form_url, state "
    "FROM consent_record WHERE state <> 1 AND (:topic IS NULL OR topic = :topic) "
    "ORDER BY contact_id, topic, channel, leaf_index DESC) "
    "SELECT topic, text_id, split_part(split_part(form_url, '?', 1), '#', 1) AS form, count(*) AS many "
    "FROM newest WHERE state IN (2, 6) GROUP BY topic, text_id, form ORDER BY many DESC, topic, form LIMIT :most"
).bindparams(bindparam("topic", type_=Words))


async def save(session: WriteSession, draft: Draft) -> None:
    """A new draft, or what became of a known one."""
    values: dict[str, Any] = {
        "topic": draft.topic,
        "material": draft.wording.material,
        "effective_at": draft.wording.effective_at,
        "translations": {language: asdict(each) for language, each in draft.wording.translations.items()},
        "authors": list(draft.authors),
        "handed_in_by": draft.handed_in_by or None,
        "handed_in_at": draft.handed_in_at,
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


async def find_draft(session: AnySession, draft_id: uuid.UUID) -> Draft | None:
    """A draft by its id."""
    row = (await session.execute(select(ConsentDraft).where(ConsentDraft.id == draft_id))).scalars().first()
    return _draft(row) if row is not None else None


async def approved(session: AnySession, topic: str) -> list[Draft]:
    """The drafts that became versions of a topic."""
    statement = select(ConsentDraft).where(ConsentDraft.topic == topic, ConsentDraft.version.is_not(None))
    return [_draft(row) for row in (await session.execute(statement)).scalars()]


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


async def all_versions(session: AnySession) -> list[Text]:
    """Every version of every topic, topic by topic."""
    ordered = select(ConsentText).order_by(ConsentText.topic, ConsentText.version, ConsentText.language)
    return [_text(row) for row in (await session.execute(ordered)).scalars()]


async def retired(session: AnySession) -> dict[str, datetime]:
    """Since when nobody is asked, by topic."""
    statement = select(ConsentTopic.topic, ConsentTopic.retired_at).where(
        ConsentTopic.retired_at.is_not(None)
    )
    return {topic: at for topic, at in await session.execute(statement) if at is not None}


async def uses(session: AnySession, topic: str, *, limit: int) -> list[Use]:
    """How many consents stand on each text now, by the form that showed it, most first."""
    wanted = {"topic": topic or None, "most": limit}
    return [Use(*row) for row in await session.execute(_USES, wanted)]


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
        handed_in_by=row.handed_in_by or "",
        handed_in_at=row.handed_in_at,
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
