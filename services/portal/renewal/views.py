"""Renew or end: two buttons of the same weight on one page (Art. 7(3) GDPR)."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.campaigns.v1.renewals_pb2 import AnswerRenewalRequest, GetRenewalRequest, Renewal
from wtforms import HiddenField
from wtforms.validators import AnyOf, Length

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from kernel.web.access import public
from kernel.web.forms import Form
from services.portal.clients import clients, consent_texts

blueprint = Blueprint("renewal", __name__)


class Decision(Form):
    """What was pressed, beside which text."""

    to = HiddenField(validators=[AnyOf(["renew", "end"])])
    text_id = HiddenField(validators=[Length(max=36)])


@public
def decide(token: str) -> ResponseReturnValue:
    """GET, POST /renewal/<token>: scanners of mail programs open links, so GET changes nothing."""
    form = Decision()
    try:
        if form.validate_on_submit():
            return _decided(token, form)
        return _page(token, form)
    except NotFound:
        problem = _("We do not know this link. Perhaps your mail program has cut it off.")
        return render_template("newsletter/dead_link.html", problem=problem), 404


def _decided(token: str, form: Decision) -> ResponseReturnValue:
    renew = form.to.data == "renew"
    try:
        clients().renewals.AnswerRenewal(
            AnswerRenewalRequest(
                request_id=form.request_id.data,
                token=token,
                renew=renew,
                text_id=form.text_id.data if renew else "",
                language=str(get_locale()),
                # Without the token: it is the person's key, and evidence is kept for years.
                form_url=f"{current_app.config['KONTOR'].public_url}/renewal/",
            )
        )
    except InvalidArgument as error:
        if error.reason != "TEXT_OUTDATED":
            raise
        return _page(token, form, changed=True), 409
    except FailedPrecondition:
        return redirect(url_for("renewal.decide", token=token), code=303)
    return redirect(url_for("renewal.decide", token=token, done=form.to.data), code=303)


def _page(token: str, form: Decision, *, changed: bool = False) -> str:
    renewal = clients().renewals.GetRenewal(GetRenewalRequest(token=token))
    text = next((text for text in consent_texts() if text.topic == renewal.topic), None)
    return render_template(
        "renewal/decide.html", form=form, renewal=renewal, text=text, changed=changed, title=_title(renewal)
    )


def _title(renewal: Renewal) -> str:
    return next((text.title for text in consent_texts() if text.topic == renewal.topic), str(renewal.topic))


blueprint.add_url_rule("/renewal/<token>", "decide", decide, methods=["GET", "POST"])
