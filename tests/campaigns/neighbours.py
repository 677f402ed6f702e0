"""Contacts and privacy as campaigns sees them: in-process gRPC servers that keep the contract's promises."""

import hashlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc, logins_pb2, logins_pb2_grpc
from kontor.privacy.v1 import (
    askings_pb2,
    askings_pb2_grpc,
    consent_life_pb2_grpc,
    customers_pb2,
    customers_pb2_grpc,
    farewells_pb2,
    farewells_pb2_grpc,
    holder_pb2,
    identity_pb2,
    identity_pb2_grpc,
    privacy_pb2,
    privacy_pb2_grpc,
)

from devstack.ports import LOOPBACK
from kernel import errors
from kernel.clock import SystemClock, to_timestamp
from kernel.ids import new_id

TOPIC = "newsletter"
TEXTS = {
    (topic, language): str(uuid.uuid5(uuid.NAMESPACE_URL, f"{topic}/{language}"))
    for topic in (TOPIC, "events")
    for language in ("de", "en")
}


@dataclass
class World:
    """What contacts and privacy know; tests change it between calls."""

    people: dict[str, contacts_pb2.Contact] = field(default_factory=dict)
    consents: dict[tuple[str, str], privacy_pb2.Consent] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    # What existing customers have bought, and who of them has objected.
    bought: dict[str, str] = field(default_factory=dict)
    objections: set[str] = field(default_factory=set)
    gifts: list[privacy_pb2.GiveConsentRequest] = field(default_factory=list)
    withdrawals: list[privacy_pb2.WithdrawConsentRequest] = field(default_factory=list)
    permits: dict[str, privacy_pb2.Decision] = field(default_factory=dict)
    # What was renewed, and how many permits were asked for questions about it.
    renewed: list[Any] = field(default_factory=list)
    renewals: int = 0
    # Topics whose text says something else since the consents to it.
    outdated: set[str] = field(default_factory=set)
    # Hashes of the links of invitations, why others were not sent, and which have ended.
    links: dict[str, bytes] = field(default_factory=dict)
    failed_invitations: dict[str, str] = field(default_factory=dict)
    ended_invitations: set[str] = field(default_factory=set)
    # Hashes of the codes of checks, and which checks have ended.
    codes: dict[str, bytes] = field(default_factory=dict)
    ended_checks: set[str] = field(default_factory=set)
    # Askings whose mails are wanted.
    askings: dict[str, askings_pb2.AskingMail] = field(default_factory=dict)
    # Last mails that are not over.
    farewells: dict[str, farewells_pb2.Farewell] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    # Names of calls that fail once with UNAVAILABLE-like trouble after they took effect.
    fail_after: list[str] = field(default_factory=list)
    _answers: dict[tuple[str, str], tuple[bytes, Any]] = field(default_factory=dict)

    def add(self, number: int, *, consent: bool = True, **fields: Any) -> str:
        """A person with a consent to the newsletter."""
        contact_id = str(new_id())
        values = {"email": f"person{number}@demo.example", "family_name": f"Müller{number}", "language": "de"}
        self.people[contact_id] = contacts_pb2.Contact(id=contact_id, **(values | fields))
        if consent:
            self.set_consent(contact_id, TOPIC, privacy_pb2.CONSENT_STATE_GIVEN)
        return contact_id

    def set_consent(
        self, contact_id: str, topic: str, state: "privacy_pb2.ConsentState.ValueType"
    ) -> privacy_pb2.Consent:
        record = privacy_pb2.Consent(
            id=str(new_id()),
            contact_id=contact_id,
            topic=topic,
            channel=privacy_pb2.CHANNEL_EMAIL,
            state=state,
            record_time=to_timestamp(SystemClock().now()),
        )
        self.consents[contact_id, topic] = record
        return record

    def decide(
        self,
        candidate: privacy_pb2.Candidate,
        topic: str,
        *,
        contract: bool = False,
        duty: bool = False,
        similar: str = "",
    ) -> privacy_pb2.Decision:
        """`similar` is what is advertised to existing customers in mails that say that one may object."""
        state = getattr(self.consents.get((candidate.contact_id, topic)), "state", None)
        if contract or duty:
            state = privacy_pb2.CONSENT_STATE_GIVEN
        reasons = (
            (not candidate.address, "no-address"),
            (candidate.address in self.suppressed and not duty, "suppressed"),
            (state == privacy_pb2.CONSENT_STATE_WITHDRAWN, "withdrawn"),
            (
                state not in (privacy_pb2.CONSENT_STATE_GIVEN, privacy_pb2.CONSENT_STATE_RENEWED),
                "no-consent",
            ),
            (topic in self.outdated and not contract and not duty, "expired"),
        )
        reason = next((reason for holds, reason in reasons if holds), "consent")
        if reason == "no-consent" and similar:
            objected, bought = candidate.contact_id in self.objections, self.bought.get(candidate.contact_id)
            reason = "objected" if objected else "existing-customer" if bought == similar else "no-sale"
        permitted = reason in ("consent", "existing-customer")
        return privacy_pb2.Decision(
            id=str(new_id()), contact_id=candidate.contact_id, permitted=permitted, reason=reason
        )

    def once(self, method: str, request: Any, act: Any) -> Any:
        """A request_id seen before gets the first answer; with other content it is refused (AIP-155)."""
        key = (method, request.request_id)
        content = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        if key in self._answers:
            first, answer = self._answers[key]
            if first != content:
                raise errors.InvalidArgument("reused", reason="REQUEST_ID_REUSED")
            return answer
        answer = act()
        self._answers[key] = (content, answer)
        return answer

    async def count(self, method: str, context: Any) -> None:
        self.calls[method] += 1
        if method in self.fail_after:
            self.fail_after.remove(method)
            await context.abort(grpc.StatusCode.INTERNAL, "killed in the middle")


