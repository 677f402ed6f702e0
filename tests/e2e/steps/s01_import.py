"""Step 1: two files of 1,000 rows are imported; the dry run promised exactly what the commit did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from kontor.contacts.v1.imports_pb2 import (
    IMPORT_STATE_COMMITTED,
    IMPORT_STATE_DRY_RUN,
    ROW_OUTCOME_DUPLICATE,
    ROW_OUTCOME_INVALID,
    ROW_OUTCOME_NEW,
    ROW_OUTCOME_SUPPRESSED,
    ROW_OUTCOME_UPDATE,
    CommitImportRequest,
    CreateImportRequest,
    Import,
    ImportCounts,
    ImportRow,
    ListImportRowsRequest,
)

from tests.e2e.calls import all_pages, new_id
from tests.e2e.check import holds, same
from tests.e2e.files import ImportFile, Row
from tests.e2e.world import Counts, World

_TIMEOUT_S = 60


def run(world: World) -> Counts:
    total: Counter[int] = Counter()
    for file in (world.google, world.outlook):
        tried = dry_run(world, file)
        same(tried.state, IMPORT_STATE_DRY_RUN, "state after the dry run")
        same(
            (tried.layout, tried.delimiter),
            (file.layout, file.delimiter),
            "layout and separator that were detected",
        )
        same(_canonical(tried.encoding), _canonical(file.encoding), "encoding that was detected")
        same(counts_of(tried.counts), _expected(file), f"dry run of {file.name}")
        done = commit(world, tried)
        same(counts_of(done.counts), counts_of(tried.counts), f"commit of {file.name} against its dry run")
        rows = rows_of(world, done.id)
        check_rows(file, rows)
        _remember_contacts(world, file, rows)
        total += file.counts
    same(
        len(world.contact_ids),
        len(world.people.google) + len(world.people.outlook),
        "contacts that were made",
    )
    return _named(total)


def dry_run(world: World, file: ImportFile) -> Import:
    """Read the file and have every row decided; nothing is written to the contacts."""
    command = CreateImportRequest(
        request_id=new_id(), file_name=file.name, content=file.content, country="DE"
    )
    return world.agent.imports.CreateImport(command, timeout=_TIMEOUT_S)


def commit(world: World, tried: Import) -> Import:
    """Do what the dry run said; the same command a second time changes nothing."""
    command = CommitImportRequest(request_id=new_id(), import_id=tried.id)
    done = world.agent.imports.CommitImport(command, timeout=_TIMEOUT_S)
    again = world.agent.imports.CommitImport(command, timeout=_TIMEOUT_S)
    same(done.state, IMPORT_STATE_COMMITTED, "state after the commit")
    same(again, done, "the same command a second time")
    return done


def rows_of(world: World, import_id: str) -> list[ImportRow]:
    """Every row of an import, in the order of the file."""
    return list(
        all_pages(
            lambda token: world.agent.imports.ListImportRows(
                ListImportRowsRequest(import_id=import_id, page_size=500, page_token=token)
            ),
            lambda answer: answer.rows,
        )
    )


def check_rows(file: ImportFile, rows: list[ImportRow]) -> None:
    """Each row has the outcome that was expected; whatever was not taken comes back whole, with its reason."""
    same([row.line for row in rows], [row.line for row in file.rows], f"lines of {file.name}")
    for row, expected in zip(rows, file.rows, strict=True):
        same(row.outcome, expected.outcome, f"{file.name}, line {row.line} ({row.reason})")
        if row.outcome == ROW_OUTCOME_INVALID:
            same(row.reason, "email-invalid", f"reason of line {row.line}")
            same(_filled(row.cells), _filled(expected.cells), f"cells of line {row.line}")
        elif row.outcome == ROW_OUTCOME_DUPLICATE:
            holds(row.reason, f"line {row.line} is a duplicate without a reason")


def counts_of(counts: ImportCounts) -> dict[int, int]:
    """By outcome, like the expected ones."""
    return {
        ROW_OUTCOME_NEW: counts.new,
        ROW_OUTCOME_UPDATE: counts.update,
        ROW_OUTCOME_DUPLICATE: counts.duplicate,
        ROW_OUTCOME_SUPPRESSED: counts.suppressed,
        ROW_OUTCOME_INVALID: counts.invalid,
    }


def _expected(file: ImportFile) -> dict[int, int]:
    return {outcome: file.counts[outcome] for outcome in counts_of(ImportCounts())}


def _named(counts: Counter[int]) -> Counts:
    return {
        "rows": counts.total(),
        "new": counts[ROW_OUTCOME_NEW],
        "update": counts[ROW_OUTCOME_UPDATE],
        "duplicate": counts[ROW_OUTCOME_DUPLICATE],
        "invalid": counts[ROW_OUTCOME_INVALID],
    }


def _remember_contacts(world: World, file: ImportFile, rows: Iterable[ImportRow]) -> None:
    for row, written in zip(rows, file.rows, strict=True):
        if row.outcome == ROW_OUTCOME_NEW:
            holds(row.contact_id, f"line {row.line} made a contact that it does not name")
            world.contact_ids[_key(file, written)] = row.contact_id


def _key(file: ImportFile, row: Row) -> str:
    return row.cells[file.email_column] or row.cells["Telefon privat"]


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    # How a cell's line breaks and outer spaces are kept is the importer's choice.
    return {name: " ".join(value.split()) for name, value in cells.items() if value.strip()}


def _canonical(encoding: str) -> str:
    return {"utf-8-sig": "utf-8", "windows-1252": "cp1252"}.get(encoding.lower(), encoding.lower())
