"""vCard 4.0 (RFC 6350): escaped, folded, and never without a name."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from services.privacy.requests.vcard import vcard

UID = uuid.UUID("018f0000-0000-7000-8000-000000000001")


def lines(card: bytes) -> list[str]:
    """The content lines, unfolded (3.2)."""
    return card.replace(b"\r\n ", b"").decode().rstrip("\r\n").split("\r\n")


def property_of(card: bytes, name: str) -> str:
    (found,) = (
        line.partition(":")[2] for line in lines(card) if line.partition(":")[0].split(";")[0] == name
    )
    return found


def parts(value: str) -> list[str]:
    """The components of a compound value, without their escapes (3.4)."""
    found, current, escaped = [], "", False
    for character in value:
        if escaped:
            current += "\n" if character in "nN" else character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ";":
            found.append(current)
            current = ""
        else:
            current += character
    return [*found, current]


def test_a_whole_person() -> None:
    card = vcard(
        {
            "given_name": "Änne", "family_name": "Müller; geb. Groß", "email": "a@example.org",
            "phone": "+49 30 90 18 20", "street": "Weg 1, Hof", "postal_code": "10115", "city": "Berlin",
            "country": "DE", "language": "de",
        },
        uid=UID,
        roles=["Einkauf, Leitung", " "],
    )  # fmt: skip
    assert card.endswith(b"END:VCARD\r\n")
    assert lines(card)[:5] == [
        "BEGIN:VCARD", "VERSION:4.0", "KIND:individual", f"UID:urn:uuid:{UID}", "FN:Änne Müller\\; geb. Groß",
    ]  # fmt: skip
    assert parts(property_of(card, "N")) == ["Müller; geb. Groß", "Änne", "", "", ""]
    assert parts(property_of(card, "ADR")) == ["", "", "Weg 1, Hof", "Berlin", "", "10115", "DE"]
    assert "TEL;VALUE=uri:tel:+4930901820" in lines(card)
    assert property_of(card, "ROLE") == "Einkauf\\, Leitung"


def test_a_number_that_is_not_global_stays_as_it_was_written() -> None:
    assert "TEL;VALUE=text:030 / 12 Durchwahl 7" in lines(vcard({"phone": "030 / 12 Durchwahl 7"}, uid=UID))


def test_somebody_without_a_name_has_a_card_all_the_same() -> None:
    assert property_of(vcard({"email": "a@example.org"}, uid=UID), "FN") == "a@example.org"
    assert property_of(vcard({}, uid=UID), "FN") == str(UID)


def test_a_line_break_cannot_start_a_property_of_its_own() -> None:
    card = vcard({"given_name": "Anna\r\nNOTE:forged\rEND:VCARD", "family_name": "\u2028X"}, uid=UID)
    assert [line.partition(":")[0] for line in lines(card)] == [
        "BEGIN", "VERSION", "KIND", "UID", "FN", "N", "END",
    ]  # fmt: skip


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_name_survives_in_lines_of_75_octets(family: str, street: str) -> None:
    card = vcard({"family_name": family, "street": street, "city": "Berlin"}, uid=UID)
    assert all(len(line) <= 75 for line in card.split(b"\r\n"))
    assert lines(card)[-1] == "END:VCARD"
    kept = parts(property_of(card, "ADR"))[2]
    readable = [c for c in street.strip().replace("\r\n", "\n").replace("\r", "\n") if c.isprintable()]
    assert [c for c in kept if c.isprintable()] == readable
