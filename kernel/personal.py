"""Declarations of personal data on columns: made once, everything else follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.orm import MappedColumn, mapped_column

from kernel.deletion import DeletionClass, in_words


class Category(Enum):
    """What kind of personal data a column holds (privacy.md §1; SPECIAL is Art. 9 GDPR)."""

    IDENTITY = options_pb2.CATEGORY_IDENTITY
    CONTACT_POINT = options_pb2.CATEGORY_CONTACT_POINT
    DEMOGRAPHIC = options_pb2.CATEGORY_DEMOGRAPHIC
    COMMUNICATION = options_pb2.CATEGORY_COMMUNICATION
    BEHAVIOUR = options_pb2.CATEGORY_BEHAVIOUR
    TRANSACTION = options_pb2.CATEGORY_TRANSACTION
    PREFERENCE = options_pb2.CATEGORY_PREFERENCE
    CREDENTIAL = options_pb2.CATEGORY_CREDENTIAL
    FREE_TEXT = options_pb2.CATEGORY_FREE_TEXT
    SPECIAL = options_pb2.CATEGORY_SPECIAL


class Purpose(Enum):
    """Why a column is processed."""

    SERVICE = options_pb2.PURPOSE_SERVICE
    MARKETING = options_pb2.PURPOSE_MARKETING
    SALES = options_pb2.PURPOSE_SALES
    CONTRACT = options_pb2.PURPOSE_CONTRACT
    LEGAL_DUTY = options_pb2.PURPOSE_LEGAL_DUTY
    SECURITY = options_pb2.PURPOSE_SECURITY


class Basis(Enum):
    """On what basis (Art. 6(1)(a), (b), (c), (f) GDPR)."""

    CONSENT = holder_pb2.BASIS_CONSENT
    CONTRACT = holder_pb2.BASIS_CONTRACT
    LEGAL_OBLIGATION = holder_pb2.BASIS_LEGAL_OBLIGATION
    LEGITIMATE_INTEREST = holder_pb2.BASIS_LEGITIMATE_INTEREST


class Erase(Enum):
    """What erasure does to a column.

    A row goes as a whole if all its personal columns say DELETE_ROW; otherwise it stays
    and each column is treated as it says.
    """

    DELETE_ROW = holder_pb2.ACTION_DELETE_ROW
    NULL = holder_pb2.ACTION_NULL
    PSEUDONYMISE = holder_pb2.ACTION_PSEUDONYMISE
    KEEP_RESTRICTED = holder_pb2.ACTION_KEEP_RESTRICTED


@dataclass(frozen=True, slots=True)
class Personal:
    """The declaration of one personal column."""

    category: Category
    purpose: Purpose
    basis: Basis
    on_erasure: Erase
    law: str = ""
    keep_years: int = 0
    # Whether the subject gave the value to us, by typing it or by using the service (Art. 20(1) GDPR). What is
    # derived from it, assigned by us or written by others is not. None is not said: it counts as not provided.
    provided: bool | None = None
    # Whether it is about a member of staff who dealt with the row's subject: it is personal, and not the subject's.
    of_staff: bool = False


@dataclass(frozen=True, slots=True)
class Automated:
    """That a machine alone decides something about the subject in these rows (Art. 15(1)(h) and 22 GDPR).

    `logic` is the key of the words that explain it. `significant`: it has legal or similarly significant effects.
    `profiling`: it evaluates personal aspects (Art. 4(4)).
    """

    logic: str
    significant: bool = False
    profiling: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """The declaration of one table.

    `subject` names the column that leads to the contact: "contact_id"; "subject_ids[]" for an
    array; "ticket_id -> ticket" to go on through another table's own path; None if rows have
    no contact. `emails` names text columns whose value is the address of the row's own subject:
    rows that match one belong to the subject even without a contact.
    `mentions` names columns of copies that serve nobody for long, texts or arrays of addresses (lower
    case): an erasure takes every row that mentions any of the subject's addresses, phones or names in
    them. A copy of the subject's data leaves those rows out, for they may be about others (Art. 15(4) GDPR).
    `deletion_class` is start event + standard period (DIN 66398); its words stand on pages and in documents.
    `hours_at_most` is for rows that are gone by themselves within a day, whoever they belong to: no request
    needs to find those. `evidence` marks rows that prove that rights were kept (Art. 5(2), 7(1) GDPR): an erasure
    that leaves nothing else is complete.
    `provided_rows` narrows what columns declare as provided to some rows: a column, and its values in rows that
    came from the subject, as ("author_kind", (1,)).
    `automated` says that the rows are decisions which no person has taken.
    `wordless` is a condition (SQL) for rows in which nothing about anybody can be written; nobody looks there.
    """

    deletion_class: DeletionClass
    subject: str | None = None
    emails: Sequence[str] = field(default=())
    mentions: Sequence[str] = field(default=())
    source: str | None = None
    since: str | None = None
    hours_at_most: int | None = None
    evidence: bool = False
    automated: Automated | None = None
    provided_rows: tuple[str, tuple[Any, ...]] | None = None
    wordless: str = ""


def personal(  # noqa: PLR0913 - one argument per word of a declaration
    *args: Any,
    category: Category,
    purpose: Purpose,
    basis: Basis = Basis.CONTRACT,
    on_erasure: Erase = Erase.DELETE_ROW,
    law: str = "",
    keep_years: int = 0,
    provided: bool | None = None,
    **kwargs: Any,
) -> MappedColumn[Any]:
    """A mapped column that holds personal data. KEEP_RESTRICTED demands the law and its period."""
    if (on_erasure is Erase.KEEP_RESTRICTED) != bool(law and keep_years):
        raise TypeError("a column is kept if, and only if, a law says for how many years")
    declaration = Personal(category, purpose, basis, on_erasure, law, keep_years, provided)
    return mapped_column(*args, info={"personal": declaration}, **kwargs)


def of_staff(column: MappedColumn[Any]) -> MappedColumn[Any]:
    """The same personal column, about a member of staff who dealt with the row's subject."""
    info = column.column.info
    info["personal"] = replace(info["personal"], of_staff=True)
    return column


