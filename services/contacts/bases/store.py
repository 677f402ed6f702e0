"""All SQL of bases: one walk along the contacts, whatever their number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from kernel.db import AnySession

# A login that was taken away and a role that has ended are no basis; the latter is no row any more.
_BASES = text(
    "SELECT contact.id, contact.created_at, contact.source, "
    "EXISTS (SELECT FROM login WHERE login.contact_id = contact.id AND login.removed_at IS NULL) "
    "OR EXISTS (SELECT FROM relation WHERE relation.contact_id = contact.id) AS has_basis "
    "FROM contact WHERE contact.id > :after ORDER BY contact.id LIMIT :limit"
)


async def bases(session: AnySession, *, after: uuid.UUID, limit: int) -> Sequence[Row[Any]]:
    """Contacts behind this one, each with whether it has a basis."""
    return (await session.execute(_BASES, {"after": after, "limit": limit})).all()
