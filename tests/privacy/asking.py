"""Asking without a login, as the portal, campaigns and contacts take part in it."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

import grpc
from kontor.campaigns.v1 import asking_mails_pb2, asking_mails_pb2_grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc, finding_pb2, finding_pb2_grpc
from kontor.privacy.v1 import askings_pb2, askings_pb2_grpc, holder_pb2, privacy_pb2
from sqlalchemy import func, select, text

from services.privacy.clients import AskingMailsClient, ContactFinder
from services.privacy.requests.asking.jobs import AskingJobs
from services.privacy.requests.asking.model import ClientHasher
from services.privacy.requests.asking.rpc import AskingsRpc
from services.privacy.requests.asking.service import AskingService
from services.privacy.requests.identity.model import CodeHasher
from services.privacy.requests.model import Kind
from services.privacy.requests.sealing import Seal
from services.privacy.requests.working import Desk
from services.privacy.retention.jobs import RetentionJobs
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import Person, add_person
from tests.privacy.machine import Machine, MortalDatabase, Reaper
from tests.privacy.test_requests_rpc import Door

CODE, NOTHING_HELD, KEPT = askings_pb2.AskingMailKind.values()[1:]
SECRET = "K7QM3XTD9FWP"
ANNA = "anna@example.org"
LEFT = holder_pb2.Finding(dataset="message", column="from_email", rows=1)


@dataclass
class Mails(asking_mails_pb2_grpc.AskingMailsServicer):
    """Campaigns as far as these mails go: keeps what it was asked for, once each."""

    asked: dict[str, asking_mails_pb2.SendAskingMailRequest] = field(default_factory=dict)
    down: bool = False

    async def SendAskingMail(self, request: Any, context: Any) -> asking_mails_pb2.SendAskingMailResponse:
        if self.down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        self.asked.setdefault(request.request_id, request)
        return asking_mails_pb2.SendAskingMailResponse(id=request.request_id)


@dataclass
class Finding(finding_pb2_grpc.FindingServicer):
    """Contacts as far as an address leads to somebody."""

    machine: Machine
    looked: int = 0

    async def GetContactByEmail(self, request: Any, context: Any) -> finding_pb2.GetContactByEmailResponse:
        self.looked += 1
        async with self.machine.contacts.reading() as session:
            same = func.lower(Person.email) == request.email.lower()
            found = await session.scalar(select(Person.id).where(same))
        return finding_pb2.GetContactByEmailResponse(contact_id=str(found or ""))


@dataclass
class Making(contacts_pb2_grpc.ContactsServicer):
    """Contacts as far as it makes one; refuses what is suppressed."""

    machine: Machine
    suppressed: bool = False
    made: list[str] = field(default_factory=list)

    async def EnsureContact(self, request: Any, context: Any) -> contacts_pb2.EnsureContactResponse:
        if self.suppressed:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "suppressed")
        self.made.append(request.email)
        contact_id = await add_person(self.machine.contacts, email=request.email)
        return contacts_pb2.EnsureContactResponse(contact_id=str(contact_id), created=True)


@dataclass
class Public:
    """The public page's way in, and the jobs behind it."""

    machine: Machine
    realm: Realm
    served: Any
    door: Door
    mails: Mails
    finding: Finding
    making: Making
    finder: ContactFinder
    campaigns: AskingMailsClient
    woken: list[bool]

    def stub(self, *roles: str) -> Any:
        return askings_pb2_grpc.AskingsStub(self.served.channel(self.realm.token(*(roles or ("service",)))))

    def jobs(self, reaper: Reaper | None = None) -> AskingJobs:
        """A fresh process."""
        parts = self.machine.parts
        database: Any = MortalDatabase(parts.database, reaper) if reaper else parts.database
        desk = Desk(database, parts.clock, holders=list(self.machine.clients.values()), seal=Seal(["s" * 32]))
        return AskingJobs(desk, requests=self.machine.service, finder=self.finder, campaigns=self.campaigns)

    async def ask(self, email: str = ANNA, kind: int = Kind.ACCESS, **changes: Any) -> None:
        values = {"request_id": str(uuid.uuid4()), "language": "de", "client": "192.0.2.7"} | changes
        await self.stub().Ask(askings_pb2.AskRequest(email=email, kind=kind, **values))  # type: ignore[arg-type]

    async def mailed(self) -> str:
        """The id of the asking whose code went out last, with the code made."""
        await self.jobs().work()
        last = list(self.mails.asked.values())[-1]
        assert last.kind == CODE
        await self.prepare(last.asking_id)
        return last.asking_id

    async def prepare(self, asking_id: str, kind: int = CODE, code: str = SECRET) -> None:
        digest = hashlib.sha256(code.encode()).digest() if kind == CODE else b""
        await self.stub().PrepareAskingMail(
            askings_pb2.PrepareAskingMailRequest(
                request_id=str(uuid.uuid4()),
                asking_id=asking_id,
                mail=askings_pb2.AskingMailKind.ValueType(kind),
                code_sha256=digest,
            )
        )

    async def enter(self, asking_id: str, code: str = SECRET, *, command: str = "") -> bool:
        answer = await self.stub().ConfirmAsking(
            askings_pb2.ConfirmAskingRequest(
                request_id=command or str(uuid.uuid4()), asking_id=asking_id, code=code
            )
        )
        return bool(answer.accepted)

    async def confirmed(self, email: str = ANNA, kind: int = Kind.ACCESS, **changes: Any) -> str:
        """Asked, mailed, entered, and worked on."""
        await self.ask(email, kind, **changes)
        asking_id = await self.mailed()
        assert await self.enter(asking_id)
        await self.jobs().work()
        return asking_id

    async def requests(self) -> list[privacy_pb2.Request]:
        listed = privacy_pb2.ListRequestsRequest(page_size=50)
        return list((await self.door.as_staff("dpo").ListRequests(listed)).requests)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.machine.parts.database.reading() as session:
            return list((await session.execute(text(statement), values)).all())

    async def everything_kept(self) -> str:
        """All that the privacy database holds, as text."""
        names = await self.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        found = [await self.rows(f'SELECT t::text FROM "{row.tablename}" t') for row in names]
        return "\n".join(str(row[0]) for rows in found for row in rows)

    async def delete_overdue(self) -> None:
        """The daily run of the privacy service itself."""

        async def nobody(session: Any) -> frozenset[uuid.UUID]:
            return frozenset()

        parts = self.machine.parts
        await RetentionJobs(
            parts.database,
            parts.clock,
            holders=[self.machine.clients["privacy"]],
            exempt=nobody,
            timezone="Europe/Berlin",
        ).work()


