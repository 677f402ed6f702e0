"""Use cases of impact assessments."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from kernel.clock import Clock
from kernel.db import AnySession, Database
from kernel.ids import new_id
from services.privacy.assessments.model import (
    ASSESSMENTS,
    Assessment,
    AssessmentNotFound,
    OwnAssessment,
    alerts,
    check,
    followed,
    written_by,
)
from services.privacy.assessments.papers import assessment_paper, assessments_paper
from services.privacy.registers.model import MEASURES, Content, Version, changed_fields
from services.privacy.registers.printing import File
from services.privacy.registers.service import RegisterService
from services.privacy.requests.model import Controller


class AssessmentService:
    """Keeps assessments in versions; an opinion is a version that only the officer adds."""

    def __init__(
        self, database: Database, clock: Clock, *, registers: RegisterService, controller: Controller
    ) -> None:
        self._database = database
        self._clock = clock
        self._registers = registers
        self._controller = controller

    async def save_assessment(
        self, content: Content, *, assessment_id: uuid.UUID | None, version: int, actor: str
    ) -> Assessment:
        """Records one, or a version.

        Errors: WaiverUnexplained, RiskGrows, OpinionNeeded, DateInvalid, EntryNotFound, StaleEtag.
        """
        entry_id = assessment_id or new_id()
        async with self._database.transaction() as session:
            before = await self._registers.versions(session, entry_id, ASSESSMENTS)
            kept = followed(content, before[0].content if before else None)
            check(kept)
            asked = Version(entry_id, ASSESSMENTS, version, kept, actor, self._clock.now())
            await self._registers.save(session, asked, known=assessment_id is not None)
            return self._assessment(await self._registers.versions(session, entry_id, ASSESSMENTS), 0)

    async def give_opinion(
        self, assessment_id: uuid.UUID, opinion: Content, *, version: int, actor: str
    ) -> Assessment:
        """Advises on a version. Errors: AssessmentNotFound, OwnAssessment, StaleEtag."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            versions = await self._versions(session, assessment_id)
            if actor in written_by(versions):
                raise OwnAssessment("Somebody else has to advise on this assessment.")
            given = {**opinion, "given_by": actor, "give_time": now.isoformat(), "about_version": version}
            content = {**versions[0].content, "opinion": given}
            asked = Version(assessment_id, ASSESSMENTS, version, content, actor, now)
            await self._registers.save(session, asked, known=True)
            return self._assessment(await self._versions(session, assessment_id), 0)

    async def get_assessment(self, assessment_id: uuid.UUID) -> list[Assessment]:
        """All versions, the newest first. Errors: AssessmentNotFound."""
        async with self._database.reading() as session:
            versions = await self._versions(session, assessment_id)
        return [self._assessment(versions, at) for at in range(len(versions))]

    async def list_assessments(self) -> list[Assessment]:
        """All of them, the newest first."""
        async with self._database.reading() as session:
            newest = await self._registers.newest(session, ASSESSMENTS)
        return [self._assessment([version], 0) for version in reversed(newest)]

    async def get_assessment_file(self, assessment_id: uuid.UUID | None, *, form: int, language: str) -> File:
        """One of them, or all. Errors: AssessmentNotFound, DocumentFailed."""
        if assessment_id is None:
            paper = assessments_paper(await self.list_assessments(), self._controller, language)
        else:
            (found, *_) = await self.get_assessment(assessment_id)
            async with self._database.reading() as session:
                measures = await self._registers.newest(session, MEASURES)
            names = {str(m.entry_id): str(m.content.get("name", "")) for m in measures}
            paper = assessment_paper(found, names, self._controller, language)
        return await self._registers.file(paper, form=form, language=language)

    async def _versions(self, session: AnySession, assessment_id: uuid.UUID) -> list[Version]:
        versions = await self._registers.versions(session, assessment_id, ASSESSMENTS)
        if not versions:
            raise AssessmentNotFound("There is no such assessment.")
        return versions

    def _assessment(self, versions: Sequence[Version], at: int) -> Assessment:
        shown = versions[at]
        before = versions[at + 1].content if at + 1 < len(versions) else None
        found = alerts(shown.content, self._registers.today()) if at == 0 else []
        return Assessment(shown, found, changed_fields(shown.content, before))
