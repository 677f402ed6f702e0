"""All SQL of sign-ups."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, text, update

from kernel.db import AnySession, WriteSession
from services.campaigns.forms import tables
from services.campaigns.forms.model import Hashes, SignUp
from services.campaigns.sender.model import State

_Row = tables.SignUp


async def lock_address(session: WriteSession, email: str) -> None:
    """One request per address at a time, until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(lower(:email), 0))"), {"email": email}
    )


async def requests_since(session: AnySession, email: str, moment: datetime) -> list[datetime]:
    """When sign-ups with this address were requested since a moment, newest first."""
    query = select(_Row.requested_at).where(
        func.lower(_Row.email) == func.lower(email), _Row.requested_at > moment
    )
    return list(await session.scalars(query.order_by(_Row.requested_at.desc())))


async def insert(session: WriteSession, sign_up: SignUp) -> None:
    """Keeps a sign-up; its confirmation mail is planned with it."""
    session.add(
        _Row(
            id=sign_up.id,
            email=sign_up.email,
            given_name=sign_up.given_name,
            family_name=sign_up.family_name,
            language=sign_up.language,
            topics={topic: str(text_id) for topic, text_id in sign_up.topics.items()},
            form_url=sign_up.form_url,
            request_ip=sign_up.request_ip,
            requested_at=sign_up.requested_at,
            token_sha256=sign_up.token_sha256,
            state=State.PLANNED.value,
        )
    )
    await session.flush()


async def find(session: AnySession, sign_up_id: uuid.UUID) -> SignUp | None:
    """One sign-up."""
    row = (await session.execute(select(_Row.__table__).where(_Row.id == sign_up_id))).first()
    return sign_up_of(row) if row is not None else None


async def click(session: WriteSession, sign_up_id: uuid.UUID, *, at: datetime, ip: str) -> SignUp | None:
    """Notes the first click; a later one changes nothing."""
    await session.execute(
        update(_Row)
        .where(_Row.id == sign_up_id, _Row.clicked_at.is_(None))
        .values(clicked_at=at, click_ip=ip)
    )
    return await find(session, sign_up_id)


async def confirm(
    session: WriteSession, sign_up_id: uuid.UUID, *, contact_id: uuid.UUID, at: datetime
) -> bool:
    """Marks a sign-up as confirmed; false if it was so already."""
    done = await session.execute(
        update(_Row)
        .where(_Row.id == sign_up_id, _Row.confirmed_at.is_(None))
        .values(confirmed_at=at, contact_id=contact_id)
        .returning(_Row.id)
    )
    return done.first() is not None


async def half_confirmed(session: AnySession, *, before: datetime, limit: int) -> Sequence[SignUp]:
    """Sign-ups whose click was noted, while what should have followed was not."""
    unfinished = _Row.confirmed_at.is_(None) & (_Row.state != State.DENIED)
    query = select(_Row.__table__).where(_Row.clicked_at < before, unfinished)
    return [sign_up_of(row) for row in await session.execute(query.order_by(_Row.clicked_at).limit(limit))]


async def give_up(session: WriteSession, sign_up_id: uuid.UUID, *, reason: str) -> None:
    """Ends a sign-up that was clicked and cannot be carried out."""
    await session.execute(
        update(_Row).where(_Row.id == sign_up_id).values(state=State.DENIED.value, reason=reason)
    )


async def keep_hashes(
    session: WriteSession, hashes: Mapping[uuid.UUID, Hashes], ids: Iterable[uuid.UUID]
) -> None:
    """Notes the hashes of confirmation mails and of the tokens in them before they are handed over."""
    for sign_up_id in ids:
        found = hashes[sign_up_id]
        values = {"mail_sha256": found.mail, "token_sha256": found.token}
        await session.execute(update(_Row).where(_Row.id == sign_up_id).values(values))


async def forget(session: WriteSession, ids: Collection[uuid.UUID]) -> None:
    """Deletes sign-ups that never get a mail."""
    if ids:
        await session.execute(delete(_Row).where(_Row.id.in_(ids), _Row.state == State.PLANNED))


def sign_up_of(row: Row[Any]) -> SignUp:
    """A row as a value."""
    return SignUp(
        id=row.id,
        email=row.email,
        given_name=row.given_name,
        family_name=row.family_name,
        language=row.language,
        topics={topic: uuid.UUID(text_id) for topic, text_id in row.topics.items()},
        form_url=row.form_url,
        request_ip=row.request_ip,
        requested_at=row.requested_at,
        token_sha256=bytes(row.token_sha256),
        mail_sha256=bytes(row.mail_sha256) if row.mail_sha256 is not None else None,
        clicked_at=row.clicked_at,
        click_ip=row.click_ip,
        confirmed_at=row.confirmed_at,
        contact_id=row.contact_id,
    )
