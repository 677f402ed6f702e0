"""Where a copy's texts name people whom the company knows: the words are looked up where the contacts are."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Protocol

from services.privacy.requests.blackening.model import Span
from services.privacy.requests.blackening.names import Name, Words, names_in, spans_of

# As many as the contract allows in one question.
_AT_ONCE = 5_000


class KnownNames(Protocol):
    """Who knows the names of contacts. Errors: Unavailable."""

    async def check_names(
        self, names: Sequence[Name], *, own: uuid.UUID
    ) -> tuple[Collection[int], Collection[int]]:
        """Positions of those that others bear, and of those with whose words a family name begins."""


class NamesOfOthers:
    """Names of other people in texts."""

    def __init__(self, known: KnownNames) -> None:
        self._known = known

    async def of_others(self, own: uuid.UUID, texts: Mapping[str, str]) -> dict[str, list[Span]]:
        """Where each text names somebody else than this contact. Errors: Unavailable."""
        # Beside the loop: a text may be as long as a book.
        words = await asyncio.to_thread(lambda: {key: Words(text) for key, text in texts.items()})
        each = {Name(form) for one in words.values() for form in one.each()}
        _, begun = await self._ask(each, own)
        beginnings = {name.family for name in begun}
        if not beginnings:
            return {}
        asked = await asyncio.to_thread(names_in, list(words.values()), beginnings)
        others, _ = await self._ask(asked, own)
        return await asyncio.to_thread(
            lambda: {key: spans_of(one, beginnings, others) for key, one in words.items()}
        )

    async def _ask(self, names: Collection[Name], own: uuid.UUID) -> tuple[set[Name], set[Name]]:
        others: set[Name] = set()
        begun: set[Name] = set()
        rest = iter(names)
        while part := list(islice(rest, _AT_ONCE)):
            borne, beginnings = await self._known.check_names(part, own=own)
            others.update(part[at] for at in borne)
            begun.update(part[at] for at in beginnings)
        return others, begun
