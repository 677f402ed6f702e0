"""What each process of the embedded stack is told through its environment."""

import json
import os
from pathlib import Path

from devstack.keycloak.server import BOOTSTRAP_CLIENT
from devstack.keys import BACK_ENDS, PROCESSES, WEB, Keys
from devstack.nats import USER as NATS_USER
from devstack.ports import LOOPBACK, Ports

REALM = "kontor"
# Parts of a database that its owner reaches only as a role of their own, by process.
INNER_ROLES = {"privacy": "suppression"}
MAIL_FROM = "Musterhaus Wohnideen GmbH <post@kontor.example>"
# What the machine says about itself may pass; settings of another Kontor may not.
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "KONTOR_OTLP_ENDPOINT", "KONTOR_LOG_LEVEL")
_CONTROLLER = {
    "NAME": "Musterhaus Wohnideen GmbH",
    "ADDRESS": "Lindenallee 12, 50668 Köln",
    "EMAIL": "kontakt@musterhaus.example",
    "PHONE": "+49 221 5550100",
    "DPO_EMAIL": "datenschutz@musterhaus.example",
    "DPO_NAME": "Sabine Krüger",
    "STATE": "NW",
    "AUTHORITY_NAME": "Landesbeauftragte für Datenschutz und Informationsfreiheit Nordrhein-Westfalen",
    "AUTHORITY_ADDRESS": "Kavalleriestraße 2-4, 40213 Düsseldorf",
    "AUTHORITY_URL": "https://www.ldi.nrw.de",
}

# Who gets data of the demo's company; every copy of one's data names them.
_PROCESSORS = [
    {"name": "Rechenzentrum Rheinland GmbH", "address": "Am Hafen 3, 50678 Köln", "country": "DE"},
    {
        "name": "Postwerk Versand AG",
        "address": "Seestraße 9, 8002 Zürich",
        "country": "CH",
        "safeguard": "Angemessenheitsbeschluss 2000/518/EG",
        "services": ["campaigns", "contacts"],
    },
]


def url(ports: Ports, name: str) -> str:
    """The address of a page."""
    return f"http://{ports.address(name)}"


def issuer(ports: Ports) -> str:
    return f"{url(ports, 'idp')}/realms/{REALM}"


def database_url(ports: Ports, keys: Keys, name: str) -> str:
    """The SQLAlchemy address of a process's own database: async for back ends, sync for web processes."""
    driver = "psycopg" if name in WEB else "asyncpg"
    role = database(name)
    return f"postgresql+{driver}://{role}:{keys.databases[name]}@{ports.address('postgres')}/{role}"


def database(name: str) -> str:
    """The database of a process, and the login role that owns it."""
    return f"kontor_{name}"


def for_process(name: str, *, ports: Ports, keys: Keys, backups: Path | None = None) -> dict[str, str]:
    """The complete environment of a service or a web process; `backups` is where the ledger is exported to."""
    values = _base() | _doors(ports)
    values |= {
        "KONTOR_LISTEN": ports.address(name),
        "KONTOR_DATABASE_URL": database_url(ports, keys, name),
        "KONTOR_CLIENT_ID": f"kontor-{name}",
        "KONTOR_CLIENT_SECRET": keys.clients[name],
        "KONTOR_SECRET_KEY": keys.roots[name],
    }
    if name in WEB:
        values["KONTOR_PUBLIC_URL"] = url(ports, name)
        values |= {f"KONTOR_{page.upper()}_URL": url(ports, page) for page in WEB}
    else:
        values |= {
            "KONTOR_AUDIENCE": f"kontor-{name}",
            "KONTOR_NATS_URL": nats_url(ports, keys),
            "KONTOR_SIGNING_KEY": keys.signing[name],
            "KONTOR_STREAM_REPLICAS": "1",
            "KONTOR_FACT_READERS": json.dumps(list(keys.readers)),
        }
    if name == "campaigns":
        values |= _mail(ports)
    if name == "privacy":
        values |= _privacy(keys)
        if backups is not None:
            values["KONTOR_LEDGER_EXPORT_FOLDER"] = str(backups / "ledger")
    return values


