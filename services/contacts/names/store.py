"""All SQL of names: each is looked up by itself in the index that sorts the contacts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text

from kernel.db import AnySession
from services.contacts.names.model import Name

# Keys are words with single blanks between, and "!" is what follows the blank: the range is the key itself and
# everything that goes on after its last word. How many words the family's name has tells "Anna von der Heide"
# from somebody whose name is "von der".
_FIND = text(
    "SELECT asked.at, "
    "EXISTS (SELECT FROM contact WHERE name_key >= asked.key AND name_key < asked.key || '!' "
    "AND family_name <> '' AND id <> :own "
    "AND length(family_name) - length(replace(family_name, ' ', '')) = asked.blanks) AS borne, "
    "asked.alone AND EXISTS (SELECT FROM contact WHERE name_key >= asked.key AND name_key < asked.key || '!' "
    "AND family_name <> '') AS begun "
    "FROM unnest(CAST(:keys AS text[]), CAST(:blanks AS int[]), CAST(:alone AS bool[])) "
    "WITH ORDINALITY AS asked (key, blanks, alone, at)"
)
_OWN = text("SELECT family_name, given_name FROM contact WHERE id = :id")


async def find(
    session: AnySession, names: Sequence[Name], *, own: uuid.UUID
) -> tuple[frozenset[int], frozenset[int]]:
    """Positions of those that another contact bears, and of those with whose words a family name begins."""
    asked = {
        "own": own,
        "keys": [name.key for name in names],
        "blanks": [name.family.count(" ") for name in names],
        "alone": [not name.given for name in names],
    }
    rows = (await session.execute(_FIND, asked)).all()
    return frozenset(row.at - 1 for row in rows if row.borne), frozenset(
        row.at - 1 for row in rows if row.begun
    )


async def own_name(session: AnySession, contact_id: uuid.UUID) -> Name | None:
    """How the contact itself is called; None if it is gone or has no family name."""
    row = (await session.execute(_OWN, {"id": contact_id})).one_or_none()
    return Name.of(row.family_name, row.given_name) if row is not None and row.family_name else None
