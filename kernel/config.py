"""Settings that several processes share; each process has one frozen class built on these."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# The name becomes part of a consumer's and an account's name on the broker.
READER_NAME = r"^[a-z][a-z0-9-]{0,30}$"


class ProcessSettings(BaseSettings):
    """What every process is told through the environment, prefix `KONTOR_`."""

    model_config = SettingsConfigDict(env_prefix="KONTOR_", frozen=True, extra="ignore")

    listen: str = Field(description="host:port to serve on")
    database_url: SecretStr = Field(description="SQLAlchemy URL of this process's own database")
    oidc_issuer: str = Field(description="issuer of every token, e.g. https://id.example/realms/kontor")
    client_id: str = Field(description="this process's client in the realm")
    client_secret: SecretStr
    secret_key: SecretStr = Field(min_length=32, description="root of page tokens, links and sessions")
    tls_ca_file: Path | None = Field(default=None, description="PEM: who signed the services' certificates")
    tls_certificate_file: Path | None = Field(
        default=None, description="PEM: this process's own, with its chain"
    )
    tls_key_file: Path | None = Field(default=None, description="PEM: the key of that certificate")
    mesh_encrypts: bool = Field(
        default=False, description="plain text may leave the machine: a mesh or the CNI encrypts it"
    )
    otlp_endpoint: str | None = Field(default=None, description="OTLP gRPC endpoint; none means no export")
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("KONTOR_TLS_CERTIFICATE_FILE and KONTOR_TLS_KEY_FILE go together")
        return self


class ServiceSettings(ProcessSettings):
    """What every back end is told."""

    tls_client_ca_file: Path | None = Field(
        default=None,
        description="PEM: callers must show a certificate of this authority; none means anybody may",
    )
    health_listen: str | None = Field(
        default=None,
        description="host:port that answers health in the clear, and nothing else: kubelets know no TLS",
    )
    nats_url: str
    stream_replicas: int = Field(default=1, ge=1, le=5, description="R of the JetStream streams")
    fact_readers: tuple[Annotated[str, StringConstraints(pattern=READER_NAME)], ...] = Field(
        default=(),
        description="JSON list of the integrators that read facts; each has a NATS user of its name",
    )
    audience: str = Field(description="the `aud` that tokens for this service carry")
    signing_key: SecretStr = Field(description="base64 Ed25519 seed (32 bytes) that signs receipts")
    database_pool: int = Field(default=10, ge=1, le=100)


class LastingSettings(ServiceSettings):
    """What a back end is told whose secret makes things that must outlive it."""

    previous_secret_keys: tuple[Annotated[SecretStr, Field(min_length=32)], ...] = Field(
        default=(), description="JSON list of former secret keys: read with, never written with"
    )

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """All secrets that may be read with; the first one is what is written with."""
        return tuple(key.get_secret_value() for key in (self.secret_key, *self.previous_secret_keys))
