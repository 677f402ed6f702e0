"""The privacy process: configuration, database, use cases, holders, server. It only wires."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import (
    blackening_pb2_grpc,
    consent_texts_pb2_grpc,
    holder_pb2_grpc,
    privacy_pb2_grpc,
    restrictions_pb2_grpc,
    retention_pb2_grpc,
)

from kernel.clock import SystemClock
from kernel.db import AnySession
from kernel.lifecycle import Backend, run
from kernel.own_contact import RemoteOwnContact
from services.privacy.assembly import (
    make_channels,
    make_deadline,
    make_desk,
    make_hasher,
    make_ledger,
    make_suppression,
)
from services.privacy.bases.wiring import serve_bases
from services.privacy.clients import (
    AskingMailsClient,
    ContactFinder,
    NamesClient,
    NoticesClient,
)
from services.privacy.config import Settings
from services.privacy.consent.erasing import ConsentErasing
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.wiring import serve_consents
from services.privacy.customers.wiring import existing_customers, serve_customers
from services.privacy.holder import holder_rpc
from services.privacy.holds.rpc import HoldsRpc
from services.privacy.holds.service import HoldService
from services.privacy.ledger.service import LedgerService
from services.privacy.permits.rpc import PermitsRpc
from services.privacy.permits.service import PermitService, either
from services.privacy.processing.jobs import ProcessingJobs
from services.privacy.registers.wiring import make_registers, serve_registers
from services.privacy.requests.access import Access
from services.privacy.requests.asking.jobs import AskingJobs
from services.privacy.requests.blackening.naming import NamesOfOthers
from services.privacy.requests.blackening.rpc import BlackeningRpc
from services.privacy.requests.blackening.service import BlackeningService
from services.privacy.requests.certificate import Certifier
from services.privacy.requests.erasure import Closing, Erasure
from services.privacy.requests.handling import RequestHandling
from services.privacy.requests.jobs import RequestJobs
from services.privacy.requests.kinds import beginning_kinds
from services.privacy.requests.model import Kind
from services.privacy.requests.portability import Portability
from services.privacy.requests.reading import Reading
from services.privacy.requests.recipients import Recipients, registered
from services.privacy.requests.replaying import Replay
from services.privacy.requests.restored import RestoreGuard
from services.privacy.requests.rpc import RequestsRpc
from services.privacy.requests.service import Beside, RequestService
from services.privacy.requests.working import Desk
from services.privacy.restrictions.rpc import RestrictionsRpc
from services.privacy.restrictions.service import RestrictionService
from services.privacy.retention.jobs import RetentionJobs
from services.privacy.retention.rpc import RetentionRpc
from services.privacy.retention.service import Exempt, RetentionService
from services.privacy.suppression.guard import KeyGuard
from services.privacy.suppression.own.service import Bases
from services.privacy.suppression.service import SuppressionService
from services.privacy.suppression.wiring import serve_suppressions
from services.privacy.tables import metadata
from services.privacy.texts.rpc import ConsentTextsRpc
from services.privacy.texts.service import TextService
from services.privacy.wiring import Channels, farewells, serve_audit, serve_notices
from services.privacy.without_login import serve_without_login

_REQUESTS_S = 5
_DESCRIBE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
# The call that wakes the machine commits only after its handler has answered.
_AFTER_COMMIT_S = 0.1


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the RPCs call."""

    suppression: SuppressionService
    permits: PermitService
    requests: RequestService
    handling: RequestHandling
    retention: RetentionService
    holds: HoldService
    restrictions: RestrictionService


