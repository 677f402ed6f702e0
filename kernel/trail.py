"""The audit trail as an RPC of every back end: its entries, and what people did in numbers."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import cache
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import audit_pb2, audit_pb2_grpc
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    Table,
    Text,
    TextClause,
    Uuid,
    bindparam,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.clock import from_timestamp, to_timestamp
from kernel.contract import fields_within
from kernel.db import Database
from kernel.identity import STAFF_ROLES, SUITE

FULL_NAME = "kontor.privacy.v1.AuditTrail"
# A list of thousands says no more by naming each of them.
_NAMED_SUBJECTS = 20
# What a service asks another one on somebody's behalf is part of what they asked the first.
_IN_PERSON = "NOT mutation AND roles && :staff AND client <> ALL(:suite)"
_ARRAYS = (bindparam("staff", type_=ARRAY(Text)), bindparam("suite", type_=ARRAY(Text)))
_ACTIVITIES = text(
    "SELECT actor, (occurred_at AT TIME ZONE 'UTC')::date::text AS day, count(DISTINCT subject) AS subjects, "
    "count(DISTINCT seq) AS reads FROM audit_entry, unnest(subject_ids) AS subject "
    f"WHERE occurred_at >= :since AND occurred_at < :until AND {_IN_PERSON} GROUP BY 1, 2"
).bindparams(*_ARRAYS)
_TOTALS = text(
    "SELECT actor, roles, purpose, count(*) FILTER (WHERE NOT mutation) AS reads, "
    "count(*) FILTER (WHERE mutation) AS changes FROM audit_entry "
    "WHERE occurred_at >= :since AND occurred_at < :until AND roles && :staff GROUP BY 1, 2, 3"
).bindparams(_ARRAYS[0])
# One page asks for a person more than once: what counts is in how many minutes somebody looked.
_LOOKS = text(
    "WITH looks AS (SELECT actor, subject_ids[1] AS subject, "
    "count(DISTINCT date_trunc('minute', occurred_at)) AS looks, "
    "count(DISTINCT (occurred_at AT TIME ZONE 'UTC')::date) AS days, max(occurred_at) AS last "
    "FROM audit_entry WHERE occurred_at >= :since AND occurred_at < :until "
    "AND (:everybody OR subject_ids && :subjects) AND cardinality(subject_ids) = 1 "
    f"AND purpose <> :legal_duty AND {_IN_PERSON} GROUP BY 1, 2 "
    "HAVING count(DISTINCT date_trunc('minute', occurred_at)) >= :at_least) "
    "SELECT looks.*, EXISTS (SELECT FROM audit_entry AS change WHERE change.actor = looks.actor "
    "AND change.mutation AND change.subject_ids @> ARRAY[looks.subject]) AS worked_on FROM looks"
).bindparams(*_ARRAYS, bindparam("subjects", type_=ARRAY(Uuid)), bindparam("everybody", type_=Boolean))
# A look that is part of granting a right is nobody's curiosity.
_LEGAL_DUTY = "legal_duty"


class AuditTrailRpc(audit_pb2_grpc.AuditTrailServicer):
    """One service's audit entries, read in its own database. The answers note no subjects: they are about staff."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: Table = database.metadata.tables["audit_entry"]

    async def ListEntries(
        self, request: audit_pb2.ListEntriesRequest, context: Any
    ) -> audit_pb2.ListEntriesResponse:
        columns = self._entries.c
        statement = (
            select(self._entries)
            .where(*self._asked(request))
            .order_by(columns.seq.desc())
            .limit(request.page_size)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(statement)).all()
        return audit_pb2.ListEntriesResponse(entries=map(_entry, rows))

    async def ListActivities(
        self, request: audit_pb2.ListActivitiesRequest, context: Any
    ) -> audit_pb2.ListActivitiesResponse:
        return audit_pb2.ListActivitiesResponse(
            activities=[
                audit_pb2.StaffActivity(actor=row.actor, day=row.day, subjects=row.subjects, reads=row.reads)
                for row in await self._all(_ACTIVITIES, request)
            ]
        )

    async def ListTotals(
        self, request: audit_pb2.ListTotalsRequest, context: Any
    ) -> audit_pb2.ListTotalsResponse:
        return audit_pb2.ListTotalsResponse(
            totals=[
                audit_pb2.AccessTotal(
                    actor=row.actor,
                    roles=row.roles,
                    purpose=_purpose(row.purpose),
                    reads=row.reads,
                    changes=row.changes,
                )
                for row in await self._all(_TOTALS, request)
            ]
        )

    async def ListLooks(
        self, request: audit_pb2.ListLooksRequest, context: Any
    ) -> audit_pb2.ListLooksResponse:
        subjects = [uuid.UUID(each) for each in request.subject_ids]
        wanted = {"subjects": subjects, "everybody": not subjects, "at_least": request.at_least}
        return audit_pb2.ListLooksResponse(
            looks=[
                audit_pb2.Look(
                    actor=row.actor,
                    subject_id=str(row.subject),
                    looks=row.looks,
                    days=row.days,
                    worked_on=row.worked_on,
                    last_time=to_timestamp(row.last),
                )
                for row in await self._all(_LOOKS, request, **wanted)
            ]
        )

    async def _all(self, statement: TextClause, request: Any, **wanted: Any) -> list[Row[Any]]:
        period = {"since": from_timestamp(request.from_time), "until": from_timestamp(request.until_time)}
        known = {"staff": sorted(STAFF_ROLES), "suite": sorted(SUITE), "legal_duty": _LEGAL_DUTY}
        values = period | known | wanted
        async with self._database.begin() as session:
            # A month of everybody's reads is one long statement, and nobody's page waits for it.
            await session.take_time()
            asked = {name: values[name] for name in statement.compile().params}
            return list((await session.execute(statement, asked)).all())

    def _asked(self, request: audit_pb2.ListEntriesRequest) -> list[ColumnElement[bool]]:
        columns, found = self._entries.c, self._period(request)
        if request.subject_id:
            wanted = literal([uuid.UUID(request.subject_id)], ARRAY(Uuid))
            found.append(columns.subject_ids.op("@>", is_comparison=True)(wanted))
        if request.actor:
            found.append(columns.actor == request.actor)
        if request.people_only:
            found.append(self._by_people())
        if request.before_seq:
            found.append(columns.seq < request.before_seq)
        return [*found, *self._in_role(request)]

    def _in_role(self, request: audit_pb2.ListEntriesRequest) -> list[ColumnElement[bool]]:
        """In which role and for what something was done, and whether it changed anything."""
        columns = self._entries.c
        found: list[ColumnElement[bool]] = []
        if request.role:
            found.append(columns.roles.op("@>", is_comparison=True)(literal([request.role], ARRAY(Text))))
        if request.without_roles:
            others = literal(list(request.without_roles), ARRAY(Text))
            found.append(~columns.roles.op("&&", is_comparison=True)(others))
        if request.purpose:
            name = options_pb2.Purpose.Name(request.purpose)
            found.append(columns.purpose == name.removeprefix("PURPOSE_").lower())
        if request.reads_only:
            found.append(~columns.mutation)
        return found

    def _period(self, request: Any) -> list[ColumnElement[bool]]:
        column_ = self._entries.c.occurred_at
        since, until = from_timestamp(request.from_time), from_timestamp(request.until_time)
        return [
            *([column_ >= since] if isinstance(since, datetime) else []),
            *([column_ < until] if isinstance(until, datetime) else []),
        ]

    def _by_people(self) -> ColumnElement[bool]:
        staff = literal(sorted(STAFF_ROLES), ARRAY(Text))
        return self._entries.c.roles.op("&&", is_comparison=True)(staff)


