"""Which rows of which table belong to a subject, as SQL conditions from the declarations."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    false,
    func,
    literal,
    or_,
    select,
)

from kernel.clock import Clock
from kernel.db import WriteSession
from kernel.holder.searching import Needles, may_hold, occurs_in
from kernel.personal import dataset_of
from kernel.signing import Signer

# A chain of tables is followed this far; longer ones are a mistake in a declaration.
_MOST_HOPS = 5


@dataclass(frozen=True)
class Subject:
    """A contact, and how it can be recognised outside of id columns (all lower case)."""

    id: uuid.UUID
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, subject_id: str, identifiers: holder_pb2.Identifiers) -> Subject:
        """From the wire."""
        return cls(
            id=uuid.UUID(subject_id),
            emails=tuple(sorted({e.lower() for e in identifiers.emails if e})),
            phones=tuple(sorted({p for p in identifiers.phones if p})),
            names=tuple(sorted({n.lower() for n in identifiers.names if n})),
        )

    @cached_property
    def addresses(self) -> Needles:
        """What is the subject's wherever it stands. A name is not: two people may share it."""
        return Needles((*self.emails, *self.phones))

    @cached_property
    def words(self) -> Needles:
        """Everything that may mean the subject, names included."""
        return Needles((*self.emails, *self.phones, *self.names))

    @cached_property
    def mail_addresses(self) -> Needles:
        """What nobody shares: a household has one telephone."""
        return Needles(self.emails)

    def to_json(self) -> dict[str, Any]:
        """For keeping until the plan is executed."""
        return {"emails": self.emails, "phones": self.phones, "names": self.names}

    @classmethod
    def from_json(cls, subject_id: uuid.UUID, kept: dict[str, list[str]] | None) -> Subject:
        """What `to_json` kept."""
        kept = kept or {}
        return cls(
            id=subject_id,
            emails=tuple(kept.get("emails", ())),
            phones=tuple(kept.get("phones", ())),
            names=tuple(kept.get("names", ())),
        )


class Hooks(NamedTuple):
    """What a service adds to planning and executing, inside their transactions.

    `planning` is called before a plan is made, `before` before it is executed, while everything is still
    there: what they raise prevents it. `after` is called with the subject's id when nothing is left.
    `deleted` is called with a table's name and the keys of its rows whose period was over.
    """

    planning: Callable[[WriteSession, Subject], Awaitable[None]] | None = None
    before: Callable[[WriteSession, Subject], Awaitable[None]] | None = None
    after: Callable[[WriteSession, uuid.UUID], Awaitable[None]] | None = None
    deleted: Callable[[WriteSession, str, Sequence[uuid.UUID]], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A service as a holder: its name, its tables, the key it signs receipts with, what it adds."""

    name: str
    metadata: MetaData
    signer: Signer
    clock: Clock
    hooks: Hooks = field(default_factory=Hooks)


def rows_of(table: Table, subject: Subject) -> ColumnElement[bool]:
    """The condition under which an erasure treats a row as the subject's; false for tables without any path."""
    conditions = [*_reached(table, subject), *_mentioned(table, subject)]
    return or_(*conditions) if conditions else false()


def rows_about(table: Table, subject: Subject) -> ColumnElement[bool]:
    """The condition under which a row may be handed out to the subject; false for tables without any path.

    Narrower than `rows_of`: a copy must not adversely affect others (Art. 15(4) GDPR). Who is only mentioned in a
    row, by a name that two people may share or in somebody's note, does not learn what else stands there.
    """
    conditions = _reached(table, subject)
    return or_(*conditions) if conditions else false()


def belongs_to(table: Table, ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """The condition under which a row leads to any of these contacts; false for tables without a path."""
    path = _path_condition(table, list(ids), hops=0) if ids else None
    return false() if path is None else path


def _reached(table: Table, subject: Subject) -> list[ColumnElement[bool]]:
    """By the way that leads to the contact, or by an address in a row that leads to nobody."""
    path = _path_condition(table, [subject.id], hops=0)
    found = [] if path is None else [path]
    emails = any_(literal(list(subject.emails), ARRAY(Text)))
    return [*found, *(func.lower(table.c[name]) == emails for name in dataset_of(table).emails)]


def _mentioned(table: Table, subject: Subject) -> list[ColumnElement[bool]]:
    columns = [table.c[name] for name in dataset_of(table).mentions]
    texts = [c for c in columns if not isinstance(c.type, ARRAY)]
    # Declared to hold lower case, so that its index can answer.
    lists = [holds_any(c, subject.emails) for c in columns if isinstance(c.type, ARRAY)]
    if not texts:
        return lists
    exactly = or_(*(occurs_in(column, subject.words) for column in texts))
    return [*lists, and_(may_hold(table, subject.words), exactly)]


def holds_any(column: Column[Any], words: Sequence[str]) -> ColumnElement[bool]:
    """Whether a list of words in lower case has any of these."""
    return column.op("&&", is_comparison=True)(literal(list(words), type_=column.type))


def holds_id(column: Column[Any], subject_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether an array of ids holds this one."""
    return column.op("@>", is_comparison=True)(literal([subject_id], type_=column.type))


def has_subjects(table: Table) -> bool:
    """Whether rows of this table can belong to anybody."""
    declared = dataset_of(table)
    return declared.subject is not None or bool(declared.emails or declared.mentions)


def _path_condition(table: Table, ids: list[uuid.UUID], *, hops: int) -> ColumnElement[bool] | None:
    path = dataset_of(table).subject
    if path is None:
        return None
    if hops > _MOST_HOPS:
        raise TypeError(f"the subject path of {table.name} does not end")
    column, _, further = (part.strip() for part in path.partition("->"))
    if further:
        target = table.metadata.tables[further]
        inner = _path_condition(target, ids, hops=hops + 1)
        if inner is None:
            raise TypeError(f"{table.name} leads to {further}, which leads nowhere")
        (key,) = target.primary_key.columns
        return table.c[column].in_(select(key).where(inner))
    if column.endswith("[]"):
        held = table.c[column[:-2]]
        return held.op("&&", is_comparison=True)(literal(ids, type_=held.type))
    return table.c[column] == any_(literal(ids, ARRAY(Uuid)))
