"""How texts, addresses and phone numbers are normalised, compared and searched. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from kernel.text import visible

_SPACES = re.compile(r"\s+")
# Letters that no decomposition takes apart.
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
# "Mueller" is how a German writes "Müller" without the key for it; both become "muller".
_UMLAUT = re.compile(r"([aou])e")
# Numbers with fewer than four digits are for callers next door.
_SHORTEST = 1_000
_NOT_IN_PHONE = re.compile(r"[\s()/.\-\u2010-\u2015]")


def clean(value: str) -> str:
    """One spelling of a short text: composed (NFC), visible, trimmed, inner white space as single blanks."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", visible(value))).strip()


def clean_lines(value: str) -> str:
    """The same for a text of several lines, which keeps its line breaks."""
    return unicodedata.normalize("NFC", visible(value)).replace("\r\n", "\n").replace("\r", "\n").strip()


@lru_cache(maxsize=8192)
def fold(value: str) -> str:
    """The form in which texts are compared: without case, accents, umlauts and doubled blanks."""
    bare = value.casefold()
    if not bare.isascii():
        bare = unicodedata.normalize("NFKD", bare).translate(_LETTERS)
        bare = "".join(c for c in bare if not unicodedata.combining(c))
    return _SPACES.sub(" ", _UMLAUT.sub(r"\1", bare)).strip()


def email_key(email: str) -> str | None:
    """What makes an address unique; None for no address."""
    return email.lower() or None


@lru_cache(maxsize=4096)
def normal_phone(value: str, country: str) -> str | None:
    """E.164; national numbers are read as those of `country` (ISO 3166-1 alpha-2). None if it is no number."""
    try:
        # "+49 (0)30 …" is how Germans write a number for everybody; the zero is only for callers at home.
        number = phonenumbers.parse(value.replace("(0)", ""), country)
    except phonenumbers.NumberParseException:
        return None
    # Possible, not valid: new blocks are handed out faster than tables of them are updated.
    if not phonenumbers.is_possible_number(number) or (number.national_number or 0) < _SHORTEST:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_country(value: str) -> bool:
    """Whether the code is a country's (ISO 3166-1 alpha-2, upper case)."""
    return value in phonenumbers.SUPPORTED_REGIONS


def search_words(query: str) -> list[str]:
    """The folded words of a query; a query that is a phone number is one word, without its zero at home.

    Zeros alone stay: nothing at all would be found in everybody.
    """
    digits = _NOT_IN_PHONE.sub("", query)
    if digits.lstrip("+").isdecimal() and len(digits) >= 4:
        return [digits.lstrip("+0") or digits.lstrip("+")]
    return fold(query).split()


def like_pattern(word: str) -> str:
    """A LIKE pattern that finds the word anywhere; its own wildcards are plain letters."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
