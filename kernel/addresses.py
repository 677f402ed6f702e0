"""How an e-mail address is written down: in one form by every service, so that all of them find it again."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import idna

from kernel.text import visible
from kernel.validation import is_email


def normal_email(value: str) -> str | None:
    """The address as it is kept: NFC, trimmed, its domain in lower-case ASCII (IDNA). None if it is none.

    Dots and +tags stay: what they mean is the receiving server's business. So do capital letters before
    the @; whoever compares addresses compares them in lower case.
    """
    trimmed = unicodedata.normalize("NFC", visible(value)).strip()
    if not is_email(trimmed):
        return None
    local, _, domain = trimmed.rpartition("@")
    ascii_form = ascii_domain(domain)
    return f"{local}@{ascii_form}" if ascii_form else None


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str | None:
    """The domain in lower-case ASCII (IDNA). None if there is no such form."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return None
