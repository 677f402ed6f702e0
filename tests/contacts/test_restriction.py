"""A restricted contact (Art. 18 GDPR): there, marked, and neither read, found, changed nor imported over."""

from datetime import UTC, datetime
from typing import Any

import pytest
from kontor.contacts.v1 import contacts_pb2, imports_pb2
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from kernel.clock import to_timestamp
from kernel.errors import FailedPrecondition
from kernel.signing import Signer, is_signed, signed_content
from tests.contacts.conftest import SEED, House, request_id, update_request

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
ACCURACY = options_pb2.RESTRICTION_GROUND_ACCURACY


async def restrict(
    house: House, contact_id: str, *grounds: "options_pb2.RestrictionGround.ValueType", number: int = 1
) -> holder_pb2.RestrictReceipt:
    receipt: holder_pb2.RestrictReceipt = await house.holder().Restrict(
        holder_pb2.RestrictRequest(
            request_id=request_id(),
            subject_id=contact_id,
            grounds=grounds,
            since=to_timestamp(SINCE),
            number=number,
        )
    )
    return receipt


def by_id(contact_id: str) -> contacts_pb2.GetContactRequest:
    return contacts_pb2.GetContactRequest(contact_id=contact_id)


async def somebody(house: House, **values: Any) -> contacts_pb2.Contact:
    return await house.create(
        **{
            "given_name": "Jürgen",
            "family_name": "Weiß",
            "email": "j.weiss@example.org",
            "phone": "+4922147101",
            "city": "Görlitz",
            "note": "ruft abends an",
            "salutation": 2,
        }
        | values
    )


async def test_a_restricted_contact_is_there_and_empty_and_says_why(house: House) -> None:
    made = await somebody(house)
    await restrict(house, made.id, ACCURACY)
    for role in ("agent", "marketer", "sales", "dpo", "admin", "integrator", "service"):
        seen = await house.contacts(role).GetContact(by_id(made.id))
        told = (seen.given_name, seen.family_name, seen.email, seen.phone, seen.city, seen.note)
        assert told == ("",) * 6, role
        assert (seen.id, seen.salutation, seen.etag) == (made.id, 0, made.etag)
        assert seen.restriction.since == to_timestamp(SINCE)
        assert list(seen.restriction.grounds) == [ACCURACY]
    listed = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest())
    assert [(c.id, c.email, c.HasField("restriction")) for c in listed.contacts] == [(made.id, "", True)]
    batch = await house.contacts().BatchGetContacts(
        contacts_pb2.BatchGetContactsRequest(contact_ids=[made.id])
    )
    assert [c.email for c in batch.contacts] == [""]


async def test_the_person_goes_on_seeing_and_correcting_the_own_data(house: House) -> None:
    made = await somebody(house)
    own = house.customer("j.weiss@example.org")
    await own.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    await restrict(house, made.id, ACCURACY)
    assert (await own.GetOwnContact(contacts_pb2.GetOwnContactRequest())).family_name == "Weiß"
    moved = await own.UpdateContact(update_request(made.id, city="Zittau"))
    assert (moved.city, moved.HasField("restriction")) == ("Zittau", False)


@pytest.mark.parametrize(
    "wanted",
    [
        {"query": "Weiß"},
        {"query": "Göerlitz"},
        {"query": "j.weiss@example.org"},
        {"query": "0221 47101"},
        {"filter": contacts_pb2.ContactFilter(city="Görlitz")},
        {"filter": contacts_pb2.ContactFilter(with_email=True)},
        {"filter": contacts_pb2.ContactFilter(source="staff")},
    ],
)
async def test_nobody_finds_a_restricted_contact_by_what_is_known(house: House, wanted: Any) -> None:
    made = await somebody(house)
    asked = contacts_pb2.ListContactsRequest(**wanted)
    assert (await house.contacts().ListContacts(asked)).total_size == 1
    await restrict(house, made.id, ACCURACY)
    found = await house.contacts().ListContacts(asked)
    assert (list(found.contacts), found.total_size) == ([], 0)


