"""Use cases of templates."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from kernel.db import Database
from kernel.ids import new_id
from services.campaigns.templates import store
from services.campaigns.templates.model import INVENTED, Draft, Rendered, Saved, TemplateNotFound
from services.campaigns.templates.rendering import Compiled, Links, compile_template


class TemplatesService:
    """What a mail looks like. `portal_url` is where the links of a preview lead."""

    def __init__(self, database: Database, *, portal_url: str) -> None:
        self._database = database
        self._portal_url = portal_url.rstrip("/")

    async def create_template(self, draft: Draft) -> Saved:
        """Errors: TemplateInvalid. What was saved can be sent."""
        compile_template(draft)
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

    def preview_template(self, draft: Draft) -> Rendered:
        """The mail for an invented person. Errors: TemplateInvalid."""
        links = Links(f"{self._portal_url}/preferences/", f"{self._portal_url}/u/")
        return compile_template(draft).render(INVENTED, links)

    async def compiled(self, template_id: uuid.UUID) -> Compiled:
        """The template ready for sending. Errors: TemplateNotFound."""
        return compile_template((await self.get_template(template_id)).draft)
