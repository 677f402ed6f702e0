"""A running contacts service on a real database, beside a neighbour that answers for the suppression list."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1 import (
    contacts_pb2,
    contacts_pb2_grpc,
    finding_pb2_grpc,
    imports_pb2,
    imports_pb2_grpc,
    logins_pb2_grpc,
    names_pb2_grpc,
)
from kontor.privacy.v1 import holder_pb2_grpc, privacy_pb2, privacy_pb2_grpc

from devstack.ports import LOOPBACK
from kernel.channel import service_channel
from kernel.db import Database
from kernel.pages import Pages
from kernel.signing import Signer
from services.contacts.clients import Suppressions
from services.contacts.erasures.model import Fingerprints
from services.contacts.erasures.service import ErasuresService
from services.contacts.holder import data_holder
from services.contacts.imports.rpc import ImportsRpc
from services.contacts.imports.service import ImportsService
from services.contacts.logins.finder import LocalOwnContact
from services.contacts.logins.rpc import LoginsRpc
from services.contacts.logins.service import LoginsService
from services.contacts.names.rpc import NamesRpc
from services.contacts.names.service import NamesService
from services.contacts.organisations.service import OrganisationsService
from services.contacts.people.rpc import FindingRpc
from services.contacts.people.service import PeopleService
from services.contacts.rpc import ContactsRpc
from services.contacts.tables import metadata
from services.contacts.timeline.service import TimelineService
from tests.fixtures.clock import FakeClock
from tests.fixtures.realm import Realm
from tests.fixtures.serving import FixedToken, OpenDatabase, Serve, Served

SEED = "c2VlZC1vZi10aGlydHktdHdvLWJ5dGVzLWZvci1pdDE="


def request_id() -> str:
    return str(uuid.uuid4())


class Neighbour(privacy_pb2_grpc.SuppressionsServicer):
    """The privacy service's suppression list, as far as contacts asks about it."""

    def __init__(self) -> None:
        self.suppressed: set[str] = set()
        self.asked: list[str] = []
        # Runs inside each answer, for what happens between a check and its use.
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def CheckSuppressions(
        self, request: privacy_pb2.CheckSuppressionsRequest, context: Any
    ) -> privacy_pb2.CheckSuppressionsResponse:
        values = [address.value.lower() for address in request.addresses]
        self.asked += values
        if self.meanwhile is not None:
            await self.meanwhile()
        return privacy_pb2.CheckSuppressionsResponse(suppressed=[v in self.suppressed for v in values])

    async def AddSuppression(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "contacts never adds an entry")

    async def ListSuppressions(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "contacts never reads the list")

    GetSuppressionCounts = ImportSuppressions = ListSuppressions


@dataclass
class House:
    """The running service and who may talk to it."""

    realm: Realm
    served: Served
    database: Database
    neighbour: Neighbour
    clock: FakeClock
    people: PeopleService
    timeline: TimelineService
    imports_service: ImportsService
    erasures: ErasuresService
    _channels: dict[str, grpc.aio.Channel] = field(default_factory=dict)

    def contacts(self, *roles: str, **claims: Any) -> "contacts_pb2_grpc.ContactsAsyncStub":
        """The Contacts service as somebody with these roles sees it."""
        return contacts_pb2_grpc.ContactsStub(self._channel(roles or ("agent",), claims))

    def logins(self, *roles: str, **claims: Any) -> "logins_pb2_grpc.LoginsAsyncStub":
        """The Logins service as somebody with these roles sees it."""
        return logins_pb2_grpc.LoginsStub(self._channel(roles or ("agent",), claims))

    def imports(self, *roles: str) -> "imports_pb2_grpc.ImportsAsyncStub":
        return imports_pb2_grpc.ImportsStub(self._channel(roles or ("agent",), {}))

    def finding(self, role: str) -> "finding_pb2_grpc.FindingAsyncStub":
        return finding_pb2_grpc.FindingStub(self._channel((role,), {}))

    def names(self) -> "names_pb2_grpc.NamesAsyncStub":
        return names_pb2_grpc.NamesStub(self._channel(("service",), {}))

    def holder(self) -> "holder_pb2_grpc.DataHolderAsyncStub":
        return holder_pb2_grpc.DataHolderStub(self._channel(("service",), {}))

    def customer(self, email: str, **claims: Any) -> "contacts_pb2_grpc.ContactsAsyncStub":
        """A customer whose provider has verified this address."""
        return self.contacts("customer", **{"sub": email, "email": email, "email_verified": True, **claims})

    async def create(self, **values: Any) -> contacts_pb2.Contact:
        """A contact made by an agent."""
        contact: contacts_pb2.Contact = await self.contacts().CreateContact(
            contacts_pb2.CreateContactRequest(
                request_id=request_id(), contact=contacts_pb2.Contact(**{"family_name": "Muster"} | values)
            )
        )
        return contact

    async def upload(self, content: bytes | str, **values: Any) -> imports_pb2.Import:
        """A dry run."""
        raw = content.encode() if isinstance(content, str) else content
        made: imports_pb2.Import = await self.imports().CreateImport(
            imports_pb2.CreateImportRequest(
                **{"request_id": request_id(), "file_name": "kontakte.csv", "content": raw} | values
            )
        )
        return made

    async def commit(self, import_id: str) -> imports_pb2.Import:
        done: imports_pb2.Import = await self.imports().CommitImport(
            imports_pb2.CommitImportRequest(request_id=request_id(), import_id=import_id)
        )
        return done

    async def rows(self, import_id: str, *outcomes: int) -> list[imports_pb2.ImportRow]:
        answer = await self.imports().ListImportRows(
            imports_pb2.ListImportRowsRequest(
                import_id=import_id,
                outcomes=outcomes,  # type: ignore[arg-type]
                page_size=1000,
            )
        )
        return list(answer.rows)

    def _channel(self, roles: tuple[str, ...], claims: dict[str, Any]) -> grpc.aio.Channel:
        key = repr((roles, sorted(claims.items())))
        if key not in self._channels:
            self._channels[key] = self.served.channel(self.realm.token(*roles, **claims))
        return self._channels[key]