class Contacts(contacts_pb2_grpc.ContactsServicer):
    """The four RPCs that campaigns uses."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def SelectContactIds(self, request: Any, context: Any) -> contacts_pb2.SelectContactIdsResponse:
        await self.world.count("SelectContactIds", context)
        city = request.filter.city
        ids = sorted(
            i for i, one in self.world.people.items() if i > request.page_token and city in ("", one.city)
        )
        page = ids[: request.page_size]
        following = page[-1] if len(ids) > len(page) else ""
        return contacts_pb2.SelectContactIdsResponse(contact_ids=page, next_page_token=following)

    async def BatchGetContacts(self, request: Any, context: Any) -> contacts_pb2.BatchGetContactsResponse:
        await self.world.count("BatchGetContacts", context)
        people = self.world.people
        return contacts_pb2.BatchGetContactsResponse(
            contacts=[people[one] for one in request.contact_ids if one in people],
            missing_ids=[one for one in request.contact_ids if one not in people],
        )

    async def EnsureContact(self, request: Any, context: Any) -> contacts_pb2.EnsureContactResponse:
        def act() -> contacts_pb2.EnsureContactResponse:
            for one in self.world.people.values():
                if one.email.lower() == request.email.lower():
                    return contacts_pb2.EnsureContactResponse(contact_id=one.id)
            made = self.world.add(
                0,
                consent=False,
                email=request.email,
                given_name=request.given_name,
                family_name=request.family_name,
                language=request.language,
            )
            return contacts_pb2.EnsureContactResponse(contact_id=made, created=True)

        answer = self.world.once("EnsureContact", request, act)
        await self.world.count("EnsureContact", context)
        return answer  # type: ignore[no-any-return]


class Logins(logins_pb2_grpc.LoginsServicer):
    """Invitations, as far as their mails go."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def PrepareInvitation(self, request: Any, context: Any) -> logins_pb2.Invitation:
        await self.world.count("PrepareInvitation", context)
        if request.invitation_id in self.world.ended_invitations:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it has ended")
        self.world.links[request.invitation_id] = request.token_sha256
        return logins_pb2.Invitation(id=request.invitation_id)

    async def FailInvitation(self, request: Any, context: Any) -> logins_pb2.Invitation:
        self.world.failed_invitations[request.invitation_id] = request.reason
        await self.world.count("FailInvitation", context)
        return logins_pb2.Invitation(id=request.invitation_id)


