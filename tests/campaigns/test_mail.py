"""Bytes of mails: read back by another parser, whatever was put in."""

import uuid
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.campaigns.sender.mail import AddressUnusable, Letter, Mailbox, clean
from services.campaigns.sender.smtp import _stuffed

ID = uuid.UUID("0198d5a4-7c00-7000-8000-000000000001")
SENDER = Mailbox.parse("Kontor <post@kontor.example>")


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "id": ID,
        "sender": SENDER,
        "recipient": Mailbox.of("anna@demo.example", "Anna"),
        "subject": "Hallo",
        "text": "Text\n",
        "html": "<p>Text</p>\n",
        "date": datetime(2026, 3, 2, 9, tzinfo=UTC),
    }
    return Letter(**(values | changes))  # type: ignore[arg-type]


@given(
    subject=st.text(max_size=300),
    name=st.text(max_size=120),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=500),
)
def test_any_content_comes_back_and_adds_no_header_and_no_line_too_long(
    subject: str, name: str, text: str
) -> None:
    raw = letter(subject=subject, recipient=Mailbox.of("anna@demo.example", name), text=text).to_bytes()
    head, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"]
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 200 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    mail = message_from_bytes(raw, policy=policy.default)
    part = mail.get_body(("plain",))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    assert payload.decode().replace("\r\n", "\n").removesuffix("\n") == unified.removesuffix("\n")
    raw_subject = message_from_bytes(raw)["Subject"]
    expected = clean(subject).encode("utf-8", "replace").decode()
    assert str(make_header(decode_header(raw_subject))).split() == expected.split()


def test_umlauts_come_back_from_subject_and_name() -> None:
    recipient = Mailbox.of("joerg@demo.example", "Jörg Müßiggänger-Oberlößnitz von und zu Großwörlitz, Köln")
    subject = "Frühlingsgrüße aus Köln: größere Gärten, schönere Blüten und süße Früchte für alle Häuser"
    raw = letter(recipient=recipient, subject=subject).to_bytes()
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == subject
    # The modern policy of this Python puts a space between the encoded words of a name (RFC 2047 §6.2 says none).
    name = str(make_header(decode_header(message_from_bytes(raw)["To"])))
    assert name == f"{recipient.name} <joerg@demo.example>"


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c.example", "a b@c.example", "a@c.example>\r\nRCPT TO:<x@y.example", "<a@b.example>"],
)
def test_addresses_that_no_envelope_can_carry_are_refused(address: str) -> None:
    with pytest.raises(AddressUnusable):
        Mailbox.of(address)


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert letter().to_bytes() == letter().to_bytes()


def test_a_dot_in_the_content_does_not_end_the_mail() -> None:
    assert _stuffed(b".a\r\n.\r\nb") == b"..a\r\n..\r\nb\r\n.\r\n"
    assert _stuffed(b"a\r\n") == b"a\r\n.\r\n"
