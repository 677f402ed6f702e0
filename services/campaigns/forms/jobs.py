"""Confirmation mails: handed over like every other mail, claimed, reconciled, never twice."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from kernel.db import WriteSession
from services.campaigns.clients import PrivacyClient
from services.campaigns.forms import store
from services.campaigns.forms.mail import confirmation
from services.campaigns.forms.model import Hashes, SignUp
from services.campaigns.links.model import LinkTokens
from services.campaigns.sender.handover import Batch, Handover
from services.campaigns.sender.mail import AddressUnusable, Mailbox
from services.campaigns.sender.model import Mail

_BATCH = 50


class Confirmations:
    """Sends the one mail that every sign-up gets. One run at a time, held by a lease."""

    def __init__(
        self,
        *,
        handover: Handover,
        privacy: PrivacyClient,
        sender: Mailbox,
        tokens: LinkTokens,
        portal_url: str,
    ) -> None:
        self._handover = handover
        self._privacy = privacy
        self._sender = sender
        self._tokens = tokens
        self._portal_url = portal_url

    async def run(self) -> None:
        """Reconciles what an earlier run left open, then sends what is planned."""
        await self._handover.reconcile()
        while rows := await self._handover.planned(limit=_BATCH):
            await self._handover.deliver(await self._compose([store.sign_up_of(row) for row in rows]))

    async def _compose(self, sign_ups: Sequence[SignUp]) -> Batch:
        # Asked again at the moment of sending: an erasure may have come since, even before the wish was kept.
        suppressed = await self._privacy.suppressed([one.email for one in sign_ups])
        unwanted = {one.id for one, is_so in zip(sign_ups, suppressed, strict=True) if is_so}
        mails: list[Mail] = []
        refused: dict[uuid.UUID, str] = {}
        for sign_up in sign_ups:
            if sign_up.id in unwanted:
                continue
            try:
                mails.append(self._mail(sign_up))
            except AddressUnusable:
                refused[sign_up.id] = "invalid-address"
        # The token anew, too: the secret may have been exchanged since the wish was kept.
        hashes = {
            mail.id: Hashes(hashlib.sha256(mail.content).digest(), self._tokens.digest(mail.id))
            for mail in mails
        }

        async def on_claim(session: WriteSession, mine: set[uuid.UUID]) -> None:
            await store.keep_hashes(session, hashes, mine)
            # As if it had been known when they were submitted: an address that nobody may write to is not kept.
            await store.forget(session, unwanted)

        return Batch(mails, on_claim, refused=refused)

    def _mail(self, sign_up: SignUp) -> Mail:
        letter = confirmation(
            sign_up, sender=self._sender, portal_url=self._portal_url, token=self._tokens.token(sign_up.id)
        )
        recipient = letter.recipient
        return Mail(sign_up.id, recipient.address, letter.to_bytes(), utf8=recipient.utf8)
