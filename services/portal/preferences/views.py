"""Topics on and off. Withdrawing takes exactly as many clicks as giving (Art. 7(3) GDPR)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.campaigns.v1.campaigns_pb2 import GetPreferencesRequest, SetPreferenceRequest, TopicPreference
from kontor.privacy.v1 import consent_chains_pb2 as chains
from kontor.privacy.v1.consent_life_pb2 import RefuseConsentRequest
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    CONSENT_STATE_EXPIRED,
    CONSENT_STATE_GIVEN,
    CONSENT_STATE_REFUSED,
    CONSENT_STATE_RENEWED,
    CONSENT_STATE_REQUESTED,
    Consent,
    ConsentText,
    Evidence,
    GiveConsentRequest,
    ListConsentsRequest,
    WithdrawConsentRequest,
)

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from kernel.web.access import login_required, public
from kernel.web.login import current_login
from services.portal.clients import clients, consent_texts
from services.portal.preferences.customer import Customer, object_to_advertising, standing
from services.portal.preferences.forms import Switch
from services.portal.session import own_contact

_ANEW = _l(
    "the address in your record is on our suppression list. If you want mails again, order anew; "
    "if this note stays, please write to us."
)
# Why a mail would not go out, by the permit's reason or by why an address is suppressed.
REFUSALS = {
    "no-address": _l("your record has no e-mail address."),
    "expired": _l(
        "the text has changed since you agreed. If you still want this, order it anew; nothing comes until then."
    ),
    "lapsed": _l(
        "your agreement has expired. If you still want this, order it anew; nothing comes until then."
    ),
    "no-consent": _l("your agreement does not hold any more. If you still want this, order it anew."),
    "bounce": _l("mails to your address came back. Please tell us another address, or that it works again."),
    "objection": _ANEW,
    "erasure": _ANEW,
    "import": _ANEW,
    "staff": _l("our staff has put the address in your record on the suppression list. Please write to us."),
    "restricted": _l("your data is being erased, or is restricted."),
    "other": _l("the address in your record is on our suppression list. Please write to us."),
}
# A permit's reason when a consent no longer covers what people are asked now: nothing is wrong with the address.
_EXPIRED = "expired"
_PAPERS = {"pdf": chains.PAPER_FORMAT_PDF, "json": chains.PAPER_FORMAT_JSON}
# The same, when it is only time that has passed.
_LAPSED = "lapsed"
_STANDING = (CONSENT_STATE_GIVEN, CONSENT_STATE_RENEWED)

blueprint = Blueprint("preferences", __name__)


@dataclass(frozen=True)
class Topic:
    """One topic as the page shows it."""

    name: str
    title: str
    text: str
    notice: str
    text_id: str
    version: int
    subscribed: bool
    pending: bool
    since: Timestamp | None
    # Why nothing is sent though it was asked for, in words.
    refused: str = ""
    # Whether the consent no longer counts, because the text says something else now.
    expired: bool = False
    # The same, because its time was over or it was not used for too long.
    lapsed: bool = False
    # Whether the answer was no, and whether a question of ours waits for one.
    said_no: bool = False
    asked: bool = False
    # The last day of a consent that has one.
    last_day: str = ""
    # The record that says so, for those who are logged in.
    consent_id: str = ""


@login_required
def own() -> ResponseReturnValue:
    """GET, POST /preferences: at once, because the login has proven the address."""
    form = Switch()
    if form.validate_on_submit():
        {"on": _give, "off": _withdraw, "no": _refuse}[form.to.data](form)
        return redirect(url_for("preferences.own"), code=303)
    answer = clients().consents.ListConsents(ListConsentsRequest(contact_id=own_contact().id))
    newest = {consent.topic: consent for consent in answer.consents}
    asked = {consent.topic for consent in answer.asked}
    topics = [
        replace(_recorded(text, newest.get(text.topic)), asked=text.topic in asked)
        for text in consent_texts()
    ]
    return _page(form, topics, standing(own_contact()))


@public
def by_link(token: str) -> ResponseReturnValue:
    """GET, POST /preferences/<token>: by the link in a mail, without a login."""
    form = Switch()
    try:
        if form.validate_on_submit():
            _set_by_link(token, form)
            return redirect(url_for("preferences.by_link", token=token), code=303)
        known = clients().links.GetPreferences(GetPreferencesRequest(token=token))
    except (NotFound, InvalidArgument):
        problem = _("We do not know this link. Perhaps your mail program has cut it off.")
        return render_template("newsletter/dead_link.html", problem=problem), 404
    states = {entry.topic: entry for entry in known.topics}
    return _page(form, [_linked(text, states.get(text.topic)) for text in consent_texts()])


def _page(form: Switch, topics: Iterable[Topic], customer: Customer | None = None) -> str:
    return render_template(
        "preferences/topics.html",
        form=form,
        topics=list(topics),
        customer=customer,
        signed_in=current_login() is not None,
    )


def _give(form: Switch) -> None:
    try:
        clients().consents.GiveConsent(
            GiveConsentRequest(
                request_id=form.request_id.data,
                contact_id=own_contact().id,
                topic=form.topic.data,
                channel=CHANNEL_EMAIL,
                text_id=form.text_id.data,
                evidence=_evidence(),
            )
        )
    except (InvalidArgument, NotFound, FailedPrecondition):
        _say_outdated()
    else:
        refused = refusal(form.topic.data)
        if refused:
            text = _("Your wish is noted, but we do not write to you: %(reason)s", reason=refused)
            flash(text, "warning")
        else:
            flash(_("Noted: you receive this from now on."), "success")


@login_required
def proof(consent_id: uuid.UUID, form: str) -> ResponseReturnValue:
    """GET /preferences/proofs/<consent>.<pdf|json>: what proves an own consent, and its withdrawal, without us."""
    asked = chains.GetConsentPaperRequest(
        contact_id=own_contact().id,
        consent_id=str(consent_id),
        format=_PAPERS.get(form) or abort(404),
        language=str(get_locale()),
    )
    try:
        paper = clients().consent_chains.GetConsentPaper(asked)
    except FailedPrecondition as error:
        soon = error.reason == "NOT_YET_SIGNED"
        flash(
            _("This can be proven from tomorrow on: our ledger is signed once a day.")
            if soon
            else _("No proof can be printed: our ledger is damaged here. We look into it."),
            "warning",
        )
        return redirect(url_for("preferences.own"), code=303)
    response = Response(paper.content, mimetype=paper.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=paper.file_name)
    return response


def _linked(text: ConsentText, entry: TopicPreference | None) -> Topic:
    """The topic as who owns the mailbox may see it."""
    if entry is None:
        return _topic(text, subscribed=False, pending=False, since=None)
    return _with_reason(
        _topic(text, subscribed=entry.subscribed, pending=False, since=entry.since), entry.refused
    )


def _recorded(text: ConsentText, record: Consent | None) -> Topic:
    """The topic as the ledger has it."""
    topic = _told(
        text,
        subscribed=record is not None and record.state in _STANDING,
        pending=record is not None and record.state == CONSENT_STATE_REQUESTED,
        since=record.record_time if record is not None else None,
    )
    if record is None:
        return topic
    return replace(
        topic,
        consent_id=record.id,
        lapsed=topic.lapsed or record.state == CONSENT_STATE_EXPIRED,
        said_no=record.state == CONSENT_STATE_REFUSED,
        last_day=record.last_day if topic.subscribed else "",
    )


def _told(text: ConsentText, *, subscribed: bool, pending: bool, since: Timestamp | None) -> Topic:
    """The topic, and whether what was asked for really arrives."""
    topic = _topic(text, subscribed=subscribed, pending=pending, since=since)
    return _with_reason(topic, clients().refusal(own_contact(), text.topic) if subscribed else "")


def _with_reason(topic: Topic, reason: str) -> Topic:
    """What the permit would say of the topic: that it arrives, that the consent has ended, or why it does not."""
    # Whoever agreed to an older text receives nothing: the page must not say that they do.
    if reason == _EXPIRED:
        return replace(topic, subscribed=False, expired=True)
    if reason == _LAPSED:
        return replace(topic, subscribed=False, lapsed=True)
    return replace(topic, refused=_in_words(reason))


def refusal(topic: str) -> str:
    """Why nothing on this topic reaches the visitor, in words; empty if it does."""
    return _in_words(clients().refusal(own_contact(), topic))


def _in_words(reason: str) -> str:
    return str(REFUSALS.get(reason, REFUSALS["other"])) if reason else ""


def _withdraw(form: Switch) -> None:
    clients().consents.WithdrawConsent(
        WithdrawConsentRequest(
            request_id=form.request_id.data,
            contact_id=own_contact().id,
            topic=form.topic.data,
            channel=CHANNEL_EMAIL,
            method="portal",
        )
    )
    flash(_("Noted: you no longer receive this. It applies at once."), "success")


def _refuse(form: Switch) -> None:
    try:
        clients().consent_life.RefuseConsent(
            RefuseConsentRequest(
                request_id=form.request_id.data,
                contact_id=own_contact().id,
                topic=form.topic.data,
                channel=CHANNEL_EMAIL,
                text_id=form.text_id.data,
                evidence=_evidence(),
            )
        )
    except (InvalidArgument, NotFound, FailedPrecondition):
        _say_outdated()
    else:
        flash(_("Noted: no. You receive nothing on this, and we do not ask again for some time."), "success")


def _set_by_link(token: str, form: Switch) -> None:
    wanted = form.to.data == "on"
    try:
        clients().links.SetPreference(
            SetPreferenceRequest(
                request_id=form.request_id.data,
                token=token,
                topic=form.topic.data,
                subscribed=wanted,
                language=str(get_locale()),
                text_id=form.text_id.data if wanted else "",
            )
        )
    except InvalidArgument as error:
        if error.reason != "TEXT_OUTDATED":
            raise
        _say_outdated()
    else:
        if wanted:
            flash(_("Noted: you receive this from now on."), "success")
        else:
            flash(_("Noted: you no longer receive this. It applies at once."), "success")


def _say_outdated() -> None:
    flash(_("The text has changed in the meantime. Please read it and choose again."), "warning")


def _evidence() -> Evidence:
    now = Timestamp()
    now.GetCurrentTime()
    return Evidence(
        form_url=f"{current_app.config['KONTOR'].public_url}{request.path}",
        language=str(get_locale()),
        request_time=now,
        confirm_time=now,
        confirm_ip=request.remote_addr or "",
        method="portal-login",
    )


def _topic(text: ConsentText, *, subscribed: bool, pending: bool, since: Timestamp | None) -> Topic:
    return Topic(
        name=text.topic,
        title=text.title,
        text=text.text,
        notice=text.withdrawal_notice,
        text_id=text.id,
        version=text.version,
        subscribed=subscribed,
        pending=pending,
        since=since,
    )


blueprint.add_url_rule("/preferences", "own", own, methods=["GET", "POST"])
blueprint.add_url_rule(
    "/preferences/objection", "object_to_advertising", object_to_advertising, methods=["POST"]
)
blueprint.add_url_rule("/preferences/proofs/<uuid:consent_id>.<form>", "proof", proof)
blueprint.add_url_rule("/preferences/<token>", "by_link", by_link, methods=["GET", "POST"])