def update_request(contact_id: str, etag: str = "", **values: Any) -> contacts_pb2.UpdateContactRequest:
    """An update of exactly these fields."""
    return contacts_pb2.UpdateContactRequest(
        request_id=request_id(),
        contact_id=contact_id,
        contact=contacts_pb2.Contact(**values),
        update_mask=FieldMask(paths=list(values)),
        etag=etag,
    )


@pytest.fixture
async def neighbour_target(realm: Realm) -> AsyncIterator[tuple[Neighbour, str]]:
    neighbour = Neighbour()  # type: ignore[abstract]
    server = grpc.aio.server()
    privacy_pb2_grpc.add_SuppressionsServicer_to_server(neighbour, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    await server.start()
    yield neighbour, f"{LOOPBACK}:{port}"
    await server.stop(None)


@pytest.fixture
async def house(
    realm: Realm,
    serve: Serve,
    open_database: OpenDatabase,
    neighbour_target: tuple[Neighbour, str],
    fake_clock: FakeClock,
) -> AsyncIterator[House]:
    """The contacts service with its stages, as `__main__` wires it."""
    neighbour, target = neighbour_target
    database = open_database("contacts", metadata)
    channel = service_channel(target, FixedToken("service"), callee="any")
    suppressions = Suppressions(channel)
    organisations = OrganisationsService(database)
    erasures = ErasuresService(database, Fingerprints("a secret"), fake_clock)
    people = PeopleService(database, suppressions, organisations, erasures)
    timeline = TimelineService(database)
    imports = ImportsService(database, suppressions, organisations, erasures, clock=fake_clock)
    pages = Pages("a secret of at least thirty-two characters")
    own = LocalOwnContact(database, people)
    logins = LoginsService(database, people, suppressions, clock=fake_clock, forget=own.forget)
    served = await serve(
        (
            contacts_pb2_grpc.add_ContactsServicer_to_server,
            ContactsRpc(
                people=people,
                logins=logins,
                organisations=organisations,
                timeline=timeline,
                finder=own,
                pages=pages,
            ),
        ),
        (logins_pb2_grpc.add_LoginsServicer_to_server, LoginsRpc(logins, fake_clock)),
        (finding_pb2_grpc.add_FindingServicer_to_server, FindingRpc(people)),
        (names_pb2_grpc.add_NamesServicer_to_server, NamesRpc(NamesService(database))),
        (imports_pb2_grpc.add_ImportsServicer_to_server, ImportsRpc(imports, pages)),
        (
            holder_pb2_grpc.add_DataHolderServicer_to_server,
            data_holder(
                database,
                metadata,
                signer=Signer(SEED),
                own_contacts=own,
                people=people,
                erasures=erasures,
            ),
        ),
        database=database,
        own_contact=own,
        audience="kontor-contacts",
    )
    yield House(realm, served, database, neighbour, fake_clock, people, timeline, imports, erasures)
    await channel.close()
