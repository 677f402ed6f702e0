"""The tables of every back end beside its own: outbox, inbox, answers, audit, leases, plans, usage, restrictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kernel.deletion import LIMITATION, LIMITATION_LAW, after, days, hours, never, when_done
from kernel.personal import Basis, Category, Dataset, Erase, Personal, Purpose

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_PLAIN = {"plain": True}

# The relay needs a hint that something was committed; polling alone would cost either delay or load.
NOTIFY_DDL = (
    "CREATE OR REPLACE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$",
    "CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify()",
)


def service_metadata() -> MetaData:
    """Metadata for one back end, with the kernel's tables in it."""
    metadata = MetaData(naming_convention=NAMING)
    _outbox(metadata)
    _inbox(metadata)
    _idempotency(metadata)
    _audit(metadata)
    _lease(metadata)
    _plan(metadata)
    _usage(metadata)
    _restricted(metadata)
    return metadata


def _plain(name: str, kind: Any, *args: Any, **kwargs: Any) -> Column[Any]:
    return Column(name, kind, *args, info=dict(_PLAIN), nullable=kwargs.pop("nullable", False), **kwargs)


def _now() -> Any:
    return text("now()")


def _table(metadata: MetaData, name: str, declared: Dataset, *items: Any) -> Table:
    return Table(name, metadata, *items, info={"dataset": declared})


def _outbox(metadata: MetaData) -> None:
    _table(
        metadata,
        "outbox",
        Dataset(deletion_class=when_done("publication + 0 days", done_by="kernel.outbox.Relay")),
        _plain("seq", BigInteger, Identity(), primary_key=True),
        _plain("id", Uuid),
        _plain("subject", Text),
        _plain("type", Text),
        _plain("payload", LargeBinary),
        _plain("traceparent", Text, nullable=True),
        _plain("occurred_at", DateTime(timezone=True)),
    )


def _inbox(metadata: MetaData) -> None:
    _table(
        metadata,
        "inbox",
        Dataset(deletion_class=after("receipt", days(30), starts="received_at"), since="received_at"),
        _plain("consumer", Text, primary_key=True),
        _plain("fact_id", Uuid, primary_key=True),
        _plain("received_at", DateTime(timezone=True), server_default=_now()),
        Index(None, "received_at"),
    )


def _idempotency(metadata: MetaData) -> None:
    answer = Personal(Category.FREE_TEXT, Purpose.SECURITY, Basis.LEGITIMATE_INTEREST, Erase.DELETE_ROW)
    _table(
        metadata,
        "idempotency",
        # An answer that quotes somebody else's address is no use to anybody once it has been read.
        Dataset(
            deletion_class=after("first answer", hours(24), starts="created_at"),
            subject="subject_ids[]",
            mentions=("response",),
            since="created_at",
            # Thousands of ids at a time and never a word: to look through them would cost more than all others.
            wordless="method = '/kontor.privacy.v1.Permits/Authorize'",
        ),
        _plain("caller", Text, primary_key=True),
        _plain("method", Text, primary_key=True),
        _plain("request_id", Uuid, primary_key=True),
        _plain("request_hash", LargeBinary),
        Column("response", LargeBinary, info={"personal": answer}, nullable=True),
        _plain("subject_ids", ARRAY(Uuid), server_default=text("'{}'")),
        _plain("created_at", DateTime(timezone=True), server_default=_now()),
        Index(None, "created_at"),
        Index("ix_idempotency_subject_ids", "subject_ids", postgresql_using="gin"),
    )


