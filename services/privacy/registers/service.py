"""Use cases of the registers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.errors import StaleEtag
from kernel.ids import new_id
from services.privacy.registers import store
from services.privacy.registers.countries import is_free
from services.privacy.registers.model import (
    MEASURES,
    PROCESSORS,
    SWOT,
    TRANSFERS,
    Content,
    Entry,
    EntryNotFound,
    Recipient,
    Version,
    alerts,
    changed_fields,
    require_dates,
)
from services.privacy.registers.papers import about, register_paper
from services.privacy.registers.printing import File, Paper, written
from services.privacy.requests.model import Controller

_TYPED = (PROCESSORS, TRANSFERS, MEASURES, SWOT)


class RegisterService:
    """Keeps entries in versions. Other areas keep theirs here, too."""

    def __init__(self, database: Database, clock: Clock, *, controller: Controller, timezone: str) -> None:
        self._database = database
        self._clock = clock
        self._controller = controller
        self._zone = ZoneInfo(timezone)

    async def save_register_entry(
        self, register: str, content: Content, *, entry_id: uuid.UUID | None, version: int, actor: str
    ) -> Entry:
        """Adds an entry or a version. Errors: DateInvalid, EntryNotFound, StaleEtag."""
        async with self._database.transaction() as session:
            saved = await self.save(
                session,
                Version(entry_id or new_id(), register, version, content, actor, self._clock.now()),
                known=entry_id is not None,
            )
            before = await store.versions(session, saved.entry_id, register=register)
            return await self._entry(session, before, 0)

    async def retire_register_entry(self, entry_id: uuid.UUID, *, version: int, actor: str) -> Entry:
        """Ends an entry. Errors: EntryNotFound, StaleEtag."""
        async with self._database.transaction() as session:
            register = await self._register_of(session, entry_id)
            (last, *_) = await store.versions(session, entry_id, register=register)
            ended = Version(entry_id, register, version, last.content, actor, self._clock.now(), retired=True)
            await self.save(session, ended, known=True)
            return await self._entry(session, await store.versions(session, entry_id, register=register), 0)

    async def get_register_entry(self, entry_id: uuid.UUID) -> list[Entry]:
        """All versions, the newest first. Errors: EntryNotFound."""
        async with self._database.reading() as session:
            register = await self._register_of(session, entry_id)
            versions = await store.versions(session, entry_id, register=register)
            return [await self._entry(session, versions, at) for at in range(len(versions))]

    async def list_register_entries(self, register: str) -> list[Entry]:
        """Every entry that has not ended, the oldest first."""
        async with self._database.reading() as session:
            return await self.entries(session, register)

    async def get_register_file(self, register: str, *, form: int, language: str) -> File:
        """The register as PDF or CSV. Errors: DocumentFailed."""
        entries = await self.list_register_entries(register)
        paper = register_paper(register, entries, language, controller=about(self._controller, language))
        return await self.file(paper, form=form, language=language)

    async def file(self, paper: Paper, *, form: int, language: str) -> File:
        """A document of another area, in the controller's name."""
        make = partial(written, paper, form=form, controller=self._controller, language=language)
        return await asyncio.to_thread(make, now=self._clock.now())

    async def entries(self, session: AnySession, register: str) -> list[Entry]:
        """As `list_register_entries`, in a use case of another area."""
        live = [v for v in await store.newest(session, register) if not v.retired]
        known = [str(v.entry_id) for v in live]
        return [Entry(v, alerts(v, today=self.today(), known=known)) for v in live]

    async def versions(self, session: AnySession, entry_id: uuid.UUID, register: str) -> list[Version]:
        """All versions of an entry that another area keeps here, the newest first."""
        return await store.versions(session, entry_id, register=register)

    async def newest(self, session: AnySession, register: str) -> list[Version]:
        """The newest version of every entry that another area keeps here."""
        return await store.newest(session, register)

    async def save(self, session: WriteSession, version: Version, *, known: bool) -> Version:
        """Adds what follows `version.version`. Errors: DateInvalid, EntryNotFound, StaleEtag."""
        require_dates(version.content)
        await store.lock(session, version.entry_id)
        before = await store.versions(session, version.entry_id, register=version.register)
        if known and not before:
            raise EntryNotFound("There is no such entry.")
        if (before[0].version if before else 0) != version.version or (before and before[0].retired):
            raise StaleEtag
        following = Version(
            version.entry_id,
            version.register,
            version.version + 1,
            version.content,
            version.changed_by,
            version.changed_at,
            retired=version.retired,
        )
        await store.add(session, following)
        return following

    async def recipients(self, session: AnySession) -> list[Recipient]:
        """Everybody who gets personal data now: processors, their sub-processors and other recipients."""
        transfers = [e.version.content for e in await self.entries(session, TRANSFERS)]
        today = self.today()
        return [
            _recipient(entry.version, transfers)
            for entry in await self.entries(session, PROCESSORS)
            if (entry.version.content.get("ends_on") or today.isoformat()) >= today.isoformat()
        ]

    def today(self) -> date:
        """The controller's calendar day."""
        return self._clock.now().astimezone(self._zone).date()

    async def _register_of(self, session: AnySession, entry_id: uuid.UUID) -> str:
        register = await store.register_of(session, entry_id)
        if register not in _TYPED:
            raise EntryNotFound("There is no such entry.")
        return register

    async def _entry(self, session: AnySession, versions: Sequence[Version], at: int) -> Entry:
        shown = versions[at]
        before = versions[at + 1].content if at + 1 < len(versions) else None
        live = [str(v.entry_id) for v in await store.newest(session, shown.register) if not v.retired]
        found = alerts(shown, today=self.today(), known=live) if at == 0 else []
        return Entry(shown, found, changed_fields(shown.content, before))


def _recipient(version: Version, transfers: Sequence[Content]) -> Recipient:
    content = version.content
    name, country = content.get("name", ""), content.get("country", "")
    own = [
        t
        for t in transfers
        if t.get("processor_id") == str(version.entry_id)
        or (not t.get("processor_id") and t.get("recipient") == name)
    ]
    mechanisms = [_key(t.get("mechanism", ""), "TRANSFER_MECHANISM_") for t in own if t.get("mechanism")]
    safeguard = "" if is_free(country) and not mechanisms else (mechanisms[0] if mechanisms else "none")
    return Recipient(
        name=name,
        address=content.get("address", ""),
        role=_key(content.get("role", ""), "RECIPIENT_ROLE_"),
        country=country,
        safeguard=safeguard,
        services=content.get("service", ""),
    )


def _key(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", "-")
