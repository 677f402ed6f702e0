"""Typed wrappers over the services that privacy asks: holders and their trails, itself among them, and the mails."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kontor.campaigns.v1 import asking_mails_pb2, asking_mails_pb2_grpc, notices_pb2, notices_pb2_grpc
from kontor.contacts.v1 import (
    contacts_pb2,
    contacts_pb2_grpc,
    finding_pb2,
    finding_pb2_grpc,
    names_pb2,
    names_pb2_grpc,
)
from kontor.privacy.v1 import (
    askings_pb2,
    audit_pb2,
    audit_pb2_grpc,
    bases_pb2,
    bases_pb2_grpc,
    holder_pb2,
    holder_pb2_grpc,
)
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc

from kernel.channel import typed_stream
from kernel.errors import FailedPrecondition, InvalidArgument, Unavailable
from kernel.trail import AuditTrailRpc
from services.privacy.requests.blackening.names import Name
from services.privacy.requests.model import FAREWELLS, Notice

# Contacts first: it knows how the subject can be recognised.
HOLDERS = ("contacts", "campaigns", "tickets", "privacy")
# Reading or erasing everything about somebody takes longer than an ordinary call.
_PATIENCE_S = 60.0
_SUBJECTS = 10_000
# Where a contact comes from that was made because somebody asked what is held under an address.
DATA_SUBJECT_REQUEST = "data-subject-request"


@dataclass(frozen=True, slots=True)
class HolderClient:
    """One service as a holder of personal data. Errors: Unavailable while it is down."""

    name: str
    stub: Any
    # What one subject can fill; an answer without end must not fill this process's memory.
    most_bytes: int = field(default=256 * 1024 * 1024, kw_only=True)

    @classmethod
    def over(cls, name: str, channel: Any) -> HolderClient:
        """The holder at the other end of a channel."""
        return cls(name, holder_pb2_grpc.DataHolderStub(channel))

    async def describe(self) -> holder_pb2.DescribeResponse:
        """Its datasets with their declarations."""
        answer: holder_pb2.DescribeResponse = await self.stub.Describe(
            holder_pb2.DescribeRequest(), timeout=_PATIENCE_S
        )
        return answer

    async def collect(self, request: holder_pb2.CollectRequest) -> AsyncIterator[holder_pb2.Record]:
        """Everything it holds about a subject."""
        taken = 0
        async for record in typed_stream(self.stub.Collect(request, timeout=_PATIENCE_S)):
            taken += record.ByteSize()
            if taken > self.most_bytes:
                raise Unavailable("The holder's answer does not end.", reason="ANSWER_TOO_LARGE")
            yield record

    async def plan(self, request: holder_pb2.PlanRequest) -> holder_pb2.PlanResponse:
        """What it would do."""
        answer: holder_pb2.PlanResponse = await self.stub.Plan(request, timeout=_PATIENCE_S)
        return answer

    async def execute(self, request: holder_pb2.ExecuteRequest) -> holder_pb2.Receipt:
        """Does what was planned, once."""
        answer: holder_pb2.Receipt = await self.stub.Execute(request, timeout=_PATIENCE_S)
        return answer

    async def list_overdue(self, request: holder_pb2.ListOverdueRequest) -> holder_pb2.ListOverdueResponse:
        """What it keeps beyond its deletion classes."""
        answer: holder_pb2.ListOverdueResponse = await self.stub.ListOverdue(request, timeout=_PATIENCE_S)
        return answer

    async def delete_overdue(
        self, request: holder_pb2.DeleteOverdueRequest
    ) -> holder_pb2.DeleteOverdueResponse:
        """One batch less of it."""
        answer: holder_pb2.DeleteOverdueResponse = await self.stub.DeleteOverdue(request, timeout=_PATIENCE_S)
        return answer

    async def restrict(self, request: holder_pb2.RestrictRequest) -> holder_pb2.RestrictReceipt:
        """Restricts somebody there, or lifts that."""
        answer: holder_pb2.RestrictReceipt = await self.stub.Restrict(request, timeout=_PATIENCE_S)
        return answer

    async def probe(self, request: holder_pb2.ProbeRequest) -> holder_pb2.ProbeResponse:
        """Where the subject can still be found."""
        answer: holder_pb2.ProbeResponse = await self.stub.Probe(request, timeout=_PATIENCE_S)
        return answer


class Trail(Protocol):
    """One service's audit trail. Errors: Unavailable, DeadlineExceeded."""

    name: str

    async def entries(self, request: audit_pb2.ListEntriesRequest) -> Sequence[audit_pb2.AuditEntry]:
        """Entries, newest first."""

    async def activities(self, request: audit_pb2.ListActivitiesRequest) -> Sequence[audit_pb2.StaffActivity]:
        """What people did, by day."""

    async def totals(self, request: audit_pb2.ListTotalsRequest) -> Sequence[audit_pb2.AccessTotal]:
        """What people did, by role and purpose."""

    async def looks(self, request: audit_pb2.ListLooksRequest) -> Sequence[audit_pb2.Look]:
        """Who looked at whom."""