def for_identity(*, ports: Ports, keys: Keys) -> dict[str, str]:
    """What the realm file's placeholders need."""
    clients = {f"KONTOR_{name.upper()}_SECRET": secret for name, secret in keys.clients.items()}
    pages = {f"KONTOR_{name.upper()}_URL": url(ports, name) for name in WEB}
    mail = {"KONTOR_SMTP_HOST": LOOPBACK, "KONTOR_SMTP_PORT": str(ports["smtp"])}
    return _base() | clients | pages | mail | {"KONTOR_EMBEDDED_STACK": "1"}


def for_realm_sync(*, ports: Ports, keys: Keys) -> dict[str, str]:
    """What `python -m deploy.keycloak sync` needs to bring the stack's own Keycloak up to date."""
    return for_identity(ports=ports, keys=keys) | {
        "KONTOR_KEYCLOAK_URL": url(ports, "idp"),
        "KONTOR_KEYCLOAK_CLIENT_ID": BOOTSTRAP_CLIENT,
        "KONTOR_KEYCLOAK_CLIENT_SECRET": keys.keycloak,
    }


def for_client(*, ports: Ports, keys: Keys) -> dict[str, str]:
    """What a program outside needs to use the stack through its public doors, as the integrator."""
    return (
        _base()
        | _doors(ports)
        | _mail(ports)
        | {f"KONTOR_{name.upper()}_URL": url(ports, name) for name in (*WEB, "mail")}
        | {f"KONTOR_{name.upper()}_SECRET": secret for name, secret in keys.clients.items()}
        | {
            "KONTOR_CLIENT_ID": "kontor-integrator",
            "KONTOR_CLIENT_SECRET": keys.clients["integrator"],
            "KONTOR_NATS_URL": nats_url(ports, keys),
            "KONTOR_FACTS_URL": facts_url(ports, keys),
            "KONTOR_EMBEDDED_STACK": "1",
        }
    )


def plain() -> dict[str, str]:
    """For the helpers of the stack that need no secret."""
    return _base()


def nats_url(ports: Ports, keys: Keys) -> str:
    return f"nats://{NATS_USER}:{keys.nats}@{ports.address('nats')}"


def facts_url(ports: Ports, keys: Keys, reader: str = "integrator") -> str:
    """The broker for a reader outside."""
    return f"nats://{reader}:{keys.readers[reader]}@{ports.address('nats')}"


def _base() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {"PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"} | passed_on


def _doors(ports: Ports) -> dict[str, str]:
    targets = {f"KONTOR_{name.upper()}_TARGET": ports.address(name) for name in BACK_ENDS}
    controller = {f"KONTOR_CONTROLLER_{name}": value for name, value in _CONTROLLER.items()}
    return targets | controller | {"KONTOR_OIDC_ISSUER": issuer(ports)}


def _mail(ports: Ports) -> dict[str, str]:
    return {
        "KONTOR_SMTP_HOST": LOOPBACK,
        "KONTOR_SMTP_PORT": str(ports["smtp"]),
        "KONTOR_MAIL_FROM": MAIL_FROM,
        "KONTOR_PORTAL_URL": url(ports, "portal"),
        "KONTOR_RELAY_EVIDENCE_URL": f"{url(ports, 'mail')}/api/accepted",
    }


def _privacy(keys: Keys) -> dict[str, str]:
    return {
        "KONTOR_HOLDER_KEYS": json.dumps(keys.holder_keys()),
        "KONTOR_SUPPRESSION_PEPPERS": json.dumps(dict(keys.peppers)),
        "KONTOR_SUPPRESSION_KEY_ID": keys.pepper_id,
        "KONTOR_CONTROLLER_PROCESSORS": json.dumps(_PROCESSORS),
    }


__all__ = [
    "PROCESSES",
    "database",
    "for_client",
    "for_identity",
    "for_process",
    "for_realm_sync",
    "issuer",
    "url",
]
