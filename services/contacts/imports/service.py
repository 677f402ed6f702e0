"""Use cases of imports: a dry run that decides every row, and a commit that decides again and takes them over."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace

from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.errors import InvalidArgument
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.contacts import events
from services.contacts.clients import Reach, Suppressions
from services.contacts.erasures.service import ErasuresService
from services.contacts.imports import store
from services.contacts.imports.candidates import candidate_of, candidate_of_row
from services.contacts.imports.deciding import decide, settled
from services.contacts.imports.layouts import Layout, layout_of
from services.contacts.imports.model import (
    COMMITTED,
    DRY_RUN,
    DUPLICATE,
    IN_CONTACTS,
    INVALID,
    NEW,
    ON_LIST,
    RESTRICTED,
    SUPPRESSED,
    UPDATE,
    Candidate,
    Decision,
    ImportCommitted,
    ImportNotFound,
    ImportView,
    RowView,
    counts_of,
)
from services.contacts.imports.sheet import Sheet, read_sheet
from services.contacts.organisations.service import OrganisationsService
from services.contacts.people.model import HOME_COUNTRY
from services.contacts.text import clean, email_key, fold, is_country


class ImportsService:
    """Contacts from files."""

    def __init__(
        self,
        database: Database,
        suppressions: Suppressions,
        organisations: OrganisationsService,
        erasures: ErasuresService,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._suppressions = suppressions
        self._organisations = organisations
        self._erasures = erasures
        self._clock = clock

    async def create_import(self, *, file_name: str, content: bytes, country: str) -> ImportView:
        """Reads the file and decides every row; the contacts stay as they are. Errors: FileRefused."""
        country = clean(country).upper() or HOME_COUNTRY
        if not is_country(country):
            raise InvalidArgument(
                "The country is not known.",
                reason="FIELDS_INVALID",
                violations={"country": "must be an ISO 3166-1 alpha-2 country"},
            )
        # In a thread: a big file takes seconds, and others are being answered meanwhile.
        sheet, layout, candidates = await asyncio.to_thread(_read, content, country)
        on_list = await self._suppressed(candidates)
        async with self._database.transaction() as session:
            erased = await self._erasures.are_erased(session, [c.person.email for c in candidates])
            known = await store.known_contacts(session, candidates)
            suppressed = _any_of(on_list, erased)
            decisions = await asyncio.to_thread(decide, candidates, suppressed=suppressed, known=known)
            view = ImportView(
                id=new_id(),
                file_name=clean(file_name),
                state=DRY_RUN,
                layout=layout.name,
                encoding=sheet.encoding,
                delimiter=sheet.delimiter,
                header=sheet.header,
                country=country,
                **counts_of(decisions)._asdict(),
                created_at=self._clock.now(),
                committed_at=None,
            )
            await store.add(session, view, decisions)
        return view

    async def commit_import(self, import_id: uuid.UUID) -> ImportView:
        """Decides again, alone and with the list as it is now, and takes the rows over in one transaction.

        Errors: ImportNotFound, ImportCommitted, Aborted.
        """
        view, rows = await self._uncommitted(import_id)
        candidates = await asyncio.to_thread(_read_again, rows, view)
        # A row refused at the dry run has no address any more that could be asked about; it stays refused.
        refused = [row.outcome == SUPPRESSED for row in rows]
        on_list = await self._suppressed(candidates)
        async with self._database.transaction() as session:
            view = await self._lock(session, import_id)
            await self._erasures.hold_files(session)
            await store.alone(session)
            candidates, gone = await self._without_erased(session, import_id, candidates)
            known = await store.known_contacts(session, candidates, locked=True)
            suppressed = _any_of(refused, on_list, gone)
            decisions = await asyncio.to_thread(decide, candidates, suppressed=suppressed, known=known)
            decisions = await self._take_over(session, decisions, source=f"import:{import_id}")
            counts = counts_of(decisions)
            await store.settle(session, import_id, decisions, counts, self._clock.now())
            await emit(session, events.import_committed(import_id, new=counts.new, update=counts.update))
            note_subjects({d.contact_id for d in decisions if d.contact_id and d.outcome in (NEW, UPDATE)})
            done = await store.find(session, import_id)
        assert done is not None
        return done

    async def discard_import(self, import_id: uuid.UUID) -> None:
        """Deletes an import that nobody has taken over, its rows at once.

        Errors: ImportNotFound, ImportCommitted, Aborted.
        """
        async with self._database.transaction() as session:
            await self._lock(session, import_id)
            await store.discard(session, import_id)

    async def get_import(self, import_id: uuid.UUID) -> ImportView:
        """Errors: ImportNotFound."""
        async with self._database.reading() as session:
            found = await store.find(session, import_id)
        if found is None:
            raise ImportNotFound
        return found

    async def list_imports(self, *, after: uuid.UUID | None, limit: int) -> list[ImportView]:
        """Newest first; one more than `limit` if there are more."""
        async with self._database.reading() as session:
            return await store.page(session, after=after, limit=limit + 1)

    async def list_import_rows(
        self, import_id: uuid.UUID, *, outcomes: Collection[int], after: int, limit: int
    ) -> list[RowView]:
        """By line; one more than `limit` if there are more. Errors: ImportNotFound."""
        await self.get_import(import_id)
        async with self._database.reading() as session:
            found = await store.rows(session, import_id, outcomes=outcomes, after=after, limit=limit + 1)
        note_subjects({row.contact_id for row in found[:limit] if row.contact_id})
        return found

    async def _uncommitted(self, import_id: uuid.UUID) -> tuple[ImportView, list[RowView]]:
        view = await self.get_import(import_id)
        if view.state == COMMITTED:
            raise ImportCommitted
        async with self._database.reading() as session:
            return view, await store.rows(session, import_id, outcomes=(), after=0, limit=None)

    async def _lock(self, session: WriteSession, import_id: uuid.UUID) -> ImportView:
        view = await store.lock(session, import_id)
        if view is None:
            raise ImportNotFound
        if view.state == COMMITTED:
            raise ImportCommitted
        return view

    async def _without_erased(
        self, session: WriteSession, import_id: uuid.UUID, candidates: Sequence[Candidate]
    ) -> tuple[list[Candidate], list[bool]]:
        """The rows without those that an erasure has taken out of the file since they were read, and which.

        It takes every row with an address of its subject, and rows that the dry run had found to be the subject.
        They come back with their lines, so that the report can say what became of them, and with nothing else.
        """
        left = await store.lines(session, import_id)
        kept = [c if c.line in left else Candidate(c.line, {}) for c in candidates]
        gone = [c.line not in left for c in candidates]
        empty = [Decision(c, SUPPRESSED, ON_LIST) for c in kept if c.line not in left]
        await store.add_rows(session, import_id, empty)
        return kept, gone

    async def _suppressed(self, candidates: Sequence[Candidate]) -> list[bool]:
        reaches = [Reach("", "") if c.problem else Reach(c.person.email, c.person.phone) for c in candidates]
        return await self._suppressions.check(reaches)

    async def _take_over(
        self, session: WriteSession, decisions: list[Decision], *, source: str
    ) -> list[Decision]:
        wanted = {new_id(): d for d in decisions if d.outcome == NEW}
        added = await store.add_contacts(session, wanted, source=source)
        created = {d.candidate.line: i for i, d in wanted.items() if i in added}
        if len(added) < len(wanted):
            decisions = await _overtaken(session, decisions, created)
        decisions = await asyncio.to_thread(settled, decisions, created)
        updates = [d for d in decisions if d.outcome == UPDATE]
        await store.fill_contacts(session, updates)
        related = [d for d in decisions if d.outcome in (NEW, UPDATE) and fold(d.candidate.organisation)]
        known = await self._organisations.ensure_all(session, {d.candidate.organisation for d in related})
        await store.relate(session, related, known)
        await emit(
            session,
            *(events.contact_created(i) for i in added),
            *(events.contact_updated(d.contact_id, d.fields) for d in updates if d.contact_id),
        )
        return decisions


def _read(content: bytes, country: str) -> tuple[Sheet, Layout, list[Candidate]]:
    sheet = read_sheet(content)
    layout = layout_of(sheet.header)
    return sheet, layout, [candidate_of_row(sheet.header, r, layout, country=country) for r in sheet.rows]


def _read_again(rows: Sequence[RowView], view: ImportView) -> list[Candidate]:
    layout = layout_of(view.header)
    return [
        Candidate(row.line, row.cells, problem=row.reason)
        if row.outcome == INVALID and row.reason != RESTRICTED
        else Candidate(row.line, {})
        if row.outcome == SUPPRESSED
        else candidate_of(row.line, row.cells, layout, country=view.country)
        for row in rows
    ]


def _any_of(*answers: Sequence[bool]) -> list[bool]:
    return [any(each) for each in zip(*answers, strict=True)]


async def _overtaken(
    session: WriteSession, decisions: list[Decision], created: dict[int, uuid.UUID]
) -> list[Decision]:
    """Rows whose address somebody else has created since they were decided: the world has changed."""
    lost = {
        d.candidate.line: email_key(d.candidate.person.email) or ""
        for d in decisions
        if d.outcome == NEW and d.candidate.line not in created
    }
    ids = await store.ids_of_emails(session, set(lost.values()))
    return [
        replace(d, outcome=DUPLICATE, reason=IN_CONTACTS, contact_id=ids.get(lost[d.candidate.line]))
        if d.candidate.line in lost
        else replace(d, contact_id=ids.get(lost[d.same_as]))
        if d.same_as in lost
        else d
        for d in decisions
    ]
