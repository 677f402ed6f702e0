"""Use cases of templates."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from kernel.db import Database
from kernel.ids import new_id
from services.campaigns.templates import store
from services.campaigns.templates.model import INVENTED, Draft, Rendered, Saved, TemplateNotFound
from services.campaigns.templates.rendering import Compiled, Links, compile_template


class TemplatesService:
    """What a mail looks like. `portal_url` is where the links of a preview lead.

    Templates are compiled in a thread: a large one takes long, and others are being answered meanwhile.
    """

    def __init__(self, database: Database, *, portal_url: str) -> None:
        self._database = database
        self._portal_url = portal_url.rstrip("/")

    async def create_template(self, draft: Draft) -> Saved:
        """Errors: TemplateInvalid. What was saved can be sent."""
        await asyncio.to_thread(compile_template, draft)
        async with self._database.transaction() as session:
            return await store.insert(session, new_id(), draft)

    async def get_template(self, template_id: uuid.UUID) -> Saved:
        """Errors: TemplateNotFound."""
        async with self._database.reading() as session:
            found = await store.find(session, template_id)
        if found is None:
            raise TemplateNotFound
        return found

    async def list_templates(self, *, after: uuid.UUID | None, limit: int) -> Sequence[Saved]:
        """A page, newest first."""
        async with self._database.reading() as session:
            return await store.newest(session, after=after, limit=limit)

    async def preview_template(self, draft: Draft) -> Rendered:
        """The mail for an invented person. Errors: TemplateInvalid."""
        links = Links(f"{self._portal_url}/preferences/", f"{self._portal_url}/u/")
        return await asyncio.to_thread(_preview, draft, links)

    async def compiled(self, template_id: uuid.UUID) -> Compiled:
        """The template ready for sending. Errors: TemplateNotFound."""
        saved = await self.get_template(template_id)
        return await asyncio.to_thread(compile_template, saved.draft)


def _preview(draft: Draft, links: Links) -> Rendered:
    return compile_template(draft).render(INVENTED, links)
