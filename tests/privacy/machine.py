"""The machine behind requests with four holders on real servers, and a reaper that kills it at any step."""

import base64
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import holder_pb2_grpc
from sqlalchemy import select

from kernel.bus import Bus
from kernel.db import Database, WriteSession
from kernel.holder.servicer import DataHolderRpc
from kernel.holder.subject import Hooks
from kernel.identity import Principal
from kernel.signing import Signer
from services.privacy.clients import HOLDERS, HolderClient
from services.privacy.holder import holder_rpc
from services.privacy.holds.service import HoldService
from services.privacy.ledger.service import LedgerService
from services.privacy.requests.access import Access
from services.privacy.requests.blackening.naming import NamesOfOthers
from services.privacy.requests.blackening.service import BlackeningService
from services.privacy.requests.certificate import Certifier
from services.privacy.requests.course import Reception
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.erasure import Closing, Erasure
from services.privacy.requests.farewell.service import FarewellService
from services.privacy.requests.handling import RequestHandling
from services.privacy.requests.jobs import RequestJobs
from services.privacy.requests.kinds import Beginning, beginning_kinds
from services.privacy.requests.model import Controller, Kind, Wish
from services.privacy.requests.portability import Portability
from services.privacy.requests.reading import Reading, View
from services.privacy.requests.recipients import Recipient, written
from services.privacy.requests.sealing import Seal
from services.privacy.requests.service import Beside, RequestService
from services.privacy.requests.working import Desk
from services.privacy.restrictions.service import RestrictionService
from tests.fixtures.serving import OwnContacts, Serve
from tests.privacy.holders import Base, Person, Told, ToldNames, make_tables, require_identifiers
from tests.privacy.parts import Parts

DEADLINE = Deadline(state="BE", timezone="Europe/Berlin")
CONTROLLER = Controller(
    name="Müller & Söhne GmbH",
    address="Hauptstraße 1, 10115 Berlin",
    email="kontakt@mueller.example",
    dpo_name="Dr. Petra Schutz",
    dpo_email="datenschutz@mueller.example",
    authority_name="Berliner Beauftragte für Datenschutz und Informationsfreiheit",
    authority_address="Alt-Moabit 59–61, 10555 Berlin",
)


RECIPIENTS = written(
    [
        "Rechenzentrum Spree GmbH, Berlin",
        Recipient(
            name="Mail Relay Inc.",
            address="1 Main Street, Boston",
            country="US",
            safeguard="Standardvertragsklauseln (EU) 2021/914",
            services=("campaigns",),
        ),
        Recipient(
            name="Fernwartung AG", country="CH", safeguard="Angemessenheitsbeschluss", services=("sales",)
        ),
    ]
)


def signer(name: str) -> Signer:
    return Signer(base64.b64encode(hashlib.sha256(name.encode()).digest()).decode())


def customer(contact_id: uuid.UUID) -> Principal:
    return Principal(
        subject=f"login-{contact_id}",
        client="kontor-portal",
        roles=frozenset({"customer"}),
        token="",
        expires_at=0,
    )


@dataclass
class Logins(OwnContacts):
    """`login-<id>` is joined to that contact while it is there, unless somebody has taken the login away."""

    database: Database | None = None
    removed: set[uuid.UUID] = field(default_factory=set)

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        assert self.database is not None
        contact_id = uuid.UUID(principal.subject.removeprefix("login-"))
        async with self.database.reading() as session:
            known = await session.scalar(select(Person.id).where(Person.id == contact_id))
        return None if contact_id in self.removed else known


class Killed(BaseException):
    """The process was killed here."""


@dataclass
class Reaper:
    """Kills at the n-th step; counts them all."""

    at: int = 0
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


class MortalDatabase:
    """A database whose process may die just before or just after any commit."""

    def __init__(self, database: Database, reaper: Reaper) -> None:
        self._database = database
        self._reaper = reaper
        self.reading = database.reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        async with self._database.transaction() as session:
            yield session
            self._reaper.step()
        self._reaper.step()


class MortalHolder(HolderClient):
    """A client whose process may die just before or just after any call to a holder."""

    async def plan(self, request: Any) -> Any:
        return await self._mortal(super().plan, request)

    async def execute(self, request: Any) -> Any:
        return await self._mortal(super().execute, request)

    async def probe(self, request: Any) -> Any:
        return await self._mortal(super().probe, request)

    async def _mortal(self, call: Callable[[Any], Any], request: Any) -> Any:
        reaper: Reaper = REAPERS[id(self.stub)]
        reaper.step()
        answer = await call(request)
        reaper.step()
        return answer


REAPERS: dict[int, Reaper] = {}


