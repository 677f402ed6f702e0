"""A connection to the services: channels that bring a token, a deadline and safe retries along."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

from kontor_client.calling import Calling
from kontor_client.credentials import LOOPBACK, ClientCredentials

SERVICES = ("contacts", "campaigns", "tickets", "privacy")
_OPTIONS = (
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 30_000),
    # Retries are ours: only we know which request may come twice.
    ("grpc.enable_retries", 0),
)


class NotConfigured(Exception):
    """Something that the connection needs was not said; the text names it."""


class Connection:
    """Channels to Kontor's services.

    `targets` maps a service's name to host:port; `ca` is the PEM of the authority that signed their certificates, empty
    for the usual ones; `timeout` (seconds) holds for a call with its retries; `patience` (seconds) is the
    longest that it waits when it is told that it asks too often.
    """

    def __init__(
        self,
        targets: Mapping[str, str],
        credentials: ClientCredentials,
        *,
        ca: bytes = b"",
        timeout: float = 30.0,
        patience: float = 20.0,
    ) -> None:
        self._targets = dict(targets)
        self._tls = grpc.ssl_channel_credentials(root_certificates=ca or None)
        self._names_authority = bool(ca)
        self._calling = Calling(credentials, timeout=timeout, patience=patience)
        self._open: dict[str, grpc.Channel] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """From the variables in the README. Errors: NotConfigured."""
        ca_file = environment.get("KONTOR_CA_FILE")
        credentials = ClientCredentials(
            issuer=_said(environment, "KONTOR_OIDC_ISSUER"),
            client_id=_said(environment, "KONTOR_CLIENT_ID"),
            client_secret=_said(environment, "KONTOR_CLIENT_SECRET"),
            ca_file=ca_file,
        )
        names = {service: f"KONTOR_{service.upper()}_TARGET" for service in SERVICES}
        targets = {service: environment[name] for service, name in names.items() if name in environment}
        return cls(targets, credentials, ca=Path(ca_file).read_bytes() if ca_file else b"")

    def channel(self, service: str) -> grpc.Channel:
        """The channel to a service, for the stubs in `kontor.<service>.v1`. Errors: NotConfigured."""
        if service not in self._open:
            target = self._targets.get(service)
            if not target:
                raise NotConfigured(f"Nobody said where {service} answers (KONTOR_{service.upper()}_TARGET).")
            self._open[service] = self._channel(target)
        return self._open[service]

    def close(self) -> None:
        """Closes all channels."""
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _channel(self, target: str) -> grpc.Channel:
        # A secret token goes along with every call: in the clear only where it does not leave the machine.
        if target.rpartition(":")[0].strip("[]") in LOOPBACK and not self._names_authority:
            plain = grpc.insecure_channel(target, options=_OPTIONS)
        else:
            plain = grpc.secure_channel(target, self._tls, options=_OPTIONS)
        return grpc.intercept_channel(plain, self._calling)


def new_request_id() -> str:
    """Names one command: sent again with the same id, it is done once (AIP-155)."""
    return str(uuid.uuid4())


def _said(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise NotConfigured(f"The variable {name} is not set.")
    return value
