"""Real engines for a measurement: PostgreSQL and NATS in a temporary folder, stopped at the end."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.nats import Nats
from devstack.ports import free_port
from devstack.postgres import STOP_SIGNAL, Postgres


@dataclass(frozen=True)
class Engines:
    """Where the engines listen."""

    postgres: Postgres
    nats_url: str
    password: str

    def database_url(self, name: str, *, driver: str = "asyncpg") -> str:
        """The address of a database that `engines` was asked to create."""
        return self.postgres.url(role=name, password=self.password, database=name, driver=driver)


@contextmanager
def engines(*databases: str) -> Iterator[Engines]:
    """Both engines with these databases, set up for speed alike for both sides of a comparison."""
    password = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = Postgres(folder / "postgres", free_port(), password, durable=False)
        nats = Nats(folder / "nats", free_port(), password, durable=False)
        postgres.prepare()
        nats.prepare()
        started = [postgres.start(folder / "postgres.log"), nats.start(folder / "nats.log")]
        try:
            postgres.create(dict.fromkeys(databases, password))
            yield Engines(postgres, nats.url, password)
        finally:
            started[0].send_signal(STOP_SIGNAL)
            started[1].terminate()
            for process in started:
                process.wait(15)
