"""Builds the portal: shared chrome, clients of the four services, and one blueprint an area."""

from pathlib import Path

from flask import Flask, request, url_for
from flask_babel import gettext as _

from kernel.web.application import build
from kernel.web.login import current_login
from services.portal import (
    access,
    asking,
    clients,
    home,
    identity,
    labels,
    looks,
    newsletter,
    preferences,
    renewal,
    rights,
    session,
    suppressions,
    tickets,
)
from services.portal.config import PortalSettings
from services.portal.rights import vocabulary

_AREAS = (
    home,
    newsletter,
    preferences,
    renewal,
    rights,
    asking,
    identity,
    tickets,
    access,
    looks,
    suppressions,
)


def create_app(settings: PortalSettings) -> Flask:
    """The WSGI application of one portal process."""
    web = build(settings, package=Path(__file__).resolve().parent, chrome="portal")
    clients.install(web.app, settings)
    session.install(web.app)
    for area in _AREAS:
        web.app.register_blueprint(area.blueprint)
    web.app.jinja_env.globals.update(
        navigation=navigation,
        ticket_state=labels.ticket_state,
        request_state=labels.request_state,
        standing=labels.standing,
        request_kind=labels.request_kind,
        plan_action=labels.action,
        actor=labels.actor,
        step_reason=labels.step_reason,
        problem=labels.problem,
        law=vocabulary.law,
    )
    return web.app


def navigation() -> list[dict[str, object]]:
    """The main menu; the entry of the area that is open is marked."""
    entries = [
        ("home.start", "home", "home", _("Home")),
        # Rights need no login; with one there is more to see.
        ("rights.overview", "shield-check", "rights", _("Your rights"))
        if current_login()
        else ("asking.ask", "shield-check", "asking", _("Your rights")),
        ("tickets.index", "message-circle", "tickets", _("Tickets")),
    ]
    if current_login():
        entries.append(("preferences.own", "adjustments", "preferences", _("What you receive")))
    else:
        entries.append(("newsletter.sign_up", "mail", "newsletter", _("Newsletter")))
    area = request.blueprint
    return [
        {"href": url_for(endpoint), "icon": icon, "label": label, "current": area == name}
        for endpoint, icon, name, label in entries
    ]
