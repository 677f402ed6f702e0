"""`python -m devstack.code` (make demo-code): the demo logins that have a second factor, and their present codes."""

import json

from devstack.idp import totp
from devstack.idp.second_factor import secret_in
from devstack.keycloak.server import FILES


def demo_secrets() -> dict[str, str]:
    """Login → secret in base 32, of the demo's people who have a second factor."""
    people = json.loads((FILES / "demo-users.json").read_text())["users"]
    found = {person["username"]: secret_in(person) for person in people}
    return {login: secret for login, secret in found.items() if secret is not None}


def main() -> None:
    """Print one line for each login."""
    for login, secret in demo_secrets().items():
        print(f"{login:<28} {totp.code(secret)}   (authenticator key {secret})")


if __name__ == "__main__":
    main()
