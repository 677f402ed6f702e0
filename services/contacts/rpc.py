"""The service `kontor.contacts.v1.Contacts`, put together from the areas that answer it."""

from __future__ import annotations

from kontor.contacts.v1 import contacts_pb2_grpc

from kernel.pages import Pages
from kernel.rpc.authorize import OwnContact
from services.contacts.logins.rpc import OwnLoginRpc
from services.contacts.logins.service import LoginsService
from services.contacts.organisations.rpc import OrganisationsRpc
from services.contacts.organisations.service import OrganisationsService
from services.contacts.people.rpc import PeopleRpc
from services.contacts.people.service import PeopleService
from services.contacts.timeline.rpc import TimelineRpc
from services.contacts.timeline.service import TimelineService


class ContactsRpc(PeopleRpc, OwnLoginRpc, OrganisationsRpc, TimelineRpc, contacts_pb2_grpc.ContactsServicer):
    """Each RPC is answered by its area; this class adds nothing."""

    def __init__(
        self,
        *,
        people: PeopleService,
        logins: LoginsService,
        organisations: OrganisationsService,
        timeline: TimelineService,
        finder: OwnContact,
        pages: Pages,
    ) -> None:
        PeopleRpc.__init__(self, people, pages, finder)
        OwnLoginRpc.__init__(self, logins)
        OrganisationsRpc.__init__(self, organisations, pages)
        TimelineRpc.__init__(self, timeline, pages)
