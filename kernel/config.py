"""Settings that several processes share; each process has one frozen class built on these."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints
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
    otlp_endpoint: str | None = Field(default=None, description="OTLP gRPC endpoint; none means no export")
    log_level: str = "INFO"


class ServiceSettings(ProcessSettings):
    """What every back end is told."""

    nats_url: str
    stream_replicas: int = Field(default=1, ge=1, le=5, description="R of the JetStream streams")
    fact_readers: tuple[Annotated[str, StringConstraints(pattern=READER_NAME)], ...] = Field(
        default=(),
        description="JSON list of the integrators that read facts; each has a NATS user of its name",
    )
    audience: str = Field(description="the `aud` that tokens for this service carry")
    signing_key: SecretStr = Field(description="base64 Ed25519 seed (32 bytes) that signs receipts")
    database_pool: int = Field(default=10, ge=1, le=100)
