"""Invitation mails: sent once, with a permit, and with a link that nobody but the mail holds."""

import hashlib
import re
import uuid
from datetime import UTC, datetime

import pytest
from kontor.contacts.v1 import events_pb2

from kernel.consuming import Delivered
from kernel.errors import Internal
from kernel.ids import new_id
from services.campaigns.consumers import consumers
from tests.campaigns.conftest import House
from tests.fixtures.clock import FakeClock
from tests.fixtures.overdue import delete_overdue

_LINK = re.compile(r"https://portal\.example/invitation/([\w-]{43})")


async def invited(house: House, contact_id: str, *, times: int = 1) -> str:
    """Contacts has told of an invitation; answers its id."""
    invitation_id = str(new_id())
    subscription, _ = consumers(house.use_cases.invitations, house.use_cases.renewals)
    fact = Delivered(
        uuid.uuid4(),
        subscription.subject,
        subscription.fact(contact_id=contact_id, invitation_id=invitation_id),
        datetime(2026, 3, 2, tzinfo=UTC),
        {},
    )
    for _ in range(times):
        await subscription.handle(fact)
    return invitation_id


async def mails(house: House) -> dict[str, tuple[str, str]]:
    rows = await house.rows("SELECT id, state, reason FROM invitation_mail ORDER BY id")
    return {str(row.id): (row.state, row.reason) for row in rows}


async def test_the_fact_comes_from_where_it_is_published(house: House) -> None:
    subscription, _ = consumers(house.use_cases.invitations, house.use_cases.renewals)
    assert (subscription.subject, subscription.fact) == ("contacts.login.invited", events_pb2.LoginInvited)


async def test_a_fact_told_twice_sends_one_mail_with_one_link(house: House) -> None:
    anna = house.world.add(1, consent=False, given_name="Anna")
    invitation_id = await invited(house, anna, times=2)
    for _ in range(2):
        await house.sending.invitations.run()
    assert house.sink.recipients == {"person1@demo.example": 1}
    assert await mails(house) == {invitation_id: ("sent", "")}
    mail = house.sink.mail_to("person1@demo.example")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.startswith("Guten Tag Anna Müller1,")
    (token,) = _LINK.findall(text)
    assert house.world.links == {invitation_id: hashlib.sha256(token.encode()).digest()}
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None


async def test_neither_link_nor_address_is_kept_here(house: House) -> None:
    await invited(house, house.world.add(1, consent=False))
    await house.sending.invitations.run()
    (token,) = _LINK.findall(house.sink.raw_to("person1@demo.example").decode().replace("=\r\n", ""))[:1]
    (row,) = await house.rows("SELECT m::text AS everything, permit_id FROM invitation_mail m")
    assert token not in row.everything
    assert "demo.example" not in row.everything
    assert house.world.permits[str(row.permit_id)].permitted


@pytest.mark.parametrize("language", ["de", "en", "", "fr"])
async def test_the_letter_speaks_the_contacts_language(house: House, language: str) -> None:
    await invited(house, house.world.add(1, language=language, given_name="<b>Kim", family_name=""))
    await house.sending.invitations.run()
    mail = house.sink.mail_to("person1@demo.example")
    english = language == "en"
    assert mail["Subject"] == (
        "Your access to the customer portal" if english else "Ihr Zugang zum Kundenportal"
    )
    html = mail.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;Kim" in html.get_content()


async def test_what_is_not_permitted_is_not_sent_and_staff_learns_why(house: House) -> None:
    suppressed = await invited(house, house.world.add(1))
    house.world.suppressed.add("person1@demo.example")
    addressless = await invited(house, house.world.add(2, email=""))
    erased = await invited(house, str(new_id()))
    revoked = await invited(house, house.world.add(3))
    house.world.ended_invitations.add(revoked)
    unusable = await invited(house, house.world.add(4, email="a b@demo.example"))
    await house.sending.invitations.run()
    assert not house.sink.recipients
    reasons = {
        suppressed: "suppressed",
        addressless: "no-address",
        erased: "unknown-contact",
        revoked: "ended",
        unusable: "invalid-address",
    }
    assert house.world.failed_invitations == reasons
    assert {one: reason for one, (_state, reason) in (await mails(house)).items()} == reasons
    assert house.world.links == {}


async def test_a_failure_is_told_again_until_it_was_heard(house: House) -> None:
    house.world.suppressed.add("person1@demo.example")
    invitation_id = await invited(house, house.world.add(1))
    house.world.fail_after.append("FailInvitation")
    with pytest.raises(Internal):
        await house.sending.invitations.run()
    house.world.failed_invitations.clear()
    for _ in range(2):
        await house.sending.invitations.run()
    assert house.world.failed_invitations == {invitation_id: "suppressed"}
    assert house.world.calls["FailInvitation"] == 2


async def test_a_mail_that_the_server_refuses_is_told(house: House) -> None:
    invitation_id = await invited(house, house.world.add(1))
    house.sink.answers["person1@demo.example"] = ["550 5.1.1 no such mailbox"]
    await house.sending.invitations.run()
    assert house.world.failed_invitations == {invitation_id: "550"}


async def test_what_is_tried_again_has_a_new_link_and_the_earlier_one_is_void(house: House) -> None:
    invitation_id = await invited(house, house.world.add(1))
    house.sink.answers["person1@demo.example"] = ["451 4.3.0 later"]
    await house.sending.invitations.run()
    first = house.world.links[invitation_id]
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE invitation_mail SET not_before = now()")
    await house.sending.invitations.run()
    raw = house.sink.raw_to("person1@demo.example").decode().replace("=\r\n", "")
    assert house.world.links[invitation_id] == hashlib.sha256(_LINK.findall(raw)[0].encode()).digest()
    assert house.world.links[invitation_id] != first
    assert house.world.failed_invitations == {}


async def test_rows_go_when_their_time_is_over(house: House, fake_clock: FakeClock) -> None:
    house.clock = fake_clock
    house.fresh()
    await invited(house, house.world.add(1))
    fake_clock.advance(days=30)
    await delete_overdue(house.database, fake_clock)
    assert len(await mails(house)) == 1
    fake_clock.advance(seconds=1)
    await delete_overdue(house.database, fake_clock)
    assert await mails(house) == {}
