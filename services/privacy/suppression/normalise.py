"""One form for every way to write an address, so that its keyed hash is the same (privacy.md §5)."""

from __future__ import annotations

import unicodedata

import phonenumbers

from kernel.addresses import normal_email
from kernel.validation import is_email

EMAIL = 1
PHONE = 2
SMS = 3
# Numbers without a country code are read as German ones.
REGION = "DE"


def normalise(channel: int, value: str) -> str:
    """The canonical form; dots and +tags stay, because they are part of the address.

    Total: an address that cannot be understood is compared as it was written.
    """
    text = unicodedata.normalize("NFC", value).strip()
    if channel == EMAIL:
        return _email(text)
    if channel in (PHONE, SMS):
        return _phone(text)
    return " ".join(text.lower().split())


def is_address(channel: int, value: str) -> bool:
    """Whether something can be sent there at all; letters and portals have no form of their own."""
    text = unicodedata.normalize("NFC", value).strip()
    if channel == EMAIL:
        return is_email(text)
    if channel in (PHONE, SMS):
        try:
            return phonenumbers.is_possible_number(phonenumbers.parse(text, REGION))
        except phonenumbers.NumberParseException:
            return False
    return bool(text)


def _email(text: str) -> str:
    # A dot at the end of a domain says only that nothing follows.
    written = text.rstrip(".")
    if written.isascii() and written == written.strip():
        # Nothing to bring into one form but the case: what nearly every address of a batch is.
        return written.lower()
    return (normal_email(written) or written).lower()


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return "".join(text.lower().split())
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
