"""Settings of the campaigns service."""

from __future__ import annotations

from pydantic import Field

from kernel.config import LastingSettings


class Settings(LastingSettings):
    """What the campaigns service is told beyond what every back end is told."""

    contacts_target: str
    privacy_target: str
    smtp_host: str
    smtp_port: int = Field(default=25, ge=1, le=65535)
    mail_from: str = Field(description="sender of every mail: an address, or a name with an address")
    portal_url: str = Field(description="public base URL of the portal, for the links in mails")
    relay_evidence_url: str = Field(
        default="", description="answers which Message-IDs the relay has accepted; empty if it cannot tell"
    )
    smtp_connections: int = Field(default=4, ge=1, le=50)
    hand_over_s: float = Field(
        default=10.0,
        gt=0,
        description="how long a claimed message may be handed over; then the claim is void",
    )
    settle_s: float = Field(
        default=3.0, ge=0, description="how long the relay may still be accepting after a claim is void"
    )
