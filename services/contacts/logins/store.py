"""All SQL of the logins area."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.db import AnySession, WriteSession
from services.contacts.bulk import table_of
from services.contacts.logins.model import OPEN, Invitation, Login, State, Visibility
from services.contacts.logins.tables import Invitation as InvitationRow
from services.contacts.logins.tables import Login as LoginRow

_logins, _invitations = table_of(LoginRow), table_of(InvitationRow)
_login, _invitation = _logins.c, _invitations.c
_HELD = _login.removed_at.is_(None)
# Every call of a customer begins with this one.
_BY_SUBJECT = select(_logins).where(_login.subject == bindparam("subject"), _HELD)
_SHOWN_INVITATIONS = 50


async def by_subject(session: AnySession, subject: str) -> Login | None:
    """The login with this identifier of the realm, if it is joined to a contact."""
    row = (await session.execute(_BY_SUBJECT, {"subject": subject})).first()
    return None if row is None else _login_of(row)


async def was_removed(session: AnySession, subject: str) -> bool:
    """Whether the login was taken away from its contact."""
    found = select(_login.id).where(_login.subject == subject, _login.removed_at.is_not(None))
    return (await session.execute(found)).first() is not None


async def link(session: WriteSession, login: Login) -> bool:
    """Joins a login to a contact; false if it belongs to one already, for a link never moves."""
    values = {
        "contact_id": login.contact_id,
        "id": login.id,
        "name": login.name,
        "email": login.email,
        "visibility": login.visibility,
        "linked_by": login.linked_by,
        "linked_at": login.linked_at,
        "removed_at": None,
    }
    statement = upsert(LoginRow).values(subject=login.subject, **values)
    again = statement.on_conflict_do_update(
        index_elements=["subject"], set_=values, where=LoginRow.removed_at.is_not(None)
    )
    return (await session.execute(again.returning(LoginRow.id))).first() is not None


async def logins_of(session: AnySession, contact_id: uuid.UUID) -> list[Login]:
    """All logins of a contact, newest first."""
    found = select(_logins).where(_login.contact_id == contact_id, _HELD)
    return [_login_of(row) for row in await session.execute(found.order_by(_login.linked_at.desc()))]


async def remove(
    session: WriteSession, login_id: uuid.UUID, contact_id: uuid.UUID, *, at: datetime
) -> Login | None:
    """Takes a login of this contact away and leaves a mark without name and address; None if there is none."""
    nothing = {"name": "", "email": "", "visibility": Visibility.OWN, "removed_at": at}
    statement = update(LoginRow).where(*_one(login_id, contact_id)).values(nothing).returning(*_logins.c)
    row = (await session.execute(statement)).first()
    return None if row is None else _login_of(row)


async def find(session: AnySession, login_id: uuid.UUID, contact_id: uuid.UUID) -> Login | None:
    """A login of this contact."""
    row = (await session.execute(select(_logins).where(*_one(login_id, contact_id)))).first()
    return None if row is None else _login_of(row)


async def open_to(
    session: WriteSession, login_id: uuid.UUID, contact_id: uuid.UUID, visibility: Visibility
) -> Login | None:
    """Sets what a login of this contact sees; None if there is no such one."""
    statement = update(LoginRow).where(*_one(login_id, contact_id)).values(visibility=visibility)
    row = (await session.execute(statement.returning(*_logins.c))).first()
    return None if row is None else _login_of(row)


async def with_opened_login(session: AnySession, contact_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the contacts that have a login which sees its organisations' tickets."""
    opened = select(_login.contact_id).where(
        _login.contact_id.in_(contact_ids), _login.visibility == Visibility.ORGANISATION, _HELD
    )
    return set((await session.execute(opened)).scalars())


async def add_invitation(session: WriteSession, invitation: Invitation) -> None:
    """Keeps a new invitation."""
    values = {name: getattr(invitation, name) for name in Invitation.__slots__}
    await session.execute(upsert(InvitationRow).values(values))


async def invitations_of(session: AnySession, contact_id: uuid.UUID) -> list[Invitation]:
    """The newest invitations of a contact."""
    found = select(_invitations).where(_invitation.contact_id == contact_id)
    newest = found.order_by(_invitation.id.desc()).limit(_SHOWN_INVITATIONS)
    return [_invitation_of(row) for row in await session.execute(newest)]


async def open_invitations(session: AnySession, contact_id: uuid.UUID, now: datetime) -> int:
    """How many links of a contact may still be used."""
    counted = select(func.count()).where(
        _invitation.contact_id == contact_id, _invitation.state.in_(OPEN), _invitation.expires_at > now
    )
    return (await session.execute(counted)).scalar_one()


async def lock_invitation(session: WriteSession, invitation_id: uuid.UUID) -> Invitation | None:
    """An invitation, held until the transaction ends: it is used once."""
    found = select(_invitations).where(_invitation.id == invitation_id)
    row = (await session.execute(found.with_for_update())).first()
    return None if row is None else _invitation_of(row)


async def invitation_by_token(session: AnySession, token_sha256: bytes) -> Invitation | None:
    """The invitation of a link; not held."""
    found = select(_invitations).where(_invitation.token_sha256 == token_sha256)
    row = (await session.execute(found)).first()
    return None if row is None else _invitation_of(row)


async def change_invitation(session: WriteSession, invitation_id: uuid.UUID, **values: Any) -> Invitation:
    """Writes these values."""
    statement = update(InvitationRow).where(InvitationRow.id == invitation_id).values(**values)
    return _invitation_of((await session.execute(statement.returning(*_invitations.c))).one())


def _one(login_id: uuid.UUID, contact_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (_login.id == login_id, _login.contact_id == contact_id, _HELD)


def _login_of(row: Row[Any]) -> Login:
    return Login(
        id=row.id,
        contact_id=row.contact_id,
        subject=row.subject,
        name=row.name,
        email=row.email,
        visibility=Visibility(row.visibility),
        linked_by=row.linked_by,
        linked_at=row.linked_at,
    )


def _invitation_of(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        contact_id=row.contact_id,
        state=State(row.state),
        reason=row.reason,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )
