"""Whatever comes through a door, the answer says what is wrong with it, and nothing is half done."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1.contacts_pb2 import (
    CONTACT_ORDER_NAME,
    Contact,
    ContactFilter,
    CreateContactRequest,
    GetContactRequest,
    ListContactsRequest,
    ListTimelineRequest,
    UpdateContactRequest,
)
from kontor.contacts.v1.imports_pb2 import CreateImportRequest
from kontor.privacy.v1.privacy_pb2 import REQUEST_STATE_PLANNED, GetConsentEvidenceRequest
from kontor.tickets.v1.tickets_pb2 import ListTicketsRequest, UpdateTicketRequest

from kernel.errors import (
    Aborted,
    AlreadyExists,
    DomainError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from tests.e2e.calls import Caller, new_id
from tests.e2e.forgery import forge
from tests.e2e.world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]

_NOBODY = "018f0000-0000-7000-8000-000000000000"


@pytest.fixture(scope="session")
def contact(world: World) -> Contact:
    """Somebody to try things on."""
    return _create(world, given_name="Hanne", family_name="Prüfstein", email="hanne@pruefstein.example")


def _create(world: World, **fields: Any) -> Contact:
    return world.agent.contacts.CreateContact(
        CreateContactRequest(request_id=new_id(), contact=Contact(**fields))
    )


def _refused(kind: type[DomainError], call: Callable[[], object]) -> DomainError:
    with pytest.raises(kind) as caught:
        call()
    return caught.value


def _with_token(world: World, token: str) -> Callable[[], object]:
    caller = Caller(world.env, lambda: token)
    return lambda: caller.contacts.GetContact(GetContactRequest(contact_id=_NOBODY))


class TestTokens:
    """Who calls."""

    @pytest.mark.parametrize("token", ["nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    def test_an_unknown_token_is_refused(self, world: World, token: str) -> None:
        assert _refused(Unauthenticated, _with_token(world, token)).reason == "TOKEN_INVALID"

    def test_an_expired_token_is_refused(self, world: World) -> None:
        now = int(time.time())
        token = forge(world.running, iat=now - 400, exp=now - 100)
        assert _refused(Unauthenticated, _with_token(world, token)).reason == "TOKEN_EXPIRED"

    def test_a_token_for_somebody_else_is_refused(self, world: World) -> None:
        token = forge(world.running, aud=["kontor-privacy"])
        assert _refused(Unauthenticated, _with_token(world, token)).reason == "WRONG_AUDIENCE"

    def test_a_refresh_token_is_no_access_token(self, world: World) -> None:
        token = forge(world.running, typ="Refresh")
        assert _refused(Unauthenticated, _with_token(world, token)).reason == "WRONG_TOKEN_TYPE"

    def test_a_token_from_another_realm_is_refused(self, world: World) -> None:
        token = forge(world.running, iss="http://127.0.0.1:1/realms/kontor")
        assert _refused(Unauthenticated, _with_token(world, token)).reason == "TOKEN_INVALID"

    def test_a_good_token_of_the_same_make_is_taken(self, world: World) -> None:
        _refused(NotFound, _with_token(world, forge(world.running)))


class TestRights:
    """What the caller may do."""

    def test_a_role_that_the_rpc_does_not_name_is_refused(self, world: World) -> None:
        change = UpdateTicketRequest(request_id=new_id(), ticket_id=_NOBODY, take=True)
        _refused(PermissionDenied, lambda: world.marketer.tickets.UpdateTicket(change))

    def test_a_customer_lists_nobody(self, world: World) -> None:
        customer = Caller(world.env, lambda: forge(world.running, role="customer"))
        _refused(PermissionDenied, lambda: customer.contacts.ListContacts(ListContactsRequest()))

    def test_somebody_elses_contact_does_not_exist(self, world: World, contact: Contact) -> None:
        email = f"fremd-{time.time_ns()}@pruefstein.example"
        world.realm.create_account(email, given="Frida", family="Fremd")
        customer = Caller(world.env, world.realm.person(email))
        _refused(NotFound, lambda: customer.contacts.GetContact(GetContactRequest(contact_id=contact.id)))
        _refused(NotFound, lambda: customer.contacts.ListTimeline(ListTimelineRequest(contact_id=contact.id)))
        evidence = GetConsentEvidenceRequest(contact_id=contact.id, topic="newsletter")
        _refused(NotFound, lambda: customer.consents.GetConsentEvidence(evidence))
        change = UpdateContactRequest(
            request_id=new_id(),
            contact_id=contact.id,
            contact=Contact(city="Köln"),
            update_mask=FieldMask(paths=["city"]),
        )
        _refused(NotFound, lambda: customer.contacts.UpdateContact(change))


class TestValues:
    """What is in the request."""

    @pytest.mark.parametrize(
        "wrong", ["", "7", "not-a-uuid", "018F0000-0000-7000-8000-000000000000", "' OR 1=1 --"]
    )
    def test_a_malformed_id_is_named(self, world: World, wrong: str) -> None:
        error = _refused(
            InvalidArgument, lambda: world.agent.contacts.GetContact(GetContactRequest(contact_id=wrong))
        )
        assert "contact_id" in error.violations

    @pytest.mark.parametrize("wrong", ["Eva\x00", "Eva\x1b[31m", "Eva\r\nBcc: x@y.example", "Eva\u2028"])
    def test_control_characters_are_refused(self, world: World, wrong: str) -> None:
        error = _refused(InvalidArgument, lambda: _create(world, given_name=wrong, family_name="Probe"))
        assert "contact.given_name" in error.violations

    def test_a_note_beyond_the_limit_is_named(self, world: World) -> None:
        error = _refused(InvalidArgument, lambda: _create(world, family_name="Probe", note="ä" * 20_001))
        assert "contact.note" in error.violations

    def test_a_note_of_ten_megabytes_is_refused_before_it_is_read(self, world: World) -> None:
        _refused(ResourceExhausted, lambda: _create(world, family_name="Probe", note="x" * 10_000_000))
        assert world.agent.contacts.ListContacts(ListContactsRequest(query="Probe")).total_size == 0

    def test_an_oversized_message_leaves_the_service_well(self, world: World, contact: Contact) -> None:
        big = CreateImportRequest(
            request_id=new_id(), file_name="gross.csv", content=b"x" * (9 * 1024 * 1024)
        )
        _refused(ResourceExhausted, lambda: world.agent.imports.CreateImport(big))
        assert world.agent.contacts.GetContact(GetContactRequest(contact_id=contact.id)).id == contact.id

    @pytest.mark.parametrize("size", [-1, 201, 2**31 - 1])
    def test_a_page_size_out_of_range_is_named(self, world: World, size: int) -> None:
        error = _refused(
            InvalidArgument, lambda: world.agent.contacts.ListContacts(ListContactsRequest(page_size=size))
        )
        assert "page_size" in error.violations
        error = _refused(
            InvalidArgument, lambda: world.agent.tickets.ListTickets(ListTicketsRequest(page_size=size))
        )
        assert "page_size" in error.violations

    def test_a_page_token_fits_its_list_only(self, world: World, contact: Contact) -> None:
        _create(
            world,
            given_name="Hans",
            family_name="Prüfstein",
            email=f"hans{time.time_ns()}@pruefstein.example",
        )
        first = ListContactsRequest(page_size=1, query="Prüfstein", order=CONTACT_ORDER_NAME)
        token = world.agent.contacts.ListContacts(first).next_page_token
        assert token
        elsewhere = [
            ListContactsRequest(page_size=1, query="Prüf", order=CONTACT_ORDER_NAME, page_token=token),
            ListContactsRequest(
                page_size=1,
                query="Prüfstein",
                order=CONTACT_ORDER_NAME,
                filter=ContactFilter(city="Köln"),
                page_token=token,
            ),
            ListContactsRequest(page_size=1, page_token=token[:-2] + ("AA" if token[-2:] != "AA" else "BB")),
        ]
        for question in elsewhere:
            error = _refused(InvalidArgument, partial(world.agent.contacts.ListContacts, question))
            assert error.reason == "PAGE_TOKEN_INVALID"

    def test_an_enum_value_that_nobody_knows_is_refused(self, world: World) -> None:
        question = ListTicketsRequest(states=[REQUEST_STATE_PLANNED, 99])  # type: ignore[list-item]
        error = _refused(InvalidArgument, lambda: world.agent.tickets.ListTickets(question))
        assert any(path.startswith("states") for path in error.violations)


class TestTwice:
    """The same thing again, or another thing under the same name."""

    def test_a_stale_etag_is_refused_and_changes_nothing(self, world: World, contact: Contact) -> None:
        seen = world.agent.contacts.GetContact(GetContactRequest(contact_id=contact.id))
        _update(world, seen, city="Bremen")
        _refused(Aborted, lambda: _update(world, seen, city="Bonn"))
        assert world.agent.contacts.GetContact(GetContactRequest(contact_id=contact.id)).city == "Bremen"

    def test_the_same_request_twice_is_one(self, world: World) -> None:
        command = CreateContactRequest(
            request_id=new_id(), contact=Contact(given_name="Zwie", family_name="Spalt")
        )
        first = world.agent.contacts.CreateContact(command)
        assert world.agent.contacts.CreateContact(command) == first
        assert world.agent.contacts.ListContacts(ListContactsRequest(query="Zwie Spalt")).total_size == 1

    def test_another_request_with_the_same_id_is_refused(self, world: World) -> None:
        command = CreateContactRequest(request_id=new_id(), contact=Contact(family_name="Einmal"))
        world.agent.contacts.CreateContact(command)
        command.contact.family_name = "Zweimal"
        error = _refused(InvalidArgument, lambda: world.agent.contacts.CreateContact(command))
        assert error.reason == "REQUEST_ID_REUSED"
        assert world.agent.contacts.ListContacts(ListContactsRequest(query="Zweimal")).total_size == 0

    def test_an_address_in_use_is_refused(self, world: World, contact: Contact) -> None:
        _refused(AlreadyExists, lambda: _create(world, family_name="Doppel", email=contact.email.upper()))


class TestFiles:
    """What is uploaded."""

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "NOT_CSV"),
            (b"PK\x03\x04rest of a workbook", "NOT_CSV"),
            (b"Name,E-Mail\n\x00\x01\x02", "NOT_CSV"),
            (b"," * 6_000_000, "TOO_MANY_COLUMNS"),
            (b"Name;E-Mail\n" + b";" * 6_000_000, "TOO_MANY_COLUMNS"),
            (b'E-Mail\n"never closed' + b"x" * 200_000, "QUOTE_NOT_CLOSED"),
        ],
        ids=["pdf", "xlsx", "binary", "six-million-columns", "six-million-cells", "open-quote"],
    )
    def test_a_file_that_is_no_csv_is_refused(self, world: World, content: bytes, reason: str) -> None:
        command = CreateImportRequest(request_id=new_id(), file_name="kontakte.csv", content=content)
        error = _refused(InvalidArgument, lambda: world.agent.imports.CreateImport(command))
        assert error.reason == reason
        assert "content" in error.violations

    def test_ten_million_columns_are_too_much_for_any_message(self, world: World) -> None:
        command = CreateImportRequest(request_id=new_id(), file_name="breit.csv", content=b"," * 10_000_000)
        _refused(ResourceExhausted, lambda: world.agent.imports.CreateImport(command))


def test_an_unknown_method_is_unimplemented(world: World) -> None:
    with grpc.insecure_channel(world.env["KONTOR_CONTACTS_TARGET"]) as channel:
        call: Any = channel.unary_unary("/kontor.contacts.v1.Contacts/DropEverything")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def _update(world: World, seen: Contact, **fields: Any) -> Contact:
    return world.agent.contacts.UpdateContact(
        UpdateContactRequest(
            request_id=new_id(),
            contact_id=seen.id,
            contact=Contact(**fields),
            update_mask=FieldMask(paths=list(fields)),
            etag=seen.etag,
        )
    )