def plain(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A mapped column that never holds personal data: ids, states, times, counts."""
    return mapped_column(*args, info={"plain": True}, **kwargs)


def dataset(**kwargs: Any) -> dict[str, Any]:
    """The `__table_args__` entry that declares a table; arguments as in `Dataset`.

    A class in words alone has no rule, which is enough for a table of a test.
    """
    declared = kwargs["deletion_class"]
    if isinstance(declared, str):
        kwargs["deletion_class"] = in_words(declared)
    return {"info": {"dataset": Dataset(**kwargs)}}


def declaration_of(column: Column[Any]) -> Personal | None:
    """The personal declaration of a column; None if it is declared plain."""
    found = column.info.get("personal")
    return found if isinstance(found, Personal) else None


def is_declared(column: Column[Any]) -> bool:
    """Whether the column says what it is at all."""
    return "personal" in column.info or "plain" in column.info


def dataset_of(table: Table) -> Dataset:
    """The table's declaration. Errors: TypeError if it has none."""
    found = table.info.get("dataset")
    if not isinstance(found, Dataset):
        raise TypeError(f"table {table.name} declares no dataset")
    return found


def personal_columns(table: Table) -> Iterator[tuple[Column[Any], Personal]]:
    """The table's personal columns with their declarations."""
    for column in table.columns:
        declaration = declaration_of(column)
        if declaration is not None:
            yield column, declaration


def subject_columns(table: Table) -> Iterator[tuple[Column[Any], Personal]]:
    """Those of them that are about the row's subject: what a copy of the data holds (Art. 15(4) GDPR)."""
    return ((column, how) for column, how in personal_columns(table) if not how.of_staff)


def datasets(metadata: MetaData) -> Iterator[tuple[Table, Dataset]]:
    """All declared tables in a stable order."""
    for table in sorted(metadata.tables.values(), key=lambda t: t.name):
        yield table, dataset_of(table)
