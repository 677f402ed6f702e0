"""Step 8: the first file is imported again; the erased person is refused as suppressed, all others are known."""

from __future__ import annotations

from collections import Counter

from kontor.contacts.v1.contacts_pb2 import ListContactsRequest
from kontor.contacts.v1.imports_pb2 import (
    ROW_OUTCOME_DUPLICATE,
    ROW_OUTCOME_INVALID,
    ROW_OUTCOME_SUPPRESSED,
    ImportRow,
)

from tests.e2e.check import same
from tests.e2e.people import GOOGLE_INVALID
from tests.e2e.steps.s01_import import commit, counts_of, dry_run, rows_of
from tests.e2e.world import Counts, World


def run(world: World) -> Counts:
    tried = dry_run(world, world.google)
    done = commit(world, tried)
    same(counts_of(done.counts), counts_of(tried.counts), "the commit against its dry run")
    rows = rows_of(world, done.id)
    outcomes = Counter(row.outcome for row in rows)
    expected = {
        ROW_OUTCOME_SUPPRESSED: 1,
        ROW_OUTCOME_INVALID: GOOGLE_INVALID,
        ROW_OUTCOME_DUPLICATE: len(world.google.rows) - 1 - GOOGLE_INVALID,
    }
    same(dict(outcomes), expected, "outcomes of the second import")
    _check_refused(world, [row for row in rows if row.outcome == ROW_OUTCOME_SUPPRESSED])
    return {"rows": len(rows), "suppressed": 1, "duplicate": outcomes[ROW_OUTCOME_DUPLICATE]}


def _check_refused(world: World, refused: list[ImportRow]) -> None:
    customer = world.people.customer
    (row,) = refused
    (written,) = (entry for entry in world.google.rows if entry.cells["E-mail 1 - Value"] == customer.email)
    same(row.line, written.line, "the line of the erased person")
    same(row.reason, "suppressed", "the reason in the report")
    same(dict(row.cells), {}, "what is kept of a suppressed row")
    found = world.agent.contacts.ListContacts(ListContactsRequest(query=customer.email, page_size=10))
    same(
        [contact.id for contact in found.contacts if contact.email == customer.email],
        [],
        "contacts of the erased person",
    )
