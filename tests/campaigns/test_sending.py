"""The sender's everyday work: who gets a mail, who does not and why, and what the mail looks like."""

import asyncio
import uuid
from time import monotonic
from typing import Any

import pytest
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import Unavailable
from services.campaigns.links.model import LinkTokens
from services.campaigns.sender.model import Mail, Outcome, Verdict
from services.campaigns.sender.smtp import SmtpConnection
from tests.campaigns.conftest import SECRET, House
from tests.campaigns.neighbours import TOPIC


async def test_exactly_the_permitted_get_one_mail_and_everybody_else_has_a_reason(house: House) -> None:
    for number in range(5):
        house.world.add(number)
    house.world.add(5, consent=False)
    house.world.add(6, email="")
    house.world.suppressed.add("person7@demo.example")
    house.world.add(7)
    gone = house.world.add(8)
    campaign = await house.started()
    del house.world.people[gone]
    await house.sending.sender.run()

    assert house.sink.recipients == {f"person{number}@demo.example": 1 for number in range(5)}
    progress = await house.use_cases.campaigns.get_campaign(campaign.id)
    assert progress.campaign.state == "finished"
    assert progress.counts.by_reason == {"no-consent": 1, "no-address": 1, "suppressed": 1, "erased": 1}
    rows = await house.rows("SELECT * FROM message WHERE state = 'sent'")
    assert all(house.world.permits[str(row.permit_id)].permitted for row in rows)
    assert await house.facts("campaigns.message.sent") == 5
    assert await house.facts("campaigns.campaign.finished") == 1


async def test_an_erased_contact_leaves_no_id_behind(house: House) -> None:
    gone = house.world.add(1)
    await house.started()
    del house.world.people[gone]
    await house.sending.sender.run()
    (row,) = await house.rows("SELECT * FROM message")
    assert (row.state, row.reason, row.contact_id) == ("denied", "erased", None)


async def test_a_withdrawal_after_the_freeze_stops_the_message(house: House) -> None:
    contact = house.world.add(1)
    await house.started()
    house.world.set_consent(contact, TOPIC, privacy_pb2.CONSENT_STATE_WITHDRAWN)
    await house.sending.sender.run()
    assert not house.sink.recipients
    (row,) = await house.rows("SELECT reason FROM message")
    assert row.reason == "withdrawn"


async def test_an_erasure_between_permit_and_claim_stops_the_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = house.world.add(1)
    await house.started()
    original = house.neighbours.privacy.authorize

    async def then_erased(*args: Any, **kwargs: Any) -> Any:
        decisions = await original(*args, **kwargs)
        house.world.people.pop(contact, None)
        async with house.database.transaction() as session:
            await session.execute(house.database.metadata.tables["message"].update().values(contact_id=None))
        return decisions

    monkeypatch.setattr(house.neighbours.privacy, "authorize", then_erased)
    await house.sending.sender.run()
    assert not house.sink.recipients
    (row,) = await house.rows("SELECT state, reason FROM message")
    assert (row.state, row.reason) == ("denied", "erased")


async def test_an_empty_audience_finishes_at_once(house: House) -> None:
    campaign = await house.started()
    await house.sending.sender.run()
    assert (await house.use_cases.campaigns.get_campaign(campaign.id)).campaign.state == "finished"


