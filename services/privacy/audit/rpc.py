"""Audit: proto ↔ values."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import audit_pb2, audit_pb2_grpc

from kernel.clock import to_timestamp
from kernel.pages import Pages, page_size
from kernel.rpc.call import current_principal
from services.privacy.audit.model import Alert, Judgement, day_bounds, role_of
from services.privacy.audit.service import AuditService, Gathered, Wanted

_OWN_DAYS = 90


class AuditRpc(audit_pb2_grpc.AuditServicer):
    """The Audit service of the contract."""

    def __init__(self, audit: AuditService, pages: Pages, zone: ZoneInfo) -> None:
        self._audit = audit
        self._pages = pages
        self._zone = zone

    async def ListAccesses(
        self, request: audit_pb2.ListAccessesRequest, context: Any
    ) -> audit_pb2.ListAccessesResponse:
        since, until = day_bounds(request.from_day, self._zone), day_bounds(request.until_day, self._zone)
        wanted = Wanted(
            contact_id=uuid.UUID(request.contact_id) if request.contact_id else None,
            actor=request.actor,
            since=since[0] if since else None,
            until=until[1] if until else None,
            people_only=request.people_only,
            role=request.role,
            purpose=request.purpose,
            reads_only=request.reads_only,
        )
        position = self._pages.position(request)
        positions = dict(position[0]) if position else {}
        size = page_size(request.page_size)
        found = await self._audit.list_accesses(wanted, positions=positions, limit=size)
        return audit_pb2.ListAccessesResponse(
            accesses=[
                audit_pb2.Access(holder=name, entry=entry, role=role_of(entry.roles))
                for name, entry in found.accesses
            ],
            next_page_token=self._pages.token(request, [found.positions]) if found.more else "",
            missing=found.missing,
        )

    async def GetAccessCounts(
        self, request: audit_pb2.GetAccessCountsRequest, context: Any
    ) -> audit_pb2.GetAccessCountsResponse:
        first, last = day_bounds(request.from_day, self._zone), day_bounds(request.until_day, self._zone)
        assert first is not None
        found, missing = await self._audit.get_access_counts(first[0], last[1] if last else None)
        counts = [
            audit_pb2.AccessCount(
                actor=actor, role=role, purpose=purpose, reads=each.reads, changes=each.changes
            )
            for (actor, role, purpose), each in found.items()
        ]
        return audit_pb2.GetAccessCountsResponse(counts=counts, missing=missing)

    async def ListOwnAccesses(
        self, request: audit_pb2.ListOwnAccessesRequest, context: Any
    ) -> audit_pb2.ListOwnAccessesResponse:
        found, missing, more = await self._audit.list_own_accesses(
            uuid.UUID(request.contact_id), days=request.days or _OWN_DAYS
        )
        return audit_pb2.ListOwnAccessesResponse(accesses=map(_own, found), missing=missing, more=more)

    async def ListAlerts(
        self, request: audit_pb2.ListAlertsRequest, context: Any
    ) -> audit_pb2.ListAlertsResponse:
        position = self._pages.position(request)
        after = (datetime.fromisoformat(position[0]), uuid.UUID(position[1])) if position else None
        size = page_size(request.page_size)
        alerts, count = await self._audit.list_alerts(only_open=request.open, after=after, limit=size + 1)
        shown = alerts[:size]
        response = audit_pb2.ListAlertsResponse(alerts=map(_alert, shown), open_size=count)
        if len(alerts) > size:
            last = shown[-1]
            response.next_page_token = self._pages.token(request, [last.created_at.isoformat(), str(last.id)])
        return response

    async def JudgeAlert(self, request: audit_pb2.JudgeAlertRequest, context: Any) -> audit_pb2.Alert:
        judged = await self._audit.judge_alert(
            uuid.UUID(request.id), Judgement(request.judgement), caller=current_principal()
        )
        return _alert(judged)

    async def WatchContact(
        self, request: audit_pb2.WatchContactRequest, context: Any
    ) -> audit_pb2.WatchedContact:
        since = await self._audit.watch_contact(uuid.UUID(request.contact_id))
        return audit_pb2.WatchedContact(contact_id=request.contact_id, create_time=to_timestamp(since))

    async def UnwatchContact(
        self, request: audit_pb2.UnwatchContactRequest, context: Any
    ) -> audit_pb2.WatchedContact:
        await self._audit.unwatch_contact(uuid.UUID(request.contact_id))
        return audit_pb2.WatchedContact(contact_id=request.contact_id)

    async def ListWatchedContacts(
        self, request: audit_pb2.ListWatchedContactsRequest, context: Any
    ) -> audit_pb2.ListWatchedContactsResponse:
        return audit_pb2.ListWatchedContactsResponse(
            contacts=[
                audit_pb2.WatchedContact(contact_id=str(contact_id), create_time=to_timestamp(since))
                for contact_id, since in await self._audit.list_watched_contacts()
            ]
        )


def _own(one: Gathered) -> audit_pb2.OwnAccess:
    return audit_pb2.OwnAccess(
        day=one.day,
        team=one.team,
        role=one.role,
        purpose=one.purpose,
        categories=sorted(one.categories),
        reads=one.reads,
        changes=one.changes,
        in_lists=one.in_lists,
        last_time=to_timestamp(one.last),
    )


def _alert(alert: Alert) -> audit_pb2.Alert:
    return audit_pb2.Alert(
        id=str(alert.id),
        rule=audit_pb2.AlertRule.ValueType(alert.rule),
        actor=alert.actor,
        contact_id=str(alert.contact_id or ""),
        day=alert.day.isoformat(),
        count=alert.count,
        usual=alert.usual,
        create_time=to_timestamp(alert.created_at),
        judgement=audit_pb2.Judgement.ValueType(alert.judgement),
        judged_by=alert.judged_by,
        judge_time=to_timestamp(alert.judged_at),
    )
