"""The outcomes of rows as words in addresses, and as tabs with their counts."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from kontor.contacts.v1.imports_pb2 import (
    ROW_OUTCOME_DUPLICATE,
    ROW_OUTCOME_INVALID,
    ROW_OUTCOME_NEW,
    ROW_OUTCOME_SUPPRESSED,
    ROW_OUTCOME_UNSPECIFIED,
    ROW_OUTCOME_UPDATE,
    Import,
    RowOutcome,
)

from services.gateway.labels import OUTCOMES, label

KEYS = {
    ROW_OUTCOME_NEW: "new",
    ROW_OUTCOME_UPDATE: "update",
    ROW_OUTCOME_DUPLICATE: "duplicate",
    ROW_OUTCOME_SUPPRESSED: "suppressed",
    ROW_OUTCOME_INVALID: "invalid",
}
# These rows do not become contacts; their owner gets them back with the reason.
REJECTED = (ROW_OUTCOME_DUPLICATE, ROW_OUTCOME_SUPPRESSED, ROW_OUTCOME_INVALID)


def outcome_of(key: str) -> RowOutcome.ValueType:
    """The outcome that an address names, unspecified for all."""
    return next((outcome for outcome, name in KEYS.items() if name == key), ROW_OUTCOME_UNSPECIFIED)


def tabs(found: Import, current: int) -> list[tuple[str, str, bool, int]]:
    """Label, address, whether it is open, and its count."""
    here = url_for("imports.detail", import_id=found.id)
    entries = [(str(_("All rows")), here, current == 0, found.counts.rows)]
    for outcome, key in KEYS.items():
        href = url_for("imports.detail", import_id=found.id, outcome=key)
        count = getattr(found.counts, key)
        entries.append((str(label(OUTCOMES, outcome).text), href, current == outcome, count))
    return entries
