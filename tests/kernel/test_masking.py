"""Masks: a field that is hidden from a role comes back empty and named, and is not overwritten unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1 import contacts_pb2

from kernel.errors import DomainError
from kernel.identity import Principal
from kernel.rpc.authorize import authorize_stage
from kernel.rpc.call import Call, Method, enter_call
from kernel.rpc.masking import mask, masked_for_caller
from tests.fixtures.serving import OwnContacts

METHODS = contacts_pb2.DESCRIPTOR.services_by_name["Contacts"].methods_by_name
PERSON = contacts_pb2.Contact(family_name="Böhm", phone="+493012345", note="nur vormittags")


def call_by(*roles: str, rpc: str = "GetContact") -> Call:
    principal = Principal(subject="s", client="c", roles=frozenset(roles), token="t", expires_at=0.0)
    return Call(method=Method.of(METHODS[rpc]), context=None, metadata={}, principal=principal)  # type: ignore[arg-type]


def seen_by(*roles: str) -> contacts_pb2.Contact:
    answer: contacts_pb2.Contact = mask(call_by(*roles), PERSON)
    return answer


@pytest.mark.parametrize(
    "roles", [("agent",), ("customer",), ("service",), ("sales",), ("marketer", "agent")]
)
def test_who_may_see_a_field_gets_the_handlers_own_message(roles: tuple[str, ...]) -> None:
    assert seen_by(*roles) == PERSON


def test_a_masked_field_is_empty_and_named() -> None:
    seen = seen_by("marketer")
    assert (seen.family_name, seen.phone, seen.note) == ("Böhm", "", "")
    assert list(seen.masked_fields) == ["phone", "note"]
    # The handler's message is not touched.
    assert (PERSON.note, list(PERSON.masked_fields)) == ("nur vormittags", [])


def test_nobody_learns_from_a_mask_whether_there_is_a_value() -> None:
    bare = mask(call_by("marketer"), contacts_pb2.Contact(family_name="Böhm"))
    assert bare == seen_by("marketer")


def test_two_roles_see_what_either_sees() -> None:
    assert list(seen_by("marketer", "admin").masked_fields) == ["note"]


def test_a_role_that_does_not_admit_to_the_rpc_opens_nothing() -> None:
    # Being a customer as well admits, but whoever comes as staff acts as staff.
    assert list(seen_by("marketer", "customer").masked_fields) == ["phone", "note"]
    assert list(seen_by("marketer", "bookkeeper").masked_fields) == ["phone", "note"]


def test_masks_reach_into_lists() -> None:
    page = contacts_pb2.ListContactsResponse(contacts=[PERSON, PERSON], total_size=2)
    seen = mask(call_by("marketer", rpc="ListContacts"), page)
    assert [(one.note, list(one.masked_fields)) for one in seen.contacts] == [("", ["phone", "note"])] * 2
    assert seen.total_size == 2


@pytest.mark.parametrize(
    ("paths", "roles", "outcome"),
    [
        (["note"], ("marketer",), "FIELD_MASKED"),
        (["city", "phone"], ("marketer",), "FIELD_MASKED"),
        (["note.text"], ("marketer",), "FIELD_MASKED"),
        (["city"], ("marketer",), "reached"),
        (["note"], ("agent",), "reached"),
        (["note"], ("agent", "marketer"), "reached"),
    ],
)
async def test_what_is_not_seen_is_not_overwritten(
    paths: list[str], roles: tuple[str, ...], outcome: str
) -> None:
    request = contacts_pb2.UpdateContactRequest(update_mask=FieldMask(paths=paths))

    async def reached(_call: Call, _request: Any) -> str:
        return "reached"

    try:
        found = await authorize_stage(OwnContacts())(call_by(*roles, rpc="UpdateContact"), request, reached)
    except DomainError as error:
        found = error.reason
    assert found == outcome


async def test_a_use_case_learns_what_its_caller_does_not_see() -> None:
    assert masked_for_caller(contacts_pb2.Contact) == frozenset()
    enter_call(call_by("marketer", rpc="ListContacts"))
    assert masked_for_caller(contacts_pb2.Contact) == {"phone", "note"}


def test_without_a_caller_nothing_is_open_and_nothing_breaks() -> None:
    public = replace(call_by(), principal=None)
    assert mask(public, PERSON) is PERSON
    assert mask(public, None) is None
