"""Deletion classes as the services declare them ("completion + 30 days"), in the reader's language."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.holder_pb2 import DeletionRule

from services.gateway.labels import word
from services.gateway.requests.plans import law
from services.gateway.retention.words import EVENTS, period

_RULE = re.compile(
    r"(?P<start>.+?) \+ (?P<number>\d+) (?P<unit>years|days|hours)(?P<year> to the end of the year)?"
    r"(?: \((?P<law>.+)\))?"
)
_CASE = re.compile(r"(?:^|; )([a-z ]+): ")
_CASES = {
    "answered": _l("answered"),
    "unconfirmed": _l("unconfirmed"),
    "confirmed": _l("confirmed"),
    "dry run": _l("dry run"),
    "committed": _l("taken over"),
}
# What is no period: why nothing is deleted, and what is deleted with something else.
PROSE = {
    "with the contact": _l("with the contact"),
    "entry + until the subject asks to be taken off": _l("entry + until the person asks to be taken off"),
    "never (the company's own texts)": _l("never (the company's own texts)"),
    "objection + until the contact is erased": _l("objection + until the contact is erased"),
    "end of the mail + 0 days, its planning + 14 days at the latest": _l(
        "end of the mail + at once, at the latest 14 days after its planning"
    ),
    "last recipient told + 0 days, completion + 30 days at the latest": _l(
        "last recipient told + at once, at the latest 30 days after completion"
    ),
    "never (a question about contacts, without their data)": _l(
        "never: a question about contacts, without their data"
    ),
    "never (hashes only)": _l("never: hashes only"),
    "the next survey that finds a basis, or no contact": _l(
        "the next survey that finds a basis, or no contact"
    ),
    "never (one row, a number and a time)": _l("never: one row, a number and a time"),
    "never (one row, hashes only)": _l("never: hashes only"),
    "never (its messages go with their contacts)": _l("never: its messages go with their contacts"),
    "never (names of topics)": _l("never: names of topics"),
    "never (nobody's data; proof of accountability, Art. 5(2) GDPR)": _l(
        "never: nobody's data, and proof of accountability (Art. 5(2) GDPR)"
    ),
    "never (one row per timed job)": _l("never: one row for each timed job"),
    "never (the company's own content, without personal data)": _l(
        "never: the company's own content, without personal data"
    ),
    "never (the company's own texts; logins of staff as ids)": _l(
        "never: the company's own texts; logins of staff as ids"
    ),
}
# Reasons that are no law.
_REASONS = {"longer than any backup": _l("longer than any backup")}


def deletion_class(declared: str) -> str:
    """The start event and the standard period in words; what is new here stands as it was declared."""
    if declared in PROSE:
        return str(PROSE[declared])
    if parts := _CASE.split(declared)[1:]:
        cases = zip(parts[::2], parts[1::2], strict=True)
        return "; ".join(f"{word(_CASES, name)}: {deletion_class(each)}" for name, each in cases)
    match = _RULE.fullmatch(declared)
    return _rule(match) if match else declared


def _rule(match: re.Match[str]) -> str:
    rule = DeletionRule(to_year_end=match["year"] is not None)
    setattr(rule, match["unit"], int(match["number"]))
    said = str(_("%(event)s + %(period)s", event=word(EVENTS, match["start"]), period=period(rule)))
    because = match["law"]
    if not because:
        return said
    return f"{said} ({_REASONS[because] if because in _REASONS else law(because)})"
