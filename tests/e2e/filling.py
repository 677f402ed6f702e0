"""Subjects with a row in every table that can hold one, made from the declarations: so a new table is filled, too."""

from __future__ import annotations

import hashlib
import importlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from devstack.keys import PROCESSES
from kernel.holder.subject import has_subjects
from kernel.personal import Category, dataset_of, datasets, declaration_of, personal_columns

_NAMESPACE = uuid.UUID("5b0cf5a8-3a2e-5c1b-9d57-0a4d1f6f2b11")
# A while ago: nothing of it is due for deletion before the end of a check, and nothing waits for its time.
_AT = datetime.now(UTC) - timedelta(hours=1)
# Values that mean something to a machine which would act on them: what is filled in has ended.
_ENDED: dict[tuple[str, str], Any] = {
    ("subject_request", "state"): 8,
    ("subject_request", "kind"): 1,
    # Addresses of a request go with its end: these stay, so that their owner's erasure has to take them.
    ("subject_request", "completed_at"): None,
    ("restriction", "state"): 5,
    ("restriction_order", "grounds"): [],
    ("restriction_order", "completed_at"): _AT,
    ("restricted_subject", "number"): 0,
    ("restricted_subject", "grounds"): [],
    ("restricted_subject", "lifted_at"): _AT,
    ("legal_hold", "released_at"): _AT,
    # Answered within the hour: no mail is wanted, and the daily run has no business with it yet.
    ("asking", "kind"): 1,
    ("asking", "letter"): 1,
    ("asking", "letter_wanted"): False,
    ("asking", "settled_at"): _AT,
}
Maker = Callable[["Filled"], Any]


@dataclass(frozen=True, slots=True)
class Filled:
    """One made-up subject: how it is called and reached, and a word that stands in its data only."""

    number: int
    canary: str

    @property
    def id(self) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, self.canary)

    @property
    def email(self) -> str:
        return f"{self.canary}@kanarienvogel.example"

    @property
    def phone(self) -> str:
        return f"+4930{int(hashlib.sha256(self.canary.encode()).hexdigest()[:12], 16) % 10**8:08d}"

    @property
    def given(self) -> str:
        return f"Jördis{self.canary}"

    @property
    def family(self) -> str:
        return f"Vögel{self.canary}"


# On whom rows hang that belong to nobody: a campaign, an import.
_NOBODY = Filled(0, "nobody")


def invent(count: int, *, seed: str, start: int = 0) -> list[Filled]:
    """Made-up subjects with numbers from `start` on, the same for the same seed."""
    canaries = (hashlib.sha256(f"{seed}-{n}".encode()).hexdigest()[:12] for n in range(start, start + count))
    return [Filled(start + n, f"k{canary}") for n, canary in enumerate(canaries)]


def row_id(table: str, subject: Filled) -> uuid.UUID:
    """The key of a subject's row in a table whose rows have keys of their own."""
    return uuid.uuid5(subject.id, table)


def fill(
    connection: psycopg.Connection, service: str, subjects: Sequence[Filled], *, without: frozenset[str]
) -> dict[str, int]:
    """A row of every subject in every table that can hold one; answers the rows by table.

    `without` names tables that the caller fills through the doors, because their rows hang together.
    """
    metadata: MetaData = importlib.import_module(f"services.{service}.tables").metadata
    wanted = {t.name for t, _ in datasets(metadata) if has_subjects(t) and t.name not in without}
    parents, count = _parents(metadata, wanted), {}
    with connection.transaction():
        for table in metadata.sorted_tables:
            if table.name in wanted:
                count[table.name] = _copy(connection, table, subjects, wanted)
            elif table.name in parents and not _has_rows(connection, table):
                _copy(connection, table, [_NOBODY], wanted)
    return count


def tables_with_people() -> set[str]:
    """`service.table` of every table that can hold somebody's data."""
    found = set()
    for service in PROCESSES:
        metadata: MetaData = importlib.import_module(f"services.{service}.tables").metadata
        people = (t for t, _ in datasets(metadata) if has_subjects(t) or any(personal_columns(t)))
        found |= {f"{service}.{table.name}" for table in people}
    return found


