"""Use cases of sign-ups: ask, confirm."""

from __future__ import annotations

import uuid
from datetime import timedelta

from kernel.addresses import normal_email
from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import FailedPrecondition, InvalidArgument
from kernel.ids import derived_id, new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from kernel.work import working
from services.campaigns import events
from services.campaigns.clients import Neighbours
from services.campaigns.consents import Evidence
from services.campaigns.forms import store
from services.campaigns.forms.model import (
    MOST_PER_DAY,
    PAUSE,
    EmailUnusable,
    SignUp,
    SignUpExpired,
    SignUpUnknown,
    TextOutdated,
    TopicUnknown,
    Wish,
)
from services.campaigns.links.model import LinkTokens

_REPAIRED_AT_ONCE = 50
# Somebody may still be at it; after this time nobody is.
_REPAIR_AFTER = timedelta(minutes=1)


class FormsService:
    """Sign-up with double opt-in."""

    def __init__(
        self,
        database: Database,
        *,
        neighbours: Neighbours,
        tokens: LinkTokens,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = neighbours.contacts
        self._privacy = neighbours.privacy
        self._tokens = tokens
        self._clock = clock

    async def submit_sign_up(self, wish: Wish) -> None:
        """Plans one confirmation mail. Silent about suppressed, known and impatient addresses alike.

        Errors: EmailUnusable, TopicUnknown, TextOutdated.
        """
        topics = await self._texts(wish)
        email = normal_email(wish.email)
        if email is None:
            raise EmailUnusable
        (suppressed,) = await self._privacy.suppressed([email])
        if suppressed:
            return
        sign_up_id = new_id()
        now = self._clock.now()
        async with self._database.transaction() as session:
            await store.lock_address(session, email)
            earlier = await store.requests_since(session, email, now - timedelta(days=1))
            if len(earlier) >= MOST_PER_DAY or (earlier and earlier[0] > now - PAUSE):
                return
            sign_up = SignUp(
                id=sign_up_id,
                email=email,
                given_name=wish.given_name.strip(),
                family_name=wish.family_name.strip(),
                language=wish.language,
                topics=topics,
                form_url=wish.form_url,
                request_ip=wish.ip_address,
                requested_at=now,
                token_sha256=self._tokens.digest(sign_up_id),
            )
            await store.insert(session, sign_up)
            await emit(session, events.sign_up_requested(sign_up_id))

    async def confirm_sign_up(self, token: str, *, ip_address: str) -> list[str]:
        """Makes the contact and records the consents; answers the topics. Twice is the same as once.

        A crash between the steps is repaired by the next click, or by `repair`.
        Errors: SignUpUnknown, SignUpExpired.
        """
        sign_up_id = self._tokens.record_id(token)
        if sign_up_id is None:
            raise SignUpUnknown
        async with self._database.reading() as session:
            sign_up = await store.find(session, sign_up_id)
        # A token that we made and no longer keep was deleted with its sign-up: too late, not unknown.
        if sign_up is None or sign_up.expired(self._clock.now()):
            raise SignUpExpired
        if sign_up.confirmed_at is None:
            sign_up = await self._click(sign_up, ip_address)
            await self._confirm(sign_up)
        return list(sign_up.topics)

    async def repair(self) -> None:
        """Ends confirmations that a crash cut short."""
        async with self._database.reading() as session:
            before = self._clock.now() - _REPAIR_AFTER
            unfinished = await store.half_confirmed(session, before=before, limit=_REPAIRED_AT_ONCE)
        for sign_up in unfinished:
            try:
                await self._confirm(sign_up)
            except (FailedPrecondition, InvalidArgument) as error:
                # Suppressed since the click, for example: no later try would end otherwise.
                async with self._database.transaction() as session:
                    await store.give_up(session, sign_up.id, reason=error.reason)

    async def _click(self, sign_up: SignUp, ip_address: str) -> SignUp:
        # A commit of its own, before others are told: every retry must bring them the same evidence.
        with working(None):
            async with self._database.transaction() as session:
                clicked = await store.click(session, sign_up.id, at=self._clock.now(), ip=ip_address)
        if clicked is None:
            raise SignUpExpired
        return clicked

    async def _confirm(self, sign_up: SignUp) -> None:
        contact_id = await self._contacts.ensure(
            request_id=derived_id(sign_up.id, "contact"),
            email=sign_up.email,
            given_name=sign_up.given_name,
            family_name=sign_up.family_name,
            language=sign_up.language,
        )
        for topic, text_id in sign_up.topics.items():
            await self._privacy.give(
                request_id=derived_id(sign_up.id, f"consent {topic}"),
                contact_id=contact_id,
                topic=topic,
                text_id=text_id,
                evidence=_evidence(sign_up),
            )
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            if await store.confirm(session, sign_up.id, contact_id=contact_id, at=self._clock.now()):
                await emit(session, events.sign_up_confirmed(sign_up.id, contact_id=contact_id))

    async def _texts(self, wish: Wish) -> dict[str, uuid.UUID]:
        current = {text.topic: text.id for text in await self._privacy.texts(wish.language)}
        if not all(topic in current for topic in wish.topics):
            raise TopicUnknown
        chosen = {topic: current[topic] for topic in wish.topics}
        if wish.text_id not in chosen.values():
            raise TextOutdated
        return chosen


def _evidence(sign_up: SignUp) -> Evidence:
    return Evidence(
        method="double-opt-in",
        language=sign_up.language,
        form_url=sign_up.form_url,
        requested_at=sign_up.requested_at,
        confirmed_at=sign_up.clicked_at,
        mail_sha256=sign_up.mail_sha256 or b"",
        token_sha256=sign_up.token_sha256,
        request_ip=sign_up.request_ip,
        confirm_ip=sign_up.click_ip,
    )
