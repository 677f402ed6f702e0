"""Stage validation: every field at fault is named, before the handler sees the request."""

import uuid
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from kontor.contacts.v1 import contacts_pb2
from kontor.tickets.v1 import tickets_pb2

from kernel.errors import InvalidArgument
from kernel.validation import violations_of
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation

ID = "0198a000-0000-7000-8000-000000000001"


def faults(message: Message) -> set[str]:
    return set(violations_of(message))


async def test_every_field_at_fault_is_named_and_nothing_is_kept(sample: Sample) -> None:
    request = creation(subject="", body="x" * 20_001, contact_id="17")
    with pytest.raises(InvalidArgument) as refused:
        await sample.client("agent").CreateTicket(request)
    assert set(refused.value.violations) == {"subject", "body", "contact_id"}
    assert sample.rpc.calls == 0
    assert await count(sample.database, "idempotency") == 0


async def test_a_violation_never_repeats_the_value(sample: Sample) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await sample.client("agent").CreateTicket(creation(subject="Krüger\n"))
    assert "Krüger" not in repr(refused.value.violations) + refused.value.message


@pytest.mark.parametrize(
    "value",
    [
        "",
        "17",
        ID.upper(),
        ID.replace("-", ""),
        "{" + ID + "}",
        f"urn:uuid:{ID}",
        f" {ID}",
        f"{ID}\n",
        "ü" * 36,
    ],
)
def test_only_the_canonical_form_is_an_id(value: str) -> None:
    assert faults(tickets_pb2.GetTicketRequest(ticket_id=value)) == {"ticket_id"}


def test_an_optional_id_may_be_left_out() -> None:
    assert faults(tickets_pb2.ListTicketsRequest()) == set()
    assert faults(tickets_pb2.ListTicketsRequest(contact_id="x")) == {"contact_id"}


@given(st.uuids())
def test_every_uuid_passes(value: uuid.UUID) -> None:
    assert faults(tickets_pb2.GetTicketRequest(ticket_id=str(value))) == set()


@given(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=200).filter(str.strip)
)
def test_ordinary_text_of_any_script_passes(value: str) -> None:
    assert faults(creation(subject=value)) == set()


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b"])
def test_control_characters_are_refused_everywhere(character: str) -> None:
    assert faults(creation(subject=f"a{character}", body=f"b{character}")) == {"subject", "body"}


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\u2028"])
def test_breaks_are_for_multiline_fields_only(character: str) -> None:
    assert faults(creation(subject=f"a{character}b", body=f"a{character}b")) == {"subject"}


@pytest.mark.parametrize(("length", "valid"), [(200, True), (201, False)])
def test_lengths_count_characters_not_bytes(length: int, valid: bool) -> None:
    assert (faults(creation(subject="ü" * length)) == set()) is valid


@pytest.mark.parametrize(
    ("size", "valid"), [(-1, False), (0, True), (200, True), (201, False), (2**31 - 1, False)]
)
def test_numbers_stay_within_their_bounds(size: int, valid: bool) -> None:
    assert (faults(tickets_pb2.ListTicketsRequest(page_size=size)) == set()) is valid


def test_repeated_fields_are_counted_and_each_item_checked() -> None:
    known: Any = tickets_pb2.TICKET_STATE_NEW
    assert faults(tickets_pb2.ListTicketsRequest(states=[known] * 6)) == {"states"}
    assert faults(tickets_pb2.ListTicketsRequest(states=[known, 99])) == {"states[1]"}  # type: ignore[list-item]
    ids = contacts_pb2.BatchGetContactsRequest(contact_ids=[ID, "x", ID, "y"])
    assert faults(ids) == {"contact_ids[1]", "contact_ids[3]"}
    assert faults(contacts_pb2.BatchGetContactsRequest()) == {"contact_ids"}


def test_unknown_enum_values_are_refused() -> None:
    assert faults(creation(priority=77)) == {"priority"}