@dataclass
class Machine:
    """Everything that carries out requests, rebuilt for each life of the process."""

    parts: Parts
    contacts: Database
    bus: Bus
    clients: dict[str, HolderClient]
    told: dict[str, Told]
    keys: dict[str, str]
    signer: Signer
    service: RequestService
    handling: RequestHandling
    logins: Logins
    holds: HoldService
    restrictions: RestrictionService
    # The privacy service's own, with which it asks the holders.
    token: str
    names: ToldNames = field(default_factory=ToldNames)
    woken: list[bool] = field(default_factory=list)

    def jobs(self, reaper: Reaper | None = None) -> RequestJobs:
        """A fresh process."""
        database: Any = self.parts.database
        clients = list(self.clients.values())
        if reaper is not None:
            database = MortalDatabase(self.parts.database, reaper)
            for client in clients:
                REAPERS[id(client.stub)] = reaper
            clients = [MortalHolder(c.name, c.stub) for c in clients]
        clock = self.parts.clock
        desk = Desk(database, clock, holders=clients, seal=Seal(["s" * 32]))
        erasure = Erasure(
            desk,
            ledger=LedgerService(database, self.bus, self.signer, clock),
            suppression=self.parts.suppression,
            hasher=self.parts.hasher,
            closing=Closing(
                self.keys,
                Certifier(self.signer, CONTROLLER),
                FarewellService(database, clock, seal=Seal(["s" * 32])),
                RECIPIENTS,
            ),
            holds=self.holds.reasons,
        )
        return RequestJobs(
            database,
            clock,
            deadline=DEADLINE,
            access=Access(
                desk,
                suppression=self.parts.suppression,
                controller=CONTROLLER,
                recipients=RECIPIENTS,
                blackening=BlackeningService(desk, NamesOfOthers(self.names)),
                zone=ZoneInfo("Europe/Berlin"),
            ),
            erasure=erasure,
            others={
                Kind.PORTABILITY: Portability(
                    desk, controller=CONTROLLER, blackening=BlackeningService(desk, NamesOfOthers(self.names))
                ),
                **kinds_of(self.parts, desk, self.restrictions),
            },
        )

    async def create(
        self, contact_id: uuid.UUID, kind: Kind, *, language: str = "de", wish: Wish | None = None
    ) -> View:
        return await self.service.create_request(
            contact_id=contact_id,
            kind=kind,
            language=language,
            caller=customer(contact_id),
            wish=wish or Wish(),
        )

    async def create_as_staff(
        self, contact_id: uuid.UUID, kind: Kind, wish: Wish, *, reception: Reception | None = None
    ) -> View:
        return await self.service.create_request(
            contact_id=contact_id,
            kind=kind,
            language="de",
            caller=replace(customer(contact_id), roles=frozenset({"dpo"})),
            wish=wish,
            reception=reception or Reception(channel="letter", vouched_by="known-address"),
        )

    async def confirmed(self, contact_id: uuid.UUID) -> uuid.UUID:
        """An erasure whose plan was shown and confirmed."""
        request_id = (await self.create(contact_id, Kind.ERASURE)).request.id
        await self.jobs().work()
        await self.service.confirm_request(request_id, caller=customer(contact_id))
        return request_id

    async def see(self, request_id: uuid.UUID, contact_id: uuid.UUID) -> View:
        return await self.service.get_request(request_id, caller=customer(contact_id))

    async def document(self, request_id: uuid.UUID, contact_id: uuid.UUID, format: int) -> bytes:
        _, content = await self.service.get_document(request_id, format=format, caller=customer(contact_id))
        return content


def kinds_of(parts: Parts, desk: Desk, restrictions: RestrictionService) -> dict[Kind, Beginning]:
    return beginning_kinds(
        desk,
        consents=parts.consents,
        suppression=parts.suppression,
        customers=parts.customers,
        restrictions=restrictions,
        recipients=RECIPIENTS,
    )


async def build(parts: Parts, contacts: Database, bus: Bus, serve: Serve, token: str) -> Machine:
    """Starts the four holders and joins everything."""
    await make_tables(contacts)
    told = {name: Told(name, signer(name), parts.clock) for name in ("campaigns", "tickets")}
    servicers = {
        "contacts": (
            DataHolderRpc(
                holder="contacts",
                database=contacts,
                metadata=Base.metadata,
                signer=signer("contacts"),
                clock=parts.clock,
                hooks=Hooks(planning=require_identifiers, before=require_identifiers),
            ),
            contacts,
        ),
        "campaigns": (told["campaigns"], parts.database),
        "tickets": (told["tickets"], parts.database),
        "privacy": (holder_rpc(parts.database, signer("privacy"), parts.clock), parts.database),
    }
    clients = {}
    for name in HOLDERS:
        servicer, database = servicers[name]
        served = await serve(
            (holder_pb2_grpc.add_DataHolderServicer_to_server, servicer),
            database=database,
            audience=f"kontor-{name}",
        )
        clients[name] = HolderClient.over(name, served.channel(token))
    woken: list[bool] = []
    logins = Logins(database=contacts)
    holds = HoldService(parts.database, parts.clock, wake=lambda: woken.append(True))
    keys = {name: signer(name).public_key for name in HOLDERS}
    restrictions = RestrictionService(
        parts.database, parts.clock, holders=list(clients.values()), holder_keys=keys
    )
    desk = Desk(parts.database, parts.clock, holders=list(clients.values()), seal=Seal(["s" * 32]))
    reading = Reading(parts.database, parts.clock, DEADLINE, logins, holds.reasons)
    kinds = kinds_of(parts, desk, restrictions)
    service = RequestService(
        parts.database,
        parts.clock,
        deadline=DEADLINE,
        reading=reading,
        beside=Beside(holds.reasons, {kind: each.receive for kind, each in kinds.items()}),
        wake=lambda: woken.append(True),
    )
    handling = RequestHandling(
        reading, parts.clock, deadline=DEADLINE, recipients=RECIPIENTS, wake=lambda: woken.append(True)
    )
    own = signer("privacy")
    return Machine(
        parts,
        contacts,
        bus,
        clients,
        told,
        keys,
        own,
        service,
        handling,
        logins,
        holds,
        restrictions,
        token,
        woken=woken,
    )