async def test_no_audience_has_a_restricted_contact(house: House) -> None:
    made, other = await somebody(house), await house.create(email="frei@example.org")
    await restrict(house, made.id, ACCURACY)
    chosen = await house.contacts("marketer").SelectContactIds(contacts_pb2.SelectContactIdsRequest())
    assert list(chosen.contact_ids) == [other.id]


async def test_what_is_restricted_is_not_written_and_the_refusal_says_so(house: House) -> None:
    made = await somebody(house)
    asked = update_request(made.id, city="Bautzen")
    await restrict(house, made.id, ACCURACY)
    with pytest.raises(FailedPrecondition) as refused:
        await house.contacts().UpdateContact(asked)
    assert refused.value.reason == "PROCESSING_RESTRICTED"
    await restrict(house, made.id, number=2)
    seen = await house.contacts().GetContact(by_id(made.id))
    assert (seen.city, seen.etag, seen.HasField("restriction")) == ("Görlitz", made.etag, False)
    # The refusal was not remembered as the answer.
    assert (await house.contacts().UpdateContact(asked)).city == "Bautzen"


async def test_a_remembered_answer_is_emptied_like_a_fresh_one(house: House) -> None:
    request = contacts_pb2.CreateContactRequest(
        request_id=request_id(), contact=contacts_pb2.Contact(family_name="Weiß")
    )
    agent = house.contacts("agent", sub="wiederholt")
    made = await agent.CreateContact(request)
    await restrict(house, made.id, ACCURACY)
    again = await agent.CreateContact(request)
    assert (again.id, again.family_name, again.HasField("restriction")) == (made.id, "", True)


async def test_an_order_is_signed_obeyed_once_and_never_overtaken_by_an_older_one(house: House) -> None:
    made = await somebody(house)
    receipt = await restrict(house, made.id, ACCURACY, ACCURACY, number=3)
    assert (receipt.holder, receipt.number, list(receipt.grounds)) == ("contacts", 3, [ACCURACY])
    assert is_signed(signed_content(receipt), receipt.signature, Signer(SEED).public_key)
    assert (await restrict(house, made.id, number=4)).number == 4
    late = await restrict(house, made.id, ACCURACY, number=3)
    assert (late.number, list(late.grounds)) == (4, [])
    assert not (await house.contacts().GetContact(by_id(made.id))).HasField("restriction")


async def test_rows_about_a_restricted_contact_are_refused_one_by_one(house: House) -> None:
    made = await somebody(house, phone="", note="")
    await restrict(house, made.id, ACCURACY)
    done = await house.upload(
        "Vorname,Nachname,E-Mail,Telefon\n"
        "Jürgen,Weiß,J.Weiss@example.org,+493012345\n"
        "Mia,Neu,mia@example.org,\n"
    )
    assert (done.counts.new, done.counts.update, done.counts.invalid) == (1, 0, 1)
    committed = await house.commit(done.id)
    assert (committed.counts.new, committed.counts.invalid) == (1, 1)
    (row,) = await house.rows(done.id, imports_pb2.ROW_OUTCOME_INVALID)
    assert (row.reason, row.contact_id, dict(row.cells)) == ("restricted", made.id, {})
    assert row.HasField("restriction")
    await restrict(house, made.id, number=2)
    assert (await house.contacts().GetContact(by_id(made.id))).phone == ""


async def test_a_restriction_ordered_during_the_dry_run_holds_at_the_commit(house: House) -> None:
    made = await somebody(house, phone="")
    done = await house.upload("Vorname,Nachname,E-Mail,Telefon\nJürgen,Weiß,j.weiss@example.org,+493012345\n")
    assert done.counts.update == 1
    await restrict(house, made.id, ACCURACY)
    assert (await house.commit(done.id)).counts.invalid == 1
    # Lifted before it is committed, a row that was refused is decided anew.
    again = await house.upload(
        "Vorname,Nachname,E-Mail,Telefon\nJürgen,Weiß,j.weiss@example.org,+493012345\n"
    )
    await restrict(house, made.id, number=2)
    assert (await house.commit(again.id)).counts.update == 1