def _audit(metadata: MetaData) -> None:
    accountability = Personal(
        Category.BEHAVIOUR,
        Purpose.LEGAL_DUTY,
        Basis.LEGAL_OBLIGATION,
        Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
    )
    _table(
        metadata,
        "audit_entry",
        Dataset(
            deletion_class=after("entry", LIMITATION, starts="occurred_at", law=LIMITATION_LAW),
            subject="subject_ids[]",
            since="occurred_at",
            evidence=True,
        ),
        _plain("seq", BigInteger, Identity(), primary_key=True),
        _plain("occurred_at", DateTime(timezone=True)),
        # The staff member or client that acted; customers act on their own data.
        Column("actor", Text, info={"personal": accountability}, nullable=False),
        _plain("client", Text),
        _plain("roles", ARRAY(Text)),
        # The actor's departments at that time: they are what the subject is told instead of a name.
        _plain("teams", ARRAY(Text), server_default=text("'{}'")),
        _plain("method", Text),
        _plain("purpose", Text),
        _plain("subject_ids", ARRAY(Uuid)),
        _plain("mutation", Boolean),
        # The network address that the page saw; a service has none.
        Column("origin", Text, info={"personal": replace(accountability, of_staff=True)}, nullable=True),
        _plain("trace_id", String(32), nullable=True),
        Index("ix_audit_entry_subject_ids", "subject_ids", postgresql_using="gin"),
        Index(None, "actor", "seq"),
        Index(None, "occurred_at"),
    )


def _lease(metadata: MetaData) -> None:
    _table(
        metadata,
        "lease",
        Dataset(deletion_class=never("one row per timed job")),
        _plain("name", Text, primary_key=True),
        _plain("holder", Uuid),
        _plain("until", DateTime(timezone=True)),
    )


def _plan(metadata: MetaData) -> None:
    proof = Personal(
        Category.IDENTITY,
        Purpose.LEGAL_DUTY,
        Basis.LEGAL_OBLIGATION,
        Erase.KEEP_RESTRICTED,
        law="Art. 5(2) GDPR",
        keep_years=3,
    )
    working = Personal(Category.CONTACT_POINT, Purpose.LEGAL_DUTY, Basis.LEGAL_OBLIGATION, Erase.NULL)
    _table(
        metadata,
        "erasure_plan",
        Dataset(
            deletion_class=after(
                "execution", LIMITATION, starts=("executed_at", "created_at"), law=LIMITATION_LAW
            ),
            subject="subject_id",
            since="created_at",
            evidence=True,
        ),
        _plain("id", Uuid, primary_key=True),
        _plain("request_id", Uuid, unique=True),
        # A random id that leads to nobody once the contact is gone; it is what the receipt is about.
        Column("subject_id", Uuid, info={"personal": proof}, nullable=False, index=True),
        # Needed until Execute is done, and gone with it.
        Column("identifiers", JSONB, info={"personal": working}, nullable=True),
        _plain("items", JSONB),
        _plain("plan_hash", LargeBinary),
        _plain("receipt", LargeBinary, nullable=True),
        _plain("created_at", DateTime(timezone=True), server_default=_now()),
        _plain("executed_at", DateTime(timezone=True), nullable=True),
    )


def _usage(metadata: MetaData) -> None:
    _table(
        metadata,
        "client_usage",
        Dataset(deletion_class=after("day", days(35), starts="day"), since="day"),
        _plain("client", Text, primary_key=True),
        # In UTC, and counted in reservations: what a process did not use before it ended counts, too.
        _plain("day", Date, primary_key=True),
        _plain("calls", BigInteger),
    )


def _restricted(metadata: MetaData) -> None:
    duty = Personal(Category.PREFERENCE, Purpose.LEGAL_DUTY, Basis.LEGAL_OBLIGATION, Erase.DELETE_ROW)
    _table(
        metadata,
        "restricted_subject",
        Dataset(
            deletion_class=after("lifting", days(30), starts="lifted_at", law="Art. 18(3) GDPR"),
            subject="subject_id",
            since="since",
        ),
        _plain("subject_id", Uuid, primary_key=True),
        # Orders about one subject rise: an older one that comes late changes nothing.
        _plain("number", BigInteger),
        Column("grounds", ARRAY(SmallInteger), info={"personal": duty}, nullable=False),
        Column("since", DateTime(timezone=True), info={"personal": duty}, nullable=False),
        _plain("lifted_at", DateTime(timezone=True), nullable=True),
        Index(None, "lifted_at"),
    )
