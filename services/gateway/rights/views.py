"""The rights page: RPCs, roles and rows; masked fields; the people behind the roles."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from kernel.web.access import roles_required
from services.gateway.realm import MOST, Member, RealmSilent, realm
from services.gateway.rights import matrix
from services.gateway.rights.words import CATEGORIES, PARTS, PURPOSES, ROLES, SCOPES

blueprint = Blueprint("rights", __name__)

# Customers are the many for whom the company works; they are found among the contacts.
_NOT_LISTED = frozenset({"customer", "service"})


@roles_required("admin")
def index() -> ResponseReturnValue:
    """GET /rights?role=: an unknown role counts as none."""
    role = request.args.get("role", "")
    shown = [role] if role in ROLES else list(ROLES)
    chosen = role if role in ROLES else ""
    return render_template(
        "rights/index.html",
        role=chosen,
        roles=shown,
        every_role=list(ROLES),
        parts=matrix.parts(chosen),
        masks=matrix.masks(chosen),
        members=_members([one for one in shown if one not in _NOT_LISTED]),
        most=MOST,
        rights={
            "roles": ROLES,
            "parts": PARTS,
            "purposes": PURPOSES,
            "scopes": SCOPES,
            "categories": CATEGORIES,
        },
    )


def _members(roles: list[str]) -> dict[str, list[Member]] | None:
    """None if the realm does not answer: the rules above come from the contract and stand without it."""
    try:
        return realm().members(roles)
    except RealmSilent:
        return None


blueprint.add_url_rule("/rights", "index", index)
