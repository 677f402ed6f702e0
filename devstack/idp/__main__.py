"""`python -m devstack.idp`: checks that this is the embedded stack, then serves the realm on loopback."""

import argparse
import ipaddress
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from deploy.keycloak.placeholders import resolve
from devstack.idp.app import create_app
from devstack.idp.errors import SetupError
from devstack.idp.provider import Provider
from devstack.idp.realm import Realm, load_realm, read_json

_THREADS = 8


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn with one worker: the state is one file, and threads are enough for one machine."""

    def __init__(
        self, *, listen: str, realm: Realm, people: Sequence[Mapping[str, Any]], state: Path
    ) -> None:
        self._listen, self._realm, self._people, self._state = listen, realm, people, state
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": [self._listen],
            "worker_class": "gthread",
            "workers": 1,
            "threads": _THREADS,
            "graceful_timeout": 5,
            # An idle connection would hold up the stop of the whole stack.
            "keepalive": 0,
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "kontor-idp",
        }
        for key, value in settings.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        # In the worker, after the fork: SQLite connections do not survive one.
        origin = f"http://{self._listen}"
        return create_app(Provider.open(self._realm, people=self._people, origin=origin, state=self._state))


def check_environment(env: Mapping[str, str], *, listen: str) -> None:
    """Raise SetupError unless this is the embedded stack and the address is one of this machine only."""
    if env.get("KONTOR_EMBEDDED_STACK") != "1":
        raise SetupError(
            "this identity provider is for the embedded stack only; elsewhere run Keycloak with "
            "deploy/keycloak/realm-kontor.json, or set KONTOR_EMBEDDED_STACK=1 on a machine without real data"
        )
    host, _, port = listen.rpartition(":")
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise SetupError(
            f"refusing to listen on {host or 'every address'}: the embedded provider is for loopback only"
        )
    if not port.isdigit():
        raise SetupError(f"--listen needs HOST:PORT, not {listen!r}")


def load_people(path: Path, *, env: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The users of a partial-import file."""
    people: list[Mapping[str, Any]] = resolve(read_json(path), env=env, source=str(path)).get("users", [])
    return people


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, and serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m devstack.idp", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:8002", help="loopback address, HOST:PORT")
    parser.add_argument("--realm", type=Path, required=True, help="Keycloak realm file")
    parser.add_argument("--users", type=Path, help="Keycloak partial-import file with demo users")
    parser.add_argument("--state", type=Path, required=True, help="folder for keys, users and sessions")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        check_environment(os.environ, listen=options.listen)
        realm = load_realm(options.realm, env=os.environ)
        people = load_people(options.users, env=os.environ) if options.users else []
    except SetupError as error:
        sys.stderr.write(f"identity provider: {error}\n")
        return 2
    _Server(listen=options.listen, realm=realm, people=people, state=options.state).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
