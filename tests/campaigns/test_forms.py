"""Sign-up with double opt-in: one mail, evidence that stands, and nothing twice."""

import asyncio
import hashlib
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from kernel.errors import FailedPrecondition, Internal
from services.campaigns.clients import ContactsClient
from services.campaigns.forms.model import (
    EmailUnusable,
    SignUpExpired,
    SignUpUnknown,
    TextOutdated,
    TopicUnknown,
    Wish,
)
from services.campaigns.forms.service import FormsService
from services.campaigns.links.model import LinkTokens
from tests.campaigns.conftest import SECRET, House
from tests.campaigns.neighbours import TEXTS, TOPIC
from tests.fixtures.clock import FakeClock
from tests.fixtures.overdue import delete_overdue


@pytest.fixture
def timed(house: House, fake_clock: FakeClock) -> House:
    house.clock = fake_clock
    return house.fresh()


def wish(**changes: object) -> Wish:
    values: dict[str, object] = {
        "email": "Neu@Demo.example",
        "given_name": "Änne",
        "family_name": "Größl",
        "language": "de",
        "topics": (TOPIC,),
        "text_id": uuid.UUID(TEXTS[TOPIC, "de"]),
        "form_url": "https://portal.example/newsletter",
        "ip_address": "192.0.2.1",
    }
    return Wish(**(values | changes))  # type: ignore[arg-type]


async def signed_up(house: House, **changes: object) -> str:
    """Submits, lets the mail go, and answers the token in its link."""
    asked = wish(**changes)
    await house.use_cases.forms.submit_sign_up(asked)
    await house.sending.confirmations.run()
    return token_in(house, asked.email)


def token_in(house: House, email: str) -> str:
    part = house.sink.mail_to(email).get_body(("plain",))
    assert part is not None
    found = re.search(r"https://portal\.example/newsletter/confirm/([\w-]+)", part.get_content())
    assert found is not None
    return found[1]


async def test_a_confirmed_sign_up_leaves_complete_evidence(timed: House, fake_clock: FakeClock) -> None:
    token = await signed_up(timed)
    requested = fake_clock.now()
    confirmed = fake_clock.advance(hours=1)
    assert await timed.use_cases.forms.confirm_sign_up(token, ip_address="192.0.2.2") == [TOPIC]

    (given,) = timed.world.gifts
    evidence = given.evidence
    assert given.text_id == TEXTS[TOPIC, "de"]
    assert evidence.method == "double-opt-in"
    assert (evidence.request_ip, evidence.confirm_ip) == ("192.0.2.1", "192.0.2.2")
    assert evidence.form_url == "https://portal.example/newsletter"
    assert evidence.request_time.ToDatetime() == requested.replace(tzinfo=None)
    assert evidence.confirm_time.ToDatetime() == confirmed.replace(tzinfo=None)
    assert evidence.token_sha256 == hashlib.sha256(token.encode()).digest()
    assert evidence.mail_sha256 == hashlib.sha256(timed.sink.raw_to("neu@demo.example")).digest()
    (row,) = await timed.rows("SELECT * FROM sign_up")
    assert str(row.contact_id) == given.contact_id
    assert await timed.facts("campaigns.signup.confirmed") == 1
    assert timed.world.people[given.contact_id].family_name == "Größl"


async def test_the_confirmation_mail_asks_and_nothing_else(timed: House) -> None:
    token = await signed_up(timed, language="en", text_id=uuid.UUID(TEXTS[TOPIC, "en"]))
    mail = timed.sink.mail_to("neu@demo.example")
    assert mail["Subject"] == "Please confirm your sign-up"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    html = mail.get_body(("html",))
    assert html is not None
    assert re.findall(r'href="([^"]+)"', html.get_content()) == [
        f"https://portal.example/newsletter/confirm/{token}"
    ]


async def test_the_token_is_kept_as_a_hash_only(timed: House) -> None:
    token = await signed_up(timed)
    (row,) = await timed.rows("SELECT sign_up::text AS everything FROM sign_up")
    assert token not in row.everything


async def test_confirming_twice_is_the_same_as_once(timed: House) -> None:
    token = await signed_up(timed)
    for _ in range(2):
        assert await timed.use_cases.forms.confirm_sign_up(token, ip_address="192.0.2.2") == [TOPIC]
    assert len(timed.world.gifts) == 1
    assert await timed.facts("campaigns.signup.confirmed") == 1