class RemoteTrail:
    """The trail of another service."""

    def __init__(self, name: str, channel: Any) -> None:
        self.name = name
        self._stub = audit_pb2_grpc.AuditTrailStub(channel)

    async def entries(self, request: audit_pb2.ListEntriesRequest) -> Sequence[audit_pb2.AuditEntry]:
        answer: audit_pb2.ListEntriesResponse = await self._stub.ListEntries(request)
        return answer.entries

    async def activities(self, request: audit_pb2.ListActivitiesRequest) -> Sequence[audit_pb2.StaffActivity]:
        answer: audit_pb2.ListActivitiesResponse = await self._stub.ListActivities(
            request, timeout=_PATIENCE_S
        )
        return answer.activities

    async def totals(self, request: audit_pb2.ListTotalsRequest) -> Sequence[audit_pb2.AccessTotal]:
        answer: audit_pb2.ListTotalsResponse = await self._stub.ListTotals(request, timeout=_PATIENCE_S)
        return answer.totals

    async def looks(self, request: audit_pb2.ListLooksRequest) -> Sequence[audit_pb2.Look]:
        answer: audit_pb2.ListLooksResponse = await self._stub.ListLooks(request, timeout=_PATIENCE_S)
        return answer.looks


class OwnTrail:
    """The own trail, asked without a wire: nobody exchanges a token to speak to themselves."""

    def __init__(self, name: str, servicer: AuditTrailRpc) -> None:
        self.name = name
        self._servicer = servicer

    async def entries(self, request: audit_pb2.ListEntriesRequest) -> Sequence[audit_pb2.AuditEntry]:
        return (await self._servicer.ListEntries(request, None)).entries

    async def activities(self, request: audit_pb2.ListActivitiesRequest) -> Sequence[audit_pb2.StaffActivity]:
        return (await self._servicer.ListActivities(request, None)).activities

    async def totals(self, request: audit_pb2.ListTotalsRequest) -> Sequence[audit_pb2.AccessTotal]:
        return (await self._servicer.ListTotals(request, None)).totals

    async def looks(self, request: audit_pb2.ListLooksRequest) -> Sequence[audit_pb2.Look]:
        return (await self._servicer.ListLooks(request, None)).looks


class Cases:
    """Whether somebody has something to do with a contact, as contacts and tickets know it."""

    def __init__(self, contacts: Any, tickets: Any) -> None:
        self._contacts = contacts_pb2_grpc.ContactsStub(contacts)
        self._tickets = tickets_pb2_grpc.TicketsStub(tickets)

    async def has_case(self, login: str, contact_id: uuid.UUID) -> bool:
        """Responsible for the contact, or owner of one of its tickets. Errors: Unavailable."""
        asked = contacts_pb2.BatchGetContactsRequest(contact_ids=[str(contact_id)])
        found = await self._contacts.BatchGetContacts(asked)
        if any(contact.responsible_id == login for contact in found.contacts):
            return True
        owned = tickets_pb2.ListTicketsRequest(contact_id=str(contact_id), owner_id=login, page_size=1)
        return bool((await self._tickets.ListTickets(owned)).tickets)


