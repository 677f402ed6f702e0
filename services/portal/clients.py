"""The four services, as this page asks them; channels open on first use, after the fork."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Generic, TypeVar

import grpc
from flask import Flask, current_app
from flask_babel import get_locale
from kontor.campaigns.v1.campaigns_pb2_grpc import FormsStub, LinksStub
from kontor.campaigns.v1.renewals_pb2_grpc import RenewalsStub
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub
from kontor.contacts.v1.logins_pb2_grpc import LoginsStub
from kontor.privacy.v1.askings_pb2_grpc import AskingsStub
from kontor.privacy.v1.audit_pb2_grpc import AuditStub
from kontor.privacy.v1.consent_chains_pb2_grpc import ConsentChainsStub
from kontor.privacy.v1.consent_life_pb2_grpc import ConsentLifeStub
from kontor.privacy.v1.customers_pb2 import CustomerStanding, GetCustomerStandingRequest
from kontor.privacy.v1.customers_pb2_grpc import ExistingCustomersStub
from kontor.privacy.v1.holder_pb2 import CollectRequest, Identifiers, Record
from kontor.privacy.v1.holder_pb2_grpc import DataHolderStub
from kontor.privacy.v1.identity_pb2_grpc import IdentityChecksStub
from kontor.privacy.v1.own_suppressions_pb2_grpc import OwnSuppressionsStub
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    AuthorizeRequest,
    Candidate,
    ConsentText,
    ListConsentTextsRequest,
)
from kontor.privacy.v1.privacy_pb2_grpc import ConsentsStub, PermitsStub, RequestsStub
from kontor.tickets.v1.tickets_pb2_grpc import TicketsStub

from kernel.channel import CallContext, SyncChannel, call_context, seconds_left
from kernel.errors import DeadlineExceeded, Internal, Unavailable, from_rpc_error
from kernel.tls import Trust
from kernel.web.calls import OwnToken
from services.portal.config import PortalSettings

_KEY = "portal.clients"
_COLLECT_TIMEOUT_S = 10.0
_PREVIEW_TIMEOUT_S = 5.0
HOLDERS = ("contacts", "tickets", "campaigns", "privacy")

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Held(Generic[Answer]):
    """What one service holds; `found` is None if it did not answer."""

    holder: str
    found: Answer | None


class Clients:
    """Stubs of every service that the portal asks."""

    def __init__(self, settings: PortalSettings) -> None:
        self._own_token = OwnToken(settings)
        trust = Trust.of(settings)
        targets = {name: getattr(settings, f"{name}_target") for name in HOLDERS}
        self._channels = {
            name: SyncChannel(target, own_token=self._own_token, trust=trust)
            for name, target in targets.items()
        }

    @cached_property
    def contacts(self) -> ContactsStub:
        return ContactsStub(self._channels["contacts"].get())

    @cached_property
    def logins(self) -> LoginsStub:
        return LoginsStub(self._channels["contacts"].get())

    @cached_property
    def forms(self) -> FormsStub:
        return FormsStub(self._channels["campaigns"].get())

    @cached_property
    def links(self) -> LinksStub:
        return LinksStub(self._channels["campaigns"].get())

    @cached_property
    def renewals(self) -> RenewalsStub:
        return RenewalsStub(self._channels["campaigns"].get())

    @cached_property
    def consent_chains(self) -> ConsentChainsStub:
        return ConsentChainsStub(self._channels["privacy"].get())

    @cached_property
    def consent_life(self) -> ConsentLifeStub:
        return ConsentLifeStub(self._channels["privacy"].get())

    @cached_property
    def own_suppressions(self) -> OwnSuppressionsStub:
        return OwnSuppressionsStub(self._channels["privacy"].get())

    @cached_property
    def consents(self) -> ConsentsStub:
        return ConsentsStub(self._channels["privacy"].get())

    @cached_property
    def requests(self) -> RequestsStub:
        return RequestsStub(self._channels["privacy"].get())

    @cached_property
    def identity_checks(self) -> IdentityChecksStub:
        return IdentityChecksStub(self._channels["privacy"].get())

    @cached_property
    def askings(self) -> AskingsStub:
        return AskingsStub(self._channels["privacy"].get())

    @cached_property
    def audit(self) -> AuditStub:
        return AuditStub(self._channels["privacy"].get())

    @cached_property
    def tickets(self) -> TicketsStub:
        return TicketsStub(self._channels["tickets"].get())

    @cached_property
    def customers(self) -> ExistingCustomersStub:
        return ExistingCustomersStub(self._channels["privacy"].get())

    def customer_standing(self, contact: Contact) -> CustomerStanding:
        """What the visitor has bought, and what a permit would say of advertising for the like.

        For services and staff only, as `refusal`: the address could be anybody's.
        """
        asked = GetCustomerStandingRequest(contact_id=contact.id, address=contact.email)
        allowed = seconds_left(_PREVIEW_TIMEOUT_S)
        with call_context(CallContext(token=self._own_token())):
            answer: CustomerStanding = self.customers.GetCustomerStanding(asked, timeout=allowed)
        return answer

    def refusal(self, contact: Contact, topic: str) -> str:
        """Why a mail on this topic would not go out now, as a permit's reason; empty if it would.

        Previews are for services and staff, so it goes with the page's own token, for the visitor's contact only.
        """
        asked = AuthorizeRequest(
            channel=CHANNEL_EMAIL,
            topic=topic,
            candidates=[Candidate(contact_id=contact.id, address=contact.email)],
        )
        allowed = seconds_left(_PREVIEW_TIMEOUT_S)
        with call_context(CallContext(token=self._own_token())):
            answer = PermitsStub(self._channels["privacy"].get()).Preview(asked, timeout=allowed)
        decision = answer.decisions[0]
        return "" if decision.permitted else str(decision.suppressed_for or decision.reason)

    def collect(self, contact: Contact, read: Callable[[Iterable[Record]], Answer]) -> list[Held[Answer]]:
        """Everything that each service holds about a contact, as `read` makes it of the records while they arrive.

        Collect is for services only, so it goes with the page's own token. `contact` must be the
        contacts service's answer to the visitor's own token, and nothing from the request.
        """
        # All are asked before the first answer is read: the page waits for the slowest, not for the sum.
        asked = [(holder, unless_down(partial(self._ask, holder, contact))) for holder in HOLDERS]
        return [Held(holder, None if answer is None else _read(answer, read)) for holder, answer in asked]

    def _ask(self, holder: str, contact: Contact) -> Iterable[Record]:
        request = CollectRequest(
            subject_id=contact.id, identifiers=Identifiers(emails=[contact.email] if contact.email else [])
        )
        stub = DataHolderStub(self._channels[holder].get())
        metadata = (("authorization", f"Bearer {self._own_token()}"),)
        answer: Iterable[Record] = stub.Collect(
            request, metadata=metadata, timeout=seconds_left(_COLLECT_TIMEOUT_S)
        )
        return answer


def _read(answer: Iterable[Record], read: Callable[[Iterable[Record]], Answer]) -> Answer | None:
    try:
        return read(answer)
    except grpc.RpcError as error:
        typed = from_rpc_error(error)
        if isinstance(typed, Unavailable | DeadlineExceeded | Internal):
            # The page says which part is missing and shows the others.
            return None
        raise typed from error


def install(app: Flask, settings: PortalSettings) -> None:
    """Give the application its clients."""
    app.extensions[_KEY] = Clients(settings)


def clients() -> Clients:
    """The clients of the current application."""
    found: Clients = current_app.extensions[_KEY]
    return found


def consent_texts() -> list[ConsentText]:
    """What can be consented to, in the language of the page."""
    answer = clients().consents.ListConsentTexts(ListConsentTextsRequest(language=str(get_locale())))
    return list(answer.texts)


def unless_down(call: Callable[[], Answer]) -> Answer | None:
    """The answer, or None if the service is not there: one part of a page may be missing."""
    try:
        return call()
    except (Unavailable, DeadlineExceeded):
        return None