@pytest.mark.parametrize("step", ["EnsureContact", "GiveConsent"])
async def test_a_crash_between_the_steps_is_repaired_by_the_next_click(
    timed: House, fake_clock: FakeClock, step: str
) -> None:
    token = await signed_up(timed, topics=(TOPIC, "events"))
    timed.world.fail_after.append(step)
    with pytest.raises(Internal):
        await timed.use_cases.forms.confirm_sign_up(token, ip_address="192.0.2.2")
    # Later and from elsewhere: the evidence is that of the first click all the same.
    fake_clock.advance(hours=80)
    await timed.use_cases.forms.confirm_sign_up(token, ip_address="198.51.100.9")
    assert {one.topic for one in timed.world.gifts} == {TOPIC, "events"}
    assert {one.evidence.confirm_ip for one in timed.world.gifts} == {"192.0.2.2"}
    assert len(timed.world.people) == 1
    assert await timed.facts("campaigns.signup.confirmed") == 1


async def test_a_crash_is_repaired_without_another_click(timed: House, fake_clock: FakeClock) -> None:
    token = await signed_up(timed)
    timed.world.fail_after.append("GiveConsent")
    with pytest.raises(Internal):
        await timed.use_cases.forms.confirm_sign_up(token, ip_address="192.0.2.2")
    fake_clock.advance(minutes=2)
    await timed.use_cases.forms.repair()
    await timed.use_cases.forms.repair()
    assert len(timed.world.gifts) == 1
    assert await timed.facts("campaigns.signup.confirmed") == 1


async def test_pressing_the_button_twice_sends_one_mail(timed: House, fake_clock: FakeClock) -> None:
    await signed_up(timed)
    fake_clock.advance(minutes=2)
    await signed_up(timed, email="NEU@demo.example")
    assert sum(timed.sink.recipients.values()) == 1
    fake_clock.advance(hours=1)
    await signed_up(timed)
    assert sum(timed.sink.recipients.values()) == 2


async def test_a_stranger_cannot_fill_a_mailbox(timed: House, fake_clock: FakeClock) -> None:
    for _ in range(10):
        await timed.use_cases.forms.submit_sign_up(wish())
        fake_clock.advance(minutes=30)
    await timed.sending.confirmations.run()
    assert sum(timed.sink.recipients.values()) == 3


async def test_a_suppressed_address_gets_the_same_answer_and_no_mail(timed: House) -> None:
    timed.world.suppressed.add("neu@demo.example")
    await timed.use_cases.forms.submit_sign_up(wish())
    await timed.sending.confirmations.run()
    assert not timed.sink.recipients
    assert await timed.rows("SELECT 1 FROM sign_up") == []


async def test_an_address_suppressed_before_the_mail_went_gets_none(timed: House) -> None:
    await timed.use_cases.forms.submit_sign_up(wish())
    timed.world.suppressed.add("neu@demo.example")
    await timed.sending.confirmations.run()
    assert not timed.sink.recipients


async def test_a_link_expires_after_72_hours_and_says_so_even_when_deleted(
    timed: House, fake_clock: FakeClock
) -> None:
    token = await signed_up(timed)
    fake_clock.advance(hours=73)
    with pytest.raises(SignUpExpired):
        await timed.use_cases.forms.confirm_sign_up(token, ip_address="")
    fake_clock.advance(days=14)
    await delete_overdue(timed.database, fake_clock)
    assert await timed.rows("SELECT 1 FROM sign_up") == []
    with pytest.raises(SignUpExpired):
        await timed.use_cases.forms.confirm_sign_up(token, ip_address="")
    assert not timed.world.gifts


async def test_confirmed_sign_ups_are_deleted_thirty_days_later(timed: House, fake_clock: FakeClock) -> None:
    token = await signed_up(timed)
    await timed.use_cases.forms.confirm_sign_up(token, ip_address="")
    fake_clock.advance(days=20)
    await delete_overdue(timed.database, fake_clock)
    assert len(await timed.rows("SELECT 1 FROM sign_up")) == 1
    fake_clock.set(fake_clock.now() + timedelta(days=11))
    await delete_overdue(timed.database, fake_clock)
    assert await timed.rows("SELECT 1 FROM sign_up") == []


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "ä" * 43, "A" * 200])
async def test_a_forged_token_is_unknown(timed: House, token: str) -> None:
    with pytest.raises(SignUpUnknown):
        await timed.use_cases.forms.confirm_sign_up(token, ip_address="")


