"""Organisations: list with search, one with its people, a new one."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import (
    CONTACT_ORDER_NAME,
    ContactFilter,
    CreateOrganisationRequest,
    GetOrganisationRequest,
    ListContactsRequest,
    ListOrganisationsRequest,
    Organisation,
)

from kernel.errors import AlreadyExists, InvalidArgument
from kernel.web.paging import page_links
from services.gateway.clients import clients
from services.gateway.organisations.forms import OrganisationForm
from services.gateway.session import opens_with

blueprint = Blueprint("organisations", __name__)

_PAGE = 50


@opens_with("Contacts.ListOrganisations")
def index() -> ResponseReturnValue:
    """GET /organisations; with HX-Request only the hits."""
    query = request.args.get("q", "").strip()[:200]
    token = request.args.get("page_token", "")
    answer = clients().contacts.ListOrganisations(
        ListOrganisationsRequest(query=query, page_size=_PAGE, page_token=token)
    )
    fragment = bool(request.headers.get("HX-Request"))
    return render_template(
        "organisations/hits.html" if fragment else "organisations/index.html",
        organisations=answer.organisations,
        query=query,
        **page_links("organisations.index", answer.next_page_token, q=query or None),
    )


@opens_with("Contacts.CreateOrganisation")
def create() -> ResponseReturnValue:
    """GET, POST /organisations/new"""
    form = OrganisationForm()
    problems: list[str] = []
    if form.validate_on_submit():
        entered = Organisation(name=form.name.data, city=form.city.data, website=form.website.data)
        try:
            created = clients().contacts.CreateOrganisation(
                CreateOrganisationRequest(request_id=form.request_id.data, organisation=entered)
            )
        except AlreadyExists:
            form.name.errors = [*form.name.errors, _("An organisation of this name exists already.")]
        except InvalidArgument as error:
            problems = form.take_errors(error.violations)
        else:
            flash(_("%(name)s is stored.", name=created.name), "success")
            return redirect(url_for("organisations.detail", organisation_id=created.id), code=303)
    return render_template("organisations/form.html", form=form, problems=problems)


@opens_with("Contacts.GetOrganisation", "Contacts.ListContacts")
def detail(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """GET /organisations/<id>"""
    wanted = str(organisation_id)
    organisation = clients().contacts.GetOrganisation(GetOrganisationRequest(organisation_id=wanted))
    token = request.args.get("page_token", "")
    people = clients().contacts.ListContacts(
        ListContactsRequest(
            filter=ContactFilter(organisation_id=wanted),
            order=CONTACT_ORDER_NAME,
            page_size=_PAGE,
            page_token=token,
        )
    )
    return render_template(
        "organisations/detail.html",
        organisation=organisation,
        people=people.contacts,
        total=people.total_size,
        **page_links("organisations.detail", people.next_page_token, organisation_id=wanted),
    )


blueprint.add_url_rule("/organisations", "index", index)
blueprint.add_url_rule("/organisations/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/organisations/<uuid:organisation_id>", "detail", detail)
