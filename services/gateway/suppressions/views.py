"""The suppression list: entries without any address, and a new one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.privacy_pb2 import (
    Address,
    AddSuppressionRequest,
    CheckSuppressionsRequest,
    ListSuppressionsRequest,
)

from kernel.errors import InvalidArgument
from kernel.web.i18n import moment
from kernel.web.paging import page_links
from services.gateway.clients import clients
from services.gateway.labels import SUPPRESSION_REASONS, word
from services.gateway.session import opens_with
from services.gateway.suppressions.forms import CheckForm, SuppressionForm

blueprint = Blueprint("suppressions", __name__)

_PAGE = 50


@opens_with("Suppressions.ListSuppressions")
def index() -> ResponseReturnValue:
    """GET /suppressions"""
    token = request.args.get("page_token", "")
    answer = clients().suppressions.ListSuppressions(
        ListSuppressionsRequest(page_size=_PAGE, page_token=token)
    )
    return render_template(
        "suppressions/index.html",
        entries=answer.entries,
        total=answer.total_size,
        **page_links("suppressions.index", answer.next_page_token),
    )


@opens_with("Suppressions.CheckSuppressions")
def check() -> ResponseReturnValue:
    """GET, POST /suppressions/check: is this address on the list? Nothing of it is kept."""
    form = CheckForm()
    listed: bool | None = None
    if form.validate_on_submit():
        address = Address(channel=form.channel.data, value=form.value.data)
        (listed,) = (
            clients().suppressions.CheckSuppressions(CheckSuppressionsRequest(addresses=[address])).suppressed
        )
    return render_template("suppressions/check.html", form=form, listed=listed)


@opens_with("Suppressions.AddSuppression")
def create() -> ResponseReturnValue:
    """GET, POST /suppressions/new"""
    form = SuppressionForm()
    problems: list[str] = []
    if form.validate_on_submit():
        address = Address(channel=form.channel.data, value=form.value.data)
        try:
            entry = clients().suppressions.AddSuppression(
                AddSuppressionRequest(
                    request_id=form.request_id.data, address=address, reason=form.reason.data
                )
            )
        except InvalidArgument as error:
            if error.reason == "ADDRESS_INVALID":
                form.value.errors = [_("This is no complete address or number of this channel.")]
            else:
                problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
            return render_template("suppressions/form.html", form=form, problems=problems), 400
        if entry.listed_before:
            text = _(
                "This address was on the list already, since %(moment)s: %(reason)s. Nothing was changed.",
                moment=moment(entry.create_time),
                reason=word(SUPPRESSION_REASONS, entry.reason),
            )
            flash(text, "message")
        else:
            flash(_("The address is suppressed. Only its keyed hash was stored."), "success")
        return redirect(url_for("suppressions.index"), code=303)
    return render_template("suppressions/form.html", form=form, problems=problems)


blueprint.add_url_rule("/suppressions", "index", index)
blueprint.add_url_rule("/suppressions/check", "check", check, methods=["GET", "POST"])
blueprint.add_url_rule("/suppressions/new", "create", create, methods=["GET", "POST"])
