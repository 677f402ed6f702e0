"""What the contacts process is told through its environment."""

from __future__ import annotations

from pydantic import Field

from kernel.config import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every back end, and where the privacy service answers."""

    privacy_target: str = Field(description="host:port of the privacy service")