async def open_to_all(machine: Machine, serve: Serve, realm: Realm) -> Public:
    """Everything that takes part, ready."""
    parts, woken = machine.parts, []
    service = AskingService(
        parts.database,
        parts.clock,
        hashers=(CodeHasher(["s" * 32]), ClientHasher(["s" * 32])),
        suppression=parts.suppression,
        wake=lambda: woken.append(True),
    )
    served = await serve(
        (askings_pb2_grpc.add_AskingsServicer_to_server, AskingsRpc(service)),
        database=parts.database,
        audience="kontor-privacy",
    )
    mails, finding, making = Mails(), Finding(machine), Making(machine)  # type: ignore[abstract]
    token = realm.token("service", sub="service-account-kontor-privacy", azp="kontor-privacy")
    beside = await serve(
        (asking_mails_pb2_grpc.add_AskingMailsServicer_to_server, mails),
        database=parts.database,
        audience="kontor-campaigns",
    )
    contacts = await serve(
        (finding_pb2_grpc.add_FindingServicer_to_server, finding),
        (contacts_pb2_grpc.add_ContactsServicer_to_server, making),
        database=machine.contacts,
        audience="kontor-contacts",
    )
    return Public(
        machine,
        realm,
        served,
        await Door(machine, serve, realm).open(),
        mails,
        finding,
        making,
        ContactFinder(contacts.channel(token)),
        AskingMailsClient.over(beside.channel(token)),
        woken,
    )
