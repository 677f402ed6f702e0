"""A rectification (Art. 16 and 19 GDPR): staff corrects, and every recipient is told, or it is noted why not."""

from __future__ import annotations

from collections.abc import Sequence

from kernel.db import WriteSession
from kernel.errors import InvalidArgument
from services.privacy.requests.corrections import store as corrections
from services.privacy.requests.model import Correction, Request, Wish

# What can be said to be wrong: the fields of a contact, and anything else in words.
FIELDS = frozenset(
    {
        "salutation",
        "given_name",
        "family_name",
        "email",
        "phone",
        "street",
        "postal_code",
        "city",
        "country",
        "language",
        "other",
    }
)
# How a recipient is told; or why it is not (Art. 19 GDPR).
WAYS = frozenset({"email", "letter", "phone", "interface", "impossible", "disproportionate"})


class Rectifying:
    """Waits for a person: what is right, no machine can know."""

    async def receive(self, session: WriteSession, request: Request, wish: Wish) -> None:
        """Part of receiving the request. Errors: InvalidArgument."""
        check(wish.corrections)
        await corrections.add(session, request.id, wish.corrections)

    async def advance(self, request: Request) -> None:
        """Staff has the next move, with the clock beside it."""


def check(said: Sequence[Correction]) -> None:
    """Errors: InvalidArgument, at every entry that is wrong."""
    wrong: dict[str, str] = {}
    if not said:
        wrong["corrections"] = "must have at least one entry"
    seen: set[str] = set()
    for at, each in enumerate(said):
        where = f"corrections[{at}]"
        if each.field not in FIELDS:
            wrong[f"{where}.field"] = f"must be one of {', '.join(sorted(FIELDS))}"
        elif each.field in seen:
            wrong[f"{where}.field"] = "must stand here once"
        elif each.before.strip() == each.after.strip():
            wrong[f"{where}.after"] = "must differ from what is there"
        seen.add(each.field)
    if wrong:
        raise InvalidArgument("Nothing can be corrected like this.", violations=wrong)