class Permits(privacy_pb2_grpc.PermitsServicer):
    """Decisions from the world's consents at the moment of the call."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def Authorize(self, request: Any, context: Any) -> privacy_pb2.AuthorizeResponse:
        await self.world.count("Authorize", context)
        self.world.renewals += request.renewal
        decisions = self.world.once("Authorize", request, lambda: self._decide(request))
        self.world.permits.update({one.id: one for one in decisions})
        return privacy_pb2.AuthorizeResponse(decisions=decisions)

    async def Preview(self, request: Any, context: Any) -> privacy_pb2.AuthorizeResponse:
        return privacy_pb2.AuthorizeResponse(decisions=self._decide(request))

    def _decide(self, request: Any) -> list[privacy_pb2.Decision]:
        assert request.basis != holder_pb2.BASIS_LEGAL_OBLIGATION or request.topic == "data-subject-request"
        contract, duty = (
            request.basis == basis for basis in (holder_pb2.BASIS_CONTRACT, holder_pb2.BASIS_LEGAL_OBLIGATION)
        )
        interest = request.basis == holder_pb2.BASIS_LEGITIMATE_INTEREST
        # Without the notice in the mail there is no such permit.
        similar = request.category if interest and request.carries_notice else ""
        return [
            self.world.decide(one, request.topic, contract=contract, duty=duty, similar=similar)
            for one in request.candidates
        ]


class IdentityChecks(identity_pb2_grpc.IdentityChecksServicer):
    """Checks, as far as their mails go."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def PrepareIdentityCode(
        self, request: Any, context: Any
    ) -> identity_pb2.PrepareIdentityCodeResponse:
        await self.world.count("PrepareIdentityCode", context)
        if request.check_id in self.world.ended_checks:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it has ended")
        self.world.codes[request.check_id] = request.code_sha256
        return identity_pb2.PrepareIdentityCodeResponse()


class Askings(askings_pb2_grpc.AskingsServicer):
    """Askings, as far as their mails go."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def GetAskingMail(self, request: Any, context: Any) -> askings_pb2.AskingMail:
        if request.asking_id not in self.world.askings:
            await context.abort(grpc.StatusCode.NOT_FOUND, "it has ended")
        return self.world.askings[request.asking_id]

    async def PrepareAskingMail(self, request: Any, context: Any) -> askings_pb2.PrepareAskingMailResponse:
        self.world.codes[request.asking_id] = request.code_sha256
        await self.world.count("PrepareAskingMail", context)
        return askings_pb2.PrepareAskingMailResponse()


class Farewells(farewells_pb2_grpc.FarewellsServicer):
    """Whom last mails go to."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def GetFarewell(self, request: Any, context: Any) -> farewells_pb2.Farewell:
        await self.world.count("GetFarewell", context)
        if request.farewell_id not in self.world.farewells:
            await context.abort(grpc.StatusCode.NOT_FOUND, "over")
        return self.world.farewells[request.farewell_id]


class Suppressions(privacy_pb2_grpc.SuppressionsServicer):
    """The list of addresses."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def CheckSuppressions(self, request: Any, context: Any) -> privacy_pb2.CheckSuppressionsResponse:
        flags = [one.value.lower() in self.world.suppressed for one in request.addresses]
        return privacy_pb2.CheckSuppressionsResponse(suppressed=flags)


class ExistingCustomers(customers_pb2_grpc.ExistingCustomersServicer):
    """Objections."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def ObjectToAdvertising(self, request: Any, context: Any) -> customers_pb2.CustomerStanding:
        await self.world.count("ObjectToAdvertising", context)
        self.world.objections.add(request.contact_id)
        return customers_pb2.CustomerStanding(object_method=request.method)


