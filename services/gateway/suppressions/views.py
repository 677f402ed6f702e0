"""The suppression list: entries without any address, and a new one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.privacy_pb2 import Address, AddSuppressionRequest, ListSuppressionsRequest

from kernel.errors import AlreadyExists, InvalidArgument
from services.gateway.clients import clients
from services.gateway.session import opens_with
from services.gateway.suppressions.forms import SuppressionForm

blueprint = Blueprint("suppressions", __name__)

_PAGE = 50


@opens_with("Suppressions.ListSuppressions")
def index() -> ResponseReturnValue:
    """GET /suppressions"""
    token = request.args.get("page_token", "")
    answer = clients().suppressions.ListSuppressions(
        ListSuppressionsRequest(page_size=_PAGE, page_token=token)
    )
    more = answer.next_page_token
    return render_template(
        "suppressions/index.html",
        entries=answer.entries,
        total=answer.total_size,
        next_href=url_for("suppressions.index", page_token=more) if more else "",
        first_href=url_for("suppressions.index") if token else "",
    )


@opens_with("Suppressions.AddSuppression")
def create() -> ResponseReturnValue:
    """GET, POST /suppressions/new"""
    form = SuppressionForm()
    problems: list[str] = []
    if form.validate_on_submit():
        address = Address(channel=form.channel.data, value=form.value.data)
        try:
            clients().suppressions.AddSuppression(
                AddSuppressionRequest(
                    request_id=form.request_id.data, address=address, reason=form.reason.data
                )
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        except AlreadyExists:
            problems = [_("This address is on the list already.")]
        else:
            flash(_("The address is suppressed. Only its keyed hash was stored."), "success")
            return redirect(url_for("suppressions.index"), code=303)
    return render_template("suppressions/form.html", form=form, problems=problems)


blueprint.add_url_rule("/suppressions", "index", index)
blueprint.add_url_rule("/suppressions/new", "create", create, methods=["GET", "POST"])
