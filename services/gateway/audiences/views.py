"""Audiences: list, a new one, and one with who would get a message now and why others would not."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.campaigns.v1.campaigns_pb2 import (
    Audience,
    CreateAudienceRequest,
    ListAudiencesRequest,
    PreviewAudienceRequest,
)
from kontor.contacts.v1.contacts_pb2 import GetOrganisationRequest

from kernel.errors import InvalidArgument, NotFound
from kernel.web.paging import page_links
from services.gateway.audiences.forms import AudienceForm
from services.gateway.catalogue import audiences, organisations, topics
from services.gateway.clients import clients, unless_down
from services.gateway.labels import COUNTRIES, LANGUAGES, source, why, word
from services.gateway.session import opens_with

blueprint = Blueprint("audiences", __name__)

_PAGE = 50


@opens_with("Audiences.ListAudiences")
def index() -> ResponseReturnValue:
    """GET /audiences"""
    token = request.args.get("page_token", "")
    answer = clients().audiences.ListAudiences(ListAudiencesRequest(page_size=_PAGE, page_token=token))
    return render_template(
        "audiences/index.html",
        audiences=answer.audiences,
        topics=topics(),
        words={audience.id: describe(audience) for audience in answer.audiences},
        **page_links("audiences.index", answer.next_page_token),
    )


@opens_with("Audiences.CreateAudience")
def create() -> ResponseReturnValue:
    """GET, POST /audiences/new"""
    form = AudienceForm()
    form.offer(topics=topics(), organisations=organisations())
    problems: list[str] = []
    if form.validate_on_submit():
        try:
            created = clients().audiences.CreateAudience(
                CreateAudienceRequest(request_id=form.request_id.data, audience=form.audience())
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        else:
            flash(_("The audience “%(name)s” is stored.", name=created.name), "success")
            return redirect(url_for("audiences.detail", audience_id=created.id), code=303)
    return render_template("audiences/form.html", form=form, problems=problems)


@opens_with("Audiences.ListAudiences", "Audiences.PreviewAudience")
def detail(audience_id: uuid.UUID) -> ResponseReturnValue:
    """GET /audiences/<id>: the numbers come after the page, because they are counted anew."""
    found = find(str(audience_id))
    return render_template("audiences/detail.html", found=found, topics=topics(), description=describe(found))


@opens_with("Audiences.PreviewAudience")
def preview(audience_id: uuid.UUID) -> ResponseReturnValue:
    """GET /audiences/<id>/preview: the fragment with the numbers."""
    answer = clients().audiences.PreviewAudience(PreviewAudienceRequest(audience_id=str(audience_id)))
    denied = sorted(answer.denied, key=lambda entry: -entry.count)
    rows = [(why(entry.reason), entry.count, "") for entry in denied]
    return render_template("audiences/preview.html", counted=answer, rows=rows)


def find(audience_id: str) -> Audience:
    """The contract has no GetAudience yet; the list is short."""
    return next((audience for audience in audiences() if audience.id == audience_id), None) or abort(404)


def describe(audience: Audience) -> str:
    """The filter as a sentence."""
    chosen = audience.filter
    parts = [
        _("in %(city)s", city=chosen.city) if chosen.city else "",
        word(COUNTRIES, chosen.country) if chosen.country else "",
        _("language %(language)s", language=word(LANGUAGES, chosen.language)) if chosen.language else "",
        _("from %(organisation)s", organisation=_organisation(chosen.organisation_id))
        if chosen.organisation_id
        else "",
        _("source: %(source)s", source=source(chosen.source)) if chosen.source else "",
    ]
    return ", ".join(part for part in parts if part) or str(_("all contacts"))


def _organisation(organisation_id: str) -> str:
    asked = GetOrganisationRequest(organisation_id=organisation_id)
    try:
        answer = unless_down(lambda: clients().contacts.GetOrganisation(asked))
    except NotFound:
        answer = None
    return answer.name if answer is not None else str(_("an organisation"))


blueprint.add_url_rule("/audiences", "index", index)
blueprint.add_url_rule("/audiences/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/audiences/<uuid:audience_id>", "detail", detail)
blueprint.add_url_rule("/audiences/<uuid:audience_id>/preview", "preview", preview)
