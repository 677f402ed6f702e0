"""Use cases between the question and the answer: somebody is asked, and somebody says no."""

from __future__ import annotations

import uuid
from dataclasses import replace

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.identity import Principal
from kernel.outbox import emit
from services.privacy import events
from services.privacy.consent.life import store
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.life.model import AskedTooSoon, ConsentStands, RenewalOver
from services.privacy.consent.model import (
    STANDING,
    ConsentTextNotFound,
    Evidence,
    Record,
    State,
    Text,
    require_complete,
)
from services.privacy.consent.recording import (
    Subject,
    append_records,
    by_login,
    new_record,
    require_not_erased,
)
from services.privacy.consent.service import ConsentService
from services.privacy.consent.store import find_given, newest
from services.privacy.consent.tree import store as trees
from services.privacy.consent.wordings import store as wordings

_NO = (State.REFUSED, State.WITHDRAWN)


class LifeService:
    """Asks, and takes a no for an answer."""

    def __init__(
        self, database: Database, clock: Clock, *, consents: ConsentService, lapsing: Lapsing
    ) -> None:
        self._database = database
        self._clock = clock
        self._consents = consents
        self._lapsing = lapsing
        self._periods = lapsing.periods

    async def ask_consent(self, about: Subject, *, language: str, method: str) -> Record:
        """Puts the question into the person's portal; asked twice is asked once. Sends nothing.

        Errors: ConsentTextNotFound, ConsentStands, AskedTooSoon, ContactErased.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            await require_not_erased(session, about)
            frontier = await trees.lock_tree(session)
            found = await wordings.current_texts(session, language=language, at=now, topic=about.topic)
            if not found:
                raise ConsentTextNotFound("There is no text for this topic and language.")
            open_one = await self._open_question(session, about)
            if open_one is not None:
                return open_one
            await self._require_free(session, about)
            asked = Evidence(language=language, request_time=now, method=method)
            record = new_record(about, State.REQUESTED, found[0], asked, at=now)
            await append_records(session, frontier, [record])
        return record

    async def refuse_consent(
        self, about: Subject, *, text_id: uuid.UUID, evidence: Evidence, caller: Principal
    ) -> Record:
        """Records a no with the text that was shown. Said again before anybody has asked again, it is the same no.

        A no to what stands takes it back. Errors: ConsentTextNotFound, EvidenceIncomplete, EmailNotVerified,
        ContactErased.
        """
        now = self._clock.now()
        if not caller.is_service:
            evidence = by_login(evidence, caller, at=now)
        require_complete(evidence)
        async with self._database.transaction() as session:
            await require_not_erased(session, about)
            text = await self._text(session, text_id, about.topic)
            frontier = await trees.lock_tree(session)
            before = await _last_of(session, about)
            if before is not None and before.state in STANDING:
                return await self._consents.withdraw_in(session, about, method=evidence.method)
            said_before = before is not None and before.state is State.REFUSED
            if before is not None and said_before and await self._open_question(session, about) is None:
                return before
            said = replace(evidence, language=evidence.language or text.language)
            refused = new_record(about, State.REFUSED, text, said, at=now)
            await append_records(session, frontier, [refused])
            await emit(
                session,
                events.consent_refused(consent_id=refused.id, contact_id=about.contact_id, topic=about.topic),
            )
        return refused

    async def renew_consent(self, about: Subject, *, text_id: uuid.UUID, evidence: Evidence) -> Record:
        """Records that a consent goes on; the same click counts once, however often it is told.

        A text that has changed since the question is no hindrance: the person read the new one and agreed to it.
        Errors: ConsentTextNotFound, EvidenceIncomplete, RenewalOver, ContactErased.
        """
        require_complete(evidence)
        now = self._clock.now()
        async with self._database.transaction() as session:
            await require_not_erased(session, about)
            text = await self._text(session, text_id, about.topic)
            if text.id in await wordings.outdated_texts(session, about.topic, now):
                raise ConsentTextNotFound("This text is no longer what people agree to.")
            frontier = await trees.lock_tree(session)
            renewed = new_record(about, State.RENEWED, text, evidence, at=now)
            known = await find_given(session, renewed)
            if known is not None:
                return known
            words = await self._lapsing.last_words(
                session, contact_ids=[about.contact_id], topic=about.topic, channel=about.channel
            )
            word = words.get(about.contact_id)
            if word is None or not (word.state in STANDING or word.outdated):
                raise RenewalOver("The consent has ended; it can be given anew.", reason="RENEWAL_OVER")
            await append_records(session, frontier, [renewed])
            await emit(
                session,
                events.consent_renewed(consent_id=renewed.id, contact_id=about.contact_id, topic=about.topic),
            )
        return renewed

    async def _require_free(self, session: WriteSession, about: Subject) -> None:
        """Errors: ConsentStands, AskedTooSoon."""
        words = await self._lapsing.last_words(
            session, contact_ids=[about.contact_id], topic=about.topic, channel=about.channel
        )
        word = words.get(about.contact_id)
        if word is None:
            return
        if word.state in STANDING:
            raise ConsentStands("The consent holds; there is nothing to ask.")
        last = await _last_of(session, about)
        if last is not None and last.state in _NO:
            again = self._periods.free_from(last.recorded_at)
            if self._periods.day(self._clock.now()) < again:
                raise AskedTooSoon(said=self._periods.day(last.recorded_at), again=again)

    async def _open_question(self, session: WriteSession, about: Subject) -> Record | None:
        latest = await store.latest(session, about.contact_id)
        return next((r for r in latest if Subject.of(r) == about and r.state is State.REQUESTED), None)

    async def _text(self, session: WriteSession, text_id: uuid.UUID, topic: str) -> Text:
        text = await wordings.find_text(session, text_id)
        if text is None or text.topic != topic:
            raise ConsentTextNotFound("There is no such text for this topic.")
        return text


async def _last_of(session: WriteSession, about: Subject) -> Record | None:
    """The record that decides; None if there is only a question, or nothing."""
    said = await newest(session, about.contact_id)
    return next((r for r in said if Subject.of(r) == about and r.state is not State.REQUESTED), None)
