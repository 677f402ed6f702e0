"""Who looked at my data: what departments did with it, gathered by day; names are nobody's business here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from kontor.options.v1.options_pb2 import Category
from kontor.privacy.v1.audit_pb2 import ListOwnAccessesRequest, OwnAccess

from kernel.web.access import login_required
from services.portal.clients import clients
from services.portal.looks.words import CATEGORIES, ROLES
from services.portal.rights.words import PURPOSES, holder_words, names
from services.portal.session import own_contact

blueprint = Blueprint("looks", __name__)

_DAYS = 90


@login_required
def overview() -> ResponseReturnValue:
    """GET /looks: the last ninety days."""
    asked = ListOwnAccessesRequest(contact_id=own_contact().id, days=_DAYS)
    answer = clients().audit.ListOwnAccesses(asked)
    return render_template(
        "looks/overview.html",
        days=[(day, list(of_day)) for day, of_day in groupby(answer.accesses, key=lambda each: each.day)],
        missing=[holder_words(name)[0] for name in answer.missing],
        more=answer.more,
        shown_days=_DAYS,
        who=who,
        deeds=deeds,
        kinds=kinds,
        why=lambda access: names(PURPOSES, {access.purpose}),
    )


def who(access: OwnAccess) -> str:
    """What the person was to the company, with the department where there is one."""
    said = str(ROLES.get(access.role, _("An employee")))
    return f"{said} ({access.team})" if access.team else said


def deeds(access: OwnAccess) -> str:
    """How often it was looked at, seen in a list, changed."""
    alone = access.reads - access.in_lists
    said = []
    if alone:
        said.append(ngettext("looked at once", "looked at %(num)s times", alone))
    if access.in_lists:
        said.append(ngettext("seen in a list once", "seen in lists %(num)s times", access.in_lists))
    if access.changes:
        said.append(ngettext("changed once", "changed %(num)s times", access.changes))
    return ", ".join(said)


def kinds(categories: Iterable[Category.ValueType]) -> str:
    """Kinds of data in words."""
    return ", ".join(str(CATEGORIES[each]) for each in categories if each in CATEGORIES)


blueprint.add_url_rule("/looks", "overview", overview)
