"""Stage access: enforces the rule that stands on the RPC. The only place that does."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any, Protocol

from kernel.contract import Scope
from kernel.errors import Internal, NotFound, PermissionDenied, Unauthenticated
from kernel.identity import Principal
from kernel.rpc.call import Call, Proceed, Stage
from kernel.rpc.masking import refuse_unseen


class OwnContact(Protocol):
    """Knows which contacts a login reaches."""

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        """The contact's id; None if the login belongs to nobody."""
        ...

    async def is_of_team(self, principal: Principal, contact_id: uuid.UUID) -> bool:
        """Whether the caller is responsible for the contact, or it is one team's of the caller or everybody's."""
        ...

    def forget_login(self, subject: str) -> None:
        """Asks anew the next time."""
        ...

    async def colleagues_of(self, principal: Principal) -> frozenset[uuid.UUID]:
        """Contacts that share an organisation with the own one, if the login was opened for them."""
        ...


def authorize_stage(own_contact: OwnContact) -> Stage:
    """Roles and purposes first; then whether the contact that `own` names is within the caller's scope."""

    async def stage(call: Call, request: Any, proceed: Proceed) -> Any:
        access = call.method.access
        if access is None:
            raise Internal("This RPC has no access rule.", reason="NO_ACCESS_RULE")
        if access.public:
            return await proceed(call, request)
        principal = call.principal
        if principal is None:
            raise Unauthenticated("This call needs a token.", reason="TOKEN_MISSING")
        # `client` is the `azp` of a token that the realm signed for us: a caller cannot choose it.
        if not (call.method.roles & principal.roles) and principal.client not in call.method.within:
            raise PermissionDenied("Your role may not do this.", reason="ROLE_MISSING")
        if principal.allowance is not None and not principal.allowance.permits(access.purpose):
            raise PermissionDenied(
                "Your client may not process data for this purpose.", reason="PURPOSE_MISSING"
            )
        # From here on the caller has the roles in which they act: others open nothing in this call.
        call.principal = replace(principal, roles=call.acting_roles or principal.roles)
        refuse_unseen(call, request)
        if access.own:
            await _require_reach(call, getattr(request, access.own), own_contact)
        return await proceed(call, request)

    return stage


async def _require_reach(call: Call, contact_id: str, own_contact: OwnContact) -> None:
    assert call.principal is not None
    call.narrowed = True
    wanted = _id(contact_id)
    if not await _reaches(call.scope, call.principal, wanted, own_contact):
        # NOT_FOUND, not PERMISSION_DENIED: a stranger's id must not even be confirmed.
        raise NotFound("There is no such contact.", reason="CONTACT_NOT_FOUND")
    if wanted is not None:
        call.subjects.add(wanted)


async def _reaches(
    scope: Scope, principal: Principal, wanted: uuid.UUID | None, own_contact: OwnContact
) -> bool:
    if scope is Scope.ALL:
        return True
    if wanted is None:
        return False
    if scope is Scope.TEAM:
        return await own_contact.is_of_team(principal, wanted)
    if await own_contact.contact_of(principal) != wanted:
        # A refusal does not rest on what is remembered: the login may have begun a new record just now.
        own_contact.forget_login(principal.subject)
    return await own_contact.contact_of(principal) == wanted


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        # Validation refuses it next, with the field's name.
        return None
