"""Contacts through their RPCs: creating, reading, changing, finding."""

import asyncio
import uuid

import pytest
from kontor.contacts.v1 import contacts_pb2
from sqlalchemy import text

from kernel.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from tests.contacts.conftest import House, request_id, update_request


async def facts(house: House) -> list[str]:
    async with house.database.reading() as session:
        return list((await session.execute(text("SELECT subject FROM outbox ORDER BY seq"))).scalars())


async def test_what_is_created_can_be_read_back_normalised(house: House) -> None:
    made = await house.create(
        salutation=contacts_pb2.SALUTATION_MS,
        given_name="  Jo\u0308rg ",
        family_name="Große  Böhm",
        email="Jörg.Böhm@BÜCHER.example",
        phone="030 / 123 456-78",
        country="de",
        city="Köln",
        note="Zeile 1\r\nZeile 2",
        language="de",
    )
    read = await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=made.id))
    assert read == made
    assert uuid.UUID(made.id).version == 7
    assert made.given_name == "J\u00f6rg"
    assert made.family_name == "Große Böhm"
    assert made.email == "Jörg.Böhm@xn--bcher-kva.example"
    assert made.phone == "+493012345678"
    assert made.country == "DE"
    assert made.note == "Zeile 1\nZeile 2"
    assert made.source == "staff"
    assert made.etag
    assert await facts(house) == ["contacts.contact.created"]


