"""Use cases of the records of one consent: look at them, and prove them on paper."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from kernel.clock import Clock
from kernel.db import AnySession, Database
from kernel.rpc.call import note_subjects
from kernel.signing import Signer
from services.privacy.consent.chains import store
from services.privacy.consent.chains.model import (
    JSON,
    Chain,
    LeafNotFound,
    LeafState,
    Link,
    NotYetSigned,
    Paper,
    Place,
    Signed,
    chain_content,
    erased_content,
    is_shown,
    state_of,
    state_of_leaf,
)
from services.privacy.consent.chains.papers import Printed, chain_paper, erased_paper, json_paper
from services.privacy.consent.merkle import inclusion_path
from services.privacy.consent.model import ConsentNotFound, HeadNotFound, Leaf, TreeDamaged
from services.privacy.consent.proofs import path_hashes
from services.privacy.consent.tables import IP_KEPT_DAYS
from services.privacy.consent.wordings import store as wordings
from services.privacy.ledger.model import sign_statement
from services.privacy.requests.model import Controller

_MOST = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which form of a proof, and against which signed head; the newest for 0."""

    form: int
    language: str
    head_size: int = 0


class ChainService:
    """Shows what a consent went through, and proves it to somebody who does not trust us."""

    def __init__(self, database: Database, clock: Clock, *, signer: Signer, controller: Controller) -> None:
        self._database = database
        self._clock = clock
        self._signer = signer
        self._controller = controller

    async def get_consent_chain(self, record_id: uuid.UUID) -> Chain:
        """All records around one, checked now. Errors: ConsentNotFound."""
        async with self._database.reading() as session:
            chain = await self._chain(session, record_id, await store.head(session, 0))
        note_subjects([chain.about.contact_id])
        return chain

    async def get_consent_paper(
        self, contact_id: uuid.UUID, record_id: uuid.UUID, *, wanted: Wanted
    ) -> Paper:
        """The proof of the records around one of this contact.

        Errors: ConsentNotFound, HeadNotFound, NotYetSigned, TreeDamaged.
        """
        note_subjects([contact_id])
        async with self._database.reading() as session:
            head = await self._head(session, wanted)
            chain = await self._chain(session, record_id, head)
        if chain.about.contact_id != contact_id:
            raise ConsentNotFound("There is no such record.")
        if any(link.state is LeafState.DAMAGED for link in chain.links):
            raise _damaged()
        if not chain.proven:
            raise _not_yet()
        printed = self._printed(chain_content(chain, head), wanted, name=f"consent-{record_id}")
        if wanted.form == JSON:
            return json_paper(printed)
        return await asyncio.to_thread(chain_paper, chain, printed)

    async def get_consent_leaf(self, index: int) -> tuple[Place, LeafState, Signed | None]:
        """What stands at a place, whether it leads to the newest head, and that head. Errors: LeafNotFound."""
        async with self._database.reading() as session:
            head = await store.head(session, 0)
            place, path = await self._place(session, index, head)
        state = state_of_leaf(place.leaf, path, head)
        erased = place.erased_at is not None and state is not LeafState.DAMAGED
        return place, LeafState.ERASED if erased else state, head

    async def get_erased_leaf_paper(self, index: int, *, wanted: Wanted) -> Paper:
        """That a record stood there and was erased.

        Errors: LeafNotFound, HeadNotFound, NotYetSigned, TreeDamaged.
        """
        async with self._database.reading() as session:
            head = await self._head(session, wanted)
            place, path = await self._place(session, index, head)
        if place.erased_at is None:
            raise LeafNotFound("A record still stands at this place.")
        state = state_of_leaf(place.leaf, path, head)
        if state is LeafState.WAITING:
            raise _not_yet()
        if state is LeafState.DAMAGED:
            raise _damaged()
        printed = self._printed(erased_content(place, path, head), wanted, name=f"consent-leaf-{index}")
        if wanted.form == JSON:
            return json_paper(printed)
        return await asyncio.to_thread(erased_paper, place, printed)

    async def _chain(self, session: AnySession, record_id: uuid.UUID, head: Signed | None) -> Chain:
        about = await store.find(session, record_id)
        if about is None:
            raise ConsentNotFound("There is no such record.")
        rows, omitted = await store.chain(session, about, limit=_MOST)
        texts = await wordings.texts_by_id(session, {r.text_id for r, _, _ in rows if r.text_id})
        paths = await self._paths(session, [leaf for _, leaf, _ in rows], head)
        links = []
        for (record, leaf, noted_at), path in zip(rows, paths, strict=True):
            text = texts.get(record.text_id) if record.text_id else None
            links.append(
                Link(
                    record=record,
                    leaf=leaf,
                    text=text,
                    path=path,
                    state=state_of(record, leaf, path, head) if is_shown(record, text) else LeafState.DAMAGED,
                    addresses_until=noted_at + timedelta(days=IP_KEPT_DAYS) if noted_at else None,
                )
            )
        return Chain(tuple(links), head, omitted)

    async def _place(
        self, session: AnySession, index: int, head: Signed | None
    ) -> tuple[Place, tuple[bytes, ...]]:
        place = await store.place(session, index)
        if place is None:
            raise LeafNotFound("The tree has no such place.")
        (path,) = await self._paths(session, [place.leaf], head)
        return place, path

    async def _paths(
        self, session: AnySession, leaves: Sequence[Leaf], head: Signed | None
    ) -> list[tuple[bytes, ...]]:
        """The way of each leaf to the head, read together; none for a leaf that it does not cover."""
        size = head.size if head else 0
        spans = [inclusion_path(leaf.index, size) if leaf.index < size else [] for leaf in leaves]
        hashed = iter(await path_hashes(session, [span for path in spans for span in path]))
        return [tuple(islice(hashed, len(path))) for path in spans]

    async def _head(self, session: AnySession, wanted: Wanted) -> Signed:
        head = await store.head(session, wanted.head_size)
        if head is not None:
            return head
        if wanted.head_size:
            raise HeadNotFound("No head was signed at this size.")
        raise _not_yet()

    def _printed(self, content: dict[str, object], wanted: Wanted, *, name: str) -> Printed:
        return Printed(
            content=content,
            statement=sign_statement(content, self._signer).encode(),
            name=name,
            language=wanted.language,
            controller=self._controller,
            now=self._clock.now(),
        )


def _not_yet() -> NotYetSigned:
    return NotYetSigned("The next signed head covers this, within a day.")


def _damaged() -> TreeDamaged:
    return TreeDamaged("This no longer leads to what was signed.")
