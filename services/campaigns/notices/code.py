"""Codes that a person reads in a mail and types into a page."""

from __future__ import annotations

import secrets

# Without I, L, O and U: nobody has to guess whether it is a one, and no code says a word (Crockford's base 32).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 60 bits: what anybody may keep of one, such as the hash of a mail, leads nobody back to it while it is good.
_CHARACTERS, _GROUP = 12, 4


def new_code() -> str:
    """A fresh code."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))


def readable(code: str) -> str:
    """As it stands in the mail: in groups."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))
