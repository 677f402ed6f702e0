"""How to run each process of the stack."""

import sys
from pathlib import Path
from typing import Literal

from devstack import environment, ready
from devstack.child import Recipe
from devstack.folder import StackFolder
from devstack.keycloak.server import Keycloak
from devstack.keys import BACK_ENDS, WEB, Keys
from devstack.nats import Nats
from devstack.ports import Ports
from devstack.postgres import STOP_SIGNAL, Postgres, child_environment

ROOT = Path(__file__).resolve().parents[1]


# Keycloak's first start creates a hundred tables and imports the realm, beside everything else that starts.
_KEYCLOAK_SECONDS = 420

IdentityProvider = Literal["embedded", "keycloak"]


class Recipes:
    """The recipes of one stack."""

    def __init__(self, folder: StackFolder, *, ports: Ports, keys: Keys) -> None:
        self._folder = folder
        self._ports = ports
        self._keys = keys
        self.postgres = Postgres(folder.data("postgres"), ports["postgres"], keys.postgres)
        self.nats = Nats(folder.data("nats"), ports["nats"], keys.nats, readers=keys.readers)
        role = environment.database("keycloak")
        self.keycloak = Keycloak(
            folder=folder.data("keycloak"),
            origin=environment.url(ports, "idp"),
            database=f"{ports.address('postgres')}/{role}",
            role=role,
            password=keys.databases["keycloak"],
            bootstrap_secret=keys.keycloak,
            realm=environment.REALM,
        )

    def engines(self) -> list[Recipe]:
        """What the services need before they can become ready."""
        return [self._postgres(), self._nats(), self._mail()]

    def identity(self, provider: IdentityProvider) -> Recipe:
        """The identity provider; real Keycloak keeps its data in the stack's PostgreSQL."""
        return self._keycloak() if provider == "keycloak" else self._embedded()

    def services(self) -> list[Recipe]:
        return [self._process(name, ready.serving(self._ports.address(name))) for name in BACK_ENDS]

    def pages(self) -> list[Recipe]:
        return [self._process(name, ready.http(self._ports[name], "/readyz")) for name in WEB]

    def _postgres(self) -> Recipe:
        return Recipe(
            name="postgres",
            command=self.postgres.command(),
            environment=child_environment(),
            ready=ready.blocking(self.postgres.is_ready),
            folder=self.postgres.data,
            log=self._folder.log("postgres"),
            user=self.postgres.user,
            stop_signal=STOP_SIGNAL,
        )

    def _nats(self) -> Recipe:
        return Recipe(
            name="nats",
            command=self.nats.command(),
            environment=environment.plain(),
            ready=ready.blocking(self.nats.is_ready),
            folder=self._folder.path,
            log=self._folder.log("nats"),
        )

    def _mail(self) -> Recipe:
        ports = ["--smtp-port", str(self._ports["smtp"]), "--http-port", str(self._ports["mail"])]
        return self._python(
            "mail",
            ["devstack.mailsink", "--folder", str(self._folder.data("mail")), *ports],
            environment.plain(),
            ready.http(self._ports["mail"], "/healthz"),
        )

    def _keycloak(self) -> Recipe:
        return Recipe(
            name="idp",
            command=self.keycloak.command(),
            environment=self.keycloak.environment(
                environment.for_identity(ports=self._ports, keys=self._keys)
            ),
            ready=self._issuer_answers(),
            folder=self.keycloak.folder,
            log=self._folder.log("idp"),
            start_seconds=_KEYCLOAK_SECONDS,
        )

    def _issuer_answers(self) -> ready.Check:
        return ready.http(self._ports["idp"], f"/realms/{environment.REALM}/.well-known/openid-configuration")

    def _embedded(self) -> Recipe:
        realm = ROOT / "deploy" / "keycloak"
        arguments = [
            "--listen", self._ports.address("idp"), "--realm", str(realm / "realm-kontor.json"),
            "--users", str(realm / "demo-users.json"), "--state", str(self._folder.data("idp")),
        ]  # fmt: skip
        return self._python(
            "idp",
            ["devstack.idp", *arguments],
            environment.for_identity(ports=self._ports, keys=self._keys),
            self._issuer_answers(),
        )

    def _process(self, name: str, check: ready.Check) -> Recipe:
        values = environment.for_process(
            name, ports=self._ports, keys=self._keys, backups=self._folder.data("backups")
        )
        return self._python(name, [f"services.{name}"], values, check)

    def _python(self, name: str, module: list[str], values: dict[str, str], check: ready.Check) -> Recipe:
        return Recipe(
            name=name,
            command=[sys.executable, "-m", *module],
            environment=values,
            ready=check,
            folder=ROOT,
            log=self._folder.log(name),
        )
