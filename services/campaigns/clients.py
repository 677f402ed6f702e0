"""The other services that campaigns asks: contacts for people, privacy for what may be done with them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

import grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc, logins_pb2, logins_pb2_grpc
from kontor.privacy.v1 import (
    askings_pb2,
    askings_pb2_grpc,
    consent_life_pb2,
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

from kernel.clock import from_timestamp
from kernel.errors import FailedPrecondition, NotFound
from kernel.ids import new_id
from services.campaigns.askings.model import Asking, Kind
from services.campaigns.audiences.model import Filter
from services.campaigns.consents import Consent, ConsentText, Evidence
from services.campaigns.sender.model import File
from services.campaigns.templates.model import Address, Reader

# What the contract allows in one BatchGetContacts.
BATCH = 1000
_EMAIL = privacy_pb2.CHANNEL_EMAIL
# The reason of a permit that rests on a sale: its mail must carry the notice of the right to object.
EXISTING_CUSTOMER = "existing-customer"
_STANDING = (privacy_pb2.CONSENT_STATE_GIVEN, privacy_pb2.CONSENT_STATE_RENEWED)


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, as far as a mail needs it. Lives in memory only."""

    id: uuid.UUID
    email: str
    language: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class Farewell:
    """The last mail to somebody who was erased. Lives in memory only."""

    address: str
    language: str
    # What a law keeps: what, by which law, until when.
    kept: tuple[tuple[str, str, date], ...] = ()
    files: tuple[File, ...] = ()
    # Who had the data, by name.
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What privacy says about one message."""

    id: uuid.UUID | None
    permitted: bool
    reason: str


class ContactsClient:
    """kontor.contacts.v1.Contacts"""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._contacts = contacts_pb2_grpc.ContactsStub(channel)
        self._logins = logins_pb2_grpc.LoginsStub(channel)

    async def select_ids(
        self, chosen: Filter, *, page_size: int, cursor: str = ""
    ) -> tuple[list[uuid.UUID], str]:
        """A page of ids and the cursor of the next; an empty cursor ends the list."""
        answer = await self._contacts.SelectContactIds(
            contacts_pb2.SelectContactIdsRequest(
                filter=contacts_pb2.ContactFilter(
                    city=chosen.city,
                    country=chosen.country,
                    language=chosen.language,
                    organisation_id=chosen.organisation_id,
                    source=chosen.source,
                    with_email=chosen.with_email,
                ),
                page_size=page_size,
                page_token=cursor,
            )
        )
        return [uuid.UUID(one) for one in answer.contact_ids], answer.next_page_token

    async def people(self, contact_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Person]:
        """Those of the contacts (at most 1,000) that still exist."""
        if not contact_ids:
            return {}
        answer = await self._contacts.BatchGetContacts(
            contacts_pb2.BatchGetContactsRequest(contact_ids=[str(one) for one in contact_ids])
        )
        found = [_person(contact) for contact in answer.contacts]
        return {person.id: person for person in found}

    async def ensure(
        self, *, request_id: uuid.UUID, email: str, given_name: str, family_name: str, language: str
    ) -> uuid.UUID:
        """The contact with this address, made if there is none."""
        answer = await self._contacts.EnsureContact(
            contacts_pb2.EnsureContactRequest(
                request_id=str(request_id),
                email=email,
                given_name=given_name,
                family_name=family_name,
                language=language,
                source="form",
            )
        )
        return uuid.UUID(answer.contact_id)

    async def prepare_invitation(self, invitation_id: uuid.UUID, token_sha256: bytes) -> bool:
        """Tells of the link that is about to be sent; false if the invitation has ended or is gone."""
        try:
            await self._logins.PrepareInvitation(
                logins_pb2.PrepareInvitationRequest(
                    request_id=str(new_id()), invitation_id=str(invitation_id), token_sha256=token_sha256
                )
            )
        except (NotFound, FailedPrecondition):
            return False
        return True

    async def fail_invitation(self, invitation_id: uuid.UUID, reason: str) -> None:
        """Tells that the mail did not go out; nothing to tell of an invitation that is gone."""
        request = logins_pb2.FailInvitationRequest(
            request_id=str(new_id()), invitation_id=str(invitation_id), reason=reason
        )
        try:
            await self._logins.FailInvitation(request)
        except NotFound:
            return


class PrivacyClient:
    """kontor.privacy.v1: Permits, Suppressions and Consents, for the e-mail channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._permits = privacy_pb2_grpc.PermitsStub(channel)
        self._suppressions = privacy_pb2_grpc.SuppressionsStub(channel)
        self._consents = privacy_pb2_grpc.ConsentsStub(channel)
        self._life = consent_life_pb2_grpc.ConsentLifeStub(channel)
        self._customers = customers_pb2_grpc.ExistingCustomersStub(channel)
        self._identity = identity_pb2_grpc.IdentityChecksStub(channel)
        self._askings = askings_pb2_grpc.AskingsStub(channel)
        self._farewells = farewells_pb2_grpc.FarewellsStub(channel)

    async def authorize(
        self,
        topic: str,
        addresses: Mapping[uuid.UUID, str],
        *,
        request_id: uuid.UUID,
        contract: bool = False,
        duty: bool = False,
        category: str = "",
    ) -> dict[uuid.UUID, Decision]:
        """A permit or a reason for each contact, decided now; on consent, the contract, or a legal duty.

        With `category` also on what existing customers have bought: the caller adds the notice to those mails.
        """
        request = _candidates(topic, addresses, category)
        if contract:
            request.basis = holder_pb2.BASIS_CONTRACT
        if duty:
            request.basis = holder_pb2.BASIS_LEGAL_OBLIGATION
        request.request_id = str(request_id)
        return _decisions(await self._permits.Authorize(request)) if addresses else {}

    async def authorize_questions(
        self, topic: str, addresses: Mapping[uuid.UUID, str], *, request_id: uuid.UUID
    ) -> dict[uuid.UUID, Decision]:
        """The same for mails that ask whether a consent is to go on: they rest on it, and are no use of it."""
        request = _candidates(topic, addresses)
        request.renewal = True
        request.request_id = str(request_id)
        return _decisions(await self._permits.Authorize(request)) if addresses else {}

    async def preview(
        self, topic: str, addresses: Mapping[uuid.UUID, str], *, category: str = ""
    ) -> dict[uuid.UUID, Decision]:
        """What `authorize` would say; nothing may be sent on it."""
        request = _candidates(topic, addresses, category)
        return _decisions(await self._permits.Preview(request)) if addresses else {}

    async def refusal(self, topic: str, contact_id: uuid.UUID, address: str) -> str:
        """Why a mail on this topic would not go out now, and for a suppressed address why; empty if it would."""
        answer = await self._permits.Preview(_candidates(topic, {contact_id: address}))
        decision = answer.decisions[0]
        return "" if decision.permitted else decision.suppressed_for or decision.reason

    async def suppressed(self, addresses: Sequence[str]) -> list[bool]:
        """Which of the addresses must not be written to, in the order asked."""
        answer = await self._suppressions.CheckSuppressions(
            privacy_pb2.CheckSuppressionsRequest(
                addresses=[privacy_pb2.Address(channel=_EMAIL, value=one) for one in addresses]
            )
        )
        return list(answer.suppressed)

    async def prepare_identity_code(self, check_id: uuid.UUID, code_sha256: bytes) -> bool:
        """Tells of the code that is about to be sent; false if none is wanted any more."""
        request = identity_pb2.PrepareIdentityCodeRequest(
            request_id=str(new_id()), check_id=str(check_id), code_sha256=code_sha256
        )
        try:
            await self._identity.PrepareIdentityCode(request)
        except FailedPrecondition:
            return False
        return True

    async def asking_mail(self, asking_id: uuid.UUID, kind: Kind) -> Asking | None:
        """What a mail about an asking says, and to whom; None if it is wanted no more."""
        request = askings_pb2.GetAskingMailRequest(
            asking_id=str(asking_id), mail=askings_pb2.AskingMailKind.ValueType(kind)
        )
        try:
            answer = await self._askings.GetAskingMail(request)
        except NotFound:
            return None
        asked_at = answer.ask_time.ToDatetime(UTC)
        return Asking(answer.email, answer.language, answer.kind, asked_at, answer.suppressed)

    async def prepare_asking_mail(self, asking_id: uuid.UUID, kind: Kind, code_sha256: bytes) -> bool:
        """Tells of the mail that is about to be sent; false if it is wanted no more."""
        request = askings_pb2.PrepareAskingMailRequest(
            request_id=str(new_id()),
            asking_id=str(asking_id),
            mail=askings_pb2.AskingMailKind.ValueType(kind),
            code_sha256=code_sha256,
        )
        try:
            await self._askings.PrepareAskingMail(request)
        except NotFound:
            return False
        return True

    async def get_farewell(self, farewell_id: uuid.UUID) -> Farewell | None:
        """Whom a last mail goes to, and what it brings; None if it is over."""
        try:
            found = await self._farewells.GetFarewell(
                farewells_pb2.GetFarewellRequest(farewell_id=str(farewell_id))
            )
        except NotFound:
            return None
        return Farewell(
            address=found.address,
            language=found.language,
            kept=tuple((one.what, one.law, date.fromisoformat(one.keep_until)) for one in found.kept),
            files=tuple(File(one.file_name, one.media_type, one.content) for one in found.enclosures),
            recipients=tuple(found.recipients),
        )

    async def texts(self, language: str) -> list[ConsentText]:
        """The current texts of all topics."""
        answer = await self._consents.ListConsentTexts(privacy_pb2.ListConsentTextsRequest(language=language))
        return [ConsentText(uuid.UUID(text.id), text.topic, text.title) for text in answer.texts]

    async def consents(self, contact_id: uuid.UUID) -> list[Consent]:
        """The newest record per topic."""
        answer = await self._consents.ListConsents(
            privacy_pb2.ListConsentsRequest(contact_id=str(contact_id))
        )
        return [
            Consent(
                topic=one.topic,
                given=one.state in _STANDING,
                withdrawn=one.state == privacy_pb2.CONSENT_STATE_WITHDRAWN,
                since=from_timestamp(one.record_time),
                expired=one.state == privacy_pb2.CONSENT_STATE_EXPIRED,
                last_day=one.last_day,
            )
            for one in answer.consents
            if one.channel == _EMAIL
        ]

    async def give(
        self,
        *,
        request_id: uuid.UUID,
        contact_id: uuid.UUID,
        topic: str,
        text_id: uuid.UUID,
        evidence: Evidence,
    ) -> None:
        """Records a consent with its evidence."""
        await self._consents.GiveConsent(
            privacy_pb2.GiveConsentRequest(
                request_id=str(request_id),
                contact_id=str(contact_id),
                topic=topic,
                channel=_EMAIL,
                text_id=str(text_id),
                evidence=evidence.to_proto(),
            )
        )

    async def renew(
        self,
        *,
        request_id: uuid.UUID,
        contact_id: uuid.UUID,
        topic: str,
        text_id: uuid.UUID,
        evidence: Evidence,
    ) -> None:
        """Records that a consent goes on. Errors: FailedPrecondition if it has ended."""
        await self._life.RenewConsent(
            consent_life_pb2.RenewConsentRequest(
                request_id=str(request_id),
                contact_id=str(contact_id),
                topic=topic,
                channel=_EMAIL,
                text_id=str(text_id),
                evidence=evidence.to_proto(),
            )
        )

    async def withdraw(
        self, *, request_id: uuid.UUID, contact_id: uuid.UUID, topic: str, method: str
    ) -> None:
        """Records a withdrawal."""
        await self._consents.WithdrawConsent(
            privacy_pb2.WithdrawConsentRequest(
                request_id=str(request_id),
                contact_id=str(contact_id),
                topic=topic,
                channel=_EMAIL,
                method=method,
            )
        )

    async def object_to_advertising(self, contact_id: uuid.UUID) -> None:
        """Nothing is sent to the contact any more but on a consent."""
        await self._customers.ObjectToAdvertising(
            customers_pb2.ObjectToAdvertisingRequest(
                request_id=str(new_id()), contact_id=str(contact_id), method="one-click"
            )
        )


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Both services that campaigns asks."""

    contacts: ContactsClient
    privacy: PrivacyClient


def _person(contact: contacts_pb2.Contact) -> Person:
    return Person(
        id=uuid.UUID(contact.id),
        email=contact.email,
        language=contact.language,
        reader=Reader(contact.given_name, contact.family_name, Address(contact.salutation)),
    )


def _candidates(
    topic: str, addresses: Mapping[uuid.UUID, str], category: str = ""
) -> privacy_pb2.AuthorizeRequest:
    basis = holder_pb2.BASIS_LEGITIMATE_INTEREST if category else holder_pb2.BASIS_UNSPECIFIED
    return privacy_pb2.AuthorizeRequest(
        basis=basis,
        category=category,
        carries_notice=bool(category),
        channel=_EMAIL,
        topic=topic,
        candidates=[
            privacy_pb2.Candidate(contact_id=str(contact_id), address=address)
            for contact_id, address in addresses.items()
        ],
    )


def _decisions(answer: privacy_pb2.AuthorizeResponse) -> dict[uuid.UUID, Decision]:
    return {
        uuid.UUID(one.contact_id): Decision(
            id=uuid.UUID(one.id) if one.id else None, permitted=one.permitted, reason=one.reason
        )
        for one in answer.decisions
    }
