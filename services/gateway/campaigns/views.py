"""Campaigns: list, a new one, its start with the numbers before, and what became of every message."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.campaigns.v1.campaigns_pb2 import (
    CAMPAIGN_STATE_DRAFT,
    CAMPAIGN_STATE_SENDING,
    Campaign,
    CreateCampaignRequest,
    GetCampaignRequest,
    GetTemplateRequest,
    ListCampaignsRequest,
    PreviewAudienceRequest,
    StartCampaignRequest,
)

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from kernel.web.access import polled
from kernel.web.forms import Form
from kernel.web.options import options
from kernel.web.paging import page_links
from services.gateway.campaigns import messages
from services.gateway.campaigns.forms import CampaignForm
from services.gateway.catalogue import audiences, sold_categories, templates
from services.gateway.clients import clients
from services.gateway.labels import why
from services.gateway.session import opens_with

blueprint = Blueprint("campaigns", __name__)

_PAGE = 50


@opens_with("Campaigns.ListCampaigns")
def index() -> ResponseReturnValue:
    """GET /campaigns"""
    token = request.args.get("page_token", "")
    answer = clients().campaigns.ListCampaigns(ListCampaignsRequest(page_size=_PAGE, page_token=token))
    return render_template(
        "campaigns/index.html",
        campaigns=answer.campaigns,
        drafts=[campaign for campaign in answer.campaigns if campaign.state == CAMPAIGN_STATE_DRAFT],
        **page_links("campaigns.index", answer.next_page_token),
    )


@opens_with("Campaigns.CreateCampaign", "Templates.ListTemplates", "Audiences.ListAudiences")
def create() -> ResponseReturnValue:
    """GET, POST /campaigns/new: a draft; nothing is sent by storing it."""
    form = CampaignForm()
    form.template_id.choices = options((template.id, template.name) for template in templates())
    form.audience_id.choices = options((audience.id, audience.name) for audience in audiences())
    form.category.choices = options([("", _l("no, only who has consented")), *sold_categories()])
    problems: list[str] = []
    if request.method == "GET":
        form.template_id.data = request.args.get("template_id")
        form.audience_id.data = request.args.get("audience_id")
    if form.validate_on_submit():
        try:
            created = clients().campaigns.CreateCampaign(
                CreateCampaignRequest(request_id=form.request_id.data, campaign=Campaign(**form.values()))
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        else:
            flash(_("The draft “%(name)s” is stored. Nothing has been sent.", name=created.name), "success")
            return redirect(url_for("campaigns.detail", campaign_id=created.id), code=303)
    return render_template("campaigns/form.html", form=form, problems=problems)


@opens_with("Campaigns.GetCampaign", "Campaigns.ListMessages")
def detail(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """GET /campaigns/<id>?state=&reason="""
    campaign = _get(campaign_id)
    return render_template(
        "campaigns/detail.html",
        campaign=campaign,
        template=_template_name(campaign.template_id),
        audience=_audience_name(campaign.audience_id),
        **_figures(campaign),
        **messages.page(campaign),
    )


@polled
@opens_with("Campaigns.GetCampaign")
def progress(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """GET /campaigns/<id>/progress: the fragment that draws itself again while sending."""
    campaign = _get(campaign_id)
    return render_template("campaigns/progress.html", campaign=campaign, **_figures(campaign))


@opens_with("Campaigns.StartCampaign", "Audiences.PreviewAudience")
def start(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /campaigns/<id>/start: the numbers, then the deed."""
    wanted = str(campaign_id)
    form = Form()
    if form.validate_on_submit():
        try:
            clients().campaigns.StartCampaign(
                StartCampaignRequest(request_id=form.request_id.data, campaign_id=wanted)
            )
        except FailedPrecondition:
            flash(_("This campaign had been started already. It was not started again."), "message")
        return redirect(url_for("campaigns.detail", campaign_id=wanted), code=303)
    campaign = _get(campaign_id)
    if campaign.state != CAMPAIGN_STATE_DRAFT:
        return redirect(url_for("campaigns.detail", campaign_id=wanted))
    counted = clients().audiences.PreviewAudience(
        PreviewAudienceRequest(audience_id=campaign.audience_id, category=campaign.category)
    )
    return render_template(
        "campaigns/start.html",
        campaign=campaign,
        template=_template_name(campaign.template_id),
        audience=_audience_name(campaign.audience_id),
        counted=counted,
        rows=[(why(r.reason), r.count, "") for r in sorted(counted.denied, key=lambda r: -r.count)],
    )


def _figures(campaign: Campaign) -> dict[str, object]:
    """Where it stands, progress and reasons; each reason leads to its messages."""
    counts = campaign.counts
    done = counts.sent + counts.denied + counts.refused + counts.uncertain
    reasons = [
        (
            why(entry.reason),
            entry.count,
            url_for("campaigns.detail", campaign_id=campaign.id, reason=entry.reason, _anchor="messages"),
        )
        for entry in sorted(counts.reasons, key=lambda entry: -entry.count)
    ]
    return {
        "draft": campaign.state == CAMPAIGN_STATE_DRAFT,
        "sending": campaign.state == CAMPAIGN_STATE_SENDING,
        "done": done,
        "reasons": reasons,
    }


def _get(campaign_id: uuid.UUID) -> Campaign:
    return clients().campaigns.GetCampaign(GetCampaignRequest(campaign_id=str(campaign_id)))


def _template_name(template_id: str) -> str:
    try:
        return clients().templates.GetTemplate(GetTemplateRequest(template_id=template_id)).name
    except NotFound:
        return "–"


def _audience_name(audience_id: str) -> str:
    return next((audience.name for audience in audiences() if audience.id == audience_id), "–")


blueprint.add_url_rule("/campaigns", "index", index)
blueprint.add_url_rule("/campaigns/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/campaigns/<uuid:campaign_id>", "detail", detail)
blueprint.add_url_rule("/campaigns/<uuid:campaign_id>/progress", "progress", progress)
blueprint.add_url_rule("/campaigns/<uuid:campaign_id>/start", "start", start, methods=["GET", "POST"])
