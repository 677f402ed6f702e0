"""Builds the gateway: shared chrome, clients of the four services, and one blueprint an area."""

from pathlib import Path

from flask import Flask

from kernel.web.application import build
from services.gateway import (
    assessments,
    audiences,
    audit,
    breaches,
    campaigns,
    clients,
    consent_texts,
    consents,
    contacts,
    decisions,
    designs,
    home,
    imports,
    labels,
    locks,
    maturity,
    menu,
    notices,
    organisations,
    palette,
    people,
    privacy,
    realm,
    records,
    registers,
    requests,
    retention,
    rights,
    session,
    suppressions,
    tickets,
)
from services.gateway.config import GatewaySettings

_AREAS = (
    home,
    contacts,
    organisations,
    imports,
    locks,
    campaigns,
    audiences,
    designs,
    tickets,
    privacy,
    maturity,
    requests,
    suppressions,
    consents,
    consent_texts,
    decisions,
    notices,
    audit,
    retention,
    records,
    registers,
    breaches,
    assessments,
    rights,
    palette,
)


def create_app(settings: GatewaySettings) -> Flask:
    """The WSGI application of one gateway process."""
    web = build(settings, package=Path(__file__).resolve().parent, chrome="gateway")
    clients.install(web.app, settings)
    session.install(web.app)
    labels.install(web.app)
    realm.install(web.app, settings)
    for area in _AREAS:
        web.app.register_blueprint(area.blueprint)
    web.app.jinja_env.globals.update(
        # Error pages carry the gateway's menu and palette, too.
        chrome_layout="gateway/layout.html",
        navigation=menu.navigation,
        name_of=people.name_of,
        subject_of=people.subject_of,
    )
    web.app.jinja_env.filters["breakable"] = people.breakable
    return web.app
