"""All SQL of askings."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import AnySession, WriteSession
from services.privacy.requests.asking import tables
from services.privacy.requests.asking.model import Asked, Asking, Letter
from services.privacy.requests.asking.tables import RequestMessage
from services.privacy.requests.model import Kind

_Row = tables.Asking
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


async def lock(session: WriteSession, *, email: str, client: bytes) -> None:
    """One asking at a time per client and per address, until the transaction ends."""
    await session.execute(_LOCK, {"what": f"asking-client {client.hex()}"})
    await session.execute(_LOCK, {"what": f"asking-email {email.lower()}"})


async def of_client_since(session: AnySession, client: bytes, since: datetime) -> int:
    """How many askings of a client were kept since a moment."""
    statement = select(func.count()).where(_Row.client_mac == client, _Row.asked_at > since)
    return int((await session.execute(statement)).scalar_one())


async def asked_since(session: AnySession, email: str, since: datetime) -> Sequence[datetime]:
    """When the askings of an address were kept since a moment, newest first."""
    statement = (
        select(_Row.asked_at)
        .where(func.lower(_Row.email) == func.lower(email), _Row.asked_at > since)
        .order_by(_Row.asked_at.desc())
    )
    return (await session.execute(statement)).scalars().all()


async def end_open(session: WriteSession, email: str, *, at: datetime) -> None:
    """No earlier code of this address is good any more."""
    await session.execute(
        update(_Row)
        .where(
            func.lower(_Row.email) == func.lower(email), _Row.confirmed_at.is_(None), _Row.ended_at.is_(None)
        )
        .values(code_mac=None, ended_at=at, letter_wanted=False, message="")
    )


async def add(session: WriteSession, asking: Asking, *, client: bytes) -> None:
    """Keeps an asking; the mail with its code is wished for with it."""
    asked = asking.asked
    values = {
        "id": asking.id,
        "email": asked.email,
        "kind": asked.kind,
        "ground": asked.ground,
        "objection": asked.objection,
        "message": asked.message,
        "language": asked.language,
        "client_mac": client,
        "letter": asking.letter,
        "letter_wanted": True,
        "asked_at": asking.asked_at,
    }
    await session.execute(insert(_Row).values(values))


async def find(session: AnySession, asking_id: uuid.UUID, *, lock: bool = False) -> Asking | None:
    """An asking."""
    statement = select(_Row).where(_Row.id == asking_id)
    if lock:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _asking(row)


async def change(session: WriteSession, asking_id: uuid.UUID, **values: Any) -> None:
    """Sets columns of an asking."""
    await session.execute(update(_Row).where(_Row.id == asking_id).values(**values))


async def with_wanted_letter(session: AnySession, *, limit: int) -> list[Asking]:
    """Askings for whose mail campaigns has not been asked yet, oldest first."""
    statement = select(_Row).where(_Row.letter_wanted).order_by(_Row.id).limit(limit)
    return [_asking(row) for row in (await session.execute(statement)).scalars()]


async def unsettled(session: AnySession, *, limit: int) -> list[Asking]:
    """Askings whose code came and that are neither a request nor answered, oldest first."""
    statement = (
        select(_Row)
        .where(_Row.confirmed_at.is_not(None), _Row.settled_at.is_(None), _Row.letter == Letter.CODE)
        .order_by(_Row.confirmed_at)
        .limit(limit)
    )
    return [_asking(row) for row in (await session.execute(statement)).scalars()]


async def keep_message(session: WriteSession, request_id: uuid.UUID, message: str) -> None:
    """Keeps what was written beside a request."""
    await session.execute(insert(RequestMessage).values(request_id=request_id, message=message))


async def message(session: AnySession, request_id: uuid.UUID) -> str:
    """What was written beside a request; empty if nothing."""
    statement = select(RequestMessage.message).where(RequestMessage.request_id == request_id)
    return (await session.execute(statement)).scalar_one_or_none() or ""


def _asking(row: tables.Asking) -> Asking:
    return Asking(
        id=row.id,
        asked=Asked(
            email=row.email,
            kind=Kind(row.kind),
            language=row.language,
            message=row.message,
            ground=row.ground,
            objection=row.objection,
        ),
        asked_at=row.asked_at,
        letter=Letter(row.letter),
        code_mac=row.code_mac,
        tries=row.tries,
        ended_at=row.ended_at,
        confirmed_at=row.confirmed_at,
        settled_at=row.settled_at,
    )
