"""Stage access: enforces the rule that stands on the RPC. The only place that does."""

from __future__ import annotations

import uuid
from typing import Any, Protocol

from kernel.errors import Internal, NotFound, PermissionDenied, Unauthenticated
from kernel.identity import Principal
from kernel.rpc.call import Call, Proceed, Stage


class OwnContact(Protocol):
    """Finds the contact that a customer's login belongs to."""

    async def contact_of(self, principal: Principal) -> uuid.UUID | None:
        """The contact's id; None if the login belongs to nobody."""
        ...


def authorize_stage(own_contact: OwnContact) -> Stage:
    """Roles first; then, for a caller who is only a customer, whether the contact is their own."""

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
        if access.own and principal.is_customer_only:
            await _require_own(request, access.own, own_contact, principal)
        if access.own:
            _note_subject(call, getattr(request, access.own))
        return await proceed(call, request)

    return stage


async def _require_own(request: Any, path: str, own_contact: OwnContact, principal: Principal) -> None:
    own = await own_contact.contact_of(principal)
    if own is None or getattr(request, path) != str(own):
        # NOT_FOUND, not PERMISSION_DENIED: a stranger's id must not even be confirmed.
        raise NotFound("There is no such contact.", reason="CONTACT_NOT_FOUND")


def _note_subject(call: Call, contact_id: str) -> None:
    try:
        call.subjects.add(uuid.UUID(contact_id))
    except ValueError:
        # Validation refuses it next, with the field's name.
        return
