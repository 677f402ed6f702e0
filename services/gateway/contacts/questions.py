"""Staff asks for a consent: the question waits in the person's portal, and nobody is asked again right after a no."""

from __future__ import annotations

import uuid
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import Contact, GetContactRequest
from kontor.privacy.v1.consent_life_pb2 import AskConsentRequest
from kontor.privacy.v1.privacy_pb2 import CHANNEL_EMAIL

from kernel.errors import FailedPrecondition
from kernel.web.forms import Form
from kernel.web.i18n import day
from services.gateway.catalogue import topics
from services.gateway.clients import clients
from services.gateway.session import opens_with


@opens_with("ConsentLife.AskConsent")
def ask(contact_id: uuid.UUID, topic: str) -> ResponseReturnValue:
    """GET, POST /contacts/<id>/ask/<topic>"""
    contact = clients().contacts.GetContact(GetContactRequest(contact_id=str(contact_id)))
    form = Form()
    if not form.validate_on_submit():
        return render_template("contacts/ask.html", contact=contact, topic=topic, topics=topics())
    try:
        _ask(contact, topic, request_id=str(form.request_id.data))
    except FailedPrecondition as error:
        flash(_why_not(error), "warning")
    else:
        flash(_("Asked. The question waits in the portal; no mail is sent."), "success")
    return redirect(url_for("contacts.detail", contact_id=contact.id), code=303)


def _ask(contact: Contact, topic: str, *, request_id: str) -> None:
    clients().consent_life.AskConsent(
        AskConsentRequest(
            request_id=request_id,
            contact_id=contact.id,
            topic=topic,
            channel=CHANNEL_EMAIL,
            language=contact.language if contact.language in ("de", "en") else "de",
        )
    )


def _why_not(error: FailedPrecondition) -> str:
    if error.reason == "ASKED_TOO_SOON":
        said, again = (day(date.fromisoformat(error.metadata[name])) for name in ("said", "again"))
        return str(
            _(
                "Not asked: the answer was no on %(said)s. Ask again from %(again)s on.",
                said=said,
                again=again,
            )
        )
    if error.reason == "CONSENT_STANDS":
        return str(_("Not asked: the consent holds already."))
    return str(_("Not asked: the processing of this person's data is restricted."))
