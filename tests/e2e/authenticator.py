"""An authenticator app: shows each code once, and waits where there is no new one yet."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from devstack.idp import totp


@dataclass
class Authenticator:
    """One secret in one app."""

    secret: str = field(default_factory=totp.new_secret)
    _used: int = 0

    def code(self) -> str:
        """A code that was not given before; providers take one that is a step ahead of their clock."""
        step = max(totp.present_step(), self._used + 1)
        while step > totp.present_step() + 1:
            time.sleep(0.2)
        self._used = step
        return totp.code(self.secret, step=step)

    def credential(self) -> dict[str, str]:
        """The secret in Keycloak's representation of a person."""
        details = {"subType": "totp", "digits": totp.DIGITS, "period": totp.PERIOD_S, "algorithm": "HmacSHA1"}
        return {
            "type": "otp",
            "userLabel": "App",
            "secretData": json.dumps({"value": self.secret}),
            "credentialData": json.dumps({**details, "secretEncoding": "BASE32"}),
        }
