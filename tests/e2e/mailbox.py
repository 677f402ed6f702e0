"""The mails that the stack sent, as the sink holds them."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx

from tests.e2e.check import wait_for


@dataclass(frozen=True)
class Mail:
    """One accepted mail: its envelope and where its bytes are."""

    id: str
    recipient: str
    message_id: str
    subject: str


class Mailbox:
    """The sink's page, asked like any HTTP door."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=20)

    def count(self) -> int:
        return int(self._http.get("/healthz").json()["messages"])

    def mails(self, recipient: str = "") -> list[Mail]:
        """All mails, or those to one address; newest first."""
        answer = self._http.get("/api/messages", params={"recipient": recipient, "limit": 1_000_000})
        return [
            _mail(entry, address) for entry in answer.json()["messages"] for address in entry["recipients"]
        ]

    def raw(self, mail: Mail) -> bytes:
        """The mail as it came over the wire."""
        return self._http.get(f"/api/messages/{mail.id}/raw").content

    def parsed(self, mail: Mail) -> EmailMessage:
        return message_from_bytes(self.raw(mail), policy=policy.default)

    def wait_for_one(self, recipient: str, *, seconds: float = 30) -> Mail:
        """The newest mail to this address."""
        return wait_for(lambda: self.mails(recipient), "a mail arrives", seconds=seconds)[0]


def body(mail: EmailMessage, kind: str) -> str:
    """The text/plain or text/html part."""
    part = mail.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _mail(entry: dict[str, Any], address: str) -> Mail:
    return Mail(entry["id"], address, entry["message_id"], entry["subject"])
