"""Use cases of consent texts: write, approve, look back, retire."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import groupby

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.ids import new_id
from services.privacy.consent.model import Text
from services.privacy.texts import store
from services.privacy.texts.model import (
    Draft,
    DraftNotFound,
    Topic,
    TopicNotFound,
    Use,
    Version,
    Wording,
    require_approvable,
    require_open,
    require_topic,
    require_whole,
    topic_of,
)

_MOST = 200


class TextService:
    """Lets one person write what people are asked, and another one decide that they are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create_consent_draft(self, topic: str, wording: Wording, *, author: str) -> Draft:
        """A new draft. Errors: TopicInvalid."""
        require_topic(topic)
        draft = Draft(new_id(), topic, wording, authors=(author,))
        async with self._database.transaction() as session:
            await store.save(session, draft)
        return draft

    async def update_consent_draft(
        self, draft_id: uuid.UUID, wording: Wording, *, etag: str, author: str
    ) -> Draft:
        """The draft written anew; who wrote before stays an author. Errors: DraftNotFound, Approved, StaleEtag."""
        async with self._database.transaction() as session:
            before = await self._open(session, draft_id, etag)
            authors = tuple(dict.fromkeys((*before.authors, author)))
            # Whoever approves must not be told that this is finished only because what it was before was.
            draft = replace(before, wording=wording, authors=authors, handed_in_by="", handed_in_at=None)
            await store.save(session, draft)
        return draft

    async def hand_in_consent_draft(self, draft_id: uuid.UUID, *, etag: str, actor: str) -> Draft:
        """The draft, waiting for approval from now on.

        Errors: DraftNotFound, Approved, StaleEtag, TranslationMissing.
        """
        async with self._database.transaction() as session:
            draft = await self._open(session, draft_id, etag)
            require_whole(draft)
            if draft.handed_in_by:
                return draft
            draft = replace(draft, handed_in_by=actor, handed_in_at=self._clock.now())
            await store.save(session, draft)
        return draft

    async def approve_consent_draft(self, draft_id: uuid.UUID, *, etag: str, approver: str) -> Draft:
        """The draft as the topic's next version; a retired topic begins again.

        Errors: DraftNotFound, Approved, StaleEtag, TranslationMissing, FourEyes.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            draft = await self._open(session, draft_id, etag)
            require_approvable(draft, approver=approver)
            version = await store.lock_topic(session, draft.topic) + 1
            effective_at = max(draft.wording.effective_at or now, now)
            draft = replace(
                draft,
                wording=replace(draft.wording, effective_at=effective_at),
                approved_by=approver,
                approved_at=now,
                version=version,
            )
            await store.save(session, draft)
            await store.publish(session, draft)
            await store.set_retired(session, draft.topic, None)
        return draft

    async def get_consent_draft(self, draft_id: uuid.UUID) -> Draft:
        """One draft. Errors: DraftNotFound."""
        async with self._database.reading() as session:
            draft = await store.find_draft(session, draft_id)
        if draft is None:
            raise DraftNotFound("There is no such draft.")
        return draft

    async def list_consent_drafts(self) -> list[Draft]:
        """The newest drafts, approved ones included."""
        async with self._database.reading() as session:
            return await store.drafts(session, limit=_MOST)

    async def list_consent_text_versions(self, topic: str) -> list[Version]:
        """Every version of a topic, oldest first. Errors: TopicNotFound."""
        async with self._database.reading() as session:
            found = await store.versions(session, topic)
            drafts = await store.approved(session, topic)
        if not found:
            raise TopicNotFound("There is no text of this topic.")
        by_number = {draft.version: draft for draft in drafts}
        return [_version(text, by_number.get(text.version)) for text in found]

    async def list_consent_topics(self) -> list[Topic]:
        """Every topic that has a text, by name."""
        now = self._clock.now()
        async with self._database.reading() as session:
            texts = await store.all_versions(session)
            retired = await store.retired(session)
        return [
            topic_of(list(found), retired_at=retired.get(topic), now=now)
            for topic, found in groupby(texts, key=lambda text: text.topic)
        ]

    async def list_consent_text_uses(self, topic: str) -> list[Use]:
        """How many consents stand on each text now, by form, most first; of every topic if it is empty."""
        async with self._database.reading() as session:
            return await store.uses(session, topic, limit=_MOST)

    async def retire_consent_topic(self, topic: str) -> None:
        """Nobody is asked any more, and no message rests on it. Errors: TopicNotFound."""
        async with self._database.transaction() as session:
            if not await store.versions(session, topic):
                raise TopicNotFound("There is no text of this topic.")
            await store.set_retired(session, topic, self._clock.now())

    async def _open(self, session: WriteSession, draft_id: uuid.UUID, etag: str) -> Draft:
        draft = await store.lock_draft(session, draft_id)
        if draft is None:
            raise DraftNotFound("There is no such draft.")
        require_open(draft, etag)
        return draft


def _version(text: Text, draft: Draft | None) -> Version:
    if draft is None:
        return Version(text)
    return Version(text, draft.authors, draft.approved_by, draft.approved_at)
