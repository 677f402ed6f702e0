"""Suppression: one form for each address, keyed hashes, keys that can be exchanged."""

import unicodedata
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from kernel.addresses import normal_email
from kernel.errors import InvalidArgument, PermissionDenied
from services.privacy.suppression import store
from services.privacy.suppression.model import Address, Hasher
from services.privacy.suppression.normalise import EMAIL, PHONE, SMS, normalise
from services.privacy.suppression.service import SuppressionService
from tests.privacy.conftest import Doors
from tests.privacy.parts import Parts, pepper


@pytest.mark.parametrize(
    ("channel", "written", "expected"),
    [
        (EMAIL, "  Anna.Meier@Example.ORG ", "anna.meier@example.org"),
        (EMAIL, "anna.meier+shop@example.org", "anna.meier+shop@example.org"),
        (EMAIL, "a.n.n.a@example.org", "a.n.n.a@example.org"),
        (EMAIL, "jörg@MÜLLER.example", "jörg@xn--mller-kva.example"),
        (EMAIL, "jo\u0308rg@mu\u0308ller.example", "jörg@xn--mller-kva.example"),
        (EMAIL, "jörg@xn--mller-kva.example", "jörg@xn--mller-kva.example"),
        (EMAIL, "anna@example.org.", "anna@example.org"),
        (EMAIL, "anna@straße.example", "anna@xn--strae-oqa.example"),
        (EMAIL, "not an address", "not an address"),
        (PHONE, "030 123456", "+4930123456"),
        (PHONE, "+49 (30) 12 34 56", "+4930123456"),
        (SMS, "0049 151 23456789", "+4915123456789"),
        (PHONE, "+43 1 53115", "+43153115"),
        (PHONE, "call me", "callme"),
        (4, "  Hauptstraße 1,\n 10115  Berlin ", "hauptstraße 1, 10115 berlin"),
    ],
)
def test_every_way_of_writing_becomes_one(channel: int, written: str, expected: str) -> None:
    assert normalise(channel, written) == expected


@given(st.integers(1, 5), st.text(max_size=60))
def test_normalising_is_total_and_twice_is_once(channel: int, written: str) -> None:
    once = normalise(channel, written)
    if channel == EMAIL and once.isascii():
        assert normalise(channel, once) == once


@given(st.text(st.characters(max_codepoint=127)), st.booleans())
def test_plain_addresses_take_a_short_way_to_the_same_form(written: str, mail: bool) -> None:
    """An entry must be found by every release, whichever way its form was made."""
    address = f"{written}@Example.org" if mail else written
    kept = unicodedata.normalize("NFC", address).strip().rstrip(".")
    assert normalise(EMAIL, address) == (normal_email(kept) or kept).lower()


def test_the_same_address_on_another_channel_has_another_hash() -> None:
    hasher = Hasher({"k": pepper("x")}, current="k")
    assert hasher.address(Address(PHONE, "030 123456")) != hasher.address(Address(SMS, "030 123456"))


def test_a_current_key_that_is_missing_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="k9"):
        Hasher({"k": pepper("x")}, current="k9")


async def test_a_suppressed_address_is_found_however_it_is_written(doors: Doors) -> None:
    suppressions = doors.suppressions(doors.as_service())
    await suppressions.AddSuppression(
        privacy_pb2.AddSuppressionRequest(
            request_id=str(uuid.uuid4()),
            address=privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value="Jörg@Müller.example"),
            reason="objection",
        )
    )
    checked = await suppressions.CheckSuppressions(
        privacy_pb2.CheckSuppressionsRequest(
            addresses=[
                privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value="other@example.org"),
                privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value=" JÖRG@xn--mller-kva.example"),
                privacy_pb2.Address(channel=privacy_pb2.CHANNEL_PORTAL, value="jörg@müller.example"),
            ]
        )
    )
    assert list(checked.suppressed) == [False, True, False]


async def test_entries_made_with_an_old_key_still_protect(parts: Parts) -> None:
    old = SuppressionService(parts.database, Hasher({"k1": pepper("one")}, current="k1"), parts.clock)
    await old.add_suppression(Address(1, "anna@example.org"), reason="bounce")
    assert await parts.suppression.check_suppressions([Address(1, "Anna@example.org")]) == [True]


async def test_the_first_reason_stays(parts: Parts) -> None:
    first = await parts.suppression.add_suppression(Address(1, "anna@example.org"), reason="erasure")
    again = await parts.suppression.add_suppression(Address(1, "anna@example.org"), reason="bounce")
    assert again == replace(first, listed_before=True)


async def test_no_address_is_stored_in_any_form(parts: Parts) -> None:
    await parts.suppression.add_suppression(Address(1, "anna@example.org"), reason="staff")
    every = "SELECT entry::text FROM suppression.suppression_entry AS entry"
    async with parts.database.transaction() as session, store.opened(session):
        row = (await session.execute(text(every))).scalar_one()
    assert "anna" not in row
    assert b"anna@example.org".hex() not in row


async def test_unknown_reason_is_refused(doors: Doors) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await doors.suppressions(doors.as_service()).AddSuppression(
            privacy_pb2.AddSuppressionRequest(
                request_id=str(uuid.uuid4()),
                address=privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value="a@example.org"),
                reason="because",
            )
        )
    assert refused.value.reason == "REASON_UNKNOWN"


async def test_the_list_pages_without_gaps(doors: Doors, parts: Parts) -> None:
    for number in range(5):
        await parts.suppression.add_suppression(Address(1, f"{number}@example.org"), reason="import")
        parts.clock.advance(seconds=number % 2)
    suppressions = doors.suppressions(doors.realm.token("dpo"))
    seen: list[str] = []
    token = ""
    while True:
        page = await suppressions.ListSuppressions(
            privacy_pb2.ListSuppressionsRequest(page_size=2, page_token=token)
        )
        seen += [entry.id for entry in page.entries]
        assert page.total_size == 5
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 5


async def test_only_those_whom_it_concerns_see_the_list(doors: Doors) -> None:
    with pytest.raises(PermissionDenied):
        await doors.suppressions(doors.realm.token("marketer")).ListSuppressions(
            privacy_pb2.ListSuppressionsRequest()
        )
