"""Use cases of the consent ledger."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.identity import Principal
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.privacy import events
from services.privacy.consent import store
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.life.store import latest
from services.privacy.consent.model import (
    DOUBLE_OPT_IN,
    STANDING,
    ConsentNotFound,
    ConsentTextNotFound,
    Evidence,
    Record,
    State,
    Text,
    TopicUnknown,
    WithdrawnSince,
    require_complete,
)
from services.privacy.consent.recording import (
    Subject,
    append_records,
    by_login,
    new_record,
    require_not_erased,
)
from services.privacy.consent.store import Entry
from services.privacy.consent.tree import store as trees
from services.privacy.consent.wordings import store as wordings
from services.privacy.suppression.model import Address, Ground
from services.privacy.suppression.normalise import EMAIL
from services.privacy.suppression.service import SuppressionService

# What a withdrawal ends, a question that nobody has answered yet among it.
_SAID_YES = (State.REQUESTED, *STANDING)


class ConsentService:
    """Gives, withdraws and proves consent."""

    def __init__(
        self, database: Database, clock: Clock, *, suppression: SuppressionService, lapsing: Lapsing
    ) -> None:
        self._database = database
        self._clock = clock
        self._suppression = suppression
        self._lapsing = lapsing

    async def get_consent_text(self, *, topic: str, language: str) -> Text:
        """The text to show now. Errors: ConsentTextNotFound."""
        async with self._database.reading() as session:
            found = await wordings.current_texts(
                session, language=language, at=self._clock.now(), topic=topic
            )
        if not found:
            raise ConsentTextNotFound("There is no text for this topic and language.")
        return found[0]

    async def list_consent_texts(self, *, language: str) -> list[Text]:
        """The current text of every topic."""
        async with self._database.reading() as session:
            return await wordings.current_texts(session, language=language, at=self._clock.now())

    async def give_consent(
        self, about: Subject, *, text_id: uuid.UUID, evidence: Evidence, caller: Principal
    ) -> Record:
        """Records a consent with its proof; a double opt-in leaves its request in the ledger, too.

        The same confirmation counts once, however often and however late it is told. Given in person, with a
        verified address, it takes that address off the suppression list where the person's own will decides that.
        Errors: ConsentTextNotFound, EvidenceIncomplete, EmailNotVerified, WithdrawnSince, ContactErased.
        """
        if not caller.is_service:
            evidence = by_login(evidence, caller, at=self._clock.now())
        require_complete(evidence)
        async with self._database.transaction() as session:
            await require_not_erased(session, about)
            text = await wordings.find_text(session, text_id)
            if text is None or text.topic != about.topic:
                raise ConsentTextNotFound("There is no such text for this topic.")
            evidence = replace(evidence, language=evidence.language or text.language)
            given = self._record(about, State.GIVEN, text, evidence)
            frontier = await trees.lock_tree(session)
            known = await store.find_given(session, given)
            if known is not None:
                return known
            await self._refuse_if_withdrawn_since(session, given)
            records = [given]
            if evidence.method == DOUBLE_OPT_IN:
                asked = replace(evidence, confirm_time=None, confirm_ip="")
                records.insert(0, self._record(about, State.REQUESTED, text, asked))
            await append_records(session, frontier, records)
            if not caller.is_service and about.channel == EMAIL:
                await self._suppression.lift(
                    session, Address(EMAIL, caller.email), Ground(about.contact_id, consent_id=given.id)
                )
            await emit(
                session,
                events.consent_given(consent_id=given.id, contact_id=about.contact_id, topic=about.topic),
            )
        return given

    async def withdraw_consent(self, about: Subject, *, method: str) -> Record:
        """Withdraws; needs no earlier consent, so that nobody has to prove one to get rid of it.

        Errors: TopicUnknown for a topic that has neither a text nor a record of this contact.
        """
        async with self._database.transaction() as session:
            return await self.withdraw_in(session, about, method=method)

    async def withdraw_all(
        self, session: WriteSession, contact_id: uuid.UUID, *, topics: Collection[str], method: str
    ) -> int:
        """Withdraws these topics, or without any all that the contact has said yes to, in a use case of another area.

        Answers how many; none is no error. Errors: TopicUnknown.
        """
        said = [r for r in await store.newest(session, contact_id) if r.state in _SAID_YES]
        wanted = [Subject(contact_id, r.topic, r.channel) for r in said if not topics or r.topic in topics]
        known = {about.topic for about in wanted}
        wanted += [Subject(contact_id, topic, EMAIL) for topic in topics if topic not in known]
        for about in wanted:
            await self.withdraw_in(session, about, method=method)
        return len(wanted)

    async def said_before(
        self, session: WriteSession, contact_id: uuid.UUID, *, channel: int, before: datetime
    ) -> set[str]:
        """Topics that the contact had said yes to before a moment and still does, in a use case of another area."""
        newest = await store.newest(session, contact_id)
        return {
            record.topic
            for record in newest
            if record.state in _SAID_YES and record.channel == channel and record.recorded_at < before
        }

    async def withdraw_in(self, session: WriteSession, about: Subject, *, method: str) -> Record:
        """The same in a use case of another room. Errors: TopicUnknown."""
        frontier = await trees.lock_tree(session)
        before = await store.newest(session, about.contact_id)
        # What the ledger and the bus take in cannot be erased: a topic must not be anything that somebody typed.
        if not any(r.topic == about.topic for r in before) and not await wordings.has_text(
            session, about.topic
        ):
            raise TopicUnknown("There is no such topic.")
        text_id = next(
            (r.text_id for r in before if (r.topic, r.channel) == (about.topic, about.channel)), None
        )
        text = await wordings.find_text(session, text_id) if text_id else None
        withdrawn = self._record(about, State.WITHDRAWN, text, Evidence(method=method))
        await append_records(session, frontier, [withdrawn])
        await emit(
            session,
            events.consent_withdrawn(consent_id=withdrawn.id, contact_id=about.contact_id, topic=about.topic),
        )
        return withdrawn

    async def list_consents(
        self, contact_id: uuid.UUID
    ) -> tuple[list[tuple[Record, date | None]], list[Record]]:
        """What counts now, per topic and channel, with the last day of what stands; and the questions that are open."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            known = await store.newest(session, contact_id)
            ends = await self._lapsing.last_days(session, known)
            asked = [r for r in await latest(session, contact_id) if r.state is State.REQUESTED]
        counting = [(self._by_the_clock(r, ends.get(r.id)), ends.get(r.id)) for r in known]
        return counting, asked

    async def get_consent_evidence(
        self, contact_id: uuid.UUID, topic: str
    ) -> list[tuple[Entry, Text | None]]:
        """Every record with the text that was shown, oldest first. Errors: ConsentNotFound."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            entries = await store.history(session, contact_id, topic)
            if not entries:
                raise ConsentNotFound("Nothing was recorded for this contact and topic.")
            ids = {e.record.text_id for e in entries if e.record.text_id}
            texts = await wordings.texts_by_id(session, ids)
        return [(e, texts.get(e.record.text_id) if e.record.text_id else None) for e in entries]

    def _by_the_clock(self, record: Record, last_day: date | None) -> Record:
        """What is over is told as over, whether the job has been there or not."""
        return replace(record, state=State.EXPIRED) if self._lapsing.is_over(last_day) else record

    def _record(self, about: Subject, state: State, text: Text | None, evidence: Evidence) -> Record:
        return new_record(about, state, text, evidence, at=self._clock.now())

    async def _refuse_if_withdrawn_since(self, session: WriteSession, given: Record) -> None:
        confirmed_at = given.evidence.confirm_time
        for record in await store.newest(session, given.contact_id):
            same = (record.topic, record.channel) == (given.topic, given.channel)
            if (
                same
                and record.state is State.WITHDRAWN
                and confirmed_at
                and confirmed_at < record.recorded_at
            ):
                raise WithdrawnSince("This consent was withdrawn after it was confirmed; ask anew.")
