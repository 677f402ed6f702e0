"""The deletion concept on one page, the officer's word for a deletion that stopped, and the end of a hold."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.retention_pb2 import (
    RUN_OUTCOME_STOPPED,
    ApproveDeletionRequest,
    ListHoldsRequest,
    ListRunsRequest,
    PreviewRunRequest,
    ReleaseHoldRequest,
)

from kernel.web.forms import Form
from services.gateway.clients import clients
from services.gateway.labels import HOLDERS, word
from services.gateway.retention.datasets import dataset
from services.gateway.retention.words import matrix
from services.gateway.session import opens_with

blueprint = Blueprint("retention", __name__)

_RUNS = 10
_HOLDS = 50


@opens_with("Retention.PreviewRun", "Retention.ListRuns", "Holds.ListHolds")
def index() -> ResponseReturnValue:
    """GET /retention"""
    preview = clients().retention.PreviewRun(PreviewRunRequest())
    return render_template(
        "retention/index.html",
        preview=preview,
        matrix=matrix(preview.holders),
        due=[(h.holder, e) for h in preview.holders for e in h.datasets if e.rows or e.exempt_rows],
        silent=[word(HOLDERS, h.holder) for h in preview.holders if h.problem],
        overdue=sum(entry.rows for holder in preview.holders for entry in holder.datasets),
        runs=clients().retention.ListRuns(ListRunsRequest(page_size=_RUNS)).runs,
        holds=clients().holds.ListHolds(ListHoldsRequest(page_size=_HOLDS)).holds,
        stopped=RUN_OUTCOME_STOPPED,
        dataset=dataset,
        holder=lambda name: word(HOLDERS, name),
        form=Form(),
    )


@opens_with("Retention.ApproveDeletion")
def approve(run_id: uuid.UUID, holder: str, dataset: str) -> ResponseReturnValue:
    """POST /retention/runs/<id>/<holder>/<dataset>/approve"""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    clients().retention.ApproveDeletion(
        ApproveDeletionRequest(
            request_id=form.request_id.data, run_id=str(run_id), holder=holder, dataset=dataset
        )
    )
    flash(_("The rows that were found are deleted within a few minutes."), "success")
    return redirect(url_for("retention.index"), code=303)


@opens_with("Holds.ReleaseHold")
def release(hold_id: uuid.UUID) -> ResponseReturnValue:
    """POST /retention/holds/<id>/release"""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    clients().holds.ReleaseHold(ReleaseHoldRequest(request_id=form.request_id.data, id=str(hold_id)))
    flash(_("The hold is released. What it has stopped goes on by itself."), "success")
    return redirect(url_for("retention.index"), code=303)


blueprint.add_url_rule("/retention", "index", index)
blueprint.add_url_rule(
    "/retention/runs/<uuid:run_id>/<holder>/<dataset>/approve", "approve", approve, methods=["POST"]
)
blueprint.add_url_rule("/retention/holds/<uuid:hold_id>/release", "release", release, methods=["POST"])
