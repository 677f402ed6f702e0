"""The settings of the privacy service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr

from kernel.config import LastingSettings
from services.privacy.consent.life.model import Periods
from services.privacy.requests.model import Controller
from services.privacy.requests.recipients import Recipient, Recipients, written


class Settings(LastingSettings):
    """What the privacy service is told, beside what every back end is."""

    contacts_target: str
    campaigns_target: str
    tickets_target: str
    holder_keys: dict[str, str] = Field(description="base64 Ed25519 public key of every holder's receipts")
    suppression_peppers: dict[str, SecretStr] = Field(description="base64 HMAC keys by key id", min_length=1)
    suppression_key_id: str = Field(description="the key that new entries are made with")
    ledger_export_folder: Path | None = Field(
        default=None, description="where the erasure ledger is exported to daily: the backup target"
    )
    former_ledger_keys: tuple[str, ...] = Field(
        default=(),
        description="JSON list of base64 Ed25519 public keys that signed the ledger before this one",
    )
    controller_name: str = Field(description="the company that runs this release (Art. 4(7) GDPR)")
    controller_address: str
    controller_email: str
    controller_phone: str = ""
    controller_dpo_name: str = ""
    controller_dpo_email: str = ""
    controller_authority_name: str = "Berliner Beauftragte für Datenschutz und Informationsfreiheit"
    controller_authority_address: str = "Alt-Moabit 59–61, 10555 Berlin"
    controller_authority_url: str = ""
    controller_processors: list[str | Recipient] = Field(
        default=[],
        description="named recipients (Art. 15(1)(c)): bare names of processors within the EEA, or objects with "
        "name, address, role, country, safeguard, services",
    )
    controller_state: str = Field(
        default="BE",
        description="whose public holidays move a deadline: a federal state (ISO 3166-2:DE), its Catholic "
        "municipalities (BY-catholic, SN-catholic, TH-catholic), or Augsburg",
    )
    controller_timezone: str = "Europe/Berlin"
    consent_valid_months: dict[str, Annotated[int, Field(ge=1, le=120)]] = Field(
        default={},
        description="how many calendar months a consent holds, by topic; without end where none is named",
    )
    consent_unused_months: int = Field(
        default=24,
        ge=0,
        le=36,
        description="a consent on which nothing was sent for so many months has lapsed; 0: never",
    )
    consent_pause_months: int = Field(
        default=12, ge=0, le=120, description="how many months nobody is asked again who said no"
    )
    consent_notice_days: int = Field(
        default=30,
        ge=0,
        le=90,
        description="how many days before its end a consent's renewal is asked; 0: never",
    )
    consent_parent_months: int = Field(
        default=12,
        ge=0,
        le=36,
        description="how many months a parent's consent for a child holds; 0: as any other",
    )

    @property
    def own_target(self) -> str:
        """Where this process reaches itself: privacy is a holder like every other."""
        host, _, port = self.listen.rpartition(":")
        return f"127.0.0.1:{port}" if host in {"0.0.0.0", "[::]", "", "*"} else self.listen  # noqa: S104

    @property
    def consent_periods(self) -> Periods:
        """How long consents hold, and when nobody may be asked."""
        return Periods(
            ZoneInfo(self.controller_timezone),
            valid=self.consent_valid_months,
            by_parent=self.consent_parent_months,
            unused=self.consent_unused_months,
            pause=self.consent_pause_months,
        )

    @property
    def recipients(self) -> Recipients:
        """Who gets personal data, as the operator wrote it."""
        return written(self.controller_processors)

    @property
    def controller(self) -> Controller:
        """The company that answers requests."""
        return Controller(
            name=self.controller_name,
            address=self.controller_address,
            email=self.controller_email,
            phone=self.controller_phone,
            dpo_name=self.controller_dpo_name,
            dpo_email=self.controller_dpo_email,
            authority_name=self.controller_authority_name,
            authority_address=self.controller_authority_address,
            authority_url=self.controller_authority_url,
        )
