"""Where personal data may go without more, and where the Commission has decided that it may (Art. 45 GDPR)."""

from __future__ import annotations

from dataclasses import dataclass

# Whoever changes the list below says where it is from and when it was looked at.
SOURCE = "European Commission, adequacy decisions under Art. 45 GDPR; EEA Agreement"
AS_OF = "2026-11-25"

# The European Economic Area: the 27 member states, Iceland, Liechtenstein and Norway.
FREE = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Adequacy:
    """A decision of the Commission; `scope` says what it covers if it is not the whole country."""

    country: str
    scope: str = ""
    until: str = ""


ADEQUATE = (
    Adequacy("AD"),
    Adequacy("AR"),
    Adequacy("BR"),
    Adequacy("CA", scope="commercial organisations (PIPEDA)"),
    Adequacy("CH"),
    Adequacy("FO"),
    Adequacy("GB", until="2031-12-27"),
    Adequacy("GG"),
    Adequacy("IL"),
    Adequacy("IM"),
    Adequacy("JE"),
    Adequacy("JP"),
    Adequacy("KR"),
    Adequacy("NZ"),
    Adequacy("US", scope="organisations certified under the EU-US Data Privacy Framework"),
    Adequacy("UY"),
)
_BY_COUNTRY = {one.country: one for one in ADEQUATE}


def is_free(country: str) -> bool:
    """Whether data stays within the European Economic Area."""
    return country in FREE


def adequacy_of(country: str) -> Adequacy | None:
    """The decision about a country, if there is one."""
    return _BY_COUNTRY.get(country)