async def test_an_unknown_contact_is_not_found(house: House) -> None:
    with pytest.raises(NotFound) as error:
        await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=request_id()))
    assert error.value.reason == "CONTACT_NOT_FOUND"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"family_name": ""}, "family_name"),
        ({"country": "XX"}, "country"),
        ({"phone": "ruf mich an"}, "phone"),
        ({"email": "a@b"}, "contact.email"),
        ({"family_name": "x" * 101}, "contact.family_name"),
        ({"note": "\x00"}, "contact.note"),
        ({"note": "x" * 20_001}, "contact.note"),
        (
            {"relations": [contacts_pb2.Relation(organisation_id=request_id())]},
            "contact.relations[0].organisation_id",
        ),
    ],
)
async def test_what_is_not_valid_is_named(house: House, values: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        await house.create(**values)
    assert list(error.value.violations) == [field]
    assert await facts(house) == []


@pytest.mark.parametrize("second", ["MAX@example.org", "max@EXAMPLE.org"])
async def test_an_address_belongs_to_one_contact(house: House, second: str) -> None:
    await house.create(email="max@example.org")
    with pytest.raises(AlreadyExists) as error:
        await house.create(email=second)
    assert error.value.reason == "ADDRESS_IN_USE"
    # Dots and tags are the receiving server's business: these are other addresses.
    await house.create(email="m.ax@example.org")
    await house.create(email="max+news@example.org")


async def test_of_two_creators_of_one_address_one_wins(house: House) -> None:
    results = await asyncio.gather(
        *(house.create(email="race@example.org") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(r, contacts_pb2.Contact) for r in results) == 1
    assert sum(isinstance(r, AlreadyExists) for r in results) == 7
    assert await facts(house) == ["contacts.contact.created"]


async def test_a_repeated_request_creates_once(house: House) -> None:
    request = contacts_pb2.CreateContactRequest(
        request_id=request_id(), contact=contacts_pb2.Contact(email="einmal@example.org")
    )
    first, second = await asyncio.gather(*(house.contacts().CreateContact(request) for _ in range(2)))
    assert first == second
    request.contact.email = "anders@example.org"
    with pytest.raises(InvalidArgument) as error:
        await house.contacts().CreateContact(request)
    assert error.value.reason == "REQUEST_ID_REUSED"
    assert await facts(house) == ["contacts.contact.created"]


async def test_a_suppressed_address_is_refused_wherever_it_comes_in(house: House) -> None:
    house.neighbour.suppressed.add("gesperrt@example.org")
    made = await house.create(email="frei@example.org")
    with pytest.raises(FailedPrecondition) as error:
        await house.create(email="Gesperrt@example.org")
    assert error.value.reason == "ADDRESS_SUPPRESSED"
    with pytest.raises(FailedPrecondition):
        await house.contacts().UpdateContact(update_request(made.id, email="gesperrt@example.org"))
    with pytest.raises(FailedPrecondition):
        await house.contacts("service").EnsureContact(
            contacts_pb2.EnsureContactRequest(
                request_id=request_id(), email="gesperrt@example.org", source="form"
            )
        )


async def test_whose_address_was_suppressed_later_can_still_move_house(house: House) -> None:
    made = await house.create(email="prallt@example.org")
    house.neighbour.suppressed.add("prallt@example.org")
    moved = await house.contacts().UpdateContact(
        update_request(made.id, email="prallt@example.org", city="Bonn")
    )
    assert moved.city == "Bonn"


async def test_only_the_named_fields_change_and_the_fact_names_them(house: House) -> None:
    made = await house.create(given_name="Eva", city="Ulm", email="eva@example.org")
    request = update_request(made.id, etag=made.etag, city="Bonn")
    request.contact.given_name = "nicht gemeint"
    changed = await house.contacts().UpdateContact(request)
    assert (changed.given_name, changed.city) == ("Eva", "Bonn")
    assert changed.etag != made.etag
    with pytest.raises(Aborted) as error:
        await house.contacts().UpdateContact(update_request(made.id, etag=made.etag, city="Essen"))
    assert error.value.reason == "STALE_ETAG"
    same = await house.contacts().UpdateContact(update_request(made.id, etag=changed.etag, city="Bonn"))
    assert same.etag == changed.etag
    assert await facts(house) == ["contacts.contact.created", "contacts.contact.updated"]


async def test_of_two_changes_with_one_etag_one_wins(house: House) -> None:
    made = await house.create()
    results = await asyncio.gather(
        *(
            house.contacts().UpdateContact(update_request(made.id, etag=made.etag, city=f"Ort {n}"))
            for n in range(5)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(r, contacts_pb2.Contact) for r in results) == 1
    assert sum(isinstance(r, Aborted) for r in results) == 4


@pytest.mark.parametrize("path", ["id", "source", "create_time", "nothing", "relations.role", "*"])
async def test_what_cannot_be_changed_is_refused(house: House, path: str) -> None:
    made = await house.create()
    request = update_request(made.id)
    request.update_mask.paths.append(path)
    with pytest.raises(InvalidArgument) as error:
        await house.contacts().UpdateContact(request)
    assert error.value.reason == "MASK_INVALID"


async def test_an_update_to_an_address_in_use_is_refused(house: House) -> None:
    await house.create(email="a@example.org")
    made = await house.create(email="b@example.org")
    with pytest.raises(AlreadyExists):
        await house.contacts().UpdateContact(update_request(made.id, email="A@example.org"))
    kept = await house.contacts().GetContact(contacts_pb2.GetContactRequest(contact_id=made.id))
    assert kept.email == "b@example.org"


async def test_relations_come_with_the_contact_and_are_found_by_name(house: House) -> None:
    organisation = await house.contacts().CreateOrganisation(
        contacts_pb2.CreateOrganisationRequest(
            request_id=request_id(), organisation=contacts_pb2.Organisation(name="Bäckerei Höß GmbH")
        )
    )
    role = contacts_pb2.Relation(organisation_id=organisation.id, role="Einkauf")
    made = await house.create(relations=[role])
    assert [(r.organisation_name, r.role) for r in made.relations] == [("Bäckerei Höß GmbH", "Einkauf")]
    found = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(query="baeckerei"))
    assert [c.id for c in found.contacts] == [made.id]
    counted = await house.contacts().GetOrganisation(
        contacts_pb2.GetOrganisationRequest(organisation_id=organisation.id)
    )
    assert counted.contact_count == 1
    bare = await house.contacts().UpdateContact(update_request(made.id, relations=[]))
    assert not bare.relations
    gone = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(query="baeckerei"))
    assert not gone.contacts


async def test_ensure_finds_or_creates_and_survives_a_race(house: House) -> None:
    def request() -> contacts_pb2.EnsureContactRequest:
        return contacts_pb2.EnsureContactRequest(
            request_id=request_id(), email="neu@example.org", given_name="Nea", source="form"
        )

    service = house.contacts("service")
    answers = await asyncio.gather(*(service.EnsureContact(request()) for _ in range(8)))
    assert len({a.contact_id for a in answers}) == 1
    assert sum(a.created for a in answers) == 1
    assert await facts(house) == ["contacts.contact.created"]


async def test_batches_keep_their_order_and_name_what_is_missing(house: House) -> None:
    made = [await house.create(family_name=f"Nr {n}") for n in range(3)]
    asked = [made[2].id, request_id(), made[0].id]
    answer = await house.contacts().BatchGetContacts(contacts_pb2.BatchGetContactsRequest(contact_ids=asked))
    assert [c.id for c in answer.contacts] == [made[2].id, made[0].id]
    assert list(answer.missing_ids) == [asked[1]]


@pytest.mark.parametrize(
    "query",
    [
        "Müller",
        "mueller",
        "MULLER",
        "hans müller",
        "müllr hans",
        "köln",
        "hans@firma",
        "0221 987654",
        "+49221",
    ],
)
async def test_search_forgives(house: House, query: str) -> None:
    made = await house.create(
        given_name="Hans", family_name="Müller", email="hans@firma.example", city="Köln", phone="0221 987654"
    )
    await house.create(given_name="Petra", family_name="Schmidt", email="petra@example.org")
    found = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(query=query))
    assert [c.id for c in found.contacts] == [made.id]
    assert found.total_size == 1


