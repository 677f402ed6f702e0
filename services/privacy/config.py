"""The settings of the privacy service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from kernel.config import LastingSettings
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

    @property
    def own_target(self) -> str:
        """Where this process reaches itself: privacy is a holder like every other."""
        host, _, port = self.listen.rpartition(":")
        return f"127.0.0.1:{port}" if host in {"0.0.0.0", "[::]", "", "*"} else self.listen  # noqa: S104

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
