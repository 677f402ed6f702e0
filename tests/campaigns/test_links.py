"""What the links in a mail do: without a login, without being forged, as easy to leave as to join."""

import uuid

import pytest
from kontor.privacy.v1 import privacy_pb2
from pydantic import SecretStr

from services.campaigns.forms.model import TextOutdated
from services.campaigns.links.model import LinkTokens
from services.campaigns.links.service import Choice, LinkUnknown, TopicUnknown
from tests.campaigns.conftest import SECRET, House
from tests.campaigns.neighbours import TEXTS, TOPIC

TOKENS = LinkTokens([SECRET], purpose="message")


async def sent_to(house: House, **fields: object) -> tuple[str, str]:
    """A contact who got a mail, and the token in it."""
    contact = house.world.add(1, **fields)  # type: ignore[arg-type]
    await house.started()
    await house.sending.sender.run()
    (row,) = await house.rows("SELECT id FROM message")
    return contact, TOKENS.token(row.id)


async def test_one_click_unsubscribes_and_the_next_campaign_leaves_the_person_out(house: House) -> None:
    contact, token = await sent_to(house)
    for _ in range(2):
        assert await house.use_cases.links.unsubscribe(token) == TOPIC
    (withdrawal,) = house.world.withdrawals
    assert (withdrawal.contact_id, withdrawal.topic, withdrawal.method) == (contact, TOPIC, "one-click")
    await house.started()
    await house.sending.sender.run()
    assert sum(house.sink.recipients.values()) == 1


async def test_the_same_link_works_again_after_a_new_consent(house: House) -> None:
    contact, token = await sent_to(house)
    await house.use_cases.links.unsubscribe(token)
    house.world.set_consent(contact, TOPIC, privacy_pb2.CONSENT_STATE_GIVEN)
    await house.use_cases.links.unsubscribe(token)
    assert len(house.world.withdrawals) == 2


async def test_preferences_show_every_topic_and_change_both_ways(house: House) -> None:
    contact, token = await sent_to(house, language="en")
    before = await house.use_cases.links.get_preferences(token)
    assert {one.topic: one.subscribed for one in before.topics} == {TOPIC: True, "events": False}
    assert before.language == "en"

    async def change(topic: str, subscribed: bool) -> dict[str, bool]:
        shown = uuid.UUID(TEXTS.get((topic, "en"), str(uuid.uuid4())))
        choice = Choice(topic, "en", text_id=shown if subscribed else None)
        after = await house.use_cases.links.set_preference(token, choice, request_id=uuid.uuid4())
        return {one.topic: one.subscribed for one in after.topics}

    assert await change("events", True) == {TOPIC: True, "events": True}
    assert await change(TOPIC, False) == {TOPIC: False, "events": True}
    (given,) = house.world.gifts
    assert (given.contact_id, given.text_id) == (contact, TEXTS["events", "en"])
    assert given.evidence.method == "link"
    assert house.world.withdrawals[0].method == "preferences"
    with pytest.raises(TopicUnknown):
        await change("unheard-of", True)


async def test_preferences_say_what_the_permit_would_say_and_an_ended_consent_is_given_anew(
    house: House,
) -> None:
    contact, token = await sent_to(house, language="en")

    async def newsletter() -> tuple[bool, str]:
        found = await house.use_cases.links.get_preferences(token)
        (one,) = (one for one in found.topics if one.topic == TOPIC)
        return one.subscribed, one.refused

    async def choose() -> None:
        choice = Choice(TOPIC, "en", text_id=uuid.UUID(TEXTS[TOPIC, "en"]))
        await house.use_cases.links.set_preference(token, choice, request_id=uuid.uuid4())

    assert await newsletter() == (True, "")
    await choose()
    assert not house.world.gifts
    house.world.outdated.add(TOPIC)
    assert await newsletter() == (True, "expired")
    await choose()
    assert len(house.world.gifts) == 1
    house.world.outdated.clear()
    house.world.suppressed.add(house.world.people[contact].email)
    assert await newsletter() == (True, "suppressed")
    house.world.set_consent(contact, TOPIC, privacy_pb2.CONSENT_STATE_EXPIRED)
    assert await newsletter() == (False, "lapsed")
    house.world.set_consent(contact, TOPIC, privacy_pb2.CONSENT_STATE_WITHDRAWN)
    assert await newsletter() == (False, "")


async def test_nobody_agrees_to_a_text_that_was_not_shown(house: House) -> None:
    _, token = await sent_to(house, language="en")
    # Another language's text, and one that was in force when the page was opened.
    for shown in (TEXTS["events", "de"], str(uuid.uuid4())):
        with pytest.raises(TextOutdated):
            await house.use_cases.links.set_preference(
                token, Choice("events", "en", text_id=uuid.UUID(shown)), request_id=uuid.uuid4()
            )
    assert not house.world.gifts


async def test_after_erasure_unsubscribing_is_fine_and_preferences_are_unknown(house: House) -> None:
    contact, token = await sent_to(house)
    async with house.database.transaction() as session:
        await session.execute(house.database.metadata.tables["message"].update().values(contact_id=None))
    assert await house.use_cases.links.unsubscribe(token) == TOPIC
    assert not house.world.withdrawals
    with pytest.raises(LinkUnknown):
        await house.use_cases.links.get_preferences(token)
    del house.world.people[contact]


async def test_a_contact_that_contacts_no_longer_knows_has_no_preferences(house: House) -> None:
    contact, token = await sent_to(house)
    del house.world.people[contact]
    with pytest.raises(LinkUnknown):
        await house.use_cases.links.get_preferences(token)


async def test_no_bit_of_a_token_can_be_changed(house: House) -> None:
    _, token = await sent_to(house)
    for position in range(len(token)):
        for letter in "Ab0_":
            forged = token[:position] + letter + token[position + 1 :]
            if forged != token:
                with pytest.raises(LinkUnknown):
                    await house.use_cases.links.unsubscribe(forged)
    for other in (
        "",
        token[:-1],
        token + "A",
        token + "=",
        LinkTokens(["x" * 32], purpose="message").token(uuid.uuid4()),
    ):
        with pytest.raises(LinkUnknown):
            await house.use_cases.links.unsubscribe(other)
    assert not house.world.withdrawals


async def test_a_link_outlives_the_secret_that_it_was_made_with(house: House) -> None:
    _, token = await sent_to(house)
    house.fresh(secret_key=SecretStr("n" * 32))
    with pytest.raises(LinkUnknown):
        await house.use_cases.links.unsubscribe(token)
    house.fresh(previous_secret_keys=(SecretStr("o" * 32), SecretStr(SECRET)))
    assert await house.use_cases.links.unsubscribe(token) == TOPIC


async def test_new_links_are_made_with_the_new_secret(house: House) -> None:
    house.fresh(secret_key=SecretStr("n" * 32), previous_secret_keys=(SecretStr(SECRET),))
    await sent_to(house)
    (row,) = await house.rows("SELECT id FROM message")
    mail = house.sink.mail_to("person1@demo.example")
    assert LinkTokens(["n" * 32], purpose="message").token(row.id) in mail["List-Unsubscribe"]
