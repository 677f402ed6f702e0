"""Timed use cases of askings: ask campaigns for their mails, and make requests of those that are confirmed.

Every step is a row before anybody else is asked, so that a crash anywhere ends in doing the step once more.
"""

from __future__ import annotations

import uuid

from kontor.privacy.v1 import holder_pb2

from kernel import telemetry
from kernel.db import WriteSession
from kernel.errors import DomainError, Unavailable
from kernel.ids import derived_id, new_id
from services.privacy.clients import AskingMailsClient, ContactFinder, HolderClient
from services.privacy.requests.asking import store
from services.privacy.requests.asking.model import Asking, Letter
from services.privacy.requests.asking.tables import Asking as AskingRow
from services.privacy.requests.model import ErasureRuns, Identifiers, Request, RequestOpen, State, Told
from services.privacy.requests.notices import store as notice_store
from services.privacy.requests.receipts import on_wire, probe_problem
from services.privacy.requests.service import RequestService
from services.privacy.requests.store import open_one
from services.privacy.requests.working import PROBE_REFUSED, AnswerRefused, Desk

log = telemetry.get_logger(__name__)

_AT_ONCE = 100
_OWN = AskingRow.__tablename__


class AskingJobs:
    """Runs under a lease."""

    def __init__(
        self, desk: Desk, *, requests: RequestService, finder: ContactFinder, campaigns: AskingMailsClient
    ) -> None:
        self._desk = desk
        self._database = desk.database
        self._clock = desk.clock
        self.requests = requests
        self._finder = finder
        self._campaigns = campaigns

    async def work(self) -> None:
        """Everything that is due. What fails waits for the next run, and holds up no other."""
        await self._settle_all()
        await self._tell_all()

    async def _tell_all(self) -> None:
        async with self._database.reading() as session:
            wanted = await store.with_wanted_letter(session, limit=_AT_ONCE)
        for asking in wanted:
            try:
                # Asked again after a crash, it is the same mail.
                mail_id = derived_id(asking.id, f"mail {asking.letter}")
                await self._campaigns.send(mail_id, asking_id=asking.id, letter=asking.letter)
            except Unavailable:
                # Nobody is there; the next run asks again.
                return
            except DomainError as error:
                log.error("mail of an asking not taken", reason=error.reason)
                continue
            async with self._database.transaction() as session:
                await store.change(session, asking.id, letter_wanted=False)

    async def _settle_all(self) -> None:
        async with self._database.reading() as session:
            confirmed = await store.unsettled(session, limit=_AT_ONCE)
        for asking in confirmed:
            try:
                await self._settle(asking)
            except ErasureRuns:
                # When it is done, nothing is held any more: then that is the answer.
                continue
            except DomainError as error:
                log.warning("asking waits", reason=error.reason)

    async def _settle(self, asking: Asking) -> None:
        email = asking.asked.email
        contact_id = await self._finder.find(email)
        if contact_id is not None:
            await self._receive(asking, contact_id)
            return
        found = await self._found(asking)
        # What stands in a record without a person gets one, so that the whole of the right can be granted.
        if any(not finding.law for finding in found):
            contact_id = await self._finder.ensure(
                email, language=asking.asked.language, request_id=derived_id(asking.id, "contact")
            )
        if contact_id is not None:
            await self._receive(asking, contact_id)
            return
        letter = Letter.KEPT if found else Letter.NOTHING_HELD
        async with self._database.transaction() as session:
            await store.change(session, asking.id, letter=letter, letter_wanted=True)

    async def _found(self, asking: Asking) -> list[holder_pb2.Finding]:
        """Where the address stands, beside the asking itself. Errors: Unavailable if a holder cannot say."""
        asked = holder_pb2.ProbeRequest(
            subject_id=str(asking.id), identifiers=on_wire(Identifiers(emails=(asking.asked.email,)))
        )
        return [
            finding
            for holder in self._desk.holders
            for finding in await _probed(holder, asked)
            if finding.dataset != _OWN
        ]

    async def _receive(self, asking: Asking, contact_id: uuid.UUID) -> None:
        """Makes the request and settles the asking, in one transaction. Errors: ErasureRuns."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            mine = await store.find(session, asking.id, lock=True)
            if mine is None or mine.settled_at is not None or mine.confirmed_at is None:
                return
            request = Request(
                id=new_id(),
                kind=mine.asked.kind,
                state=State.ACCEPTED,
                contact_id=contact_id,
                requested_by=None,
                language=mine.asked.language,
                received_at=mine.asked_at,
                due_date=self.requests.deadline.due(mine.asked_at),
            )
            try:
                await self.requests.receive(
                    session, request, mine.steps(mine.confirmed_at), wish=mine.asked.wish
                )
            except RequestOpen:
                await self._tell_of_open(session, request)
            else:
                if mine.asked.message and not mine.asked.wish.corrections:
                    await store.keep_message(session, request.id, mine.asked.message)
            await store.change(session, asking.id, settled_at=now, message="")
        self.requests.wake()

    async def _tell_of_open(self, session: WriteSession, request: Request) -> None:
        """Who asks again for what is open is told that it is, and until when."""
        other = await open_one(session, request.contact_id, request.kind)
        if other is not None:
            at = self._clock.now()
            await notice_store.wish(session, new_id(), other, kind=Told.RECEIVED, at=at)


async def _probed(holder: HolderClient, asked: holder_pb2.ProbeRequest) -> list[holder_pb2.Finding]:
    answer = await holder.probe(asked)
    if problem := probe_problem(answer):
        raise AnswerRefused(f"The probe says nothing: {problem}.", reason=PROBE_REFUSED)
    return list(answer.findings)
