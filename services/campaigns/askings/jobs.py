"""Sends mails about askings. No permit is asked: the mail is what the person at the address has just asked for."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from kernel.db import WriteSession
from services.campaigns.askings.mail import letter_about
from services.campaigns.askings.model import Kind
from services.campaigns.clients import PrivacyClient
from services.campaigns.notices.code import new_code, readable
from services.campaigns.sender.handover import Batch, Handover
from services.campaigns.sender.mail import AddressUnusable, Mailbox
from services.campaigns.sender.model import Mail

_BATCH = 50
_ENDED, _UNUSABLE = "ended", "invalid-address"


class AskingMailSender:
    """One run at a time, held by a lease."""

    def __init__(
        self, *, handover: Handover, privacy: PrivacyClient, portal_url: str, sender: Mailbox
    ) -> None:
        self._handover = handover
        self._privacy = privacy
        self._portal = portal_url.rstrip("/")
        self._sender = sender

    async def run(self) -> None:
        """Reconciles what an earlier run left open, then sends what is planned."""
        await self._handover.reconcile()
        while rows := await self._handover.planned(limit=_BATCH):
            await self._handover.deliver(await self._compose(rows))

    async def _compose(self, rows: Sequence[Row[Any]]) -> Batch:
        denied: dict[uuid.UUID, str] = {}
        refused: dict[uuid.UUID, str] = {}
        mails: list[Mail] = []
        for row in rows:
            try:
                mail = await self._mail(row)
            except AddressUnusable:
                refused[row.id] = _UNUSABLE
                continue
            if mail is None:
                denied[row.id] = _ENDED
                continue
            mails.append(mail)

        async def on_claim(session: WriteSession, mine: set[uuid.UUID]) -> None:
            """Nothing is kept of such a mail, its hash included: it names nobody whom it could be held against."""

        return Batch(mails, on_claim, denied=denied, refused=refused)

    async def _mail(self, row: Row[Any]) -> Mail | None:
        """The mail; None if nobody wants it any more. Errors: AddressUnusable."""
        kind = Kind(row.kind)
        asking = await self._privacy.asking_mail(row.asking_id, kind)
        if asking is None:
            return None
        # The code is in the mail, its hash at privacy; here is neither.
        code = new_code() if kind is Kind.CODE else ""
        digest = hashlib.sha256(code.encode()).digest() if code else b""
        if not await self._privacy.prepare_asking_mail(row.asking_id, kind, digest):
            return None
        letter = letter_about(
            row.id,
            asking,
            kind,
            code=readable(code),
            sender=self._sender,
            link=f"{self._portal}/your-rights" + (f"/{row.asking_id}" if code else ""),
        )
        recipient = letter.recipient
        return Mail(row.id, recipient.address, letter.to_bytes(), utf8=recipient.utf8)
