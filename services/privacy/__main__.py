"""The privacy process: configuration, database, use cases, holders, server. It only wires."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from kontor.privacy.v1 import breaches_pb2_grpc, holder_pb2_grpc, privacy_pb2_grpc, registers_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend, run
from kernel.own_contact import RemoteOwnContact
from services.privacy.breaches.rpc import BreachesRpc
from services.privacy.breaches.service import BreachService
from services.privacy.clients import HOLDERS, HolderClient
from services.privacy.config import Settings
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.rpc import ConsentsRpc
from services.privacy.consent.service import ConsentService
from services.privacy.holder import holder_rpc
from services.privacy.ledger.service import LedgerService
from services.privacy.permits.rpc import PermitsRpc
from services.privacy.permits.service import PermitService
from services.privacy.processing.jobs import ProcessingJobs
from services.privacy.processing.rpc import ProcessingRecordsRpc
from services.privacy.processing.service import ProcessingService
from services.privacy.registers.rpc import RegistersRpc
from services.privacy.registers.service import RegisterService
from services.privacy.requests.access import Access
from services.privacy.requests.certificate import Certifier
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.erasure import Erasure
from services.privacy.requests.jobs import RequestJobs
from services.privacy.requests.rpc import RequestsRpc
from services.privacy.requests.sealing import Seal
from services.privacy.requests.service import RequestService
from services.privacy.requests.working import Desk
from services.privacy.suppression.model import Hasher
from services.privacy.suppression.rpc import SuppressionsRpc
from services.privacy.suppression.service import SuppressionService
from services.privacy.tables import metadata

_REQUESTS_S = 5
_DESCRIBE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
# The call that wakes the machine commits only after its handler has answered.
_AFTER_COMMIT_S = 0.1


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the RPCs call."""

    consents: ConsentService
    suppression: SuppressionService
    permits: PermitService
    requests: RequestService


async def main() -> None:
    """Serves until told to stop."""
    settings = Settings()
    backend = Backend("privacy", settings, metadata=metadata)
    database, clock = backend.database, SystemClock()
    contacts = backend.channel(settings.contacts_target, to="contacts")
    own_contact = RemoteOwnContact(contacts)

    suppression = SuppressionService(database, _hasher(settings), clock)
    consents = ConsentService(database, clock, suppression=suppression)
    ledger = LedgerService(database, backend.bus, backend.signer, clock)
    desk = _desk(backend, settings, contacts)
    procedures = _procedures(backend, settings, desk, suppression=suppression, ledger=ledger)
    machine = backend.every("requests", _REQUESTS_S, procedures.work)
    requests = RequestService(
        database,
        clock,
        deadline=_deadline(settings),
        own_contact=own_contact,
        wake=lambda: _soon(machine.wake),
    )
    permits = PermitService(
        database, clock, consents=consents, suppression=suppression, restricted=requests.restricted
    )

    consent_jobs = ConsentJobs(database, ledger, clock)
    backend.every("consent-tree-head", _HOUR_S, consent_jobs.publish_tree_head)
    backend.every("delete-overdue-ips", _DAY_S, consent_jobs.delete_overdue)
    backend.every("delete-overdue-documents", _DAY_S, procedures.delete_overdue)
    backend.every("refuse-unconfirmed", _HOUR_S, procedures.refuse_unconfirmed)
    describing = ProcessingJobs(database, clock, holders=desk.holders)
    backend.every("describe-holders", _DESCRIBE_S, describing.describe_holders)
    add_servicers(backend, UseCases(consents, suppression, permits, requests))
    add_registers(backend, settings)
    await backend.run(own_contact=own_contact)


def add_servicers(backend: Backend, use_cases: UseCases) -> None:
    """Serves the contract."""
    add, pages, v1 = backend.add, backend.pages, "kontor.privacy.v1"
    door = privacy_pb2_grpc
    add(door.add_ConsentsServicer_to_server, ConsentsRpc(use_cases.consents), f"{v1}.Consents")
    suppressions = SuppressionsRpc(use_cases.suppression, pages)
    add(door.add_SuppressionsServicer_to_server, suppressions, f"{v1}.Suppressions")
    add(door.add_PermitsServicer_to_server, PermitsRpc(use_cases.permits), f"{v1}.Permits")
    add(door.add_RequestsServicer_to_server, RequestsRpc(use_cases.requests, pages), f"{v1}.Requests")
    holder = holder_rpc(backend.database, backend.signer, SystemClock())
    add(holder_pb2_grpc.add_DataHolderServicer_to_server, holder, f"{v1}.DataHolder")


def add_registers(backend: Backend, settings: Settings) -> None:
    """Serves the registers of the controller."""
    database, clock, v1 = backend.database, SystemClock(), "kontor.privacy.v1"
    registers = RegisterService(
        database, clock, controller=settings.controller, timezone=settings.controller_timezone
    )
    processing = ProcessingService(database, clock, registers=registers, controller=settings.controller)
    door = registers_pb2_grpc
    backend.add(door.add_RegistersServicer_to_server, RegistersRpc(registers), f"{v1}.Registers")
    record = ProcessingRecordsRpc(processing, clock)
    backend.add(door.add_ProcessingRecordsServicer_to_server, record, f"{v1}.ProcessingRecords")
    breaches = BreachService(database, clock, registers=registers, controller=settings.controller)
    served = BreachesRpc(breaches)
    backend.add(breaches_pb2_grpc.add_BreachesServicer_to_server, served, f"{v1}.Breaches")


def _procedures(
    backend: Backend,
    settings: Settings,
    desk: Desk,
    *,
    suppression: SuppressionService,
    ledger: LedgerService,
) -> RequestJobs:
    """What carries requests out."""
    return RequestJobs(
        backend.database,
        SystemClock(),
        deadline=_deadline(settings),
        access=Access(desk, suppression=suppression, controller=settings.controller),
        erasure=Erasure(
            desk,
            ledger=ledger,
            suppression=suppression,
            hasher=_hasher(settings),
            holder_keys=settings.holder_keys,
            certifier=Certifier(backend.signer, settings.controller),
        ),
    )


def _deadline(settings: Settings) -> Deadline:
    return Deadline(state=settings.controller_state, timezone=settings.controller_timezone)


def _hasher(settings: Settings) -> Hasher:
    peppers = {key_id: pepper.get_secret_value() for key_id, pepper in settings.suppression_peppers.items()}
    return Hasher(peppers, current=settings.suppression_key_id)


def _desk(backend: Backend, settings: Settings, contacts: grpc.aio.Channel) -> Desk:
    channels = {
        "contacts": contacts,
        "campaigns": backend.channel(settings.campaigns_target, to="campaigns"),
        "tickets": backend.channel(settings.tickets_target, to="tickets"),
        "privacy": backend.channel(settings.own_target, to="privacy"),
    }
    return Desk(
        backend.database,
        SystemClock(),
        holders=[HolderClient.over(name, channels[name]) for name in HOLDERS],
        seal=Seal(settings.secret_keys),
    )


def _soon(wake: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(_AFTER_COMMIT_S, wake)


if __name__ == "__main__":
    run(main)
