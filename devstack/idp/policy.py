"""The realm's password policy, in Keycloak's notation."""

import re
from dataclasses import dataclass
from typing import Self

from devstack.idp.errors import SetupError

_RULE = re.compile(r"^(\w+)\((\w+)\)$")


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a new password must satisfy."""

    shortest: int = 0
    longest: int = 128
    not_username: bool = False
    not_email: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `length(10) and notEmail(undefined)`; a rule that cannot be kept here raises SetupError."""
        rules: dict[str, str] = {}
        for part in text.split(" and "):
            match = _RULE.match(part.strip())
            if not match:
                raise SetupError(f"cannot read the password policy at {part!r}")
            rules[match.group(1)] = match.group(2)
        unknown = rules.keys() - {"length", "maxLength", "notUsername", "notEmail"}
        if unknown:
            raise SetupError(
                f"the embedded provider does not know the password rules {', '.join(sorted(unknown))}"
            )
        return cls(
            shortest=int(rules.get("length", 0)),
            longest=int(rules.get("maxLength", 128)),
            not_username="notUsername" in rules,
            not_email="notEmail" in rules,
        )

    def accepts(self, password: str, *, username: str, email: str) -> bool:
        """Whether this password may be set for this person."""
        if not self.shortest <= len(password) <= self.longest:
            return False
        lowered = password.casefold()
        if self.not_username and lowered == username.casefold():
            return False
        return not (self.not_email and lowered == email.casefold())
