"""The four services, as this page asks them; channels open on first use, after the fork."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from flask import Flask, current_app
from kontor.campaigns.v1.campaigns_pb2_grpc import AudiencesStub, CampaignsStub, TemplatesStub
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub
from kontor.contacts.v1.imports_pb2_grpc import ImportsStub
from kontor.contacts.v1.logins_pb2_grpc import LoginsStub
from kontor.privacy.v1.askings_pb2_grpc import AskingsStub
from kontor.privacy.v1.assessments_pb2_grpc import AssessmentsStub
from kontor.privacy.v1.audit_pb2_grpc import AuditStub
from kontor.privacy.v1.bases_pb2_grpc import BasesStub
from kontor.privacy.v1.blackening_pb2_grpc import BlackeningStub
from kontor.privacy.v1.breaches_pb2_grpc import BreachesStub
from kontor.privacy.v1.consent_chains_pb2_grpc import ConsentChainsStub
from kontor.privacy.v1.consent_life_pb2_grpc import ConsentLifeStub
from kontor.privacy.v1.consent_proofs_pb2_grpc import ConsentProofsStub
from kontor.privacy.v1.consent_standings_pb2_grpc import ConsentStandingsStub
from kontor.privacy.v1.consent_texts_pb2_grpc import ConsentTextsStub
from kontor.privacy.v1.customers_pb2_grpc import ExistingCustomersStub
from kontor.privacy.v1.farewells_pb2_grpc import FarewellsStub
from kontor.privacy.v1.identity_pb2_grpc import IdentityChecksStub
from kontor.privacy.v1.privacy_pb2_grpc import ConsentsStub, PermitsStub, RequestsStub, SuppressionsStub
from kontor.privacy.v1.registers_pb2_grpc import ProcessingRecordsStub, RegistersStub
from kontor.privacy.v1.restrictions_pb2_grpc import RestrictionsStub
from kontor.privacy.v1.retention_pb2_grpc import HoldsStub, RetentionStub
from kontor.tickets.v1.tickets_pb2_grpc import TicketsStub

from kernel.channel import SyncChannel
from kernel.errors import DeadlineExceeded, Unavailable
from kernel.tls import Trust
from kernel.web.calls import OwnToken
from services.gateway.config import GatewaySettings

_KEY = "gateway.clients"

Answer = TypeVar("Answer")


class Clients:
    """Stubs of every service that the gateway asks, always with the token of who is logged in."""

    def __init__(self, settings: GatewaySettings) -> None:
        token, trust = OwnToken(settings), Trust.of(settings)
        self._contacts = SyncChannel(settings.contacts_target, own_token=token, trust=trust)
        self._campaigns = SyncChannel(settings.campaigns_target, own_token=token, trust=trust)
        self._tickets = SyncChannel(settings.tickets_target, own_token=token, trust=trust)
        self._privacy = SyncChannel(settings.privacy_target, own_token=token, trust=trust)

    @cached_property
    def contacts(self) -> ContactsStub:
        return ContactsStub(self._contacts.get())

    @cached_property
    def logins(self) -> LoginsStub:
        return LoginsStub(self._contacts.get())

    @cached_property
    def imports(self) -> ImportsStub:
        return ImportsStub(self._contacts.get())

    @cached_property
    def templates(self) -> TemplatesStub:
        return TemplatesStub(self._campaigns.get())

    @cached_property
    def audiences(self) -> AudiencesStub:
        return AudiencesStub(self._campaigns.get())

    @cached_property
    def campaigns(self) -> CampaignsStub:
        return CampaignsStub(self._campaigns.get())

    @cached_property
    def tickets(self) -> TicketsStub:
        return TicketsStub(self._tickets.get())

    @cached_property
    def bases(self) -> BasesStub:
        return BasesStub(self._privacy.get())

    @cached_property
    def consents(self) -> ConsentsStub:
        return ConsentsStub(self._privacy.get())

    @cached_property
    def consent_texts(self) -> ConsentTextsStub:
        return ConsentTextsStub(self._privacy.get())

    @cached_property
    def consent_chains(self) -> ConsentChainsStub:
        return ConsentChainsStub(self._privacy.get())

    @cached_property
    def consent_life(self) -> ConsentLifeStub:
        return ConsentLifeStub(self._privacy.get())

    @cached_property
    def consent_proofs(self) -> ConsentProofsStub:
        return ConsentProofsStub(self._privacy.get())

    @cached_property
    def consent_standings(self) -> ConsentStandingsStub:
        return ConsentStandingsStub(self._privacy.get())

    @cached_property
    def customers(self) -> ExistingCustomersStub:
        return ExistingCustomersStub(self._privacy.get())

    @cached_property
    def suppressions(self) -> SuppressionsStub:
        return SuppressionsStub(self._privacy.get())

    @cached_property
    def permits(self) -> PermitsStub:
        return PermitsStub(self._privacy.get())

    @cached_property
    def retention(self) -> RetentionStub:
        return RetentionStub(self._privacy.get())

    @cached_property
    def restrictions(self) -> RestrictionsStub:
        return RestrictionsStub(self._privacy.get())

    @cached_property
    def holds(self) -> HoldsStub:
        return HoldsStub(self._privacy.get())

    @cached_property
    def requests(self) -> RequestsStub:
        return RequestsStub(self._privacy.get())

    @cached_property
    def blackening(self) -> BlackeningStub:
        return BlackeningStub(self._privacy.get())

    @cached_property
    def farewells(self) -> FarewellsStub:
        return FarewellsStub(self._privacy.get())

    @cached_property
    def askings(self) -> AskingsStub:
        return AskingsStub(self._privacy.get())

    @cached_property
    def identity_checks(self) -> IdentityChecksStub:
        return IdentityChecksStub(self._privacy.get())

    @cached_property
    def audit(self) -> AuditStub:
        return AuditStub(self._privacy.get())

    @cached_property
    def registers(self) -> RegistersStub:
        return RegistersStub(self._privacy.get())

    @cached_property
    def records(self) -> ProcessingRecordsStub:
        return ProcessingRecordsStub(self._privacy.get())

    @cached_property
    def breaches(self) -> BreachesStub:
        return BreachesStub(self._privacy.get())

    @cached_property
    def assessments(self) -> AssessmentsStub:
        return AssessmentsStub(self._privacy.get())


def install(app: Flask, settings: GatewaySettings) -> None:
    """Give the application its clients."""
    app.extensions[_KEY] = Clients(settings)


def clients() -> Clients:
    """The clients of the current application."""
    found: Clients = current_app.extensions[_KEY]
    return found


def unless_down(call: Callable[[], Answer]) -> Answer | None:
    """The answer, or None if the service is not there: one part of a page may be missing."""
    try:
        return call()
    except (Unavailable, DeadlineExceeded):
        return None