@pytest.mark.parametrize("query", ["%", "_", "\\", "100%"])
async def test_wildcards_are_letters(house: House, query: str) -> None:
    await house.create(family_name="Schmidt")
    found = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(query=query))
    assert not found.contacts


async def test_filters_restrict(house: House) -> None:
    await house.create(family_name="A", city="Bonn", country="DE", language="de", email="a@example.org")
    await house.create(family_name="B", city="Wien", country="AT", language="de")

    async def names(**chosen: object) -> list[str]:
        answer = await house.contacts().ListContacts(
            contacts_pb2.ListContactsRequest(filter=contacts_pb2.ContactFilter(**chosen))  # type: ignore[arg-type]
        )
        return [c.family_name for c in answer.contacts]

    assert await names(city="bonn") == ["A"]
    assert await names(country="AT") == ["B"]
    assert await names(language="de") == ["A", "B"]
    assert await names(with_email=True) == ["A"]
    assert await names(source="staff") == ["A", "B"]
    assert await names(source="form") == []


@pytest.mark.parametrize("order", [contacts_pb2.CONTACT_ORDER_NAME, contacts_pb2.CONTACT_ORDER_NEWEST])
async def test_pages_show_everybody_once(house: House, order: int) -> None:
    made = [(await house.create(family_name=name)).id for name in ("Özil", "Adam", "Zorn", "Adam", "Öl")]
    request = contacts_pb2.ListContactsRequest(page_size=2, order=order)  # type: ignore[arg-type]
    seen: list[contacts_pb2.Contact] = []
    while True:
        answer = await house.contacts().ListContacts(request)
        seen += answer.contacts
        assert answer.total_size == 5
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    if order == contacts_pb2.CONTACT_ORDER_NEWEST:
        assert [c.id for c in seen] == made[::-1]
    else:
        assert [c.family_name for c in seen] == ["Adam", "Adam", "Öl", "Özil", "Zorn"]
    assert {c.id for c in seen} == set(made)


async def test_a_page_token_opens_no_other_list(house: House) -> None:
    for name in ("A", "B"):
        await house.create(family_name=name)
    first = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(page_size=1))
    for other in (
        contacts_pb2.ListContactsRequest(page_token=first.next_page_token, query="A"),
        contacts_pb2.ListContactsRequest(page_token=first.next_page_token[:-2] + "AA"),
        contacts_pb2.ListContactsRequest(page_token="no token"),
    ):
        with pytest.raises(InvalidArgument) as error:
            await house.contacts().ListContacts(other)
        assert error.value.reason == "PAGE_TOKEN_INVALID"


