"""Existing customers on the pages: the standing of a contact, recording and ending, notices, and campaigns."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.campaigns.v1 import campaigns_pb2
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import customers_pb2 as v1
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours

CONTACT, SALE, NOTICE = (str(uuid.uuid4()) for _ in range(3))
PATH = f"/contacts/{CONTACT}/customer"
SHOWN = v1.ObjectionNotice(
    id=NOTICE, language="de", version=2, text="Sie können jederzeit …", in_use_since="2025-01-01"
)


def standing(reason: str, **changes: Any) -> v1.SaleStanding:
    values = {
        "id": SALE,
        "contact_id": CONTACT,
        "category": "respirators",
        "reference": "RE-17",
        "sale_date": "2026-05-03",
        "collect_date": "2026-05-02",
        "end_date": "2028-05-03",
    }
    return v1.SaleStanding(sale=v1.Sale(**{**values, **changes}), reason=reason, notice=SHOWN)


@pytest.fixture
def house(neighbours: Neighbours) -> Neighbours:
    contact = Contact(id=CONTACT, given_name="Zoë", family_name="Groß", email="zoe@example.org")
    neighbours.answers["Contacts.GetContact"] = lambda _asked: contact
    neighbours.answers["ExistingCustomers.ListObjectionNotices"] = lambda _asked: (
        v1.ListObjectionNoticesResponse(notices=[SHOWN])
    )
    return neighbours


def stands(house: Neighbours, *sales: v1.SaleStanding, **values: Any) -> None:
    answer = v1.CustomerStanding(sales=sales, **values)
    house.answers["ExistingCustomers.GetCustomerStanding"] = lambda _asked: answer


def submit(client: FlaskClient, path: str, *, page: str = PATH, **data: str) -> Any:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], "request_id": str(uuid.uuid4()), **data})


ENTERED = {"category": "respirators", "reference": "RE-17", "sale_date": "2026-05-03", "notice_id": NOTICE}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("existing-customer", "§ 7 Abs. 3 UWG, seit dem Verkauf vom 3. Mai 2026"),
        ("no-notice", "nicht auf das Widerspruchsrecht hingewiesen"),
        ("suppressed", "Sperrliste"),
        ("restricted", "eingeschränkt"),
    ],
)
def test_the_contacts_page_says_what_may_be_sent_and_why(
    log_in: LogIn, house: Neighbours, reason: str, said: str
) -> None:
    stands(house, standing(reason))
    strip = log_in("agent").get(f"/contacts/{CONTACT}").text.partition('class="g-strip"')[2]
    strip = strip.partition("</section>")[0]
    assert "respirators" in strip
    assert said in strip
    assert ("k-good" in strip) == (reason == "existing-customer")


def test_one_sale_that_permits_is_what_counts_and_ended_ones_are_not_told(
    log_in: LogIn, house: Neighbours
) -> None:
    stands(house, standing("no-notice"), standing("existing-customer"), standing("ended", category="helmets"))
    page = log_in("agent").get(f"/contacts/{CONTACT}").text
    assert page.count("Werbung für Waren wie") == 1
    assert "helmets" not in page


def test_an_objection_is_said_on_both_pages(log_in: LogIn, house: Neighbours) -> None:
    moment = Timestamp(seconds=1_790_000_000)
    stands(house, standing("objected"), object_time=moment, object_method="one-click")
    client = log_in("agent")
    assert "hat widersprochen" in client.get(f"/contacts/{CONTACT}").text
    page = client.get(PATH).text
    assert "Hat der Werbung für Ähnliches" in page
    assert "Widerspruch vermerken" not in page


def test_a_sale_is_recorded_for_the_address_of_the_contact(log_in: LogIn, house: Neighbours) -> None:
    assert submit(log_in("sales"), f"{PATH}/sales", **ENTERED).status_code == 303
    (asked,) = house.of("ExistingCustomers.RecordSale")
    assert (asked.address, asked.reference, asked.notice_id) == ("zoe@example.org", "RE-17", NOTICE)
    assert (asked.sale_date, asked.collect_date) == ("2026-05-03", "")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("category", "Kleinbuchstaben"),
        ("reference", "keinen Namen"),
        ("sale_date", "schon gekommen"),
        ("notice_id", "noch nicht gezeigt"),
    ],
)
def test_what_the_service_refuses_is_said_in_words(
    log_in: LogIn, house: Neighbours, field: str, said: str
) -> None:
    house.answers["ExistingCustomers.RecordSale"] = lambda _asked: InvalidArgument(
        "no", violations={field: "must not"}
    )
    answer = submit(log_in("agent"), f"{PATH}/sales", **ENTERED)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'value="RE-17"' in answer.text


def test_nothing_is_recorded_about_somebody_who_is_erased(log_in: LogIn, house: Neighbours) -> None:
    house.answers["ExistingCustomers.RecordSale"] = lambda _asked: FailedPrecondition("gone", reason="ERASED")
    assert "wird gelöscht" in submit(log_in("agent"), f"{PATH}/sales", **ENTERED).text


def test_a_sale_ends_with_a_reason_and_only_once(log_in: LogIn, house: Neighbours) -> None:
    stands(house, standing("existing-customer"))
    client, path = log_in("agent"), f"{PATH}/sales/{SALE}/end"
    assert submit(client, path, reason="because").status_code == 400
    assert submit(client, path, reason="cancelled").status_code == 303
    (asked,) = house.of("ExistingCustomers.EndSale")
    assert (asked.sale_id, asked.contact_id, asked.reason) == (SALE, CONTACT, "cancelled")
    house.answers["ExistingCustomers.EndSale"] = lambda _asked: NotFound("gone")
    assert submit(client, path, reason="cancelled").status_code == 303
    assert "schon" in client.get(PATH).text


def test_an_objection_is_one_click_for_staff(log_in: LogIn, house: Neighbours) -> None:
    stands(house, standing("existing-customer"))
    assert submit(log_in("agent"), f"{PATH}/objection").status_code == 303
    (asked,) = house.of("ExistingCustomers.ObjectToAdvertising")
    assert (asked.contact_id, asked.method) == (CONTACT, "staff")


def test_who_advertises_sees_the_standing_and_records_nothing(log_in: LogIn, house: Neighbours) -> None:
    stands(house, standing("existing-customer"))
    page = log_in("marketer").get(PATH).text
    assert "respirators" in page
    assert "<form" not in page.partition("<main")[2]


def test_a_new_version_of_the_notice_is_stored_as_it_was_written(log_in: LogIn, house: Neighbours) -> None:
    answer = submit(
        log_in("dpo"), "/notices", page="/notices", language="de", text="Zeile 1\r\nZeile 2", in_use_since="2025-01-01"
    )  # fmt: skip
    assert answer.status_code == 303
    (asked,) = house.of("ExistingCustomers.AddObjectionNotice")
    assert (asked.text, asked.language, asked.in_use_since) == ("Zeile 1\nZeile 2", "de", "2025-01-01")
    assert submit(log_in("dpo"), "/notices", page="/notices", language="de").status_code == 400
    assert log_in("agent").get("/notices").status_code == 403


def test_a_campaign_is_counted_with_the_customers_it_goes_to(log_in: LogIn, house: Neighbours) -> None:
    campaign = campaigns_pb2.Campaign(
        id=str(uuid.uuid4()),
        name="Masken",
        audience_id=str(uuid.uuid4()),
        template_id=str(uuid.uuid4()),
        category="respirators",
        state=campaigns_pb2.CAMPAIGN_STATE_DRAFT,
    )
    house.answers["Campaigns.GetCampaign"] = lambda _asked: campaign
    house.answers["Audiences.PreviewAudience"] = lambda asked: campaigns_pb2.PreviewAudienceResponse(
        contacts=3, permitted=2 if asked.category == "respirators" else 0
    )
    client = log_in("marketer")
    assert "2 E-Mails senden" in client.get(f"/campaigns/{campaign.id}/start").text
    assert "respirators" in client.get(f"/campaigns/{campaign.id}").text


def test_a_campaign_offers_what_has_been_sold(log_in: LogIn, house: Neighbours) -> None:
    house.answers["Templates.ListTemplates"] = lambda _asked: campaigns_pb2.ListTemplatesResponse(
        templates=[campaigns_pb2.Template(id=NOTICE, name="T")]
    )
    house.answers["Audiences.ListAudiences"] = lambda _asked: campaigns_pb2.ListAudiencesResponse(
        audiences=[campaigns_pb2.Audience(id=SALE, name="A")]
    )
    house.answers["ExistingCustomers.ListSoldCategories"] = lambda _asked: v1.ListSoldCategoriesResponse(
        categories=[v1.SoldCategory(category="respirators", customers=2)]
    )
    client = log_in("marketer")
    assert "respirators: 2 Kunden" in client.get("/campaigns/new").text
    entered = {"name": "Masken", "template_id": NOTICE, "audience_id": SALE}
    submit(client, "/campaigns/new", page="/campaigns/new", **entered, category="respirators")
    submit(client, "/campaigns/new", page="/campaigns/new", **entered, category="")
    assert [c.campaign.category for c in house.of("Campaigns.CreateCampaign")] == ["respirators", ""]


def test_a_contact_who_may_be_written_to_on_consent_is_told_so_as_before(
    log_in: LogIn, house: Neighbours
) -> None:
    house.answers["Consents.ListConsents"] = lambda _asked: privacy_pb2.ListConsentsResponse()
    page = log_in("agent").get(f"/contacts/{CONTACT}").text
    assert "Bestandskunde?" in page
