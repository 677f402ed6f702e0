"""Values and pure rules of logins and invitations."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from kernel.errors import AlreadyExists, FailedPrecondition, NotFound
from services.contacts.people.model import Colleague

INVITATION_LIFE = timedelta(days=7)
# A household and its helpers; more open links at once than this is a mistake or worse.
MOST_OPEN = 5
BY_EMAIL, BY_INVITATION = "email", "invitation"


class Visibility(IntEnum):
    """Numbers as in the contract's LoginVisibility."""

    OWN = 1
    ORGANISATION = 2


class State(IntEnum):
    """Numbers as in the contract's InvitationState. EXPIRED is never stored: time alone makes it."""

    PLANNED = 1
    SENT = 2
    FAILED = 3
    ACCEPTED = 4
    REVOKED = 5
    EXPIRED = 6


OPEN = (State.PLANNED, State.SENT)


class LoginNotFound(NotFound):
    """No such login, or one of another contact."""

    def __init__(self) -> None:
        super().__init__("There is no such login.")


class InvitationNotFound(NotFound):
    """No such invitation, or one of another contact."""

    def __init__(self) -> None:
        super().__init__("There is no such invitation.")


class InvitationEnded(FailedPrecondition):
    """The invitation was used or revoked, has expired, or never went out."""

    def __init__(self, state: State) -> None:
        super().__init__("This invitation no longer works.", metadata={"state": state.name})


class TooManyInvitations(FailedPrecondition):
    """So many links of one contact must not be open at once."""

    def __init__(self) -> None:
        super().__init__("Too many invitations of this contact are open; revoke one first.")


class NoAddress(FailedPrecondition):
    """There is nowhere to send the link."""

    def __init__(self) -> None:
        super().__init__("The contact has no e-mail address.")


class EmailNotVerified(FailedPrecondition):
    """The login has no address that its provider has verified."""

    def __init__(self) -> None:
        super().__init__("Your login has no verified e-mail address.")


class LoginLinked(AlreadyExists):
    """The login belongs to another contact, and a link never moves."""

    def __init__(self) -> None:
        super().__init__("Your login is joined to another contact.")


class LoginRemoved(FailedPrecondition):
    """The login was taken away; its address alone does not bring it back."""

    def __init__(self) -> None:
        super().__init__("The access of this login has ended; it takes an invitation to come back.")


class LoginIsYours(FailedPrecondition):
    """Nobody saws off the branch: others of the same contact, or staff, can."""

    def __init__(self) -> None:
        super().__init__("You cannot remove the login that you are using.")


@dataclass(frozen=True, slots=True)
class Login:
    """A login that is joined to a contact. `subject` is the realm's `sub` and never leaves the service."""

    id: uuid.UUID
    contact_id: uuid.UUID
    subject: str
    name: str
    email: str
    visibility: Visibility
    linked_by: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """One link to a contact, as it is stored."""

    id: uuid.UUID
    contact_id: uuid.UUID
    state: State
    reason: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    def state_at(self, now: datetime) -> State:
        """Where it stands: an open one whose time is over has expired."""
        return State.EXPIRED if self.state in OPEN and now >= self.expires_at else self.state


@dataclass(frozen=True, slots=True)
class Doors:
    """Everybody who sees a contact, and who may yet come."""

    logins: list[Login]
    invitations: list[Invitation]
    watchers: list[Colleague]


@dataclass(frozen=True, slots=True)
class OwnView:
    """What one login sees."""

    contact_id: uuid.UUID
    visibility: Visibility
    colleagues: list[Colleague]


def token_hash(token: str) -> bytes:
    """The only form in which a link's token is kept."""
    return hashlib.sha256(token.encode()).digest()
