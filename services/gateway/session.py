"""Who works here, and what they may do: read from the contract, so that page and service agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from google.protobuf.message import Message
from kontor.campaigns.v1 import asking_mails_pb2, campaigns_pb2, notices_pb2, renewals_pb2
from kontor.contacts.v1 import contacts_pb2, finding_pb2, imports_pb2, logins_pb2, names_pb2
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import (
    askings_pb2,
    assessments_pb2,
    audit_pb2,
    bases_pb2,
    blackening_pb2,
    breaches_pb2,
    consent_chains_pb2,
    consent_life_pb2,
    consent_proofs_pb2,
    consent_standings_pb2,
    consent_texts_pb2,
    customers_pb2,
    farewells_pb2,
    identity_pb2,
    own_suppressions_pb2,
    privacy_pb2,
    registers_pb2,
    restrictions_pb2,
    retention_pb2,
)
from kontor.tickets.v1 import tickets_pb2

from kernel.contract import hidden_fields
from kernel.errors import PermissionDenied
from kernel.web.access import Access, access_of, roles_required
from kernel.web.login import current_login
from kernel.web.sessions import Login

ROLES = {
    "agent": _l("Customer service"),
    "marketer": _l("Marketing"),
    "sales": _l("Sales"),
    "manager": _l("Management"),
    "dpo": _l("Data protection officer"),
    "admin": _l("Administration"),
}
FILES = (
    contacts_pb2,
    logins_pb2,
    imports_pb2,
    finding_pb2,
    names_pb2,
    campaigns_pb2,
    notices_pb2,
    renewals_pb2,
    asking_mails_pb2,
    tickets_pb2,
    privacy_pb2,
    identity_pb2,
    askings_pb2,
    own_suppressions_pb2,
    blackening_pb2,
    audit_pb2,
    consent_chains_pb2,
    bases_pb2,
    consent_life_pb2,
    consent_proofs_pb2,
    consent_standings_pb2,
    consent_texts_pb2,
    customers_pb2,
    farewells_pb2,
    restrictions_pb2,
    retention_pb2,
    registers_pb2,
    assessments_pb2,
    breaches_pb2,
)

View = TypeVar("View", bound=Callable[..., Any])


@cache
def roles_of(rpc: str) -> frozenset[str]:
    """The staff roles that may call an RPC, e.g. "Tickets.ListTickets", by its own access rule."""
    service, _, name = rpc.partition(".")
    for file in FILES:
        found = file.DESCRIPTOR.services_by_name.get(service)
        if found is not None:
            rule = found.methods_by_name[name].GetOptions().Extensions[options_pb2.access]
            return frozenset(rule.roles).intersection(ROLES)
    raise KeyError(rpc)


def opens_with(*rpcs: str) -> Callable[[View], View]:
    """Mark a view as open to those who may call all of these RPCs: what it cannot show, it must not offer."""
    return roles_required(*sorted(frozenset.intersection(*(roles_of(rpc) for rpc in rpcs))))


def staff_only(view: View) -> View:
    """Mark a view as open to everybody who works here, whatever the role."""
    return roles_required(*ROLES)(view)


def may(*rpcs: str) -> bool:
    """Whether who is logged in may call all of these RPCs."""
    login = current_login()
    return login is not None and all(login.roles & roles_of(rpc) for rpc in rpcs)


def unseen(kind: type[Message], rpc: str) -> tuple[str, ...]:
    """Fields of a message that an RPC does not show to who is logged in."""
    return hidden_fields(kind.DESCRIPTOR, me().roles & roles_of(rpc))


def me() -> Login:
    """Who is logged in; only inside views that are not public."""
    login = current_login()
    if login is None:
        raise RuntimeError("nobody is logged in")
    return login


def install(app: Flask) -> None:
    """The page that says who may, instead of only that one may not."""
    app.register_error_handler(403, lambda _error: _forbidden(app))
    app.register_error_handler(PermissionDenied, lambda _error: _forbidden(app))
    app.jinja_env.globals.update(may=may)


def _forbidden(app: Flask) -> ResponseReturnValue:
    login = current_login()
    rule = access_of(app, request.endpoint) if request.endpoint else None
    page = render_template(
        "gateway/forbidden.html",
        mine=_names(login.roles if login else frozenset()),
        allowed=_names(rule.roles if isinstance(rule, Access) else frozenset()),
        staff=bool(login and login.roles & ROLES.keys()),
    )
    return page, 403


def _names(roles: frozenset[str]) -> list[str]:
    return [str(label) for role, label in ROLES.items() if role in roles]