@cache
def categories_of(method: str) -> tuple[int, ...]:
    """What kinds of personal data a method's messages hold, by its full name; none for one that is gone."""
    service, _, name = method.strip("/").partition("/")
    try:
        found = descriptor_pool.Default().FindServiceByName(service).FindMethodByName(name)
    except KeyError:
        return ()
    return tuple(sorted(_categories(found.output_type) | _categories(found.input_type)))


def _categories(message: Descriptor) -> set[int]:
    personal = options_pb2.personal
    options = (field.GetOptions() for field in fields_within(message))
    return {each.Extensions[personal].category for each in options if each.HasExtension(personal)}


def _purpose(noted: str) -> options_pb2.Purpose.ValueType:
    return options_pb2.Purpose.Value(f"PURPOSE_{noted.upper()}" if noted else "PURPOSE_UNSPECIFIED")


def _entry(row: Row[Any]) -> audit_pb2.AuditEntry:
    return audit_pb2.AuditEntry(
        seq=row.seq,
        time=to_timestamp(row.occurred_at),
        actor=row.actor,
        client=row.client,
        roles=row.roles,
        teams=row.teams,
        method=row.method,
        purpose=_purpose(row.purpose),
        categories=[options_pb2.Category.ValueType(each) for each in categories_of(row.method)],
        subject_ids=map(str, row.subject_ids[:_NAMED_SUBJECTS]),
        subjects=len(row.subject_ids),
        mutation=row.mutation,
        origin=row.origin or "",
        trace_id=row.trace_id or "",
    )
