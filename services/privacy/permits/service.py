"""Use cases of permits: decide a batch now, preview it, look a decision up."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.ids import new_id, new_ids
from kernel.rpc.call import note_subjects
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.customers.model import Advertising
from services.privacy.permits import store
from services.privacy.permits.model import (
    PERMITS,
    SUPPRESSED,
    UNDECIDED,
    About,
    Candidate,
    Decision,
    DecisionNotFound,
    Known,
    Logged,
    Tally,
    Wanted,
    decide,
    require_basis,
)
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL
from services.privacy.suppression.service import SuppressionService

# Which of these contacts are restricted: by a right of theirs, or because their erasure is being carried out.
Restricted = Callable[[AnySession, Sequence[uuid.UUID]], Awaitable[frozenset[uuid.UUID]]]


# Of whoever has never answered.
_NO_WORD = (None, None, False)


def either(*questions: Restricted) -> Restricted:
    """Who is restricted by any of these is restricted."""

    async def restricted(session: AnySession, contact_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        found: frozenset[uuid.UUID] = frozenset()
        for question in questions:
            found |= await question(session, contact_ids)
        return found

    return restricted


class PermitService:
    """Decides set by set: three questions to the database, however many candidates.

    Three more if advertising may go to existing customers, about those whom the first three have not decided.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        lapsing: Lapsing,
        suppression: SuppressionService,
        customers: ExistingCustomers,
        restricted: Restricted,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lapsing = lapsing
        self._suppression = suppression
        self._customers = customers
        self._restricted = restricted

    async def authorize(
        self, candidates: Sequence[Candidate], about: About, *, batch_id: uuid.UUID | None
    ) -> list[Decision]:
        """Decides at this moment and keeps every decision, in the order asked. Errors: BasisNotOpen.

        Each question is a statement of its own that sees all that was committed before it began:
        a withdrawal that was answered before this call stops the message.
        """
        require_basis(about)
        note_subjects(c.contact_id for c in candidates)
        async with self._database.transaction() as session:
            decisions = await self._decide(session, candidates, about)
            await store.add(
                session, decisions, topic=about.topic, channel=about.channel, batch_id=batch_id or new_id()
            )
        return decisions

    async def preview(self, candidates: Sequence[Candidate], about: About) -> list[Decision]:
        """What `authorize` would say now; keeps nothing. Errors: BasisNotOpen."""
        require_basis(about)
        note_subjects(c.contact_id for c in candidates)
        async with self._database.transaction() as session:
            decisions = await self._decide(session, candidates, about)
            addresses = [Address(about.channel, c.address) for c in candidates]
            reasons = await self._suppression.reasons(session, addresses)
        return [
            replace(decision, suppressed_for=reason) if decision.reason == SUPPRESSED else decision
            for decision, reason in zip(decisions, reasons, strict=True)
        ]

    async def get_decision(self, decision_id: uuid.UUID) -> Logged:
        """A decision that was kept. Errors: DecisionNotFound."""
        async with self._database.reading() as session:
            found = await store.find(session, decision_id)
        if found is None:
            raise DecisionNotFound("There is no such decision.")
        note_subjects([found.decision.contact_id])
        return found

    async def get_decision_counts(self, wanted: Wanted) -> list[Tally]:
        """How many decisions were kept, by reason and channel."""
        async with self._database.reading() as session:
            return await store.counted(session, wanted)

    async def list_decisions(
        self, wanted: Wanted, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> list[Logged]:
        """Decisions that were kept, the newest first. One more than `limit` if there are more."""
        async with self._database.reading() as session:
            found = await store.listed(session, wanted, after=after, limit=limit + 1)
        note_subjects(each.decision.contact_id for each in found[:limit])
        return found

    async def _decide(
        self, session: WriteSession, candidates: Sequence[Candidate], about: About
    ) -> list[Decision]:
        ids = [c.contact_id for c in candidates]
        restricted = await self._restricted(session, ids)
        consents = await self._lapsing.last_words(
            session, contact_ids=ids, topic=about.topic, channel=about.channel
        )
        addresses = [Address(about.channel, c.address) for c in candidates]
        suppressed = await self._suppression.suppressed(session, addresses)
        now = self._clock.now()
        decisions = []
        made = new_ids(len(candidates))
        for decision_id, candidate, is_suppressed in zip(made, candidates, suppressed, strict=True):
            consent_id, state, outdated = consents.get(candidate.contact_id, _NO_WORD)
            known = Known(candidate.contact_id in restricted, is_suppressed, consent_id, state, outdated)
            reason, rests_on = decide(
                candidate, known, contract=about.contract, duty=about.duty, renewal=about.renewal
            )
            decisions.append(
                Decision(decision_id, candidate.contact_id, reason in PERMITS, reason, rests_on, now)
            )
        if about.similar is not None and about.channel == EMAIL:
            await self._as_customers(session, candidates, decisions, about.similar)
        return decisions

    async def _as_customers(
        self,
        session: AnySession,
        candidates: Sequence[Candidate],
        decisions: list[Decision],
        advertising: Advertising,
    ) -> None:
        """Decides anew, in place, where nobody has said yes or no; what says no has been heard before."""
        places = [place for place, decision in enumerate(decisions) if decision.reason in UNDECIDED]
        if not places:
            return
        asked = [(candidates[place].contact_id, candidates[place].address) for place in places]
        judged = await self._customers.judge(session, asked, advertising)
        for place, (reason, sale_id) in zip(places, judged, strict=True):
            decisions[place] = replace(
                decisions[place], permitted=reason in PERMITS, reason=reason, sale_id=sale_id
            )
