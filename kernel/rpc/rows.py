"""Which rows a caller reaches: the condition that the kernel hands over, and the proof that it was taken."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true

from kernel.contract import Scope
from kernel.errors import Internal, PermissionDenied
from kernel.identity import Principal
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import Call, current_call, current_principal


@dataclass(frozen=True, slots=True)
class Rows:
    """What somebody reaches; `contacts` says which, where the scope is narrower than ALL."""

    scope: Scope
    contacts: frozenset[uuid.UUID] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing is out of reach."""
        return self.scope is Scope.ALL

    def condition(self, *, contact: Any) -> ColumnElement[bool]:
        """The rows as SQL: `contact` is the column that says whose a row is."""
        return true() if self.all else contact.in_(self.contacts)


def narrowed_caller() -> Principal:
    """The caller, for a use case whose rows name the login itself: it narrows them by `subject`.

    Errors: Unauthenticated outside of an authenticated call.
    """
    principal = current_principal()
    _take()
    return principal


async def reachable_rows(finder: OwnContact) -> Rows:
    """How far the caller reaches; asked before a transaction begins, because another service may answer.

    Errors: PermissionDenied (LOGIN_NOT_LINKED) if only the own rows are open and the login belongs to nobody.
    """
    principal = current_principal()
    scope = _take()
    if scope is Scope.ALL:
        return Rows(scope)
    own = await finder.contact_of(principal)
    if own is None:
        raise PermissionDenied("Your login is not joined to a contact.", reason="LOGIN_NOT_LINKED")
    contacts = frozenset({own})
    if scope is Scope.ORGANISATION:
        contacts |= await finder.colleagues_of(principal)
    return Rows(scope, contacts)


def require_narrowed(call: Call) -> None:
    """A use case that forgot to narrow its rows answers nothing. Errors: Internal (ROWS_NOT_NARROWED)."""
    if call.principal is not None and call.scope is not Scope.ALL and not call.narrowed:
        raise Internal("This RPC did not narrow its rows to the caller's.", reason="ROWS_NOT_NARROWED")


def _take() -> Scope:
    call = current_call()
    assert call is not None
    call.narrowed = True
    return call.scope
