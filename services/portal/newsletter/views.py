"""Sign-up with double opt-in, and the links of mails: confirm and unsubscribe."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.campaigns.v1.campaigns_pb2 import (
    ConfirmSignUpRequest,
    SubmitSignUpRequest,
    UnsubscribeRequest,
)
from kontor.privacy.v1.privacy_pb2 import ConsentText

from kernel.errors import DomainError, FailedPrecondition, InvalidArgument, NotFound
from kernel.ids import derived_id
from kernel.web.access import public, public_to_machines
from kernel.web.forms import Form
from services.portal.clients import clients, consent_texts
from services.portal.newsletter.forms import SignUp

blueprint = Blueprint("newsletter", __name__)

_ONE_CLICK = "One-Click"
# A mail provider that repeats its POST repeats the same command.
_UNSUBSCRIBE = uuid.UUID("0b6e3f0e-6a0d-5c86-9a55-3c0f1de2a7b1")


@public
def sign_up() -> ResponseReturnValue:
    """GET, POST /newsletter"""
    texts = consent_texts()
    form = SignUp()
    form.offer(texts)
    problems: list[str] = []
    if form.validate_on_submit():
        # A machine gets the same answer as a person, and nothing happens.
        try:
            if not form.website.data:
                _submit(form, texts)
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        else:
            return redirect(url_for("newsletter.sent"), code=303)
    return render_template("newsletter/sign_up.html", form=form, texts=texts, problems=problems)


@public
def sent() -> ResponseReturnValue:
    """GET /newsletter/sent: the same page for known, unknown and suppressed addresses."""
    return render_template("newsletter/sent.html")


@public
def confirm(token: str) -> ResponseReturnValue:
    """GET, POST /newsletter/confirm/<token>: scanners of mail programs open links, so GET does nothing."""
    form = Form()
    if not form.validate_on_submit():
        return render_template("newsletter/confirm.html", form=form)
    try:
        answer = clients().forms.ConfirmSignUp(
            ConfirmSignUpRequest(
                request_id=form.request_id.data, token=token, ip_address=request.remote_addr or ""
            )
        )
    except (NotFound, FailedPrecondition, InvalidArgument) as error:
        return render_template("newsletter/dead_link.html", problem=_dead(error)), _status(error)
    titles = {text.topic: text.title for text in consent_texts()}
    return render_template(
        "newsletter/confirmed.html", topics=[titles.get(topic, topic) for topic in answer.topics]
    )


@public_to_machines
def unsubscribe(token: str) -> ResponseReturnValue:
    """GET, POST /u/<token>: a page with one button, and the one-click POST of RFC 8058.

    The POST needs no cookie and no form token: who has the link may unsubscribe, and
    nobody else knows it.
    """
    if request.method != "POST":
        return render_template("newsletter/unsubscribe.html", token=token)
    one_click = request.form.get("List-Unsubscribe") == _ONE_CLICK
    command = UnsubscribeRequest(request_id=str(derived_id(_UNSUBSCRIBE, token)), token=token)
    try:
        clients().links.Unsubscribe(command)
    except (NotFound, InvalidArgument) as error:
        if one_click:
            return Response("unknown link\n", 404, mimetype="text/plain")
        return render_template("newsletter/dead_link.html", problem=_dead(error)), 404
    if one_click:
        return Response("unsubscribed\n", mimetype="text/plain")
    return render_template("newsletter/unsubscribed.html", token=token)


def _submit(form: SignUp, texts: list[ConsentText]) -> None:
    chosen = [text for text in texts if text.id in form.topics.data]
    clients().forms.SubmitSignUp(
        SubmitSignUpRequest(
            request_id=form.request_id.data,
            email=form.email.data,
            given_name=form.given_name.data,
            family_name=form.family_name.data,
            language=str(get_locale()),
            topics=[text.topic for text in chosen],
            form_url=f"{current_app.config['KONTOR'].public_url}{url_for('newsletter.sign_up')}",
            text_id=chosen[0].id,
            ip_address=request.remote_addr or "",
        )
    )


def _dead(error: DomainError) -> str:
    if isinstance(error, FailedPrecondition):
        return str(_("This link has expired or was used already."))
    return str(_("We do not know this link. Perhaps your mail program has cut it off."))


def _status(error: DomainError) -> int:
    return 410 if isinstance(error, FailedPrecondition) else 404


blueprint.add_url_rule("/newsletter", "sign_up", sign_up, methods=["GET", "POST"])
blueprint.add_url_rule("/newsletter/sent", "sent", sent)
blueprint.add_url_rule("/newsletter/confirm/<token>", "confirm", confirm, methods=["GET", "POST"])
blueprint.add_url_rule("/u/<token>", "unsubscribe", unsubscribe, methods=["GET", "POST"])