def _parents(metadata: MetaData, names: set[str]) -> set[str]:
    """Tables that these lead to, however far: they need the one row that everybody's rows hang on."""
    found = {key.column.table.name for name in names for key in metadata.tables[name].foreign_keys} - names
    return found | _parents(metadata, found) if found else set()


def _has_rows(connection: psycopg.Connection, table: Table) -> bool:
    asked = sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table.name))
    return connection.execute(asked).fetchone() is not None


def _copy(connection: psycopg.Connection, table: Table, subjects: Sequence[Filled], wanted: set[str]) -> int:
    columns = [c for c in table.columns if c.identity is None and c.computed is None]
    makers = [_maker(table, column, wanted) for column in columns]
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for subject in subjects:
            copy.write_row([make(subject) for make in makers])
    return len(subjects)


def _maker(table: Table, column: Column[Any], wanted: set[str]) -> Maker:
    """How one column is filled: by what it leads to, by what it declares, by its type."""
    if (table.name, column.name) in _ENDED:
        fixed = _ENDED[table.name, column.name]
        return lambda subject: fixed
    for key in column.foreign_keys:
        target = key.column.table
        own = target.name in wanted
        return lambda subject: _row_id(target, subject if own else _NOBODY)
    path = (dataset_of(table).subject or "").partition("->")[0].strip()
    if path.removesuffix("[]") == column.name:
        return (lambda s: [s.id]) if path.endswith("[]") else (lambda s: s.id)
    if column.name in dataset_of(table).emails:
        return lambda subject: subject.email
    if declaration_of(column) is None and column.nullable:
        return lambda subject: None
    return _by_type(table, column)


def _row_id(table: Table, subject: Filled) -> uuid.UUID:
    own = dataset_of(table).subject in {key.name for key in table.primary_key.columns}
    return subject.id if own else row_id(table.name, subject)


def _by_type(table: Table, column: Column[Any]) -> Maker:
    kind, told = column.type, declaration_of(column) is not None
    if isinstance(kind, Uuid):
        key = column.primary_key
        return lambda s: _row_id(table, s) if key else uuid.uuid5(s.id, column.name)
    if isinstance(kind, ARRAY):
        return _array(kind, told=told)
    if isinstance(kind, JSONB):
        return lambda subject: json.dumps({"text": subject.email} if told else {})
    if isinstance(kind, LargeBinary):
        return (lambda s: s.email.encode()) if told else (lambda s: _digest(table, column, s))
    if isinstance(kind, DateTime | Date):
        return lambda subject: _AT if isinstance(kind, DateTime) else _AT.date()
    if isinstance(kind, Boolean | Integer):
        return (lambda subject: False) if isinstance(kind, Boolean) else _number(column)
    return _text(column)


def _digest(table: Table, column: Column[Any], subject: Filled) -> bytes:
    return hashlib.sha256(f"{table.name} {column.name} {subject.canary}".encode()).digest()


def _array(kind: ARRAY[Any], *, told: bool) -> Maker:
    if isinstance(kind.item_type, Uuid):
        return lambda subject: [subject.id]
    if isinstance(kind.item_type, Integer):
        return lambda subject: [1]
    return lambda subject: [subject.email] if told else []


def _number(column: Column[Any]) -> Maker:
    if isinstance(column.type, BigInteger) or column.unique:
        return lambda subject: 10**9 + subject.number
    if column.primary_key and not isinstance(column.type, SmallInteger):
        return lambda subject: subject.number
    return lambda subject: 1


def _text(column: Column[Any]) -> Maker:
    declared, name = declaration_of(column), column.name
    if declared is None:
        unique = column.primary_key or column.unique
        return lambda s: s.id.hex if unique else "x"
    said: dict[str, Maker] = {
        "given_name": lambda s: s.given,
        "family_name": lambda s: s.family,
        "origin": lambda s: "192.0.2.1",
    }
    if name in said:
        return said[name]
    if "email" in name or "phone" in name:
        return lambda s: s.email if "email" in name else s.phone
    if name.endswith("_ip"):
        return lambda subject: "192.0.2.1"
    if declared.category in (Category.FREE_TEXT, Category.COMMUNICATION, Category.IDENTITY):
        return lambda s: f"{s.canary} schreibt: Bitte an {s.email} antworten, Grüße {s.given} {s.family}."
    return lambda subject: f"{subject.canary}-{name}"
