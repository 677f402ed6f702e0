"""Names as they are asked about and compared."""

from __future__ import annotations

from typing import NamedTuple

from services.contacts.text import clean, fold


class Name(NamedTuple):
    """A name as it stands in a text, folded; `given` are the first of the given names, or none."""

    family: str
    given: str

    @classmethod
    def of(cls, family: str, given: str) -> Name:
        """As it is compared."""
        return cls(fold(clean(family)), fold(clean(given)))

    @property
    def key(self) -> str:
        """How the keys of those who bear it begin, up to the end of a word."""
        return f"{self.family} {self.given}".strip()

    def is_borne_by(self, person: Name) -> bool:
        """Whether it may mean this person."""
        same_family = self.family == person.family
        return same_family and f"{person.given} ".startswith(f"{self.given} ".lstrip())
