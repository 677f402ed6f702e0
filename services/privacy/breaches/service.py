"""Use cases of breaches."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from kernel.clock import Clock
from kernel.db import Database
from kernel.ids import new_id
from services.privacy.breaches.model import (
    BREACHES,
    Breach,
    BreachNotFound,
    alerts,
    aware_at,
    check,
    due,
    last,
    suggested,
)
from services.privacy.breaches.papers import authority_paper, breaches_paper, subjects_paper
from services.privacy.registers.model import Content, Version, changed_fields
from services.privacy.registers.printing import File
from services.privacy.registers.service import RegisterService
from services.privacy.requests.model import Controller

REGISTER, AUTHORITY = 1, 2


class BreachService:
    """Keeps breaches in versions: what was known when is part of the proof."""

    def __init__(
        self, database: Database, clock: Clock, *, registers: RegisterService, controller: Controller
    ) -> None:
        self._database = database
        self._clock = clock
        self._registers = registers
        self._controller = controller

    async def save_breach(
        self, content: Content, *, breach_id: uuid.UUID | None, version: int, actor: str
    ) -> Breach:
        """Records one, or a version. Errors: TimeToCome, ReasonMissing, EntryNotFound, StaleEtag."""
        now = self._clock.now()
        check(content, now)
        asked = Version(breach_id or new_id(), BREACHES, version, content, actor, now)
        async with self._database.transaction() as session:
            saved = await self._registers.save(session, asked, known=breach_id is not None)
            return self._breach(await self._registers.versions(session, saved.entry_id, BREACHES), 0)

    async def get_breach(self, breach_id: uuid.UUID) -> list[Breach]:
        """All versions, the newest first. Errors: BreachNotFound."""
        async with self._database.reading() as session:
            versions = await self._registers.versions(session, breach_id, BREACHES)
        if not versions:
            raise BreachNotFound("There is no such breach.")
        return [self._breach(versions, at) for at in range(len(versions))]

    async def list_breaches(self) -> list[Breach]:
        """All of them, the newest first."""
        async with self._database.reading() as session:
            return [self._breach([v], 0) for v in reversed(await self._registers.newest(session, BREACHES))]

    async def get_breach_file(
        self, kind: int, *, breach_id: uuid.UUID | None, form: int, language: str
    ) -> File:
        """The register or a draft. Errors: BreachNotFound, DocumentFailed."""
        if kind == REGISTER:
            paper = breaches_paper(await self.list_breaches(), self._controller, language)
        elif breach_id is None:
            raise BreachNotFound("A notice is about one breach.")
        else:
            (found, *_) = await self.get_breach(breach_id)
            make = authority_paper if kind == AUTHORITY else subjects_paper
            paper = make(found, self._controller, language)
        return await self._registers.file(paper, form=form, language=language)

    def _breach(self, versions: Sequence[Version], at: int) -> Breach:
        shown = versions[at]
        content = shown.content
        return Breach(
            version=shown,
            due_at=due(aware_at(content)),
            last_at=last(aware_at(content)),
            suggested=suggested(content),
            alerts=alerts(content, self._clock.now()) if at == 0 else [],
            changed_fields=changed_fields(
                content, versions[at + 1].content if at + 1 < len(versions) else None
            ),
        )
