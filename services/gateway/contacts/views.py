"""Contacts: the list with search and filters, a new one, and editing with conflicts shown."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import (
    Contact,
    CreateContactRequest,
    GetContactRequest,
    UpdateContactRequest,
)

from kernel.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument
from kernel.web.forms import new_request_id
from services.gateway.catalogue import organisations
from services.gateway.clients import clients
from services.gateway.contacts import access, customer, detail, export, listing, proofs, questions
from services.gateway.contacts.conflict import settle
from services.gateway.contacts.forms import FAULTS, ContactForm, changes
from services.gateway.people import name_of
from services.gateway.realm import RealmSilent, realm
from services.gateway.session import opens_with, unseen

blueprint = Blueprint("contacts", __name__)


@opens_with("Contacts.ListContacts")
def index() -> ResponseReturnValue:
    """GET /contacts; with HX-Request only the hits, for the search while typing."""
    template = "contacts/hits.html" if request.headers.get("HX-Request") else "contacts/index.html"
    return render_template(template, **listing.page(organisations=organisations))


@opens_with("Contacts.CreateContact")
def create() -> ResponseReturnValue:
    """GET, POST /contacts/new"""
    form = ContactForm()
    form.close(unseen(Contact, "Contacts.CreateContact"))
    form.offer(organisations(), _teams())
    problems: list[str] = []
    if request.method == "GET":
        form.language.data, form.country.data = "de", "DE"
        form.organisation_id.data = request.args.get("organisation_id", "")
    if form.validate_on_submit():
        entered = form.contact()
        entered.source = "staff"
        try:
            created = clients().contacts.CreateContact(
                CreateContactRequest(request_id=form.request_id.data, contact=entered)
            )
        except (InvalidArgument, AlreadyExists, FailedPrecondition) as error:
            problems = _explain(form, error)
        else:
            flash(_("%(name)s is stored.", name=name_of(created)), "success")
            return redirect(url_for("contacts.detail", contact_id=created.id), code=303)
    return render_template("contacts/form.html", form=form, problems=problems, contact=None)


@opens_with("Contacts.UpdateContact")
def edit(contact_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /contacts/<id>/edit"""
    stored = clients().contacts.GetContact(GetContactRequest(contact_id=str(contact_id)))
    form = ContactForm()
    form.close(stored.masked_fields)
    form.offer(organisations(), _teams(), stored)
    problems: list[str] = []
    if request.method == "GET":
        form.show(stored)
    if form.validate_on_submit():
        try:
            return _save(form, stored)
        except Aborted:
            return _conflict(form, stored.id)
        except (InvalidArgument, AlreadyExists, FailedPrecondition) as error:
            problems = _explain(form, error)
    return render_template("contacts/form.html", form=form, problems=problems, contact=stored)


def _save(form: ContactForm, stored: Contact) -> ResponseReturnValue:
    target = redirect(url_for("contacts.detail", contact_id=stored.id), code=303)
    entered = form.contact(stored)
    mask = changes(entered, stored)
    if not mask.paths:
        flash(_("There was nothing to change."), "message")
        return target
    clients().contacts.UpdateContact(
        UpdateContactRequest(
            request_id=form.request_id.data,
            contact_id=stored.id,
            contact=entered,
            update_mask=mask,
            etag=form.etag.data,
        )
    )
    flash(_("Your changes to %(name)s are stored.", name=name_of(entered)), "success")
    return target


def _conflict(form: ContactForm, contact_id: str) -> ResponseReturnValue:
    """Somebody was faster: what they changed is shown, and what was entered is still in the form."""
    now = clients().contacts.GetContact(GetContactRequest(contact_id=contact_id))
    rows = settle(form, now)
    # The next submission is a new command, against what is stored now.
    form.remember(now)
    form.request_id.data = new_request_id()
    page = render_template("contacts/form.html", form=form, problems=[], contact=now, conflict=rows)
    return page, 409


def _explain(form: ContactForm, error: InvalidArgument | AlreadyExists | FailedPrecondition) -> list[str]:
    if isinstance(error, AlreadyExists):
        form.email.errors = [*form.email.errors, _("Another contact has this address already.")]
        return []
    if isinstance(error, FailedPrecondition):
        text = _("This address is on the suppression list: the person does not want to be contacted.")
        form.email.errors = [*form.email.errors, text]
        return []
    return form.take_errors(error.violations, FAULTS) or (
        [] if error.violations else [_("Please check what you entered.")]
    )


def _teams() -> list[str]:
    """The departments of the realm; none while it is silent, and what is stored can still be chosen."""
    try:
        return realm().teams()
    except RealmSilent:
        return []


blueprint.add_url_rule("/contacts", "index", index)
blueprint.add_url_rule("/contacts.csv", "export", export.download)
blueprint.add_url_rule("/contacts/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/contacts/<uuid:contact_id>", "detail", detail.show)
blueprint.add_url_rule("/contacts/<uuid:contact_id>/edit", "edit", edit, methods=["GET", "POST"])
blueprint.add_url_rule(
    "/contacts/<uuid:contact_id>/withdraw/<topic>", "withdraw", detail.withdraw, methods=["GET", "POST"]
)
blueprint.add_url_rule(
    "/contacts/<uuid:contact_id>/ask/<topic>", "ask", questions.ask, methods=["GET", "POST"]
)
blueprint.add_url_rule(
    "/contacts/<uuid:contact_id>/responsible", "responsible", detail.become_responsible, methods=["POST"]
)
blueprint.add_url_rule("/contacts/<uuid:contact_id>/proofs/<uuid:consent_id>.<form>", "proof", proofs.proof)
blueprint.add_url_rule("/contacts/consents.jsonl", "ledger", proofs.ledger)
_CUSTOMER = "/contacts/<uuid:contact_id>/customer"
blueprint.add_url_rule(_CUSTOMER, "customer", customer.customer)
blueprint.add_url_rule(f"{_CUSTOMER}/sales", "record_sale", customer.record_sale, methods=["POST"])
blueprint.add_url_rule(
    f"{_CUSTOMER}/sales/<uuid:sale_id>/end", "end_sale", customer.end_sale, methods=["POST"]
)
blueprint.add_url_rule(
    f"{_CUSTOMER}/objection", "object_to_advertising", customer.object_to_advertising, methods=["POST"]
)
_LOGINS = "/contacts/<uuid:contact_id>/logins"
blueprint.add_url_rule(f"{_LOGINS}/invite", "invite", access.invite, methods=["POST"])
blueprint.add_url_rule(
    f"{_LOGINS}/invitations/<uuid:invitation_id>/revoke", "revoke", access.revoke, methods=["POST"]
)
blueprint.add_url_rule(
    f"{_LOGINS}/<uuid:login_id>/remove", "remove_login", access.remove, methods=["GET", "POST"]
)
blueprint.add_url_rule(
    f"{_LOGINS}/<uuid:login_id>/visibility", "open_login", access.set_visibility, methods=["POST"]
)
