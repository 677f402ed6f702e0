"""Mails to people without a login: the code, or the answer; once, to the address, and kept nowhere here."""

import hashlib
import re
import uuid

import pytest
from kontor.privacy.v1 import askings_pb2

from kernel.clock import SystemClock, to_timestamp
from kernel.errors import Internal
from kernel.ids import new_id
from services.campaigns.askings.model import Kind
from tests.campaigns.conftest import House

TO = "anna@demo.example"


def wanted(house: House, *, language: str = "de", right: int = 1, **fields: object) -> str:
    """An asking that privacy knows."""
    asking_id = str(new_id())
    house.world.askings[asking_id] = askings_pb2.AskingMail(
        email=TO,
        language=language,
        kind=right,  # type: ignore[arg-type]
        ask_time=to_timestamp(SystemClock().now()),
        **fields,  # type: ignore[arg-type]
    )
    return asking_id


async def sent(house: House, asking_id: str, kind: Kind = Kind.CODE) -> uuid.UUID:
    mail_id = new_id()
    for _ in range(2):
        await house.use_cases.askings.send_asking_mail(mail_id, asking_id=uuid.UUID(asking_id), kind=kind)
        await house.sending.askings.run()
    return mail_id


def text_to(house: House) -> str:
    body = house.sink.mail_to(TO).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_the_code_goes_to_the_address_once_and_its_hash_to_privacy(house: House) -> None:
    asking_id = wanted(house, right=2)
    await sent(house, asking_id)
    assert house.sink.recipients == {TO: 1}
    text = text_to(house)
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)
    assert found is not None
    code = found[0].replace("-", "")
    assert house.world.codes[asking_id] == hashlib.sha256(code.encode()).digest()
    assert "Löschung" in text
    assert f"https://portal.example/your-rights/{asking_id}" in text


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["de", "en", "fr"])
@pytest.mark.parametrize("right", range(1, 8))
async def test_every_mail_has_words_for_every_right(
    house: House, kind: Kind, language: str, right: int
) -> None:
    await sent(house, wanted(house, language=language, right=right), kind)
    mail = house.sink.mail_to(TO)
    subject = "Your data protection request" if language == "en" else "Ihre Datenschutzanfrage"
    assert (mail["Subject"], mail["Auto-Submitted"]) == (subject, "auto-generated")
    assert "{" not in text_to(house)


async def test_the_honest_answer_names_the_suppression_list_where_there_is_an_entry(house: House) -> None:
    await sent(house, wanted(house), Kind.NOTHING_HELD)
    assert "verarbeiten wir keine Daten" in text_to(house)
    assert "Sperrliste" not in text_to(house)
    await sent(house, wanted(house, suppressed=True), Kind.NOTHING_HELD)
    assert "Sperrliste" in text_to(house)


async def test_an_asking_that_has_ended_gets_no_mail(house: House) -> None:
    await sent(house, str(new_id()))
    assert house.sink.recipients == {}
    (row,) = await house.rows("SELECT state, reason FROM asking_mail")
    assert (row.state, row.reason) == ("denied", "ended")


async def test_nothing_about_anybody_is_kept(house: House) -> None:
    await sent(house, wanted(house))
    (row,) = await house.rows("SELECT m::text AS everything FROM asking_mail m")
    assert "demo.example" not in row.everything


async def test_a_mail_made_again_brings_the_code_that_is_good(house: House) -> None:
    asking_id = wanted(house)
    mail_id = new_id()
    await house.use_cases.askings.send_asking_mail(mail_id, asking_id=uuid.UUID(asking_id), kind=Kind.CODE)
    house.world.fail_after.append("PrepareAskingMail")
    with pytest.raises(Internal):
        await house.sending.askings.run()
    first = house.world.codes[asking_id]
    await house.sending.askings.run()
    assert house.world.codes[asking_id] != first
    assert house.sink.recipients == {TO: 1}
