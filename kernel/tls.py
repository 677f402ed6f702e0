"""TLS between processes and for integrators: certificates that may rotate, and no plain text over a network."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kernel import telemetry
from kernel.config import ProcessSettings, ServiceSettings

log = telemetry.get_logger(__name__)


class InTheClear(Exception):
    """Tokens and personal data would cross a network unencrypted; the text says what to set."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a process believes when it calls, and what it shows of itself, in PEM.

    An empty `authority` means plain text: to this machine itself, or where `mesh` says that something else encrypts.
    """

    authority: bytes = b""
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    mesh: bool = False

    @classmethod
    def of(cls, settings: ProcessSettings) -> Self:
        """What the settings name. Errors: OSError for a file that cannot be read."""
        return cls(
            authority=_content(settings.tls_ca_file),
            certificate=_content(settings.tls_certificate_file),
            key=_content(settings.tls_key_file),
            mesh=settings.mesh_encrypts,
        )

    def credentials(self, target: str) -> grpc.ChannelCredentials | None:
        """For a channel to `target`; None if it may be in the clear. Errors: InTheClear."""
        if self.authority:
            return grpc.ssl_channel_credentials(self.authority, self.key or None, self.certificate or None)
        if not self.mesh and not is_loopback(target):
            raise InTheClear(
                f"{target} is on a network: set KONTOR_TLS_CA_FILE, or KONTOR_MESH_ENCRYPTS if a mesh encrypts."
            )
        return None


LOOPBACK_ONLY = Trust()


class Certificate:
    """A server's certificate and key, read again for the next connection once they have changed.

    With `client_ca` only clients get in whose certificate that authority has signed.
    """

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None) -> None:
        self._files = [file for file in (certificate, key, client_ca) if file is not None]
        self._client_ca = client_ca is not None
        self._seen = _stamp(self._files)
        self._first = self._read()

    def credentials(self) -> grpc.ServerCredentials:
        """Credentials that follow the files."""
        # gRPC reads None as "no change"; its types do not say so.
        renewed: Callable[[], Any] = self.renewed
        return grpc.dynamic_ssl_server_credentials(self._first, renewed, self._client_ca)

    def renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new certificate; None while there is none. gRPC asks at every connection, in a thread of its own."""
        try:
            stamp = _stamp(self._files)
            if stamp == self._seen:
                return None
            fresh = self._read()
        except (OSError, ValueError) as error:
            # Half of a rotation: the next connection asks again, and until then the old one is good.
            log.warning("new certificate not usable yet", error=type(error).__name__)
            return None
        self._seen = stamp
        log.info("certificate renewed")
        return fresh

    def _read(self) -> grpc.ServerCertificateConfiguration:
        certificate, key, *authority = (file.read_bytes() for file in self._files)
        theirs = x509.load_pem_x509_certificate(certificate).public_key()
        if load_pem_private_key(key, password=None).public_key() != theirs:
            raise ValueError("the key does not belong to the certificate")
        return grpc.ssl_server_certificate_configuration([(key, certificate)], *authority)


def open_port(server: grpc.aio.Server, settings: ServiceSettings) -> int:
    """Lets the server listen where the settings say, encrypted if they name a certificate; answers the port.

    Errors: InTheClear; RuntimeError if the address is taken; OSError or ValueError for files that cannot be used.
    """
    if settings.tls_certificate_file is not None and settings.tls_key_file is not None:
        certificate = Certificate(
            settings.tls_certificate_file, settings.tls_key_file, settings.tls_client_ca_file
        )
        return int(server.add_secure_port(settings.listen, certificate.credentials()))
    if not settings.mesh_encrypts and not is_loopback(settings.listen):
        raise InTheClear(
            f"{settings.listen} is on a network: set KONTOR_TLS_CERTIFICATE_FILE and KONTOR_TLS_KEY_FILE, "
            "or KONTOR_MESH_ENCRYPTS if a mesh encrypts."
        )
    return int(server.add_insecure_port(settings.listen))


def is_loopback(address: str) -> bool:
    """Whether a host:port or a socket file stays on this machine."""
    if address.startswith("unix:"):
        return True
    host = address.removeprefix("dns:///").rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _content(file: Path | None) -> bytes:
    return file.read_bytes() if file is not None else b""


def _stamp(files: Sequence[Path]) -> tuple[tuple[int, int, int], ...]:
    """Changes when a file is written, or replaced by a link to another one as Kubernetes does it."""
    return tuple(
        (found.st_mtime_ns, found.st_size, found.st_ino) for found in (file.stat() for file in files)
    )
