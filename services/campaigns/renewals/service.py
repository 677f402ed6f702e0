"""Use cases of renewals: plan the mail that asks, and take the answer."""

from __future__ import annotations

import uuid
from datetime import date

from kernel.clock import Clock
from kernel.consuming import Delivered
from kernel.db import Database
from kernel.erased import is_erased
from kernel.errors import FailedPrecondition
from kernel.ids import derived_id
from kernel.rpc.call import note_subjects
from kernel.work import working
from services.campaigns.clients import Neighbours
from services.campaigns.consents import Consent, Evidence
from services.campaigns.forms.model import TextOutdated
from services.campaigns.links.model import LinkTokens
from services.campaigns.renewals import store
from services.campaigns.renewals.model import Answer, Asked, RenewalOver, RenewalUnknown, Standing

METHOD = "renewal-mail"


class RenewalsService:
    """The token is the key; it names one question to one contact."""

    def __init__(
        self, database: Database, *, neighbours: Neighbours, tokens: LinkTokens, clock: Clock
    ) -> None:
        self._database = database
        self._privacy = neighbours.privacy
        self._tokens = tokens
        self._clock = clock

    async def plan(self, fact: Delivered) -> None:
        """Plans the mail of a question that privacy has told of; none for a contact erased since."""
        told = fact.message
        asked = Asked(
            uuid.UUID(told.renewal_id),
            uuid.UUID(told.contact_id),
            told.topic,
            date.fromisoformat(told.last_day),
            self._clock.now(),
        )
        async with self._database.transaction() as session:
            if not await is_erased(session, asked.contact_id):
                await store.plan(session, asked)

    async def get_renewal(self, token: str) -> Standing:
        """How the consent stands. Errors: RenewalUnknown."""
        return await self._standing(await self._asked(token))

    async def answer_renewal(self, token: str, answer: Answer, *, request_id: uuid.UUID) -> Standing:
        """Renews or withdraws. Errors: RenewalUnknown, TextOutdated, RenewalOver."""
        asked = await self._asked(token)
        if answer.text_id is None:
            await self._withdraw(asked, request_id)
        else:
            await self._renew(asked, answer, request_id)
        return await self._standing(asked)

    async def _withdraw(self, asked: Asked, request_id: uuid.UUID) -> None:
        consent = await self._consent(asked)
        # Pressed twice is withdrawn once.
        if consent is None or not consent.withdrawn:
            await self._privacy.withdraw(
                request_id=derived_id(request_id, "withdraw"),
                contact_id=asked.contact_id,
                topic=asked.topic,
                method=METHOD,
            )

    async def _renew(self, asked: Asked, answer: Answer, request_id: uuid.UUID) -> None:
        assert answer.text_id is not None
        texts = {text.topic: text.id for text in await self._privacy.texts(answer.language)}
        # What was not shown, nobody has agreed to; what is no longer in force, nobody should.
        if texts.get(asked.topic) != answer.text_id:
            raise TextOutdated
        # A commit of its own, before others are told: every retry must bring them the same evidence.
        with working(None):
            async with self._database.transaction() as session:
                clicked = await store.answer(session, asked.id, self._clock.now())
        if clicked is None:
            raise RenewalUnknown
        try:
            await self._privacy.renew(
                request_id=derived_id(request_id, "renew"),
                contact_id=asked.contact_id,
                topic=asked.topic,
                text_id=answer.text_id,
                evidence=_evidence(clicked, answer),
            )
        except FailedPrecondition as error:
            raise RenewalOver(
                "The consent has ended; it can be given anew.", reason="RENEWAL_OVER"
            ) from error

    async def _asked(self, token: str) -> Asked:
        renewal_id = self._tokens.record_id(token)
        if renewal_id is None:
            raise RenewalUnknown
        async with self._database.reading() as session:
            asked = await store.find(session, renewal_id)
        # One that never went out has a token that nobody was sent.
        if asked is None or asked.token_sha256 is None:
            raise RenewalUnknown
        note_subjects([asked.contact_id])
        return asked

    async def _standing(self, asked: Asked) -> Standing:
        consent = await self._consent(asked)
        stands = consent is not None and consent.given
        return Standing(asked.topic, stands, consent.last_day if consent is not None and stands else "")

    async def _consent(self, asked: Asked) -> Consent | None:
        known = await self._privacy.consents(asked.contact_id)
        return next((one for one in known if one.topic == asked.topic), None)


def _evidence(asked: Asked, answer: Answer) -> Evidence:
    return Evidence(
        method=METHOD,
        language=answer.language,
        form_url=answer.form_url,
        requested_at=asked.planned_at,
        confirmed_at=asked.answered_at,
        mail_sha256=asked.mail_sha256 or b"",
        token_sha256=asked.token_sha256 or b"",
    )