async def main() -> None:
    """Serves until told to stop."""
    settings = Settings()
    backend = Backend("privacy", settings, metadata=metadata)
    database, clock = backend.database, SystemClock()
    channels = make_channels(backend, settings)
    own_contact = RemoteOwnContact(channels["contacts"])

    suppression = make_suppression(backend, settings)
    consents, lapsing = serve_consents(backend, settings, suppression)
    customers = existing_customers(database, make_hasher(settings), lapsing)
    holds = HoldService(database, clock, wake=lambda: _soon(machine.wake))
    ledger = make_ledger(backend, settings)
    desk = make_desk(backend, settings, channels)
    restrictions = RestrictionService(database, clock, holders=desk.holders, holder_keys=settings.holder_keys)
    recipients = _recipients(backend, settings)
    kinds = beginning_kinds(
        desk,
        consents=consents,
        suppression=suppression,
        customers=customers,
        restrictions=restrictions,
        recipients=recipients,
    )
    blackening = _serve_blackening(backend, desk, channels, wake=lambda: _soon(machine.wake))
    procedures = RequestJobs(
        database,
        clock,
        deadline=make_deadline(settings),
        access=Access(
            desk,
            suppression=suppression,
            controller=settings.controller,
            recipients=recipients,
            blackening=blackening,
            zone=ZoneInfo(settings.controller_timezone),
        ),
        erasure=_erasure(backend, settings, desk, suppression=suppression, ledger=ledger, holds=holds),
        others={
            Kind.PORTABILITY: Portability(desk, controller=settings.controller, blackening=blackening),
            **kinds,
        },
    )
    machine = backend.every("requests", _REQUESTS_S, procedures.work)
    replay = Replay(desk, ledger, make_deadline(settings), suppression=suppression)
    restored = RestoreGuard(replay, ledger, wake=machine.wake)
    backend.ready_after(KeyGuard(suppression, then=restored))
    reading = Reading(database, clock, make_deadline(settings), own_contact, holds.reasons)
    requests = RequestService(
        database,
        clock,
        deadline=reading.deadline,
        reading=reading,
        beside=Beside(holds.reasons, {kind: each.receive for kind, each in kinds.items()}),
        wake=lambda: _soon(machine.wake),
    )
    serve_without_login(
        backend,
        settings,
        AskingJobs(
            desk,
            requests=requests,
            finder=ContactFinder(channels["contacts"]),
            campaigns=AskingMailsClient.over(channels["campaigns"]),
        ),
        reading=reading,
        suppression=suppression,
        soon=_soon,
    )
    handling = RequestHandling(
        reading,
        clock,
        deadline=reading.deadline,
        recipients=recipients,
        wake=lambda: _soon(machine.wake),
    )
    permits = PermitService(
        database,
        clock,
        lapsing=lapsing,
        suppression=suppression,
        customers=customers,
        restricted=either(requests.restricted, restrictions.restricted),
    )
    serve_customers(backend, customers, permits)
    serve_suppressions(backend, suppression, Bases(consents, customers, desk.addresses_of_contact))

    backend.every("restrictions", _REQUESTS_S, restrictions.work)
    serve_notices(backend, settings, NoticesClient.over(channels["campaigns"]))
    backend.every("refuse-unconfirmed", _HOUR_S, procedures.refuse_unconfirmed)

    async def exempt(session: AnySession) -> frozenset[uuid.UUID]:
        open_ones = await requests.contacts_of_open(session) | await holds.held(session)
        return open_ones | await restrictions.everybody(session)

    retention = _retention(backend, settings, desk, exempt=exempt)
    _daily(backend, ledger, desk)
    add_servicers(
        backend,
        UseCases(suppression, permits, requests, handling, retention, holds, restrictions),
        ZoneInfo(settings.controller_timezone),
    )
    serve_registers(backend, settings)
    serve_bases(
        backend,
        channels,
        lapsing,
        bases=[customers.everybody, requests.contacts_of_open, holds.held, restrictions.everybody],
    )
    serve_audit(backend, settings, channels)
    await backend.run(own_contact=own_contact)


