"""Campaigns that also go to existing customers (§ 7(3) UWG): every such mail says how to object, and one click does."""

import uuid

import pytest
from kontor.privacy.v1 import privacy_pb2

from services.campaigns.campaigns.model import CategoryInvalid
from services.campaigns.links.model import LinkTokens
from services.campaigns.templates.model import Rendered
from services.campaigns.templates.objection import with_notice
from tests.campaigns.conftest import SECRET, House
from tests.campaigns.neighbours import TOPIC

TOKENS = LinkTokens([SECRET], purpose="message")
CATEGORY = "respirators"
NOTICE = "jederzeit widersprechen, ohne dass hierfür andere als die Übermittlungskosten nach den Basistarifen"


def bodies(house: House, recipient: str) -> list[str]:
    """The two bodies of a mail, on one line each."""
    mail, found = house.sink.mail_to(recipient), []
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        found.append(" ".join(part.get_content().split()))
    return found


async def test_customers_get_it_with_the_notice_and_others_without(house: House) -> None:
    house.world.add(1)
    customer = house.world.add(2, consent=False)
    house.world.bought[customer] = CATEGORY
    house.world.bought[house.world.add(3, consent=False)] = "helmets"
    house.world.add(4, consent=False)
    campaign = await house.started(category=CATEGORY)
    await house.sending.sender.run()

    assert house.sink.recipients == {"person1@demo.example": 1, "person2@demo.example": 1}
    progress = await house.use_cases.campaigns.get_campaign(campaign.id)
    assert progress.counts.by_reason == {"no-sale": 2}
    (row,) = await house.rows("SELECT id FROM message WHERE contact_id = :id", id=uuid.UUID(customer))
    for body in bodies(house, "person2@demo.example"):
        assert NOTICE in body
        assert TOKENS.token(row.id) in body.partition(NOTICE)[2]
    # That they have bought would be untrue of those who consented.
    assert not any(NOTICE in body for body in bodies(house, "person1@demo.example"))


async def test_without_a_category_nobody_is_written_to_without_a_consent(house: House) -> None:
    customer = house.world.add(2, consent=False)
    house.world.bought[customer] = CATEGORY
    await house.started()
    await house.sending.sender.run()
    assert not house.sink.recipients


async def test_an_objection_after_the_freeze_stops_the_message(house: House) -> None:
    customer = house.world.add(2, consent=False)
    house.world.bought[customer] = CATEGORY
    await house.started(category=CATEGORY)
    house.world.objections.add(customer)
    await house.sending.sender.run()
    assert not house.sink.recipients
    (row,) = await house.rows("SELECT state, reason FROM message")
    assert (row.state, row.reason) == ("denied", "objected")


async def test_one_click_objects_and_the_next_campaign_leaves_the_person_out(house: House) -> None:
    customer = house.world.add(2, consent=False)
    house.world.bought[customer] = CATEGORY
    await house.started(category=CATEGORY)
    await house.sending.sender.run()
    (row,) = await house.rows("SELECT id FROM message")
    for _ in range(2):
        assert await house.use_cases.links.unsubscribe(TOKENS.token(row.id)) == TOPIC
    assert house.world.objections == {customer}
    # Also when somebody takes the withdrawal that went with it back.
    house.world.set_consent(customer, TOPIC, privacy_pb2.CONSENT_STATE_EXPIRED)
    await house.started(category=CATEGORY)
    await house.sending.sender.run()
    assert sum(house.sink.recipients.values()) == 1


async def test_a_preview_counts_customers_only_where_the_campaign_does(house: House) -> None:
    house.world.bought[house.world.add(2, consent=False)] = CATEGORY
    campaign = await house.campaign(category=CATEGORY)
    audience_id = campaign.draft.audience_id
    shown = await house.use_cases.audiences.preview_audience(audience_id, category=CATEGORY)
    assert (shown.contacts, shown.permitted) == (1, 1)
    assert (await house.use_cases.audiences.preview_audience(audience_id)).permitted == 0


async def test_a_category_is_a_key(house: House) -> None:
    for wrong in ("Alles Mögliche", "a--b", "-"):
        with pytest.raises(CategoryInvalid):
            await house.campaign(category=wrong)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("html", ["<html><body><p>Hallo</p></body></html>", "<p>Hallo</p>"])
def test_the_notice_stands_in_both_bodies_with_a_link_that_nothing_breaks_out_of(
    language: str, html: str
) -> None:
    mail = with_notice(
        Rendered("S", html, "Hallo"), language=language, objection_url='https://p.example/u/"><b>'
    )
    assert mail.html.count("<p") == 2
    assert '"><b>' not in mail.html
    assert mail.html.endswith("</body></html>") == html.endswith("</html>")
    assert 'https://p.example/u/"><b>' in mail.text
