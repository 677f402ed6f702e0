"""Requests through the public door: roles, own data only, pages, file names, wrong input."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import holder_pb2, privacy_pb2, privacy_pb2_grpc
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kernel.pages import Pages
from services.privacy.requests.rpc import RequestsRpc
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine

ACCESS, ERASURE = holder_pb2.REQUEST_KIND_ACCESS, holder_pb2.REQUEST_KIND_ERASURE


class Door:
    """The Requests service behind all eight stages."""

    def __init__(self, machine: Machine, serve: Serve, realm: Realm) -> None:
        self.machine, self._serve, self._realm = machine, serve, realm

    async def open(self) -> "Door":
        servicer = RequestsRpc(self.machine.service, self.machine.handling, Pages("s" * 32))
        self._served = await self._serve(
            (privacy_pb2_grpc.add_RequestsServicer_to_server, servicer),
            database=self.machine.parts.database,
            own_contact=self.machine.logins,
            audience="kontor-privacy",
        )
        return self

    def as_customer(self, contact_id: uuid.UUID) -> "privacy_pb2_grpc.RequestsAsyncStub":
        return self._stub(self._realm.token("customer", sub=f"login-{contact_id}"))

    def as_staff(self, *roles: str) -> "privacy_pb2_grpc.RequestsAsyncStub":
        return self._stub(self._realm.token(*roles))

    async def read_of(self, method: str) -> list[uuid.UUID]:
        """Whose data the log says was read by this method."""
        await self._served.audit.flush()
        async with self.machine.parts.database.reading() as session:
            statement = text("SELECT unnest(subject_ids) FROM audit_entry WHERE method LIKE '%/' || :method")
            return list((await session.execute(statement, {"method": method})).scalars())

    def _stub(self, token: str) -> "privacy_pb2_grpc.RequestsAsyncStub":
        return privacy_pb2_grpc.RequestsStub(self._served.channel(token))


@pytest.fixture
async def door(machine: Machine, serve: Serve, realm: Realm) -> Door:
    return await Door(machine, serve, realm).open()


def create(contact: uuid.UUID, kind: int = ACCESS, **changes: Any) -> privacy_pb2.CreateRequestRequest:
    values: dict[str, Any] = {
        "request_id": str(uuid.uuid4()),
        "contact_id": str(contact),
        "language": "de",
        **changes,
    }
    return privacy_pb2.CreateRequestRequest(kind=holder_pb2.RequestKind.ValueType(kind), **values)


async def test_a_customer_asks_reads_confirms_and_fetches(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    requests = door.as_customer(anna)
    created = await requests.CreateRequest(create(anna, ERASURE))
    assert created.state == privacy_pb2.REQUEST_STATE_ACCEPTED
    assert created.due_date == "2026-04-02"
    assert door.machine.woken == [True]
    await door.machine.jobs().work()
    planned = await requests.GetRequest(privacy_pb2.GetRequestRequest(id=created.id))
    assert planned.state == privacy_pb2.REQUEST_STATE_PLANNED
    assert {p.holder: p.executed for p in planned.plans} == dict.fromkeys(
        ("campaigns", "contacts", "privacy", "tickets"), False
    )
    confirm = privacy_pb2.ConfirmRequestRequest(request_id=str(uuid.uuid4()), id=created.id)
    confirmed = await requests.ConfirmRequest(confirm)
    assert confirmed.state == privacy_pb2.REQUEST_STATE_EXECUTING
    assert list(confirmed.waiting_for) == ["campaigns", "contacts", "privacy", "tickets"]
    assert await requests.ConfirmRequest(confirm) == confirmed
    await door.machine.jobs().work()
    done = await requests.GetRequest(privacy_pb2.GetRequestRequest(id=created.id))
    assert done.state == privacy_pb2.REQUEST_STATE_COMPLETED
    assert all(p.executed for p in done.plans)
    document = await requests.GetDocument(
        privacy_pb2.GetDocumentRequest(id=created.id, format=privacy_pb2.DOCUMENT_FORMAT_PDF)
    )
    assert document.file_name == "loeschbescheinigung-2026-03-02.pdf"
    assert document.media_type == "application/pdf"


async def test_creating_again_after_a_lost_answer_creates_nothing(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    request = create(anna)
    requests = door.as_customer(anna)
    assert await requests.CreateRequest(request) == await requests.CreateRequest(request)
    with pytest.raises(FailedPrecondition) as refused:
        await requests.CreateRequest(create(anna))
    assert refused.value.reason == "REQUEST_OPEN"


async def test_staff_asks_on_behalf_and_the_customer_does_not_see_it(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    created = await door.as_staff("agent").CreateRequest(create(anna))
    assert [(t.actor, t.reason) for t in created.transitions] == [
        ("staff", "on-behalf"),
        ("staff", "identity-staff"),
    ]
    with pytest.raises(NotFound):
        await door.as_customer(anna).GetRequest(privacy_pb2.GetRequestRequest(id=created.id))
    assert await door.as_staff("dpo").GetRequest(privacy_pb2.GetRequestRequest(id=created.id)) == created


async def test_a_login_that_was_taken_away_sees_nothing_of_the_contact(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    requests = door.as_customer(anna)
    copy = await requests.CreateRequest(create(anna))
    erasure = await requests.CreateRequest(create(anna, ERASURE))
    await door.machine.jobs().work()
    fetch = privacy_pb2.GetDocumentRequest(id=copy.id, format=privacy_pb2.DOCUMENT_FORMAT_JSON)
    assert (await requests.GetDocument(fetch)).content
    door.machine.logins.removed.add(anna)
    attempts = (
        requests.GetRequest(privacy_pb2.GetRequestRequest(id=copy.id)),
        requests.GetDocument(fetch),
        requests.ConfirmRequest(
            privacy_pb2.ConfirmRequestRequest(request_id=str(uuid.uuid4()), id=erasure.id)
        ),
        requests.WithdrawRequest(
            privacy_pb2.WithdrawRequestRequest(request_id=str(uuid.uuid4()), id=erasure.id)
        ),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt
    assert not (await requests.ListRequests(privacy_pb2.ListRequestsRequest())).requests


async def test_who_was_erased_still_finds_the_certificate_and_nothing_else(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    requests = door.as_customer(anna)
    copy = await requests.CreateRequest(create(anna))
    await door.machine.jobs().work()
    erasure = await requests.CreateRequest(create(anna, ERASURE))
    await door.machine.jobs().work()
    await requests.ConfirmRequest(
        privacy_pb2.ConfirmRequestRequest(request_id=str(uuid.uuid4()), id=erasure.id)
    )
    door.machine.told["tickets"].down = True
    await door.machine.jobs().work()
    # The contact is gone, another holder is waited for.
    assert [r.id for r in (await requests.ListRequests(privacy_pb2.ListRequestsRequest())).requests] == [
        erasure.id
    ]
    door.machine.told["tickets"].down = False
    await door.machine.jobs().work()
    certificate = privacy_pb2.GetDocumentRequest(id=erasure.id, format=privacy_pb2.DOCUMENT_FORMAT_PDF)
    assert (await requests.GetDocument(certificate)).content
    with pytest.raises(NotFound):
        await requests.GetRequest(privacy_pb2.GetRequestRequest(id=copy.id))
    assert [r.id for r in (await requests.ListRequests(privacy_pb2.ListRequestsRequest())).requests] == [
        erasure.id
    ]


async def test_strangers_and_wrong_roles_are_refused(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    with pytest.raises(NotFound):
        await door.as_customer(uuid.uuid4()).CreateRequest(create(anna))
    with pytest.raises(PermissionDenied):
        await door.as_staff("marketer").CreateRequest(create(anna))
    with pytest.raises(PermissionDenied):
        await door.as_staff("agent").GetDocument(
            privacy_pb2.GetDocumentRequest(id=str(uuid.uuid4()), format=privacy_pb2.DOCUMENT_FORMAT_PDF)
        )
    with pytest.raises(NotFound):
        await door.as_staff("dpo").GetRequest(privacy_pb2.GetRequestRequest(id=str(uuid.uuid4())))


@pytest.mark.parametrize("changes", [{"language": "fr"}, {"contact_id": "x"}, {"request_id": ""}])
async def test_wrong_input_is_named(door: Door, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await door.as_staff("dpo").CreateRequest(create(uuid.uuid4(), ACCESS, **changes))
    assert set(refused.value.violations) == set(changes)


async def test_a_kind_that_does_not_exist_is_refused(door: Door) -> None:
    with pytest.raises(InvalidArgument):
        await door.as_staff("dpo").CreateRequest(create(uuid.uuid4(), 0))
    with pytest.raises(InvalidArgument):
        await door.as_staff("dpo").CreateRequest(create(uuid.uuid4(), 99))


async def test_the_list_pages_newest_first_and_leaves_out_the_closed(door: Door) -> None:
    ids = []
    for _ in range(5):
        door.machine.parts.clock.advance(seconds=timedelta(seconds=1).total_seconds())
        person = await add_person(door.machine.contacts)
        ids.append((await door.as_staff("dpo").CreateRequest(create(person))).id)
    requests = door.as_staff("dpo")
    first = await requests.ListRequests(privacy_pb2.ListRequestsRequest(page_size=3))
    second = await requests.ListRequests(
        privacy_pb2.ListRequestsRequest(page_size=3, page_token=first.next_page_token)
    )
    assert [r.id for r in (*first.requests, *second.requests)] == ids[::-1]
    assert second.next_page_token == ""
    with pytest.raises(InvalidArgument):
        await requests.ListRequests(
            privacy_pb2.ListRequestsRequest(page_size=3, open=True, page_token=first.next_page_token)
        )
    await door.machine.jobs().work()
    assert not (await requests.ListRequests(privacy_pb2.ListRequestsRequest(open=True))).requests


async def test_by_due_date_the_list_begins_with_what_is_due_first_on_every_page(door: Door) -> None:
    staff = door.as_staff("dpo")
    made = []
    # Two of each day: the one that came first is answered first.
    for pause in (0, 60, timedelta(days=3).total_seconds(), 60, timedelta(days=3).total_seconds()):
        door.machine.parts.clock.advance(seconds=pause)
        made.append((await staff.CreateRequest(create(await add_person(door.machine.contacts)))).id)
    by_due = privacy_pb2.ListRequestsRequest(page_size=2, open=True, order=privacy_pb2.REQUEST_ORDER_DUE)
    found: list[str] = []
    while True:
        page = await staff.ListRequests(by_due)
        found += [request.id for request in page.requests]
        if not page.next_page_token:
            break
        by_due.page_token = page.next_page_token
    assert found == made
    # A token leads on in its own order only.
    first = await staff.ListRequests(privacy_pb2.ListRequestsRequest(page_size=2, open=True))
    by_due.page_token = first.next_page_token
    with pytest.raises(InvalidArgument):
        await staff.ListRequests(by_due)


async def test_only_whose_requests_were_shown_is_noted_as_read(door: Door) -> None:
    staff = door.as_staff("dpo")
    people = []
    for _ in range(3):
        door.machine.parts.clock.advance(seconds=1)
        people.append(await add_person(door.machine.contacts))
        await staff.CreateRequest(create(people[-1]))
    await staff.ListRequests(privacy_pb2.ListRequestsRequest(page_size=2))
    assert set(await door.read_of("ListRequests")) == set(people[1:])


async def test_the_list_of_one_contact_holds_nobody_else(door: Door) -> None:
    staff = door.as_staff("dpo")
    person, other = await add_person(door.machine.contacts), await add_person(door.machine.contacts)
    mine = await staff.CreateRequest(create(person))
    await staff.CreateRequest(create(other))
    found = await staff.ListRequests(privacy_pb2.ListRequestsRequest(contact_id=str(person)))
    assert [request.id for request in found.requests] == [mine.id]


async def test_staff_with_the_realms_default_role_reach_no_strangers_request(door: Door) -> None:
    anna = await add_person(door.machine.contacts)
    created = await door.as_customer(anna).CreateRequest(create(anna, ERASURE))
    await door.machine.jobs().work()
    marketer = door.as_staff("customer", "marketer")
    with pytest.raises(NotFound):
        await marketer.GetRequest(privacy_pb2.GetRequestRequest(id=created.id))
    with pytest.raises(NotFound):
        await marketer.ConfirmRequest(
            privacy_pb2.ConfirmRequestRequest(request_id=str(uuid.uuid4()), id=created.id)
        )