async def test_the_mail_carries_what_providers_and_readers_need(house: House) -> None:
    house.world.add(1, given_name="Jörg", family_name="Müßig", salutation=2)
    campaign = await house.started()
    await house.sending.sender.run()
    mail = house.sink.mail_to("person1@demo.example")
    (row,) = await house.rows("SELECT id, permit_id FROM message")
    token = LinkTokens([SECRET], purpose="message").token(row.id)

    assert mail["Subject"] == "Neues für Jörg"
    assert mail["To"].addresses[0].display_name == "Jörg Müßig"
    assert mail["From"].addresses[0].display_name == "Grüne Gärten GmbH"
    assert mail["Message-ID"] == f"<{row.id}@gaerten.example>"
    assert mail["List-Unsubscribe"] == f"<https://portal.example/u/{token}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<newsletter.gaerten.example>"
    assert mail["Feedback-ID"] == f"{campaign.id.hex}:newsletter:campaign:gaerten.example"
    assert (mail["Precedence"], mail["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert mail["Kontor-Permit"] == str(row.permit_id)
    assert mail["Date"].datetime.tzinfo is not None
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        content = body.get_content()
        assert "Sehr geehrter Herr Müßig, schöne Grüße an Jörg!" in content
        assert f"https://portal.example/preferences/{token}" in content
        assert f"https://portal.example/u/{token}" in content
    assert "fonts.googleapis.com" not in mail.as_string()


async def test_a_name_cannot_inject_headers_markup_or_commands(house: House) -> None:
    hostile = (
        "Eve\r\nBcc: all@demo.example\r\n\r\n.\r\nQUIT\r\n<script>alert(1)</script>{{ unsubscribe_url }}"
    )
    house.world.add(1, given_name=hostile, family_name='"; <x@y.example>')
    house.world.add(2)
    await house.started()
    await house.sending.sender.run()
    assert set(house.sink.recipients) == {"person1@demo.example", "person2@demo.example"}
    mail = house.sink.mail_to("person1@demo.example")
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["To"].addresses] == ["person1@demo.example"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "{{ unsubscribe_url }}" in html.get_content()


async def test_international_addresses_travel_in_the_form_that_smtp_has_for_them(house: House) -> None:
    house.world.add(1, email="post@gärten.example")
    house.world.add(2, email="jörg@gärten.example")
    house.world.add(3, email="no address at all")
    await house.started()
    await house.sending.sender.run()
    assert set(house.sink.recipients) == {"post@xn--grten-gra.example", "jörg@xn--grten-gra.example"}
    (row,) = await house.rows("SELECT reason FROM message WHERE state = 'refused'")
    assert row.reason == "invalid-address"


async def test_a_refused_mail_says_the_relays_code_and_is_not_tried_again(house: House) -> None:
    house.world.add(1, email="nobody@bounce.example")
    house.world.add(2)
    house.sink.answers["person3@demo.example"] = ["554 spam"]
    house.world.add(3)
    await house.started()
    await house.sending.sender.run()
    rows = await house.rows("SELECT reason FROM message WHERE state = 'refused' ORDER BY reason")
    assert [row.reason for row in rows] == ["550", "554"]
    assert house.sink.recipients == {"person2@demo.example": 1}


async def test_a_deferred_mail_waits_and_is_given_up_after_a_few_tries(house: House) -> None:
    house.world.add(1)
    house.world.add(2)
    house.sink.answers["person1@demo.example"] = ["451 later"]
    house.sink.answers["person2@demo.example"] = ["451 later"] * 9
    await house.started()
    for attempt in range(1, 6):
        await house.sending.sender.run()
        rows = await house.rows("SELECT * FROM message WHERE state = 'planned'")
        assert all(row.attempts == attempt and row.not_before is not None for row in rows)
        async with house.database.transaction() as session:
            await session.execute(house.database.metadata.tables["message"].update().values(not_before=None))
    assert house.sink.recipients == {"person1@demo.example": 1}
    (row,) = await house.rows("SELECT * FROM message WHERE state = 'refused'")
    assert (row.reason, row.attempts) == ("451", 5)
    # Each try asked for a permit of its own.
    assert house.world.calls["Authorize"] == 5


async def test_while_the_relay_is_down_nothing_is_lost_and_no_permit_is_asked(house: House) -> None:
    house.world.add(1)
    await house.started()
    house.fresh(smtp_port=1)
    with pytest.raises(Unavailable):
        await house.sending.sender.run()
    assert house.world.calls["Authorize"] == 0
    house.fresh(smtp_port=house.sink.smtp_port)
    await house.sending.sender.run()
    assert house.sink.recipients == {"person1@demo.example": 1}


async def test_a_relay_that_hung_up_on_an_idle_connection_costs_nothing(house: House) -> None:
    house.world.add(1)
    await house.started()
    assert await house.sending.relay.ready()
    connection = house.sending.relay._slots[0]
    assert isinstance(connection, SmtpConnection)
    connection._writer.transport.abort()
    await house.sending.sender.run()
    assert house.sink.recipients == {"person1@demo.example": 1}
    assert await house.states() == {"sent": 1}


async def test_a_mail_that_somebody_waits_for_does_not_wait_for_a_whole_campaign(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, begun, order = house.sending.relay, asyncio.Event(), list[str]()
    send = SmtpConnection.send

    async def noted(self: SmtpConnection, mail: Mail, *, deadline: float) -> Outcome:
        order.append(mail.recipient)
        begun.set()
        return await send(self, mail, deadline=deadline)

    monkeypatch.setattr(SmtpConnection, "send", noted)
    rules: dict[str, Any] = {"deadline": monotonic() + 60, "stop": asyncio.Event()}
    campaign = asyncio.create_task(relay.hand_over([_mail(f"p{n}@demo.example") for n in range(40)], **rules))
    await begun.wait()
    await relay.hand_over([_mail("neu@demo.example")], **rules)
    outcomes = await campaign
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.ACCEPTED}
    assert order.index("neu@demo.example") < 20


def _mail(recipient: str) -> Mail:
    content = f"From: a@demo.example\r\nTo: {recipient}\r\nSubject: x\r\n\r\nx\r\n"
    return Mail(uuid.uuid4(), recipient, content.encode(), utf8=False)
