"""Accesses: who touched whose data; by person, by contact, as a file; and what of it is unusual."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.options.v1.options_pb2 import PURPOSE_UNSPECIFIED, Category
from kontor.privacy.v1.audit_pb2 import (
    JUDGEMENT_JUSTIFIED,
    JUDGEMENT_UNJUSTIFIED,
    Access,
    JudgeAlertRequest,
    ListAccessesRequest,
    ListAlertsRequest,
    ListWatchedContactsRequest,
    UnwatchContactRequest,
    WatchContactRequest,
)

from kernel.errors import FailedPrecondition, InvalidArgument
from kernel.spreadsheet import BOM, line
from kernel.web.forms import Form
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.audit import figures, words
from services.gateway.clients import clients
from services.gateway.labels import HOLDERS, label, word
from services.gateway.realm import Member, RealmSilent, realm
from services.gateway.rights.words import CATEGORIES, PURPOSES
from services.gateway.session import ROLES, opens_with

blueprint = Blueprint("audit", __name__)

_PAGE = 50
_FILE_PAGE = 200
_FILTERS = ("contact_id", "actor", "from_day", "until_day", "role")
_JUDGEMENTS = {"justified": JUDGEMENT_JUSTIFIED, "unjustified": JUDGEMENT_UNJUSTIFIED}


@opens_with("Audit.ListAccesses")
def index() -> ResponseReturnValue:
    """GET /audit?contact_id=&actor=&role=&purpose=&from_day=&until_day=&reads=yes&everything=yes"""
    asked = _asked(page_size=_PAGE)
    asked.page_token = request.args.get("page_token", "")
    problem = ""
    accesses, next_token, missing = [], "", []
    try:
        answer = clients().audit.ListAccesses(asked)
    except InvalidArgument:
        problem = _("Please check what you are looking for.")
    else:
        accesses, next_token, missing = list(answer.accesses), answer.next_page_token, list(answer.missing)
    ids = [each for access in accesses for each in access.entry.subject_ids[:1]]
    return render_template(
        "audit/index.html",
        asked=asked,
        accesses=accesses,
        missing=[word(HOLDERS, name) for name in missing],
        problem=problem,
        staff=_staff(),
        names=figures.names(access.entry.actor for access in accesses),
        contacts=people.by_id([*ids, asked.contact_id]),
        watched=_is_watched(asked.contact_id),
        form=Form(),
        here=_here(),
        purposes={key: PURPOSES[purpose] for key, purpose in figures.PURPOSE_KEYS.items()},
        roles=figures.ACTING,
        **_words(),
        **page_links("audit.index", next_token, **_here()),
    ), 400 if problem else 200


@opens_with("Audit.ListAccesses")
def export() -> ResponseReturnValue:
    """GET /audit.csv: every access that the filters leave, newest first."""
    answer = Response(_lines(_asked(page_size=_FILE_PAGE)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("accesses") + ".csv")
    return answer


@opens_with("Audit.GetAccessCounts", "Audit.ListAccesses")
def numbers() -> ResponseReturnValue:
    """GET /audit/figures?from_day=&until_day=: who has read how much, in which role and for what."""
    period = figures.period(request.args.get("from_day", ""), request.args.get("until_day", ""))
    reads, problem = figures.Reads(period), ""
    try:
        reads = figures.counted(period)
    except InvalidArgument:
        problem = _("Please check what you are looking for.")
    page = render_template(
        "audit/figures.html",
        reads=reads,
        problem=problem,
        missing=[word(HOLDERS, name) for name in reads.missing],
    )
    return page, 400 if problem else 200


@opens_with("Audit.ListAlerts")
def alerts() -> ResponseReturnValue:
    """GET /audit/alerts?all=yes"""
    everything = request.args.get("all") == "yes"
    answer = clients().audit.ListAlerts(
        ListAlertsRequest(open=not everything, page_size=_PAGE, page_token=request.args.get("page_token", ""))
    )
    watched = clients().audit.ListWatchedContacts(ListWatchedContactsRequest()).contacts
    shown = [*(alert.contact_id for alert in answer.alerts), *(each.contact_id for each in watched)]
    return render_template(
        "audit/alerts.html",
        alerts=answer.alerts,
        open_size=answer.open_size,
        everything=everything,
        watched=watched,
        names=figures.names(alert.actor for alert in answer.alerts),
        nameless=figures.nameless,
        contacts=people.by_id(shown),
        form=Form(),
        rule=lambda value: label(words.RULES, value),
        judgement=lambda value: label(words.JUDGEMENTS, value),
        **page_links("audit.alerts", answer.next_page_token, all="yes" if everything else None),
    )


@opens_with("Audit.JudgeAlert")
def judge(alert_id: uuid.UUID) -> ResponseReturnValue:
    """POST /audit/alerts/<id>/judge"""
    form, judgement = Form(), _JUDGEMENTS.get(request.form.get("judgement", ""))
    if not form.validate_on_submit() or judgement is None:
        return redirect(url_for("audit.alerts"), code=303)
    asked = JudgeAlertRequest(request_id=form.request_id.data, id=str(alert_id), judgement=judgement)
    try:
        clients().audit.JudgeAlert(asked)
    except FailedPrecondition as error:
        own = error.reason == "OWN_ACCESS"
        text = (
            _("Somebody else has to judge what you did yourself.") if own else _("This was judged already.")
        )
        flash(text, "warning")
    else:
        flash(_("Your judgement is noted."), "success")
    return redirect(url_for("audit.alerts"), code=303)


@opens_with("Audit.WatchContact")
def watch(contact_id: uuid.UUID) -> ResponseReturnValue:
    """POST /audit/contacts/<id>/watch: on, or off again."""
    form = Form()
    if form.validate_on_submit():
        if request.form.get("off"):
            clients().audit.UnwatchContact(
                UnwatchContactRequest(request_id=form.request_id.data, contact_id=str(contact_id))
            )
            flash(_("Looks at this contact are no alert any more."), "success")
        else:
            clients().audit.WatchContact(
                WatchContactRequest(request_id=form.request_id.data, contact_id=str(contact_id))
            )
            flash(_("From now on every look at this contact is an alert."), "success")
    return redirect(url_for("audit.index", contact_id=contact_id), code=303)


def _asked(*, page_size: int) -> ListAccessesRequest:
    filters = {name: request.args.get(name, "").strip() for name in _FILTERS}
    # By itself the page shows people: what services do among themselves would bury it.
    everything = request.args.get("everything") == "yes"
    return ListAccessesRequest(
        **filters,
        purpose=figures.PURPOSE_KEYS.get(request.args.get("purpose", ""), PURPOSE_UNSPECIFIED),
        reads_only=request.args.get("reads") == "yes",
        people_only=not everything,
        page_size=page_size,
    )


def _here() -> dict[str, str | None]:
    """The filters of this page, for links that keep them."""
    return {name: request.args.get(name) or None for name in (*_FILTERS, "purpose", "reads", "everything")}


def _lines(asked: ListAccessesRequest) -> Iterator[str]:
    heads = (
        _("Time"), _("Person"), _("Department"), _("Role"), _("Deed"), _("Purpose"), _("Kinds of data"),
        _("Contacts concerned"), _("Contact"), _("Through"), _("From"), _("Method"),
    )  # fmt: skip
    yield BOM + line([str(head) for head in heads])
    for answer in every_page(clients().audit.ListAccesses, asked):
        names = figures.names(access.entry.actor for access in answer.accesses)
        for access in answer.accesses:
            yield line(_cells(access, names))


def _cells(access: Access, names: dict[str, str]) -> list[str]:
    entry = access.entry
    return [
        moment(entry.time),
        names.get(entry.actor, entry.actor),
        ", ".join(entry.teams),
        figures.role_name(access.role),
        str(words.deed(entry).text),
        str(PURPOSES.get(entry.purpose, "")),
        _kinds(entry.categories),
        str(entry.subjects),
        ", ".join(entry.subject_ids),
        words.way(entry.client),
        entry.origin,
        entry.method,
    ]


def _kinds(categories: Iterable[Category.ValueType]) -> str:
    return ", ".join(str(CATEGORIES[each]) for each in categories if each in CATEGORIES)


def _words() -> dict[str, object]:
    return {
        "role_name": figures.role_name,
        "deed": words.deed,
        "way": words.way,
        "kinds": _kinds,
        "purpose": lambda value: str(PURPOSES.get(value, "–")),
    }


def _staff() -> list[Member] | None:
    """Everybody who works here, each once; None if the realm does not answer."""
    try:
        members = realm().members(list(ROLES))
    except RealmSilent:
        return None
    everybody = {member.id: member for role in members.values() for member in role}
    return sorted(everybody.values(), key=lambda member: member.name.casefold())


def _is_watched(contact_id: str) -> bool:
    if not contact_id:
        return False
    watched = clients().audit.ListWatchedContacts(ListWatchedContactsRequest()).contacts
    return any(each.contact_id == contact_id for each in watched)


blueprint.add_url_rule("/audit", "index", index)
blueprint.add_url_rule("/audit.csv", "export", export)
blueprint.add_url_rule("/audit/figures", "numbers", numbers)
blueprint.add_url_rule("/audit/alerts", "alerts", alerts)
blueprint.add_url_rule("/audit/alerts/<uuid:alert_id>/judge", "judge", judge, methods=["POST"])
blueprint.add_url_rule("/audit/contacts/<uuid:contact_id>/watch", "watch", watch, methods=["POST"])