async def test_ids_for_audiences_come_in_pages(house: House) -> None:
    made = [(await house.create(email=f"n{n}@example.org")).id for n in range(5)]
    await house.create(family_name="ohne Adresse")
    request = contacts_pb2.SelectContactIdsRequest(
        page_size=3, filter=contacts_pb2.ContactFilter(with_email=True)
    )
    first = await house.contacts("service").SelectContactIds(request)
    request.page_token = first.next_page_token
    second = await house.contacts("service").SelectContactIds(request)
    assert [*first.contact_ids, *second.contact_ids] == made
    assert not second.next_page_token


async def test_counts_stop_at_a_thousand_and_one(house: House) -> None:
    async with house.database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO contact (id, given_name, family_name, email, phone, street, postal_code, city, country,"
                " language, note, source, responsible_id, responsible_name, name_key, search_text)"
                " SELECT gen_random_uuid(), '', 'x', '', '', '', '', '', '', '', '', '', '', '', 'x', 'x'"
                " FROM generate_series(1, 1500)"
            )
        )
    answer = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(page_size=1))
    assert answer.total_size == 1001


async def test_a_customer_sees_and_changes_only_what_is_their_own(house: House) -> None:
    own = await house.create(email="kunde@example.org", note="Stammkunde")
    other = await house.create(email="andere@example.org")
    customer = house.customer("kunde@example.org")
    with pytest.raises(NotFound):
        await customer.GetOwnContact(contacts_pb2.GetOwnContactRequest())
    linked = await customer.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    assert linked.id == own.id
    assert (await customer.GetOwnContact(contacts_pb2.GetOwnContactRequest())).id == own.id
    assert (await customer.GetContact(contacts_pb2.GetContactRequest(contact_id=own.id))).id == own.id
    with pytest.raises(NotFound):
        await customer.GetContact(contacts_pb2.GetContactRequest(contact_id=other.id))
    with pytest.raises(NotFound):
        await customer.UpdateContact(update_request(other.id, city="Bonn"))
    assert (await customer.UpdateContact(update_request(own.id, city="Bonn"))).city == "Bonn"
    for forbidden in ({"email": "neu@example.org"}, {"note": "x"}, {"responsible_id": "x"}):
        with pytest.raises(PermissionDenied) as error:
            await customer.UpdateContact(update_request(own.id, **forbidden))
        assert error.value.reason == "FIELD_NOT_YOURS"


async def test_logging_in_makes_no_record_of_anybody(house: House) -> None:
    customer = house.customer("niemand@example.org", name="Kim van Dyk")
    with pytest.raises(NotFound):
        await customer.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    assert (await house.contacts().ListContacts(contacts_pb2.ListContactsRequest())).total_size == 0
    assert await facts(house) == []


async def test_a_login_creates_its_contact_once_when_it_says_so_and_never_moves(house: House) -> None:
    customer = house.customer("kim@example.org", sub="login-1", name="Kim van Dyk")
    first, second = await asyncio.gather(
        *(
            customer.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id(), create=True))
            for _ in range(2)
        )
    )
    assert first.id == second.id
    assert (first.given_name, first.family_name, first.source) == ("Kim van", "Dyk", "portal")
    moved = house.customer("kim.neu@example.org", sub="login-1")
    assert (await moved.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))).id == first.id
    again = house.customer("KIM@example.org", sub="login-2")
    assert (await again.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))).id == first.id
    assert (await facts(house)).count("contacts.login.linked") == 2


async def test_an_address_that_nobody_verified_joins_nothing(house: House) -> None:
    await house.create(email="opfer@example.org")
    thief = house.customer("opfer@example.org", email_verified=False)
    with pytest.raises(FailedPrecondition) as error:
        await thief.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    assert error.value.reason == "EMAIL_NOT_VERIFIED"


async def test_a_search_for_nothing_but_zeros_does_not_list_everybody(house: House) -> None:
    await house.create(family_name="Muster", phone="030 123456")
    zeros = await house.create(family_name="Nullen", phone="030 700001")
    for query, found in (("0000", [zeros.id]), ("00000000", []), ("+000000", [])):
        answer = await house.contacts().ListContacts(contacts_pb2.ListContactsRequest(query=query))
        assert [one.id for one in answer.contacts] == found
