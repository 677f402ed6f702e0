"""Which rows a caller reaches: the condition that the kernel hands over, and the proof that it was taken."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, true

from kernel.contract import Scope
from kernel.errors import Internal, PermissionDenied
from kernel.identity import Principal
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import Call, current_call, current_principal


@dataclass(frozen=True, slots=True)
class Rows:
    """What somebody reaches: `contacts` says which for OWN and ORGANISATION, `login` and `teams` for TEAM."""

    scope: Scope
    contacts: frozenset[uuid.UUID] = frozenset()
    login: str = ""
    teams: frozenset[str] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing is out of reach."""
        return self.scope is Scope.ALL

    def condition(self, *, contact: Any, team: Any = None, responsible: Any = None) -> ColumnElement[bool]:
        """The rows as SQL; the columns say whose a row is, which team's, and which login is responsible.

        Errors: Internal for a scope that the given columns cannot express.
        """
        if self.all:
            return true()
        if self.scope is not Scope.TEAM:
            return contact.in_(self.contacts)  # type: ignore[no-any-return]
        if team is None or responsible is None:
            raise Internal("These rows belong to no team.", reason="ROWS_WITHOUT_TEAM")
        return or_(responsible == self.login, team.is_(None), team.in_(self.teams))


def narrowed_caller() -> Principal:
    """The caller, for a use case whose rows name the login itself: it narrows them by `subject`.

    Errors: Unauthenticated outside of an authenticated call.
    """
    principal = current_principal()
    _take()
    return principal


async def reachable_rows(finder: OwnContact, *, wanted: uuid.UUID | None = None) -> Rows:
    """How far the caller reaches; asked before a transaction begins, because another service may answer.
    `wanted` is the contact that the caller names, if it names one.

    Errors: PermissionDenied (LOGIN_NOT_LINKED) if only the own rows are open and the login belongs to nobody.
    """
    principal = current_principal()
    scope = _take()
    if scope is Scope.ALL:
        return Rows(scope)
    if scope is Scope.TEAM:
        return team_rows(principal)
    own = await finder.contact_of(principal)
    if wanted is not None and own != wanted:
        # As for `own` in the contract: a refusal does not rest on what is remembered.
        finder.forget_login(principal.subject)
        own = await finder.contact_of(principal)
    if own is None:
        raise PermissionDenied("Your login is not joined to a contact.", reason="LOGIN_NOT_LINKED")
    contacts = frozenset({own})
    if scope is Scope.ORGANISATION:
        contacts |= await finder.colleagues_of(principal)
    return Rows(scope, contacts)


def team_rows(principal: Principal) -> Rows:
    """What somebody reaches within the own teams."""
    return Rows(Scope.TEAM, login=principal.subject, teams=principal.teams)


def require_narrowed(call: Call) -> None:
    """A use case that forgot to narrow its rows answers nothing. Errors: Internal (ROWS_NOT_NARROWED)."""
    if call.principal is not None and call.scope is not Scope.ALL and not call.narrowed:
        raise Internal("This RPC did not narrow its rows to the caller's.", reason="ROWS_NOT_NARROWED")


def _take() -> Scope:
    call = current_call()
    assert call is not None
    call.narrowed = True
    return call.scope
