"""Use cases of last mails: plan one with the end of the erasure, and open it when it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from cryptography.fernet import InvalidToken
from kontor.privacy.v1 import holder_pb2

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.ids import new_id
from kernel.rpc.call import note_subjects
from services.privacy.requests import store as request_store
from services.privacy.requests.corrections import store as corrections
from services.privacy.requests.farewell import store
from services.privacy.requests.farewell.model import (
    NO_ADDRESS,
    Enclosure,
    Farewell,
    FarewellOver,
    Kept,
    NobodyToName,
)
from services.privacy.requests.model import SYSTEM, Identifiers, Request, State, Told, Transition
from services.privacy.requests.naming import named
from services.privacy.requests.notices import store as notice_store
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.receipts import Planned
from services.privacy.requests.sealing import Seal
from services.privacy.requests.wording import label


class FarewellService:
    """Whom the mail goes to is known from the end of the erasure until the mail has gone out, and to nobody else."""

    def __init__(self, database: Database, clock: Clock, *, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    async def plan_farewell(
        self, session: WriteSession, request: Request, identifiers: Identifiers, *, end: State
    ) -> None:
        """Part of the transaction that ends the erasure: so the mail is neither lost nor wished for twice."""
        now = self._clock.now()
        if not identifiers.main:
            # Somebody who has never told an address, or has none left: what they get is a letter.
            await request_store.note(
                session, request.id, Transition(end, now, SYSTEM, NO_ADDRESS), tell=False
            )
            return
        farewell_id = new_id()
        sealed = self._seal.close(Identifiers(main=identifiers.main))
        await store.add(session, farewell_id, request.id, sealed=sealed, at=now)
        kind = Told.ERASED if end is State.COMPLETED else Told.PARTLY_ERASED
        await notice_store.wish(session, farewell_id, request, kind=kind, at=now)

    async def get_farewell(self, farewell_id: uuid.UUID) -> Farewell:
        """The mail, at the moment of sending. Errors: FarewellOver."""
        async with self._database.reading() as session:
            found = await store.find(session, farewell_id)
            request = await request_store.find(session, found[0]) if found else None
            if found is None or request is None:
                raise FarewellOver("Nobody is written to here.")
            note_subjects([request.contact_id])
            plans = (await plan_store.plans(session, [request.id]))[request.id]
            formats = (await request_store.formats(session, [request.id]))[request.id]
            told = (await corrections.recipients(session, [request.id]))[request.id]
            documents = [
                (each, await request_store.document(session, request, format=each)) for each in formats
            ]
        return Farewell(
            address=self._opened(found[1]),
            language=request.language,
            kept=tuple(_kept(request, plans, self._clock.now())),
            enclosures=tuple(_enclosures(request, documents)),
            recipients=tuple(each.recipient for each in told),
        )

    async def get_erased_person(self, request_id: uuid.UUID) -> Identifiers:
        """Whom to name to recipients. Errors: NobodyToName."""
        async with self._database.reading() as session:
            request = await request_store.find(session, request_id)
            sealed = await plan_store.identifiers(session, request_id)
            if request is None or sealed is None or not request.over:
                raise NobodyToName("Nobody has to be named to anybody here.")
            note_subjects([request.contact_id])
        return self._seal.open(sealed)

    def _opened(self, sealed: bytes) -> str:
        try:
            return self._seal.open(sealed).main
        except InvalidToken as error:
            # The secret is lost: nobody can be told, and in time the row goes as every other one.
            raise FarewellOver("Nobody is written to here.") from error


def _enclosures(request: Request, documents: Iterable[tuple[int, bytes | None]]) -> Iterator[Enclosure]:
    for format, content in documents:
        if content is not None:
            yield Enclosure(*named(request, format), content)


def _kept(request: Request, plans: Iterable[Planned], now: datetime) -> Iterator[Kept]:
    """What the last round's receipts say is kept by a law, other than as a proof."""
    for planned in plans:
        if planned.number != request.round or planned.receipt is None:
            continue
        for item in planned.receipt.done:
            until = item.keep_until.ToDatetime(UTC)
            if item.action == holder_pb2.ACTION_KEEP_RESTRICTED and not item.evidence and until > now:
                what, law = (
                    label(request.language, group, key)
                    for group, key in (("datasets", item.dataset), ("laws", item.law))
                )
                yield Kept(what, law, until.date())
