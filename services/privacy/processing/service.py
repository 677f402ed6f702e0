"""Use cases of the record of processing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel.clock import Clock
from kernel.db import AnySession, Database
from services.privacy.processing import store
from services.privacy.processing.declared import described
from services.privacy.processing.model import (
    ACTIVITIES,
    CONTEXTS,
    RECORD,
    RECORD_ID,
    Activity,
    ActivityUnknown,
    Confirmed,
    Record,
    RecordChanged,
    VersionNotFound,
    content_of,
    context_id,
    contexts_of,
    difference,
    lines_of,
    marked,
)
from services.privacy.processing.papers import record_paper
from services.privacy.registers.model import MEASURES, TRANSFERS, Version
from services.privacy.registers.papers import about
from services.privacy.registers.printing import File
from services.privacy.registers.service import RegisterService
from services.privacy.requests.model import Controller


class ProcessingService:
    """Builds the record anew for every reader, and keeps what was confirmed."""

    def __init__(
        self, database: Database, clock: Clock, *, registers: RegisterService, controller: Controller
    ) -> None:
        self._database = database
        self._clock = clock
        self._registers = registers
        self._controller = controller

    async def get_processing_record(self) -> Record:
        """As it is today, marked against the newest version."""
        async with self._database.reading() as session:
            return await self._record(session)

    async def describe_activity(
        self, key: str, context: Mapping[str, str], *, version: int, actor: str
    ) -> Record:
        """Sets the context of an activity. Errors: ActivityUnknown, StaleEtag."""
        if key not in ACTIVITIES:
            raise ActivityUnknown("There is no such activity.")
        async with self._database.transaction() as session:
            said = Version(
                context_id(key), CONTEXTS, version, {"key": key, **context}, actor, self._clock.now()
            )
            await self._registers.save(session, said, known=False)
            return await self._record(session)

    async def confirm_processing_record(self, fingerprint: str, *, actor: str) -> Confirmed:
        """Keeps the record as the next version. Errors: RecordChanged."""
        async with self._database.transaction() as session:
            record = await self._record(session)
            if record.fingerprint != fingerprint:
                raise RecordChanged("The record has changed since it was read.")
            content = await self._content(session, record)
            now = self._clock.now()
            await self._registers.save(
                session, Version(RECORD_ID, RECORD, record.version, content, actor, now), known=False
            )
            return (await self._versions(session))[0]

    async def list_processing_versions(self) -> list[Confirmed]:
        """All versions, the newest first, each with what it changed."""
        async with self._database.reading() as session:
            return await self._versions(session)

    async def get_processing_file(self, version: int, *, form: int, language: str) -> File:
        """A version as PDF or CSV. Errors: VersionNotFound, DocumentFailed."""
        found = next((v for v in await self.list_processing_versions() if v.version == version), None)
        if found is None:
            raise VersionNotFound("The record has no such version.")
        paper = record_paper(found, language, controller=about(self._controller, language))
        return await self._registers.file(paper, form=form, language=language)

    async def _record(self, session: AnySession) -> Record:
        answers = [described(answer, at) for answer, at in await store.kept(session)]
        said = await self._registers.newest(session, CONTEXTS)
        contexts = {str(v.content["key"]): _context(v) for v in said}
        versions = await self._registers.versions(session, RECORD_ID, RECORD)
        last = versions[0].content if versions else {}
        content = content_of([line for each in answers for line in each.lines], contexts)
        numbers = {str(v.content["key"]): v.version for v in said}
        return Record(_activities(content, last, numbers), answers, content, len(versions))

    async def _content(self, session: AnySession, record: Record) -> dict[str, object]:
        """What a version keeps beside the activities: who gets data, where it goes, and how it is protected."""
        transfers = await self._registers.entries(session, TRANSFERS)
        measures = await self._registers.entries(session, MEASURES)
        return {
            **record.content,
            "recipients": [
                {"name": r.name, "address": r.address, "role": r.role, "services": r.services}
                for r in await self._registers.recipients(session)
            ],
            "transfers": [dict(e.version.content) for e in transfers],
            "measures": [dict(e.version.content) for e in measures],
        }

    async def _versions(self, session: AnySession) -> list[Confirmed]:
        kept = await self._registers.versions(session, RECORD_ID, RECORD)
        before = [*(v.content for v in kept[1:]), {}][: len(kept)]
        return [
            Confirmed(v.version, v.changed_at, v.changed_by, v.content, difference(v.content, old))
            for v, old in zip(kept, before, strict=True)
        ]


def _context(version: Version) -> dict[str, str]:
    return {name: value for name, value in version.content.items() if name != "key"}


def _activities(
    content: Mapping[str, object], last: Mapping[str, object], numbers: Mapping[str, int]
) -> Sequence[Activity]:
    lines = marked(lines_of(content), lines_of(last))
    contexts, before = contexts_of(content), contexts_of(last)
    return [
        Activity(
            key=key,
            context=contexts.get(key, before.get(key, {})),
            context_version=numbers.get(key, 0),
            context_changed=key in contexts and key in before and contexts[key] != before[key],
            lines=[each for each in lines if each.line.purpose == key],
        )
        for key in ACTIVITIES
        if key in contexts or key in before
    ]
