"""The mail that asks whether a consent goes on, and what its two buttons do."""

import asyncio
import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from kontor.privacy.v1 import events_pb2, privacy_pb2

from kernel.consuming import Delivered
from kernel.ids import new_id
from services.campaigns.forms.model import TextOutdated
from services.campaigns.renewals.model import Answer, RenewalOver, RenewalUnknown
from tests.campaigns.conftest import House
from tests.campaigns.neighbours import TEXTS, TOPIC

GERMAN = uuid.UUID(TEXTS[TOPIC, "de"])
YES = Answer(GERMAN, "de", "https://portal.example/renewal/")
NO = Answer(None)


def told(contact_id: str, renewal_id: uuid.UUID | None = None) -> Delivered:
    """The fact that a consent ends."""
    message = events_pb2.ConsentRenewalDue(
        renewal_id=str(renewal_id or new_id()),
        consent_id=str(new_id()),
        contact_id=contact_id,
        topic=TOPIC,
        last_day="2027-03-12",
    )
    return Delivered(new_id(), "privacy.consent.ending", message, datetime.now(UTC), {})


async def asked(house: House, number: int = 1, **person: Any) -> tuple[str, str]:
    """Somebody who has got the mail, and the token in it."""
    contact = house.world.add(number, **person)
    await house.use_cases.renewals.plan(told(contact))
    await house.sending.renewals.run()
    body = house.sink.mail_to(f"person{number}@demo.example").get_body(("plain",))
    assert body is not None
    link = re.search(r"https://portal\.example/renewal/(\S+)", body.get_content())
    assert link is not None
    return contact, link[1]


async def states(house: House) -> list[tuple[str, str]]:
    rows = await house.rows("SELECT state, reason FROM renewal_mail ORDER BY id")
    return [(row.state, row.reason) for row in rows]


async def answer(house: House, token: str, what: Answer) -> bool:
    found = await house.use_cases.renewals.answer_renewal(token, what, request_id=uuid.uuid4())
    return found.open


async def test_told_twice_is_one_mail_that_names_topic_and_day(house: House) -> None:
    anna, renewal_id = house.world.add(1, given_name="Anna"), new_id()
    for _ in range(2):
        await house.use_cases.renewals.plan(told(anna, renewal_id))
        await house.sending.renewals.run()
    assert house.sink.recipients == {"person1@demo.example": 1}
    mail = house.sink.mail_to("person1@demo.example")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.startswith("Guten Tag Anna Müller1,")
    assert "endet am 12.03.2027" in text
    assert mail["Auto-Submitted"] == "auto-generated"
    # It rests on the consent as a question, which is no use of it.
    assert house.world.renewals == 1


async def test_english_is_for_those_who_read_it(house: House) -> None:
    await asked(house, language="en")
    body = house.sink.mail_to("person1@demo.example").get_body(("plain",))
    assert body is not None
    assert "ends on 2027-03-12" in body.get_content()


async def test_whoever_withdrew_or_is_gone_is_not_asked(house: House) -> None:
    withdrawn = house.world.add(1)
    for contact in (withdrawn, str(new_id()), house.world.add(2, email="a b@demo.example")):
        await house.use_cases.renewals.plan(told(contact))
    house.world.set_consent(withdrawn, TOPIC, privacy_pb2.CONSENT_STATE_WITHDRAWN)
    await house.sending.renewals.run()
    assert house.sink.recipients == {}
    assert await states(house) == [
        ("denied", "withdrawn"),
        ("denied", "unknown-contact"),
        ("refused", "invalid-address"),
    ]


async def test_yes_brings_the_evidence_of_this_mail_and_no_other(house: House) -> None:
    contact, token = await asked(house)
    assert await answer(house, token, YES)
    assert await answer(house, token, YES)
    first, second = house.world.renewed
    assert first.evidence == second.evidence
    evidence = first.evidence
    assert (first.contact_id, first.topic, first.text_id) == (contact, TOPIC, str(GERMAN))
    assert evidence.method == "renewal-mail"
    assert evidence.mail_sha256 == hashlib.sha256(house.sink.raw_to("person1@demo.example")).digest()
    assert evidence.token_sha256 == hashlib.sha256(token.encode()).digest()
    assert evidence.request_time.seconds <= evidence.confirm_time.seconds
    assert house.world.withdrawals == []


async def test_no_takes_one_click_and_works_after_a_yes_and_twice(house: House) -> None:
    contact, token = await asked(house)
    await answer(house, token, YES)
    assert not await answer(house, token, NO)
    assert not await answer(house, token, NO)
    assert [(one.contact_id, one.method) for one in house.world.withdrawals] == [(contact, "renewal-mail")]
    with pytest.raises(RenewalOver):
        await answer(house, token, YES)


async def test_a_yes_that_comes_too_late_says_so(house: House) -> None:
    contact, token = await asked(house)
    house.world.set_consent(contact, TOPIC, privacy_pb2.CONSENT_STATE_EXPIRED)
    assert not (await house.use_cases.renewals.get_renewal(token)).open
    with pytest.raises(RenewalOver):
        await answer(house, token, YES)


async def test_yes_and_no_at_once_leave_what_came_last(house: House) -> None:
    contact, token = await asked(house)
    await asyncio.gather(answer(house, token, YES), answer(house, token, NO), return_exceptions=True)
    assert len(house.world.withdrawals) == 1
    state = house.world.consents[contact, TOPIC].state
    assert state in (privacy_pb2.CONSENT_STATE_WITHDRAWN, privacy_pb2.CONSENT_STATE_RENEWED)


async def test_nobody_renews_a_text_that_was_not_shown(house: House) -> None:
    _, token = await asked(house)
    for text_id in (TEXTS[TOPIC, "en"], TEXTS["events", "de"], str(uuid.UUID(int=0))):
        with pytest.raises(TextOutdated):
            await answer(house, token, Answer(uuid.UUID(text_id), "de"))
    assert house.world.renewed == []


async def test_foreign_and_unsent_tokens_open_nothing(house: House) -> None:
    _, token = await asked(house)
    unsent = new_id()
    await house.use_cases.renewals.plan(told(house.world.add(2), unsent))
    ours = house.sending.renewals._tokens.token
    for wrong in ("", "x" * 43, token[:-1] + "?", ours(new_id()), ours(unsent)):
        with pytest.raises(RenewalUnknown):
            await house.use_cases.renewals.get_renewal(wrong)
