"""Use cases of the consent ledger."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.identity import Principal
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.privacy import events
from services.privacy.consent import store
from services.privacy.consent.merkle import Frontier, Node, leaf_hash
from services.privacy.consent.model import (
    DOUBLE_OPT_IN,
    PORTAL_LOGIN,
    ConsentNotFound,
    ConsentTextNotFound,
    EmailNotVerified,
    Evidence,
    Leaf,
    Record,
    State,
    Text,
    TopicUnknown,
    WithdrawnSince,
    leaf_content,
    require_complete,
)
from services.privacy.consent.store import Entry
from services.privacy.consent.tree import store as trees
from services.privacy.consent.wordings import store as wordings
from services.privacy.suppression.model import Address, Ground
from services.privacy.suppression.normalise import EMAIL
from services.privacy.suppression.service import SuppressionService

_SALT_BYTES = 16
# What a withdrawal ends, a question that nobody has answered yet among it.
_SAID_YES = (State.REQUESTED, State.GIVEN)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a consent is about: whose, for what, on which way."""

    contact_id: uuid.UUID
    topic: str
    channel: int


class ConsentService:
    """Gives, withdraws and proves consent."""

    def __init__(self, database: Database, clock: Clock, *, suppression: SuppressionService) -> None:
        self._database = database
        self._clock = clock
        self._suppression = suppression

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
        Errors: ConsentTextNotFound, EvidenceIncomplete, EmailNotVerified, WithdrawnSince.
        """
        if not caller.is_service:
            evidence = self._by_login(evidence, caller)
        require_complete(evidence)
        async with self._database.transaction() as session:
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
            await self._append(session, frontier, records)
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
            return await self._withdraw(session, about, method=method)

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
            await self._withdraw(session, about, method=method)
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

    async def _withdraw(self, session: WriteSession, about: Subject, *, method: str) -> Record:
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
        await self._append(session, frontier, [withdrawn])
        await emit(
            session,
            events.consent_withdrawn(consent_id=withdrawn.id, contact_id=about.contact_id, topic=about.topic),
        )
        return withdrawn

    async def list_consents(self, contact_id: uuid.UUID) -> list[Record]:
        """What counts now, per topic and channel."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            return await store.newest(session, contact_id)

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

    async def decisive(
        self, session: AnySession, *, contact_ids: Sequence[uuid.UUID], topic: str, channel: int
    ) -> dict[uuid.UUID, tuple[uuid.UUID, State]]:
        """The record that decides whether a message may go out, per contact; for permits.

        A consent to a text that no longer says what people agree to, or to a retired topic, has expired.
        """
        found = await store.decisive(session, contact_ids=contact_ids, topic=topic, channel=channel)
        outdated = await wordings.outdated_texts(session, topic, self._clock.now())
        if not outdated:
            return found
        given = [record_id for record_id, state in found.values() if state is State.GIVEN]
        ended = await store.given_to(session, given, outdated)
        return {
            contact_id: (record_id, State.EXPIRED if record_id in ended else state)
            for contact_id, (record_id, state) in found.items()
        }

    def _by_login(self, evidence: Evidence, caller: Principal) -> Evidence:
        # The login is the proof; whatever else the page claims about its own caller proves nothing.
        if not caller.email_verified:
            raise EmailNotVerified("Confirm your e-mail address first.", reason="EMAIL_NOT_VERIFIED")
        now = self._clock.now()
        return Evidence(
            form_url=evidence.form_url,
            language=evidence.language,
            request_time=now,
            confirm_time=now,
            method=PORTAL_LOGIN,
            request_ip=evidence.request_ip,
            confirm_ip=evidence.confirm_ip,
        )

    def _record(self, about: Subject, state: State, text: Text | None, evidence: Evidence) -> Record:
        return Record(
            id=new_id(),
            contact_id=about.contact_id,
            topic=about.topic,
            channel=about.channel,
            state=state,
            text_id=text.id if text else None,
            text_sha256=text.sha256 if text else b"",
            recorded_at=self._clock.now(),
            evidence=evidence,
        )

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

    async def _append(self, session: WriteSession, frontier: Frontier, records: Sequence[Record]) -> None:
        """Adds leaves to the tree that `lock_tree` holds."""
        entries = []
        filled: dict[Node, bytes] = {}
        for record in records:
            salt = secrets.token_bytes(_SALT_BYTES)
            leaf = Leaf(hash=leaf_hash(salt, leaf_content(record)), index=frontier.size, salt=salt)
            frontier, more = frontier.grow(leaf.hash)
            filled |= more
            entries.append(Entry(record, leaf))
        await store.append(session, entries, frontier, filled)