@dataclass(frozen=True, slots=True)
class NoticesClient:
    """kontor.campaigns.v1.Notices. Errors: Unavailable while it is down."""

    stub: Any

    @classmethod
    def over(cls, channel: Any) -> NoticesClient:
        """The service at the other end of a channel."""
        return cls(notices_pb2_grpc.NoticesStub(channel))

    async def send(self, notice: Notice) -> None:
        """Asks for one mail; asked again it is the same one."""
        await self.stub.SendNotice(
            notices_pb2.SendNoticeRequest(
                request_id=str(notice.id),
                # Of somebody who is erased, campaigns keeps nothing any more.
                contact_id="" if notice.kind in FAREWELLS else str(notice.contact_id),
                kind=notices_pb2.NoticeKind.ValueType(notice.kind),
                due_date=notice.due_date.isoformat(),
            )
        )

    async def has_sent(self, notice_id: uuid.UUID) -> bool | None:
        """Whether a mail went out; None while it still may. Errors: NotFound if nobody asked for it there."""
        found = await self.stub.GetNotice(notices_pb2.GetNoticeRequest(id=str(notice_id)))
        if found.state == notices_pb2.NOTICE_STATE_OPEN:
            return None
        return bool(found.state == notices_pb2.NOTICE_STATE_SENT)


@dataclass(frozen=True, slots=True)
class AskingMailsClient:
    """kontor.campaigns.v1.AskingMails. Errors: Unavailable while it is down."""

    stub: Any

    @classmethod
    def over(cls, channel: Any) -> AskingMailsClient:
        """The service at the other end of a channel."""
        return cls(asking_mails_pb2_grpc.AskingMailsStub(channel))

    async def send(self, mail_id: uuid.UUID, *, asking_id: uuid.UUID, letter: int) -> None:
        """Asks for one mail; asked again it is the same one."""
        await self.stub.SendAskingMail(
            asking_mails_pb2.SendAskingMailRequest(
                request_id=str(mail_id),
                asking_id=str(asking_id),
                kind=askings_pb2.AskingMailKind.ValueType(letter),
            )
        )


class ContactFinder:
    """Who has an address, as contacts knows it. Errors: Unavailable while it is down."""

    def __init__(self, channel: Any) -> None:
        self._finding = finding_pb2_grpc.FindingStub(channel)
        self._contacts = contacts_pb2_grpc.ContactsStub(channel)

    async def find(self, email: str) -> uuid.UUID | None:
        """The contact with this address."""
        answer = await self._finding.GetContactByEmail(finding_pb2.GetContactByEmailRequest(email=email))
        return uuid.UUID(answer.contact_id) if answer.contact_id else None

    async def ensure(self, email: str, *, language: str, request_id: uuid.UUID) -> uuid.UUID | None:
        """The contact with this address, made if there is none; None if the address is suppressed."""
        asked = contacts_pb2.EnsureContactRequest(
            request_id=str(request_id), email=email, language=language, source=DATA_SUBJECT_REQUEST
        )
        try:
            answer = await self._contacts.EnsureContact(asked)
        except (FailedPrecondition, InvalidArgument):
            return None
        return uuid.UUID(answer.contact_id)


@dataclass(frozen=True, slots=True)
class NamesClient:
    """kontor.contacts.v1.Names. Errors: Unavailable while it is down."""

    stub: Any

    @classmethod
    def over(cls, channel: Any) -> NamesClient:
        """The service at the other end of a channel."""
        return cls(names_pb2_grpc.NamesStub(channel))

    async def check_names(
        self, names: Sequence[Name], *, own: uuid.UUID
    ) -> tuple[Collection[int], Collection[int]]:
        """Positions of those that others bear, and of those with whose words a family name begins."""
        asked = names_pb2.CheckNamesRequest(
            contact_id=str(own), names=[names_pb2.Name(family=n.family, given=n.given) for n in names]
        )
        found: names_pb2.CheckNamesResponse = await self.stub.CheckNames(asked, timeout=_PATIENCE_S)
        return found.others, found.beginnings


@dataclass(frozen=True, slots=True)
class BasisSource:
    """Whom one service holds, and whether on a basis. Errors: Unavailable while it is down."""

    stub: Any

    @classmethod
    def over(cls, channel: Any) -> BasisSource:
        """The service at the other end of a channel."""
        return cls(bases_pb2_grpc.SubjectBasesStub(channel))

    async def subjects(self) -> AsyncIterator[bases_pb2.SubjectBasis]:
        """Everybody, in the order of their ids."""
        asked = bases_pb2.ListSubjectBasesRequest(page_size=_SUBJECTS)
        while True:
            answer: bases_pb2.ListSubjectBasesResponse = await self.stub.ListSubjectBases(
                asked, timeout=_PATIENCE_S
            )
            for subject in answer.subjects:
                yield subject
            if len(answer.subjects) < _SUBJECTS:
                return
            asked.after_id = answer.subjects[-1].contact_id
