"""The settings that every web process has; portal and gateway add their own."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from kernel.config import ProcessSettings


class WebSettings(ProcessSettings):
    """What portal and gateway are told. `database_url` is their session store, on psycopg."""

    public_url: str = Field(description="the address in the visitor's browser, without a path")

    contacts_target: str
    campaigns_target: str
    tickets_target: str
    privacy_target: str

    # Who answers for the data: stands in every footer, because Art. 13 GDPR wants it
    # where data is collected and not three clicks away.
    controller_name: str = "Kontor"
    controller_address: str = ""
    controller_email: str = ""
    controller_dpo_name: str = ""
    controller_dpo_email: str = ""
    controller_authority_name: str = ""

    # Who has come to the wrong page is shown the other one, where it is known.
    portal_url: str = Field(default="", description="the customers' page in their browser")
    gateway_url: str = Field(default="", description="the staff's page in their browser")

    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=5,
        description="proxies in front that append to X-Forwarded-For; 0: the peer's address is the visitor's",
    )

    default_language: Literal["de", "en"] = "de"
    timezone: str = "Europe/Berlin"
    threads: int = Field(default=16, ge=1, le=256)

    @field_validator("public_url", "oidc_issuer")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("must be an http or https address")
        return value.rstrip("/")

    @field_validator("portal_url", "gateway_url")
    @classmethod
    def _known_or_empty(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("must be an http or https address, or empty")
        return value.rstrip("/")

    @property
    def https(self) -> bool:
        """Whether browsers reach this process over TLS; decides cookies and HSTS."""
        return self.public_url.startswith("https://")
