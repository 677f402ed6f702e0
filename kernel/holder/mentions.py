"""Mentions: the subject's addresses in texts that belong to somebody else, and how they are taken out."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, ColumnElement, String, Table, and_, func, not_, or_, select, update
from sqlalchemy.sql.dml import Update

from kernel.db import AnySession
from kernel.holder.searching import may_hold, occurs_in, without
from kernel.holder.subject import Subject, rows_of
from kernel.holder.treatment import PSEUDONYM
from kernel.personal import Category, Erase, personal_columns

# What people write about others. In any other column an address is that of the row's own subject.
WRITTEN = frozenset({Category.FREE_TEXT, Category.COMMUNICATION})


def mentioning(table: Table, subject: Subject) -> ColumnElement[bool] | None:
    """The condition for rows of others that mention the subject; None if the table has no such texts."""
    texts = list(_texts(table))
    if not texts or not subject.addresses.words:
        return None
    somewhere = or_(*(occurs_in(column, subject.addresses) for column in texts))
    return and_(may_hold(table, subject.addresses), somewhere, not_(rows_of(table, subject)))


async def count_mentions(session: AnySession, table: Table, subject: Subject) -> int:
    """How many rows of others mention the subject."""
    where = mentioning(table, subject)
    if where is None:
        return 0
    return int((await session.execute(select(func.count()).select_from(table).where(where))).scalar_one())


def take_out(table: Table, subject: Subject) -> Update | None:
    """The one statement that takes the subject's words out of others' texts; the texts stay theirs.

    A name goes where it stands beside an address: there it means the subject.
    """
    where = mentioning(table, subject)
    if where is None:
        return None
    values = {column.name: without(column, subject.words, PSEUDONYM) for column in _texts(table)}
    return update(table).where(where).values(values)


def _texts(table: Table) -> Iterator[Column[str]]:
    for column, declared in personal_columns(table):
        written = declared.category in WRITTEN and isinstance(column.type, String)
        if written and declared.on_erasure is not Erase.KEEP_RESTRICTED:
            yield column
