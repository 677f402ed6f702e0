"""Parts of the composition root that stand for themselves: mails about requests, and the audit."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import grpc
from kontor.privacy.v1 import audit_pb2_grpc, farewells_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from kernel.trail import AuditTrailRpc
from services.privacy.audit.jobs import AuditJobs
from services.privacy.audit.rpc import AuditRpc
from services.privacy.audit.service import AuditService
from services.privacy.clients import Cases, NoticesClient, OwnTrail, RemoteTrail, Trail
from services.privacy.config import Settings
from services.privacy.requests.farewell.jobs import Farewells
from services.privacy.requests.farewell.rpc import FarewellsRpc
from services.privacy.requests.farewell.service import FarewellService
from services.privacy.requests.notices.jobs import RequestNotices
from services.privacy.requests.sealing import Seal

Channels = dict[str, grpc.aio.Channel]

_REQUESTS_S = 5
_HOUR_S = 3_600


def farewells(backend: Backend, settings: Settings) -> FarewellService:
    """Whom last mails go to."""
    return FarewellService(backend.database, SystemClock(), seal=Seal(settings.secret_keys))


def serve_notices(backend: Backend, settings: Settings, campaigns: NoticesClient) -> None:
    """Mails at each step, and the one after the last."""
    database, clock = backend.database, SystemClock()
    backend.every("request-notices", _REQUESTS_S, RequestNotices(database, clock, campaigns=campaigns).tell)
    backend.every("farewells", _REQUESTS_S, Farewells(database, clock, campaigns=campaigns).tend)
    door = farewells_pb2_grpc.add_FarewellsServicer_to_server
    backend.add(door, FarewellsRpc(farewells(backend, settings)), "kontor.privacy.v1.Farewells")


def serve_audit(backend: Backend, settings: Settings, channels: Channels) -> None:
    """The audit over all services: its door, and the look for what is unusual."""
    database, clock = backend.database, SystemClock()
    zone = ZoneInfo(settings.controller_timezone)
    others = [RemoteTrail(name, channel) for name, channel in channels.items() if name != "privacy"]
    trails: list[Trail] = [*others, OwnTrail("privacy", AuditTrailRpc(database))]
    audit = AuditService(database, clock, trails=trails, zone=zone)
    door = AuditRpc(audit, backend.pages, zone)
    backend.add(audit_pb2_grpc.add_AuditServicer_to_server, door, "kontor.privacy.v1.Audit")
    cases = Cases(channels["contacts"], channels["tickets"])
    jobs = AuditJobs(database, clock, trails=trails, has_case=cases.has_case)
    backend.every("find-unusual-access", _HOUR_S, jobs.find_unusual)
