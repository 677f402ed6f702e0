"""The contacts process: configuration, database, use cases, server. It only wires."""

from __future__ import annotations

from dataclasses import dataclass

from kontor.contacts.v1 import (
    contacts_pb2_grpc,
    finding_pb2_grpc,
    imports_pb2_grpc,
    logins_pb2_grpc,
    names_pb2_grpc,
)
from kontor.privacy.v1 import bases_pb2_grpc, holder_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend, run
from services.contacts.bases.rpc import SubjectBasesRpc
from services.contacts.bases.service import BasesService
from services.contacts.clients import Suppressions
from services.contacts.config import Settings
from services.contacts.consumers import consumers
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

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the RPCs call."""

    people: PeopleService
    logins: LoginsService
    organisations: OrganisationsService
    timeline: TimelineService
    imports: ImportsService
    erasures: ErasuresService


async def main() -> None:
    """Serves until it is told to stop."""
    settings = Settings()
    backend = Backend("contacts", settings, metadata=metadata)
    database, clock = backend.database, SystemClock()
    suppressions = Suppressions(backend.channel(settings.privacy_target, to="privacy"))
    timeline = TimelineService(database)
    organisations = OrganisationsService(database)
    erasures = ErasuresService(database, Fingerprints(settings.secret_key.get_secret_value()), clock)
    people = PeopleService(database, suppressions, organisations, erasures)
    own_contacts = LocalOwnContact(database, people)
    logins = LoginsService(database, people, suppressions, clock=clock, forget=own_contacts.forget)
    imports = ImportsService(database, suppressions, organisations, erasures, clock=clock)
    use_cases = UseCases(people, logins, organisations, timeline, imports, erasures)
    add_servicers(backend, use_cases, own_contacts)
    backend.consume(consumers(timeline))
    backend.every("note-unrelated-organisations", _DAY_S, organisations.note_unrelated)
    await backend.run(own_contact=own_contacts)


def add_servicers(backend: Backend, use_cases: UseCases, own_contacts: LocalOwnContact) -> None:
    """Serves the contract."""
    add, pages, v1 = backend.add, backend.pages, "kontor.contacts.v1"
    contacts = ContactsRpc(
        people=use_cases.people,
        logins=use_cases.logins,
        organisations=use_cases.organisations,
        timeline=use_cases.timeline,
        finder=own_contacts,
        pages=pages,
    )
    add(contacts_pb2_grpc.add_ContactsServicer_to_server, contacts, f"{v1}.Contacts")
    add(imports_pb2_grpc.add_ImportsServicer_to_server, ImportsRpc(use_cases.imports, pages), f"{v1}.Imports")
    finding = FindingRpc(use_cases.people)
    add(finding_pb2_grpc.add_FindingServicer_to_server, finding, f"{v1}.Finding")
    logins = LoginsRpc(use_cases.logins, SystemClock())
    add(logins_pb2_grpc.add_LoginsServicer_to_server, logins, f"{v1}.Logins")
    names = NamesRpc(NamesService(backend.database))
    add(names_pb2_grpc.add_NamesServicer_to_server, names, f"{v1}.Names")
    bases = SubjectBasesRpc(BasesService(backend.database))
    add(bases_pb2_grpc.add_SubjectBasesServicer_to_server, bases, "kontor.privacy.v1.SubjectBases")
    holder = data_holder(
        backend.database,
        metadata,
        signer=backend.signer,
        own_contacts=own_contacts,
        people=use_cases.people,
        erasures=use_cases.erasures,
    )
    add(holder_pb2_grpc.add_DataHolderServicer_to_server, holder, "kontor.privacy.v1.DataHolder")


if __name__ == "__main__":
    run(main)
