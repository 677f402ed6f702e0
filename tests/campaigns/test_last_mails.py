"""The last mail after an erasure: to an address that only privacy knows, with the certificate, leaving no trace."""

import uuid
from email.message import EmailMessage

import pytest
from kontor.campaigns.v1 import notices_pb2
from kontor.privacy.v1 import farewells_pb2

from kernel.errors import InvalidArgument
from kernel.ids import new_id
from services.campaigns.notices.model import Kind, NoticeNotFound
from services.campaigns.notices.rpc import NoticesRpc
from services.campaigns.sender.model import State
from tests.campaigns.conftest import House

PDF = b"%PDF-1.7 " + bytes(range(256)) * 20
ADDRESS = "anna@demo.example"


async def wished(house: House, kind: Kind = Kind.ERASED, **fields: object) -> uuid.UUID:
    """A last mail, as privacy asks for it."""
    notice_id = new_id()
    values = {"address": ADDRESS, "language": "de"} | fields
    house.world.farewells[str(notice_id)] = farewells_pb2.Farewell(
        enclosures=[
            farewells_pb2.Enclosure(file_name="bescheinigung.pdf", media_type="application/pdf", content=PDF),
            farewells_pb2.Enclosure(
                file_name="bescheinigung.json", media_type="application/json", content=b'{"kind": 1}'
            ),
        ],
        **values,  # type: ignore[arg-type]
    )
    await ask(house, notice_id, kind)
    return notice_id


async def ask(house: House, notice_id: uuid.UUID, kind: Kind) -> None:
    await house.use_cases.notices.send_notice(notice_id, contact_id=None, kind=kind, due_date="2026-12-28")


def said(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def test_it_goes_out_once_despite_suppression_with_the_certificate(house: House) -> None:
    house.world.suppressed.add(ADDRESS)
    notice_id = await wished(house)
    for _ in range(2):
        await house.sending.notices.run()
        await ask(house, notice_id, Kind.ERASED)
    assert house.sink.recipients == {ADDRESS: 1}
    mail = house.sink.mail_to(ADDRESS)
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert files == {"bescheinigung.pdf": PDF, "bescheinigung.json": b'{"kind": 1}'}
    assert said(mail).startswith("Guten Tag,\n\nwir haben Ihre Daten gelöscht.")
    assert mail.get_body(("html",)) is not None
    assert await house.use_cases.notices.get_notice(notice_id) is State.SENT


async def test_nothing_about_the_person_stays_not_even_a_hash_over_the_mail(house: House) -> None:
    await wished(house)
    await house.sending.notices.run()
    (row,) = await house.rows(
        "SELECT m::text AS everything, contact_id, permit_id, mail_sha256 FROM notice_mail m"
    )
    assert "anna" not in row.everything
    assert (row.contact_id, row.permit_id, row.mail_sha256) == (None, None, None)
    assert house.world.permits == {}
    assert await house.rows("SELECT 1 FROM outbox") == []


@pytest.mark.parametrize(("language", "day"), [("de", "31.12.2034"), ("en", "2034-12-31")])
async def test_what_a_law_keeps_stands_in_it_each_thing_once(house: House, language: str, day: str) -> None:
    kept = farewells_pb2.KeptItem(what="Rechnungen", law="§ 147 AO", keep_until="2034-12-31")
    await wished(house, Kind.PARTLY_ERASED, language=language, kept=[kept, kept])
    await house.sending.notices.run()
    text = " ".join(said(house.sink.mail_to(ADDRESS)).split())
    assert text.count("Rechnungen (§ 147 AO") == 1
    assert f"{day})" in text


async def test_what_is_over_or_cannot_be_addressed_is_not_sent(house: House) -> None:
    over = await wished(house)
    del house.world.farewells[str(over)]
    unusable = await wished(house, address="a b@demo.example")
    house.sink.answers[ADDRESS] = ["550 no such mailbox"]
    refused = await wished(house)
    await house.sending.notices.run()
    rpc = NoticesRpc(house.use_cases.notices)
    for notice_id in (over, unusable, refused):
        found = await rpc.GetNotice(notices_pb2.GetNoticeRequest(id=str(notice_id)), None)
        assert found.state == notices_pb2.NOTICE_STATE_FAILED
    assert house.sink.recipients == {}


async def test_beside_other_mails_it_goes_out_as_ever(house: House) -> None:
    await wished(house)
    await house.use_cases.notices.send_notice(
        new_id(), contact_id=uuid.UUID(house.world.add(1)), kind=Kind.RECEIVED, due_date="2026-12-28"
    )
    await house.sending.notices.run()
    assert house.sink.recipients == {ADDRESS: 1, "person1@demo.example": 1}


async def test_only_a_last_mail_is_about_nobody(house: House) -> None:
    for contact_id, kind in ((None, Kind.COMPLETED), (new_id(), Kind.ERASED)):
        with pytest.raises(InvalidArgument):
            await house.use_cases.notices.send_notice(
                new_id(), contact_id=contact_id, kind=kind, due_date="2026-12-28"
            )
    with pytest.raises(NoticeNotFound):
        await house.use_cases.notices.get_notice(new_id())
