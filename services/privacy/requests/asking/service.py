"""Use cases of askings that somebody calls: ask, take the code, and what the mails need."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from kernel.clock import Clock
from kernel.db import AnySession, Database, WriteSession
from kernel.ids import new_id
from kernel.rpc.call import note_subjects
from services.privacy.requests import store as request_store
from services.privacy.requests.asking import store
from services.privacy.requests.asking.model import (
    A_DAY,
    AN_HOUR,
    PAUSE,
    Asked,
    Asking,
    AskingGone,
    ClientHasher,
    Letter,
    TooManyAskings,
)
from services.privacy.requests.identity.model import MOST_TRIES, CodeHasher
from services.privacy.requests.reading import visible
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL
from services.privacy.suppression.service import SuppressionService

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class AskingService:
    """Askings without a login. Nobody is looked up before the code has come: there is nothing to find out here."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        hashers: tuple[CodeHasher, ClientHasher],
        suppression: SuppressionService,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._codes, self._clients = hashers
        self._suppression = suppression
        self._wake = wake

    async def ask(self, asked: Asked, *, client: str) -> None:
        """Wishes for the mail with the code; silent where the address was asked about just now, or often today.

        Errors: InvalidArgument, TooManyAskings.
        """
        asked, mac, now = asked.checked(), self._clients.of(client), self._clock.now()
        async with self._database.reading() as session:
            # A flood costs one look at an index each, and waits for nobody.
            if await _silent(session, asked.email, now):
                return
        async with self._database.transaction() as session:
            await store.lock(session, email=asked.email, client=mac)
            if await _silent(session, asked.email, now):
                return
            if await store.of_client_since(session, mac, now - _HOUR) >= AN_HOUR:
                raise TooManyAskings(
                    f"More than {AN_HOUR} of one client in an hour; please write to us instead."
                )
            await store.end_open(session, asked.email, at=now)
            await store.add(session, Asking(new_id(), asked, now), client=mac)
        self._wake()

    async def confirm_asking(self, asking_id: uuid.UUID, code: str) -> bool:
        """Whether it is the code. It is an answer and no error: an error would take back the count of the tries."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            asking = await store.find(session, asking_id, lock=True)
            right = self._codes.matches(asking_id, code, asking.code_mac if asking else None)
            if asking is None or not asking.open_at(now):
                return False
            if not right:
                await _count(session, asking, now)
                return False
            await store.change(session, asking_id, confirmed_at=now, code_mac=None, client_mac=None)
        self._wake()
        return True

    async def get_asking_mail(self, asking_id: uuid.UUID, letter: Letter) -> tuple[Asking, bool]:
        """The asking that a mail is about, and whether its address is suppressed. Errors: AskingGone."""
        async with self._database.transaction() as session:
            asking = _wanted(await store.find(session, asking_id), letter, self._clock.now())
            (suppressed,) = await self._suppression.suppressed(session, [Address(EMAIL, asking.asked.email)])
        return asking, suppressed

    async def prepare_asking_mail(self, asking_id: uuid.UUID, letter: Letter, code_sha256: bytes) -> None:
        """The mail is made: its code is good, or what it says is the answer. Errors: AskingGone."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            _wanted(await store.find(session, asking_id, lock=True), letter, now)
            if letter is Letter.CODE:
                await store.change(session, asking_id, code_mac=self._codes.of(asking_id, code_sha256))
            else:
                await store.change(session, asking_id, settled_at=now, message="")

    async def get_asking_message(self, request_id: uuid.UUID) -> str:
        """What the person wrote beside a request. Errors: RequestNotFound."""
        async with self._database.reading() as session:
            request = visible(await request_store.find(session, request_id), None)
            note_subjects([request.contact_id])
            return await store.message(session, request_id)


async def _silent(session: AnySession, email: str, now: datetime) -> bool:
    """Whether a mail went to the address just now, or often today."""
    earlier = await store.asked_since(session, email, now - _DAY)
    return len(earlier) >= A_DAY or bool(earlier and earlier[0] > now - PAUSE)


def _wanted(asking: Asking | None, letter: Letter, now: datetime) -> Asking:
    if asking is None or not asking.wants(letter, now):
        raise AskingGone("No such mail is wanted here.")
    return asking


async def _count(session: WriteSession, asking: Asking, now: datetime) -> None:
    tries = asking.tries + 1
    ended = {"code_mac": None, "ended_at": now} if tries >= MOST_TRIES else {}
    await store.change(session, asking.id, tries=tries, **ended)
