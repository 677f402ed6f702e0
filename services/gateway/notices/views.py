"""The versions of the notice of the right to object (§ 7(3) No. 4 UWG), and a new one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import customers_pb2 as v1
from wtforms import DateField, SelectField, TextAreaField

from kernel.web.forms import Form, at_most, required, strip_lines
from kernel.web.options import options
from services.gateway.clients import clients
from services.gateway.session import opens_with

blueprint = Blueprint("notices", __name__)

_LANGUAGES = {"de": _l("German"), "en": _l("English")}


class NoticeForm(Form):
    """A wording, and since when it is shown."""

    language = SelectField(_l("Language"), choices=options(_LANGUAGES.items()), validators=[required])
    text = TextAreaField(_l("Text"), filters=[strip_lines], validators=[required, at_most(2000)])
    in_use_since = DateField(_l("Shown since"), validators=[required])


@opens_with("ExistingCustomers.AddObjectionNotice", "ExistingCustomers.ListObjectionNotices")
def index() -> ResponseReturnValue:
    """GET /notices"""
    return _page(NoticeForm())


@opens_with("ExistingCustomers.AddObjectionNotice", "ExistingCustomers.ListObjectionNotices")
def add() -> ResponseReturnValue:
    """POST /notices: the next version; what somebody was shown before stays what it was."""
    form = NoticeForm()
    if not form.validate_on_submit():
        return _page(form), 400
    added = clients().customers.AddObjectionNotice(
        v1.AddObjectionNoticeRequest(
            request_id=form.request_id.data,
            language=form.language.data,
            text=form.text.data,
            in_use_since=form.in_use_since.data.isoformat(),
        )
    )
    flash(
        _("Version %(version)s is stored. Sales can name it from now on.", version=added.version), "success"
    )
    return redirect(url_for("notices.index"), code=303)


def _page(form: NoticeForm) -> str:
    found = clients().customers.ListObjectionNotices(v1.ListObjectionNoticesRequest()).notices
    return render_template("notices/index.html", form=form, notices=found)


blueprint.add_url_rule("/notices", "index", index)
blueprint.add_url_rule("/notices", "add", add, methods=["POST"])
