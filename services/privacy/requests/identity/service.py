"""Use cases of checks: send a code, keep its hash when the mail is made, and take it from the person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from kernel.clock import Clock
from kernel.db import WriteSession
from kernel.identity import Principal
from kernel.ids import new_id
from kernel.rpc.call import note_subjects
from services.privacy.requests import store as request_store
from services.privacy.requests.course import NotVerifying
from services.privacy.requests.identity import store
from services.privacy.requests.identity.model import (
    A_DAY,
    CODE_SENT,
    LASTS,
    MOST_TRIES,
    VERIFIED_BY_CODE,
    Check,
    CheckEnded,
    CodeHasher,
    TooManyCodes,
)
from services.privacy.requests.model import STAFF, SUBJECT, Request, State, Told, Transition
from services.privacy.requests.notices import store as notice_store
from services.privacy.requests.reading import Reading

_DAY = timedelta(days=1)


class IdentityService:
    """Codes of requests in doubt; `wake` starts the machine that carries out what is in doubt no longer."""

    def __init__(
        self, reading: Reading, clock: Clock, *, hasher: CodeHasher, wake: Callable[[], None]
    ) -> None:
        self._reading = reading
        self._database = reading.database
        self._clock = clock
        self._hasher = hasher
        self._wake = wake

    async def send_identity_code(self, request_id: uuid.UUID, *, caller: Principal) -> Check:
        """Wishes for the mail. Errors: RequestNotFound, NotVerifying, TooManyCodes."""
        now = self._clock.now()
        async with self._reading.locked(request_id, caller) as (session, request):
            if request.state is not State.VERIFYING:
                raise NotVerifying("Nobody doubts who asks here.")
            if await store.made_since(session, request_id, now - _DAY) >= A_DAY:
                raise TooManyCodes(f"More than {A_DAY} codes for this request in a day.")
            check = Check(new_id(), request_id)
            await store.end_all(session, request_id, at=now)
            await store.add(session, check, at=now)
            await request_store.note(session, request_id, Transition(State.VERIFYING, now, STAFF, CODE_SENT))
            await notice_store.wish(session, check.id, request, kind=Told.IDENTITY_CODE, at=now)
        return check

    async def prepare_identity_code(self, check_id: uuid.UUID, code_sha256: bytes) -> None:
        """The mail is made: from now on its code is good. Errors: CheckEnded."""
        async with self._database.transaction() as session:
            check, request = await _locked(session, check_id)
            if check is None or request is None or check.ended_at is not None:
                raise CheckEnded("No code is wanted here.")
            note_subjects([request.contact_id])
            await store.change(
                session,
                check_id,
                code_mac=self._hasher.of(check_id, code_sha256),
                expires_at=self._clock.now() + LASTS,
            )

    async def enter_identity_code(self, check_id: uuid.UUID, code: str) -> bool:
        """Whether it is the code; then the doubt has ended.

        It is an answer and no error: an error would take back the count of the tries.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            check, request = await _locked(session, check_id)
            right = self._hasher.matches(check_id, code, check.code_mac if check else None)
            if check is None or request is None or not check.open_at(now):
                return False
            note_subjects([request.contact_id])
            if not right:
                await _count(session, check, now)
                return False
            await store.end_all(session, request.id, at=now)
            step = Transition(State.ACCEPTED, now, SUBJECT, VERIFIED_BY_CODE)
            await request_store.move(session, request.id, step, **request_store.MOVING)
        self._wake()
        return True


async def _locked(session: WriteSession, check_id: uuid.UUID) -> tuple[Check | None, Request | None]:
    """A check and its request while that is in doubt, which nobody else moves meanwhile."""
    found = await store.find(session, check_id)
    if found is None:
        return None, None
    # The request first, as everybody does who moves one.
    request = await request_store.find(session, found.request_id, lock=True)
    doubted = request is not None and request.state is State.VERIFYING
    return await store.find(session, check_id, lock=True), request if doubted else None


async def _count(session: WriteSession, check: Check, now: datetime) -> None:
    tries = check.tries + 1
    ended = {"code_mac": None, "ended_at": now} if tries >= MOST_TRIES else {}
    await store.change(session, check.id, tries=tries, **ended)
