"""Settings of the tickets process."""

from __future__ import annotations

from pydantic import Field

from kernel.config import ServiceSettings


class Settings(ServiceSettings):
    """What the tickets process is told."""

    contacts_target: str = Field(description="host:port of the contacts service")
