"""Row scopes of sales: the own team's contacts, those one is responsible for, and everybody's; others stay hidden."""

import pytest
from kontor.contacts.v1 import contacts_pb2, logins_pb2

from kernel.errors import NotFound
from tests.contacts.conftest import House, request_id, update_request

NORTH = {"sub": "nora", "groups": ["/vertrieb/nord"]}


async def four(house: House) -> dict[str, str]:
    """A contact of each kind, by what makes it one."""
    made = {
        "ours": await house.create(family_name="Ahrens", email="a@example.org", team="nord"),
        "theirs": await house.create(family_name="Berg", email="b@example.org", team="süd"),
        "mine": await house.create(
            family_name="Claus", email="c@example.org", team="süd", responsible_id="nora"
        ),
        "everybody's": await house.create(family_name="Dietz", email="d@example.org"),
    }
    return {kind: contact.id for kind, contact in made.items()}


async def test_a_list_holds_what_one_reaches_and_counts_no_more(house: House) -> None:
    ids = await four(house)
    sales = house.contacts("sales", **NORTH)
    seen = await sales.ListContacts(contacts_pb2.ListContactsRequest())
    assert [c.family_name for c in seen.contacts] == ["Ahrens", "Claus", "Dietz"]
    assert seen.total_size == 3
    found = await sales.ListContacts(contacts_pb2.ListContactsRequest(query="b@example.org"))
    assert found.total_size == 0
    batch = await sales.BatchGetContacts(contacts_pb2.BatchGetContactsRequest(contact_ids=list(ids.values())))
    assert list(batch.missing_ids) == [ids["theirs"]]
    for role in ("agent", "manager", "marketer", "service"):
        everybody = await house.contacts(role).BatchGetContacts(
            contacts_pb2.BatchGetContactsRequest(contact_ids=list(ids.values()))
        )
        assert len(everybody.contacts) == 4


async def test_pages_of_a_narrowed_list_miss_and_repeat_nothing(house: House) -> None:
    await four(house)
    sales = house.contacts("sales", **NORTH)
    first = await sales.ListContacts(contacts_pb2.ListContactsRequest(page_size=2))
    second = await sales.ListContacts(
        contacts_pb2.ListContactsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [c.family_name for c in (*first.contacts, *second.contacts)] == ["Ahrens", "Claus", "Dietz"]
    assert not second.next_page_token


async def test_what_is_out_of_reach_is_not_there(house: House) -> None:
    ids = await four(house)
    sales, logins = house.contacts("sales", **NORTH), house.logins("sales", **NORTH)
    theirs = ids["theirs"]
    for call in (
        sales.GetContact(contacts_pb2.GetContactRequest(contact_id=theirs)),
        sales.UpdateContact(update_request(theirs, city="Bonn")),
        sales.ListTimeline(contacts_pb2.ListTimelineRequest(contact_id=theirs)),
        logins.ListLogins(logins_pb2.ListLoginsRequest(contact_id=theirs)),
        logins.InviteLogin(logins_pb2.InviteLoginRequest(request_id=request_id(), contact_id=theirs)),
    ):
        with pytest.raises(NotFound) as hidden:
            await call
        assert hidden.value.reason == "CONTACT_NOT_FOUND"
    for kind in ("ours", "mine", "everybody's"):
        assert (await sales.UpdateContact(update_request(ids[kind], city="Bonn"))).city == "Bonn"


async def test_without_any_team_only_the_own_and_everybodys_are_seen(house: House) -> None:
    await four(house)
    seen = await house.contacts("sales", sub="nora").ListContacts(contacts_pb2.ListContactsRequest())
    assert [c.family_name for c in seen.contacts] == ["Claus", "Dietz"]


async def test_a_second_role_widens_the_view(house: House) -> None:
    await four(house)
    both = house.contacts("sales", "agent", **NORTH)
    assert (await both.ListContacts(contacts_pb2.ListContactsRequest())).total_size == 4
    # Marketing reads contacts of all teams; its masks fall away by the other role.
    seen = await house.contacts("sales", "marketer", **NORTH).ListContacts(contacts_pb2.ListContactsRequest())
    assert seen.total_size == 4
    assert not seen.contacts[0].masked_fields


async def test_who_hands_a_contact_over_sees_it_no_more(house: House) -> None:
    ids = await four(house)
    sales = house.contacts("sales", **NORTH)
    await sales.UpdateContact(update_request(ids["ours"], team="süd"))
    with pytest.raises(NotFound):
        await sales.GetContact(contacts_pb2.GetContactRequest(contact_id=ids["ours"]))
    back = await house.contacts().UpdateContact(update_request(ids["ours"], team=""))
    assert back.team == ""
    assert (await sales.GetContact(contacts_pb2.GetContactRequest(contact_id=ids["ours"]))).id == ids["ours"]


async def test_an_import_leaves_the_team_as_it_is(house: House) -> None:
    ids = await four(house)
    made = await house.upload("Vorname;Nachname;E-Mail\nAnke;Ahrens;a@example.org\n")
    await house.commit(made.id)
    kept = await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=ids["ours"]))
    assert (kept.given_name, kept.team) == ("Anke", "nord")
    free = await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=ids["everybody's"]))
    assert free.team == ""
