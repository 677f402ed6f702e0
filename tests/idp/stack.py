"""Starting the provider as the embedded stack does, as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from devstack.idp.database import Database
from devstack.idp.keys import Signer

ROOT = Path(__file__).parents[2]
REALM = ROOT / "deploy/keycloak/realm-kontor.json"
USERS = ROOT / "deploy/keycloak/demo-users.json"
PORTAL = "http://127.0.0.1:39000"
GATEWAY = "http://127.0.0.1:39001"
_CLIENTS = ("PORTAL", "GATEWAY", "CONTACTS", "CAMPAIGNS", "TICKETS", "PRIVACY", "INTEGRATOR", "ADMIN")
_PATIENCE = 20


def secret(client: str) -> str:
    """The test secret of a client, by its id or the middle of its variable's name."""
    return f"secret-of-{client.removeprefix('kontor-').lower()}"


def environment(**more: str) -> dict[str, str]:
    """What the provider's process needs to be told, and nothing that this machine has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")}
    secrets = {f"KONTOR_{name}_SECRET": secret(name) for name in _CLIENTS}
    urls = {"KONTOR_PORTAL_URL": PORTAL, "KONTOR_GATEWAY_URL": GATEWAY}
    return {**kept, **secrets, **urls, "KONTOR_EMBEDDED_STACK": "1", "PYTHONPATH": str(ROOT), **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(*, listen: str, state: Path, realm: Path = REALM) -> list[str]:
    files = ["--realm", str(realm), "--users", str(USERS), "--state", str(state)]
    return [sys.executable, "-m", "devstack.idp", "--listen", listen, *files]


@dataclass
class Idp:
    """A running provider."""

    origin: str
    process: subprocess.Popen[bytes]

    @property
    def issuer(self) -> str:
        return f"{self.origin}/realms/kontor"

    def door(self, name: str) -> str:
        return f"{self.issuer}/protocol/openid-connect/{name}"

    def service_token(self, client: str, **more: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", **more}
        return httpx.post(self.door("token"), data=form, auth=(client, secret(client)))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def start(state: Path, *, port: int | None = None, **more: str) -> Idp:
    """Start the provider and wait until it answers."""
    listen = f"127.0.0.1:{port or free_port()}"
    process = subprocess.Popen(command(listen=listen, state=state), env=environment(**more), cwd=ROOT)
    idp = Idp(f"http://{listen}", process)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(idp.issuer)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return idp
    process.kill()
    process.wait()
    raise AssertionError(f"the provider did not start (exit code {process.returncode})")


def rotate(state: Path, *, withdraw: bool = False) -> None:
    """Give the realm of a running provider a new key; see `Signer.rotate`."""
    database = Database(state)
    Signer(database).rotate(withdraw=withdraw)
    database.close()
