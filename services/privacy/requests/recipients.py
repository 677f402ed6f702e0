"""To whom personal data is disclosed, by name (Art. 15(1)(c) and (2), 28, 44 ff. GDPR)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from kernel.db import AnySession
from services.privacy.registers.model import Recipient as Registered
from services.privacy.registers.service import RegisterService

PROCESSOR, CONTROLLER, AUTHORITY = "processor", "controller", "authority"
# The European Economic Area: what goes elsewhere is a transfer to a third country (Chapter V GDPR).
EEA = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip

# On what a transfer to a third country rests, by the register's key for it.
_SAFEGUARDS = {
    "adequacy": "Art. 45 GDPR",
    "standard-clauses": "Art. 46(2)(c) GDPR",
    "binding-corporate-rules": "Art. 47 GDPR",
    "derogation": "Art. 49 GDPR",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside of the company who gets personal data.

    `role` is "processor", "controller" or "authority". `country` is ISO 3166-1 alpha-2; empty is somewhere in the
    European Economic Area. `safeguard` says what protects the data elsewhere: an adequacy decision, standard clauses.
    `services` are the holders whose data goes there; empty means all. Errors: ValueError for a third country
    without a safeguard, because nobody could answer Art. 15(2) then.
    """

    name: str
    address: str = ""
    role: str = PROCESSOR
    country: str = ""
    safeguard: str = ""
    services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a recipient needs a name")
        if self.outside and not self.safeguard.strip():
            raise ValueError(f"{self.name}: a third country needs a safeguard (Art. 44 ff. GDPR)")

    @property
    def outside(self) -> bool:
        """Whether the data leaves the European Economic Area."""
        return bool(self.country) and self.country.upper() not in EEA

    def gets(self, services: Collection[str]) -> bool:
        """Whether data of any of these services goes there."""
        return not self.services or not set(self.services).isdisjoint(services)


# Who they are at this moment. A register answers from its rows, the settings from what the operator wrote.
Recipients = Callable[[AnySession], Awaitable[Sequence[Recipient]]]


def written(recipients: Iterable[str | Recipient]) -> Recipients:
    """Those that the operator wrote into the settings; a bare name is a processor within the Economic Area."""
    known = tuple(each if isinstance(each, Recipient) else Recipient(each) for each in recipients)

    async def named(session: AnySession) -> Sequence[Recipient]:
        return known

    return named


def registered(registers: RegisterService, *, otherwise: Recipients) -> Recipients:
    """Those of the register of processors and transfers; while it is empty, the others."""

    async def named(session: AnySession) -> Sequence[Recipient]:
        known = await registers.recipients(session)
        return [_of_register(each) for each in known] or await otherwise(session)

    return named


def _of_register(known: Registered) -> Recipient:
    return Recipient(
        name=known.name,
        address=known.address,
        role=CONTROLLER if known.role == "recipient" else PROCESSOR,
        country=known.country,
        safeguard=_SAFEGUARDS.get(known.safeguard, known.safeguard),
    )