async def test_a_token_of_another_kind_of_link_opens_nothing(timed: House) -> None:
    await signed_up(timed)
    (row,) = await timed.rows("SELECT id FROM sign_up")
    with pytest.raises(SignUpUnknown):
        await timed.use_cases.forms.confirm_sign_up(
            LinkTokens([SECRET], purpose="message").token(row.id), ip_address=""
        )


async def test_only_texts_that_are_in_force_can_be_consented_to(timed: House) -> None:
    forms: FormsService = timed.use_cases.forms
    with pytest.raises(TopicUnknown):
        await forms.submit_sign_up(wish(topics=("unheard-of",)))
    with pytest.raises(TextOutdated):
        await forms.submit_sign_up(wish(text_id=uuid.UUID(TEXTS["events", "de"])))
    assert await timed.rows("SELECT 1 FROM sign_up") == []


async def test_a_lost_acknowledgement_does_not_double_the_confirmation_mail(house: House) -> None:
    house.sink.silent = 1
    house.fresh(hand_over_s=1.0)
    await house.use_cases.forms.submit_sign_up(wish())
    for _ in range(20):
        await house.fresh().sending.confirmations.run()
        (row,) = await house.rows("SELECT state FROM sign_up")
        if row.state == "sent":
            break
        await asyncio.sleep(0.3)
    assert row.state == "sent"
    assert sum(house.sink.recipients.values()) == 1


async def test_a_sign_up_that_cannot_be_carried_out_holds_up_no_other(
    timed: House, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"erste@demo.example", "zweite@demo.example"}
    tokens = [await signed_up(timed, email=email) for email in sorted(refused)]
    honest = ContactsClient.ensure

    async def ensure(self: ContactsClient, **values: Any) -> uuid.UUID:
        if values["email"] in refused:
            raise FailedPrecondition("on the suppression list", reason="ADDRESS_SUPPRESSED")
        return await honest(self, **values)

    monkeypatch.setattr(ContactsClient, "ensure", ensure)
    for token in tokens:
        with pytest.raises(FailedPrecondition):
            await timed.use_cases.forms.confirm_sign_up(token, ip_address="192.0.2.2")
    refused.remove("zweite@demo.example")
    fake_clock.advance(minutes=5)
    await timed.use_cases.forms.repair()
    rows = await timed.rows("SELECT confirmed_at IS NULL AS open, state, reason FROM sign_up ORDER BY email")
    first, second = rows
    assert tuple(first) == (True, "denied", "ADDRESS_SUPPRESSED")
    assert not second.open


async def test_an_address_is_one_in_every_spelling_of_its_domain(timed: House, fake_clock: FakeClock) -> None:
    for number in range(10):
        domain = ("bücher.example", "xn--bcher-kva.example", "BÜCHER.example", "bu\u0308cher.example")[
            number % 4
        ]
        await timed.use_cases.forms.submit_sign_up(wish(email=f"Neu@{domain}"))
        fake_clock.advance(minutes=30)
    assert {row.email for row in await timed.rows("SELECT email FROM sign_up")} == {
        "Neu@xn--bcher-kva.example"
    }
    await timed.sending.confirmations.run()
    assert sum(timed.sink.recipients.values()) == 3


async def test_what_is_no_address_once_it_is_seen_is_refused(timed: House) -> None:
    with pytest.raises(EmailUnusable) as refused:
        await timed.use_cases.forms.submit_sign_up(wish(email="neu@-ü.example"))
    assert refused.value.violations == {"email": "must be an e-mail address"}


@pytest.mark.parametrize("exchanged", ["before the mail", "before the click"])
async def test_a_sign_up_survives_an_exchange_of_the_secret(timed: House, exchanged: str) -> None:
    new = {"secret_key": SecretStr("n" * 32), "previous_secret_keys": (SecretStr(SECRET),)}
    await timed.use_cases.forms.submit_sign_up(wish())
    if exchanged == "before the mail":
        timed.fresh(**new)
    await timed.sending.confirmations.run()
    token = token_in(timed, "neu@demo.example")
    timed.fresh(**new)
    assert await timed.use_cases.forms.confirm_sign_up(token, ip_address="192.0.2.2") == [TOPIC]
    (given,) = timed.world.gifts
    assert given.evidence.token_sha256 == hashlib.sha256(token.encode()).digest()
