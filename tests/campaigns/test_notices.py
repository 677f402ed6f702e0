"""Mails about a person's own request: sent once, by a duty, with no address kept, and never twice."""

import hashlib
import re
import uuid

import pytest

from kernel.errors import InvalidArgument
from kernel.ids import new_id
from services.campaigns.notices.model import FAREWELLS, Kind
from tests.campaigns.conftest import House


async def noticed(
    house: House, contact_id: str, kind: Kind = Kind.RECEIVED, *, notice_id: uuid.UUID | None = None
) -> uuid.UUID:
    notice_id = notice_id or new_id()
    await house.use_cases.notices.send_notice(
        notice_id, contact_id=uuid.UUID(contact_id), kind=kind, due_date="2026-12-28"
    )
    return notice_id


async def outcome(house: House) -> dict[str, tuple[str, str]]:
    rows = await house.rows("SELECT id, state, reason FROM notice_mail")
    return {str(row.id): (row.state, row.reason) for row in rows}


async def test_asked_for_twice_is_one_mail(house: House) -> None:
    anna = house.world.add(1, consent=False, given_name="Anna")
    notice_id = await noticed(house, anna)
    await house.sending.notices.run()
    await noticed(house, anna, notice_id=notice_id)
    await house.sending.notices.run()
    assert house.sink.recipients == {"person1@demo.example": 1}
    assert await outcome(house) == {str(notice_id): ("sent", "")}
    body = house.sink.mail_to("person1@demo.example").get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.startswith("Guten Tag Anna Müller1,")
    assert "28.12.2026" in text
    assert "https://portal.example/rights" in text


async def test_the_proof_is_kept_and_the_address_is_not(house: House) -> None:
    await noticed(house, house.world.add(1, consent=False))
    await house.sending.notices.run()
    (row,) = await house.rows("SELECT m::text AS everything, permit_id, mail_sha256 FROM notice_mail m")
    assert "demo.example" not in row.everything
    assert house.world.permits[str(row.permit_id)].permitted
    raw = house.sink.raw_to("person1@demo.example")
    assert row.mail_sha256 == hashlib.sha256(raw).digest()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in FAREWELLS])
@pytest.mark.parametrize("language", ["de", "en", "fr"])
async def test_every_step_has_words_in_both_languages(house: House, kind: Kind, language: str) -> None:
    await noticed(house, house.world.add(1, language=language, consent=False), kind)
    await house.sending.notices.run()
    mail = house.sink.mail_to("person1@demo.example")
    subject = "Your data protection request" if language == "en" else "Ihre Datenschutzanfrage"
    assert mail["Subject"] == subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None


async def test_an_objection_to_advertising_keeps_nobody_from_the_answer(house: House) -> None:
    await noticed(house, house.world.add(1))
    house.world.suppressed.add("person1@demo.example")
    await house.sending.notices.run()
    assert house.sink.recipients == {"person1@demo.example": 1}


async def test_what_cannot_be_sent_says_why(house: House) -> None:
    addressless = await noticed(house, house.world.add(1, email=""))
    gone = await noticed(house, str(new_id()))
    unusable = await noticed(house, house.world.add(2, email="a b@demo.example"))
    good = await noticed(house, house.world.add(3))
    await house.sending.notices.run()
    assert await outcome(house) == {
        str(addressless): ("denied", "no-address"),
        str(gone): ("denied", "unknown-contact"),
        str(unusable): ("refused", "invalid-address"),
        str(good): ("sent", ""),
    }


async def test_several_steps_of_one_person_are_several_mails(house: House) -> None:
    anna = house.world.add(1)
    for kind in (Kind.RECEIVED, Kind.PLANNED, Kind.COMPLETED):
        await noticed(house, anna, kind)
    await house.sending.notices.run()
    assert house.sink.recipients == {"person1@demo.example": 3}


async def test_a_day_that_is_none_plans_nothing(house: House) -> None:
    with pytest.raises(InvalidArgument):
        await house.use_cases.notices.send_notice(
            new_id(), contact_id=new_id(), kind=Kind.RECEIVED, due_date="28.12.2026"
        )
    assert await outcome(house) == {}


def code_in(text: str) -> str:
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)
    assert found is not None
    return found[0].replace("-", "")


async def test_a_code_goes_to_the_address_on_file_and_only_its_hash_to_privacy(house: House) -> None:
    check_id = await noticed(house, house.world.add(1), Kind.IDENTITY_CODE)
    await house.sending.notices.run()
    body = house.sink.mail_to("person1@demo.example").get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert f"https://portal.example/identity/{check_id}" in text
    code = code_in(text)
    assert house.world.codes == {str(check_id): hashlib.sha256(code.encode()).digest()}
    (row,) = await house.rows("SELECT m::text AS everything FROM notice_mail m")
    assert code not in row.everything


async def test_a_code_that_nobody_wants_any_more_is_not_sent(house: House) -> None:
    check_id = new_id()
    house.world.ended_checks.add(str(check_id))
    await noticed(house, house.world.add(1), Kind.IDENTITY_CODE, notice_id=check_id)
    await house.sending.notices.run()
    assert await outcome(house) == {str(check_id): ("denied", "ended")}
    assert house.sink.recipients == {}


async def test_every_attempt_brings_a_code_of_its_own(house: House) -> None:
    for number in (1, 2):
        await noticed(house, house.world.add(number), Kind.IDENTITY_CODE)
    await house.sending.notices.run()
    assert len(set(house.world.codes.values())) == 2
