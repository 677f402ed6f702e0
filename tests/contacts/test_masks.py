"""Fields that a role does not see: empty, named, not to be found by, and not to be overwritten."""

import pytest
from kontor.contacts.v1 import contacts_pb2

from kernel.errors import (
    InvalidArgument,
    PermissionDenied,
)
from tests.contacts.conftest import House, request_id, update_request


async def test_marketing_gets_no_note_and_no_phone_and_cannot_wipe_them(house: House) -> None:
    made = await house.create(email="maske@example.org", phone="+493012345", note="nur vormittags")
    marketer = house.contacts("marketer")
    seen = await marketer.GetContact(contacts_pb2.GetContactRequest(contact_id=made.id))
    assert (seen.phone, seen.note, list(seen.masked_fields)) == ("", "", ["phone", "note"])
    with pytest.raises(PermissionDenied) as refused:
        await marketer.UpdateContact(update_request(made.id, note=""))
    assert refused.value.reason == "FIELD_MASKED"
    moved = await marketer.UpdateContact(update_request(made.id, city="Bonn"))
    assert (moved.city, moved.note) == ("Bonn", "")
    kept = await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=made.id))
    assert (kept.phone, kept.note, kept.city) == ("+493012345", "nur vormittags", "Bonn")


async def test_a_repeated_answer_is_masked_like_the_first(house: House) -> None:
    request = contacts_pb2.CreateContactRequest(
        request_id=request_id(), contact=contacts_pb2.Contact(email="zweimal@example.org", note="geheim")
    )
    first = await house.contacts("marketer", sub="wechselt").CreateContact(request)
    again = await house.contacts("marketer", sub="wechselt").CreateContact(request)
    assert first == again
    assert first.note == ""
    # The same person in another role: what is shown follows from the role of today.
    promoted = await house.contacts("agent", sub="wechselt").CreateContact(request)
    assert promoted.note == "geheim"


async def test_nobody_is_found_by_a_number_that_the_finder_does_not_see(house: House) -> None:
    made = await house.create(family_name="Sommer", postal_code="50667", phone="+4922147101350667")
    other = await house.create(family_name="Winter", phone="+4922199887766")
    by_number = contacts_pb2.ListContactsRequest(query="0221 99887766")
    assert [c.id for c in (await house.contacts().ListContacts(by_number)).contacts] == [other.id]
    assert (await house.contacts("marketer").ListContacts(by_number)).total_size == 0
    by_code = contacts_pb2.ListContactsRequest(query="50667")
    assert [c.id for c in (await house.contacts("marketer").ListContacts(by_code)).contacts] == [made.id]
    by_name = contacts_pb2.ListContactsRequest(query="Somer")
    assert [c.id for c in (await house.contacts("marketer").ListContacts(by_name)).contacts] == [made.id]


async def test_the_names_of_masked_fields_are_not_the_callers_to_write(house: House) -> None:
    made = await house.create(masked_fields=["note"])
    assert list(made.masked_fields) == []
    with pytest.raises(InvalidArgument):
        await house.contacts().UpdateContact(update_request(made.id, masked_fields=["note"]))