class Consents(privacy_pb2_grpc.ConsentsServicer):
    """Texts and records."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def ListConsentTexts(self, request: Any, context: Any) -> privacy_pb2.ListConsentTextsResponse:
        texts = [
            privacy_pb2.ConsentText(id=text_id, topic=topic, language=language)
            for (topic, language), text_id in TEXTS.items()
            if language == request.language
        ]
        return privacy_pb2.ListConsentTextsResponse(texts=texts)

    async def ListConsents(self, request: Any, context: Any) -> privacy_pb2.ListConsentsResponse:
        mine = [one for (contact, _), one in self.world.consents.items() if contact == request.contact_id]
        return privacy_pb2.ListConsentsResponse(consents=mine)

    async def GiveConsent(self, request: Any, context: Any) -> privacy_pb2.Consent:
        def act() -> privacy_pb2.Consent:
            self.world.gifts.append(request)
            return self.world.set_consent(request.contact_id, request.topic, privacy_pb2.CONSENT_STATE_GIVEN)

        answer = self.world.once("GiveConsent", request, act)
        await self.world.count("GiveConsent", context)
        return answer  # type: ignore[no-any-return]

    async def WithdrawConsent(self, request: Any, context: Any) -> privacy_pb2.Consent:
        def act() -> privacy_pb2.Consent:
            self.world.withdrawals.append(request)
            return self.world.set_consent(
                request.contact_id, request.topic, privacy_pb2.CONSENT_STATE_WITHDRAWN
            )

        answer = self.world.once("WithdrawConsent", request, act)
        await self.world.count("WithdrawConsent", context)
        return answer  # type: ignore[no-any-return]


class ConsentLife(consent_life_pb2_grpc.ConsentLifeServicer):
    """What goes on."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def RenewConsent(self, request: Any, context: Any) -> privacy_pb2.Consent:
        standing = (privacy_pb2.CONSENT_STATE_GIVEN, privacy_pb2.CONSENT_STATE_RENEWED)
        known = self.world.consents.get((request.contact_id, request.topic))
        if known is None or known.state not in standing:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it has ended")
        self.world.renewed.append(request)
        return self.world.set_consent(request.contact_id, request.topic, privacy_pb2.CONSENT_STATE_RENEWED)


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[str]:
    """Both services on one port."""
    server = grpc.aio.server()
    contacts_pb2_grpc.add_ContactsServicer_to_server(Contacts(world), server)  # type: ignore[abstract]
    logins_pb2_grpc.add_LoginsServicer_to_server(Logins(world), server)  # type: ignore[abstract]
    privacy_pb2_grpc.add_PermitsServicer_to_server(Permits(world), server)  # type: ignore[abstract]
    identity_pb2_grpc.add_IdentityChecksServicer_to_server(IdentityChecks(world), server)  # type: ignore[abstract]
    askings_pb2_grpc.add_AskingsServicer_to_server(Askings(world), server)  # type: ignore[abstract]
    farewells_pb2_grpc.add_FarewellsServicer_to_server(Farewells(world), server)  # type: ignore[abstract]
    consent_life_pb2_grpc.add_ConsentLifeServicer_to_server(ConsentLife(world), server)  # type: ignore[abstract]
    privacy_pb2_grpc.add_SuppressionsServicer_to_server(Suppressions(world), server)  # type: ignore[abstract]
    privacy_pb2_grpc.add_ConsentsServicer_to_server(Consents(world), server)  # type: ignore[abstract]
    customers_pb2_grpc.add_ExistingCustomersServicer_to_server(
        ExistingCustomers(world),  # type: ignore[abstract]
        server,
    )
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    await server.start()
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        await server.stop(None)
