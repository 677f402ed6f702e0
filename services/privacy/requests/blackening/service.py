"""Use cases of the review: what names others, what is blackened, and the copy that waits for it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kernel.errors import Unavailable
from kernel.rpc.call import note_subjects
from services.privacy.requests import store as request_store
from services.privacy.requests.blackening import store
from services.privacy.requests.blackening.finding import Passage, free_texts, passages
from services.privacy.requests.blackening.model import (
    NAMES_OTHERS,
    Decision,
    NoCopy,
    NotOfThisText,
    PassageDecided,
    PassageNotFound,
    blackened,
    joined,
)
from services.privacy.requests.blackening.naming import NamesOfOthers
from services.privacy.requests.collecting import Collected, collect_everything
from services.privacy.requests.model import (
    SYSTEM,
    Kind,
    Request,
    RequestNotFound,
    State,
    Transition,
)
from services.privacy.requests.working import Desk

# What was changed or erased at a holder meanwhile is noticed by then, also if nobody decides.
_LOOKS_AGAIN = timedelta(hours=1)
_COPIES = (Kind.ACCESS, Kind.PORTABILITY)


@dataclass(frozen=True, slots=True)
class Blackened:
    """What was taken out of a copy."""

    texts: int
    spans: int


@dataclass(frozen=True, slots=True)
class Review:
    """Every text of a copy that names others, and what was decided."""

    passages: Sequence[Passage]
    decisions: Mapping[str, Decision]

    @property
    def undecided(self) -> int:
        """How many texts wait for a word."""
        return sum(passage.id not in self.decisions for passage in self.passages)


class BlackeningService:
    """Keeps no text: it is asked for anew each time, so that nothing is handed out that was erased meanwhile."""

    def __init__(
        self, desk: Desk, names: NamesOfOthers, *, wake: Callable[[], object] = lambda: None
    ) -> None:
        self._desk = desk
        self._names = names
        self._wake = wake

    async def blacken(self, request: Request, collected: Collected) -> Blackened | None:
        """Blackens what was collected, in its place; None while a text waits for a word, which the request says."""
        review = await self._reviewed(request, collected)
        if review.undecided:
            await self._wait(request)
            return None
        texts = spans = 0
        for passage in review.passages:
            decision = review.decisions[passage.id]
            if decision.spans:
                passage.value.value = blackened(passage.value.value, decision.spans)
                texts, spans = texts + 1, spans + len(decision.spans)
        return Blackened(texts, spans)

    async def list_passages(self, request_id: uuid.UUID) -> Review:
        """All of them as they are now. Errors: RequestNotFound, NoCopy, Unavailable."""
        request = await self._copying(request_id)
        return await self._look(request)

    async def decide_passage(self, request_id: uuid.UUID, decision: Decision, *, by: str) -> int:
        """Notes the word about one text, and says how many are left.

        Errors: RequestNotFound, NoCopy, PassageNotFound, PassageDecided, NotOfThisText, Unavailable.
        """
        request = await self._copying(request_id)
        review = await self._look(request)
        text = next((p.value.value for p in review.passages if p.id == decision.passage_id), None)
        if text is None:
            raise PassageNotFound("This text has changed or gone meanwhile.")
        if not decision.valid_for(text):
            raise NotOfThisText("A span outside of the text, or a reason that does not fit.")
        wanted = Decision(decision.passage_id, tuple(joined(decision.spans)), decision.reason)
        async with self._desk.database.transaction() as session:
            # Locked: of two people at once the first word counts, and none comes after the copy is handed out.
            _copying(await request_store.find(session, request_id, lock=True))
            await store.add(session, request_id, wanted, by=by, at=self._desk.clock.now())
            decided = await store.decisions(session, request_id)
            if decided[wanted.passage_id] != wanted:
                raise PassageDecided("Somebody has decided otherwise about this text.")
            left = Review(review.passages, decided).undecided
            if not left:
                await request_store.change(session, request_id, retry_at=None)
        if not left:
            self._wake()
        return left

    async def _look(self, request: Request) -> Review:
        collected = await collect_everything(self._desk, request)
        if collected is None:
            raise Unavailable("Not every service answers.")
        return await self._reviewed(request, collected)

    async def _reviewed(self, request: Request, collected: Collected) -> Review:
        texts = free_texts(request, collected.held)
        names = await self._names.of_others(request.contact_id, {each.id: each.text for each in texts})
        async with self._desk.database.reading() as session:
            decided = await store.decisions(session, request.id) if texts else {}
        return Review(passages(texts, collected.identifiers, names=names, decided=decided), decided)

    async def _copying(self, request_id: uuid.UUID) -> Request:
        async with self._desk.database.reading() as session:
            return _copying(await request_store.find(session, request_id))

    async def _wait(self, request: Request) -> None:
        now = self._desk.clock.now()
        async with self._desk.database.transaction() as session:
            if not await request_store.change(
                session, request.id, waiting_for=[], retry_at=now + _LOOKS_AGAIN
            ):
                return
            await request_store.stall(session, request.id, NAMES_OTHERS, at=now)
            steps = (await request_store.transitions(session, [request.id]))[request.id]
            if all(step.reason != NAMES_OTHERS for step in steps):
                step = Transition(State.EXECUTING, now, SYSTEM, NAMES_OTHERS)
                await request_store.note(session, request.id, step)


def _copying(request: Request | None) -> Request:
    if request is None:
        raise RequestNotFound("There is no such request.")
    note_subjects([request.contact_id])
    if request.kind not in _COPIES or request.state is not State.EXECUTING:
        raise NoCopy("No copy is being made for this request.")
    return request