def add_servicers(backend: Backend, use_cases: UseCases, zone: ZoneInfo) -> None:
    """Serves the contract."""
    add, pages, v1 = backend.add, backend.pages, "kontor.privacy.v1"
    door = privacy_pb2_grpc
    texts = ConsentTextsRpc(TextService(backend.database, SystemClock()))
    add(consent_texts_pb2_grpc.add_ConsentTextsServicer_to_server, texts, f"{v1}.ConsentTexts")
    permits = PermitsRpc(use_cases.permits, pages, zone)
    add(door.add_PermitsServicer_to_server, permits, f"{v1}.Permits")
    requests = RequestsRpc(use_cases.requests, use_cases.handling, pages)
    add(door.add_RequestsServicer_to_server, requests, f"{v1}.Requests")
    retention = RetentionRpc(use_cases.retention, pages)
    add(retention_pb2_grpc.add_RetentionServicer_to_server, retention, f"{v1}.Retention")
    holds = HoldsRpc(use_cases.holds, pages)
    add(retention_pb2_grpc.add_HoldsServicer_to_server, holds, f"{v1}.Holds")
    restrictions = RestrictionsRpc(use_cases.restrictions, pages)
    add(restrictions_pb2_grpc.add_RestrictionsServicer_to_server, restrictions, f"{v1}.Restrictions")
    holder = holder_rpc(backend.database, backend.signer, SystemClock())
    add(holder_pb2_grpc.add_DataHolderServicer_to_server, holder, f"{v1}.DataHolder")


def _serve_blackening(
    backend: Backend, desk: Desk, channels: Channels, *, wake: Callable[[], None]
) -> BlackeningService:
    """What a copy says about others."""
    names = NamesOfOthers(NamesClient.over(channels["contacts"]))
    blackening = BlackeningService(desk, names, wake=wake)
    door = blackening_pb2_grpc.add_BlackeningServicer_to_server
    backend.add(door, BlackeningRpc(blackening), "kontor.privacy.v1.Blackening")
    return blackening


def _daily(backend: Backend, ledger: LedgerService, desk: Desk) -> None:
    """What is proven and described again and again, whatever happens."""
    heads = ConsentJobs(backend.database, ledger, SystemClock())
    backend.every("consent-tree-head", _HOUR_S, heads.publish_tree_head)
    backend.every("ledger-export", _HOUR_S, ledger.export)
    describing = ProcessingJobs(backend.database, SystemClock(), holders=desk.holders)
    backend.every("describe-holders", _DESCRIBE_S, describing.describe_holders)


def _recipients(backend: Backend, settings: Settings) -> Recipients:
    return registered(make_registers(backend, settings), otherwise=settings.recipients)


def _erasure(
    backend: Backend,
    settings: Settings,
    desk: Desk,
    *,
    suppression: SuppressionService,
    ledger: LedgerService,
    holds: HoldService,
) -> Erasure:
    return Erasure(
        desk,
        ledger=ledger,
        suppression=suppression,
        hasher=make_hasher(settings),
        closing=Closing(
            settings.holder_keys,
            Certifier(backend.signer, settings.controller),
            farewells(backend, settings),
            _recipients(backend, settings),
        ),
        holds=holds.reasons,
    )


def _retention(backend: Backend, settings: Settings, desk: Desk, *, exempt: Exempt) -> RetentionService:
    """The deletion run, and what staff sees of it."""
    database, clock = backend.database, SystemClock()
    timezone = settings.controller_timezone
    jobs = RetentionJobs(database, clock, holders=desk.holders, exempt=exempt, timezone=timezone)
    run = backend.every("retention", _HOUR_S, jobs.work)
    consents = ConsentErasing(database, clock, exempt=exempt)
    backend.every("delete-overdue-consents", _DAY_S, consents.delete_overdue)
    return RetentionService(
        database, clock, holders=desk.holders, exempt=exempt, wake=lambda: _soon(run.wake)
    )


def _soon(wake: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(_AFTER_COMMIT_S, wake)


if __name__ == "__main__":
    run(main)
