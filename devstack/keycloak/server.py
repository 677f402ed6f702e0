"""One Keycloak of one stack: its home around the shared distribution, its start command, its settings."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.keycloak import distribution, java

FILES = Path(__file__).resolve().parents[2] / "deploy" / "keycloak"
# The temporary account of the master realm with which a stack's administrator and `deploy.keycloak` begin.
BOOTSTRAP_CLIENT = "kontor-bootstrap"


@dataclass(frozen=True)
class Keycloak:
    """Where it lies, where it listens, and which database is its own."""

    folder: Path
    origin: str
    database: str
    role: str
    password: str
    bootstrap_secret: str
    realm: str = "kontor"

    def prepare(self) -> None:
        """Lay out the home anew: programs from the cache, theme and realm from the tree. Data is in the database.

        Raises `KeycloakFailed` where the distribution or Java cannot be had.
        """
        programs = distribution.built()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "bin").mkdir(parents=True)
        # Keycloak finds its home by where its script really lies, so the script is a copy and only the rest is linked.
        shutil.copy(programs / "bin" / "kc.sh", self.folder / "bin")
        shutil.copytree(programs / "conf", self.folder / "conf")
        for name in ("lib", "providers"):
            (self.folder / name).symlink_to(programs / name)
        (self.folder / "themes").symlink_to(FILES / "themes")
        imports = self.folder / "data" / "import"
        imports.mkdir(parents=True)
        (imports / f"{self.realm}-realm.json").write_text(
            json.dumps(realm_with_demo_users(), ensure_ascii=False)
        )

    def command(self) -> list[str]:
        return ["sh", str(self.folder / "bin" / "kc.sh"), "start", "--optimized", "--import-realm"]

    def environment(self, placeholders: Mapping[str, str]) -> dict[str, str]:
        """The settings, and what the realm file's placeholders need."""
        host, _, port = self.origin.rpartition("//")[2].rpartition(":")
        return {
            **java.environment(java.java_home()),
            **placeholders,
            "KC_DB_URL": f"jdbc:postgresql://{self.database}",
            "KC_DB_USERNAME": self.role,
            "KC_DB_PASSWORD": self.password,
            # A demo has few logins at once; the default of a hundred would eat PostgreSQL's connections.
            "KC_DB_POOL_MAX_SIZE": "10",
            "KC_HTTP_ENABLED": "true",
            "KC_HTTP_HOST": host,
            "KC_HTTP_PORT": port,
            "KC_HOSTNAME": self.origin,
            # No cluster: JGroups would listen beyond loopback.
            "KC_CACHE": "local",
            "KC_LOG_LEVEL": "warn",
            "KC_BOOTSTRAP_ADMIN_CLIENT_ID": BOOTSTRAP_CLIENT,
            "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": self.bootstrap_secret,
        }


def realm_with_demo_users() -> dict[str, Any]:
    """The realm file with the demo's people in it, placeholders still open: Keycloak fills them at the import."""
    realm: dict[str, Any] = json.loads((FILES / "realm-kontor.json").read_text())
    people = json.loads((FILES / "demo-users.json").read_text())["users"]
    return {**realm, "users": [*realm["users"], *people]}
