"""`python -m deploy.keycloak sync`: shows where a realm differs from the wanted one; `--apply` puts it right.

It never makes, changes or deletes a person, a password or a second factor, and prints no secret.
Reads KONTOR_KEYCLOAK_URL, KONTOR_KEYCLOAK_CLIENT_ID, KONTOR_KEYCLOAK_CLIENT_SECRET, optionally
KONTOR_KEYCLOAK_CLIENT_REALM (where that client lives: master), and the placeholders of the realm file.
Exit codes: 0 no difference (left), 1 failed, 2 differences that were only shown.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from deploy.keycloak import brokers, clients, flows, roles, scopes, settings, wanted
from deploy.keycloak.door import Door
from deploy.keycloak.errors import SetupError
from deploy.keycloak.plan import Change
from deploy.keycloak.wanted import Wanted

# In this order: what is named must be there before what names it.
PARTS: tuple[Callable[[Wanted, Door], Iterator[Change]], ...] = (
    settings.changes,
    roles.changes,
    roles.groups,
    scopes.changes,
    scopes.defaults,
    clients.changes,
    clients.accounts,
    flows.changes,
    brokers.changes,
    settings.bindings,
)
_VARIABLES = ("KONTOR_KEYCLOAK_URL", "KONTOR_KEYCLOAK_CLIENT_ID", "KONTOR_KEYCLOAK_CLIENT_SECRET")


def plan(target: Wanted, door: Door) -> list[Change]:
    """Every difference, in the order in which they can be put right."""
    if not door.exists():
        return [Change("+", f"realm {target.name}", "", lambda: door.create(dict(target.whole)))]
    return [change for part in PARTS for change in part(target, door)]


def sync(target: Wanted, door: Door, *, apply: bool) -> int:
    """Show the plan and, if wanted, carry it out; answers how many differences are left."""
    found = plan(target, door)
    for change in found:
        print(change, flush=True)
        if apply:
            change.apply()
    if not found:
        print(f"The realm {target.name} is as wanted: no difference.")
        return 0
    count = f"{len(found)} difference{'s' if len(found) > 1 else ''}"
    if not apply:
        print(f"{count}; nothing was changed. Add --apply to put the realm right.")
        return len(found)
    left = plan(target, door)
    print(f"{count} put right." if not left else f"{len(left)} of {count} would not go:")
    for change in left:
        print(change)
    return len(left)


def enter(env: Mapping[str, str], *, realm: str) -> Door:
    """The door to the realm. Raises SetupError that names every variable that is not set."""
    missing = [name for name in _VARIABLES if not env.get(name)]
    if missing:
        raise SetupError(f"these environment variables are not set: {', '.join(missing)}")
    return Door(
        url=env["KONTOR_KEYCLOAK_URL"],
        realm=realm,
        client_id=env["KONTOR_KEYCLOAK_CLIENT_ID"],
        client_secret=env["KONTOR_KEYCLOAK_CLIENT_SECRET"],
        client_realm=env.get("KONTOR_KEYCLOAK_CLIENT_REALM", "master"),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.keycloak", description=__doc__)
    command = parser.add_subparsers(required=True).add_parser("sync", help="compare, and put right")
    command.add_argument("--apply", action="store_true", help="put right what differs")
    command.add_argument("--file", type=Path, default=wanted.FILE, help="the realm file")
    command.add_argument("--realm", help="another name than the file's")
    options = parser.parse_args(arguments)
    try:
        target = wanted.load(options.file, env=os.environ, realm=options.realm)
        left = sync(target, enter(os.environ, realm=target.name), apply=options.apply)
    except SetupError as error:
        print(f"keycloak sync: {error}", file=sys.stderr)
        return 1
    if left and options.apply:
        return 1
    return 2 if left else 0


if __name__ == "__main__":
    sys.exit(main())
