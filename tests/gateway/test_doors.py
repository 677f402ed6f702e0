"""Who may open which page of the gateway: written out here, derived from the contract there."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from kernel.web.access import access_of
from services.gateway.session import ROLES
from tests.architecture.tree import ROOT
from tests.e2e.screenshots import GATEWAY, unpictured
from tests.gateway.conftest import LogIn

ALL = "agent marketer sales manager dpo admin"
KEEPERS = "agent marketer sales manager admin"
MARKETING = "marketer manager admin"
MARKETING_READERS = "marketer manager dpo admin"
INVITERS = "agent sales manager admin"
DESK = "agent manager admin"
DESK_READERS = "agent manager dpo admin"

# Open to everybody on purpose; the gateway adds none to those of the chrome.
PUBLIC = {
    "healthz",
    "login.backchannel",
    "login.callback",
    "login.end",
    "login.start",
    "readyz",
    "static_file",
}
# A route that appears, vanishes or changes its readers is a decision: it is taken here, too.
ROUTES = {
    "home.start": ALL,
    "palette.find": ALL,
    "contacts.index": ALL,
    "contacts.export": ALL,
    "contacts.detail": ALL,
    "contacts.create": KEEPERS,
    "contacts.edit": KEEPERS,
    "contacts.responsible": KEEPERS,
    "contacts.withdraw": DESK_READERS,
    "contacts.ask": "agent marketer manager",
    "contacts.proof": "dpo admin",
    "contacts.ledger": "dpo admin",
    "contacts.customer": ALL,
    "contacts.record_sale": "agent sales manager dpo admin",
    "contacts.end_sale": "agent sales manager dpo admin",
    "contacts.object_to_advertising": "agent sales manager dpo admin",
    "contacts.invite": INVITERS,
    "contacts.revoke": INVITERS,
    "contacts.remove_login": INVITERS,
    "contacts.open_login": INVITERS,
    "organisations.index": ALL,
    "organisations.detail": ALL,
    "organisations.create": KEEPERS,
    "imports.index": ALL,
    "imports.detail": ALL,
    "imports.rejected": ALL,
    "imports.upload": KEEPERS,
    "imports.commit": KEEPERS,
    "imports.discard": KEEPERS,
    "campaigns.index": MARKETING_READERS,
    "campaigns.detail": MARKETING_READERS,
    "campaigns.progress": MARKETING_READERS,
    "campaigns.create": MARKETING,
    "campaigns.start": MARKETING,
    "audiences.index": MARKETING_READERS,
    "audiences.detail": MARKETING_READERS,
    "audiences.preview": MARKETING_READERS,
    "audiences.create": MARKETING,
    "templates.index": MARKETING_READERS,
    "templates.detail": MARKETING_READERS,
    "templates.stored_frame": MARKETING_READERS,
    "templates.live_frame": MARKETING_READERS,
    "templates.create": MARKETING,
    "tickets.desk": DESK_READERS,
    "tickets.conversation": DESK_READERS,
    "tickets.answer": DESK,
    "tickets.change": DESK,
    "tickets.create": DESK,
    "requests.index": DESK_READERS,
    "requests.detail": DESK_READERS,
    "requests.state": DESK_READERS,
    "requests.find": DESK_READERS,
    "requests.withdraw": "dpo admin",
    "requests.retry": "manager dpo admin",
    "requests.take_over": "agent manager admin",
    "requests.fulfil": "agent manager dpo admin",
    "requests.blacken": "dpo admin",
    "requests.decide_passage": "dpo admin",
    "requests.send_code": "agent manager dpo admin",
    "requests.settle": "agent manager dpo admin",
    "consents.index": "manager dpo admin",
    "consents.export": "manager dpo admin",
    "consents.detail": "dpo admin",
    "consents.find_leaf": "dpo admin",
    "consent_texts.index": MARKETING_READERS,
    "consent_texts.detail": MARKETING_READERS,
    "consent_texts.draft": MARKETING_READERS,
    "consent_texts.create": "marketer manager",
    "consent_texts.edit": "marketer manager",
    "consent_texts.hand_in": "marketer manager",
    "consent_texts.approve": "dpo",
    "consent_texts.retire": "dpo",
    "consents.leaf": "dpo admin",
    "consents.leaf_paper": "dpo admin",
    "decisions.index": "manager dpo admin",
    "decisions.export": "manager dpo admin",
    "notices.index": "dpo admin",
    "notices.add": "dpo admin",
    "decisions.numbers": "manager dpo admin",
    "decisions.detail": "manager dpo admin",
    "locks.overview": "manager dpo admin",
    "locks.place": "dpo admin",
    "locks.release": "dpo admin",
    "locks.announce": "dpo admin",
    "locks.lift": "dpo admin",
    "retention.index": "manager dpo admin",
    "retention.approve": "dpo",
    "retention.release": "dpo admin",
    "requests.verify": DESK_READERS,
    "requests.extend": "manager dpo admin",
    "requests.refuse": "manager dpo admin",
    "suppressions.check": "dpo admin",
    "requests.create": DESK_READERS,
    "requests.confirm": "dpo admin",
    "requests.document": "dpo admin",
    "suppressions.index": "manager dpo admin",
    "suppressions.lifted": "manager dpo admin",
    "suppressions.take_over": "dpo admin",
    "suppressions.export": "manager dpo admin",
    "suppressions.create": "dpo admin",
    "audit.index": "dpo admin",
    "audit.export": "dpo admin",
    "audit.alerts": "dpo admin",
    "audit.numbers": "dpo admin",
    "audit.judge": "dpo admin",
    "audit.watch": "dpo admin",
    "records.index": "manager dpo admin",
    "records.file": "manager dpo admin",
    "records.activity": "dpo admin",
    "records.confirm": "dpo admin",
    "registers.index": "manager dpo admin",
    "registers.detail": "manager dpo admin",
    "registers.file": "manager dpo admin",
    "registers.create": "dpo admin",
    "registers.edit": "dpo admin",
    "registers.retire": "dpo admin",
    "breaches.index": "manager dpo admin",
    "breaches.detail": "manager dpo admin",
    "breaches.file": "manager dpo admin",
    "breaches.create": "dpo admin",
    "breaches.edit": "dpo admin",
    "maturity.file": "manager dpo admin",
    "maturity.index": "manager dpo admin",
    "maturity.note": "manager dpo admin",
    "maturity.note_edit": "manager dpo admin",
    "privacy.index": "manager dpo admin",
    "privacy.requests": "manager dpo admin",
    "privacy.without_basis": "manager dpo admin",
    "privacy.without_basis_file": "manager dpo admin",
    "privacy.restricted": "manager dpo admin",
    "privacy.restricted_file": "manager dpo admin",
    "assessments.index": "manager dpo admin",
    "assessments.detail": "manager dpo admin",
    "assessments.file": "manager dpo admin",
    "assessments.create": "manager dpo admin",
    "assessments.edit": "manager dpo admin",
    "assessments.opinion": "dpo",
    "rights.index": "admin",
    # One's own, whoever that is.
    "sessions.own": "",
    "sessions.end_everywhere": "",
}
# No page of their own: parts of pages, files, and steps that ask again before something is done.
WITHOUT_PICTURE = {
    # Files.
    "consents.export",
    "consents.leaf_paper",
    # Only while a text is on its way; and as the form of a new one.
    "consent_texts.draft",
    "consent_texts.edit",
    "decisions.export",
    "privacy.restricted_file",
    "privacy.without_basis_file",
    "maturity.file",
    "maturity.note_edit",
    "suppressions.export",
    # Only a record that was erased has it, five years after its end; the other one leads there.
    "consents.leaf",
    "consents.find_leaf",
    # Only a request whose texts name others has it.
    "requests.blacken",
    "audiences.preview",
    "campaigns.progress",
    "palette.find",
    "assessments.edit",
    "assessments.file",
    "breaches.edit",
    "breaches.file",
    "records.file",
    "registers.edit",
    "registers.file",
    "requests.find",
    "requests.state",
    "templates.stored_frame",
    "contacts.export",
    "contacts.ledger",
    "contacts.proof",
    "imports.rejected",
    "audit.export",
    "requests.document",
    "campaigns.start",
    "contacts.remove_login",
    "contacts.ask",
    "contacts.withdraw",
    "imports.commit",
    "imports.discard",
    "requests.confirm",
    "requests.create",
    "requests.extend",
    "requests.refuse",
    "requests.verify",
    "login.callback",
    "login.start",
    "healthz",
    "readyz",
    "static_file",
}
_SOME_ID = "018f0000-0000-7000-8000-000000000000"


def test_every_route_has_the_readers_that_were_decided(app: Flask) -> None:
    marks = {rule.endpoint: access_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert None not in marks.values()
    assert {name for name, mark in marks.items() if mark and mark.public} == PUBLIC
    found = {name: mark.roles for name, mark in marks.items() if mark and not mark.public}
    assert found == {name: frozenset(roles.split()) for name, roles in ROUTES.items()}


def test_every_page_has_a_picture_in_the_readme(app: Flask) -> None:
    assert unpictured(app, GATEWAY) == WITHOUT_PICTURE
    readme = (ROOT / "README.md").read_text()
    assert [
        name for pages in GATEWAY.values() for name in pages if f"pictures/{name}.jpg" not in readme
    ] == []


def test_without_a_login_every_page_leads_to_it(app: Flask) -> None:
    client = app.test_client()
    for path in _pages(app):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/login?next="), path


@pytest.mark.parametrize("role", ROLES)
def test_a_closed_page_says_who_may_open_it(app: Flask, log_in: LogIn, role: str) -> None:
    client = log_in(role)
    for path, endpoint in _pages(app).items():
        if not ROUTES[endpoint] or role in ROUTES[endpoint].split():
            continue
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert "Wer es darf" in answer.text
        for allowed in ROUTES[endpoint].split():
            assert _german(allowed) in answer.text, path


def test_a_customer_is_sent_to_the_portal_in_words(log_in: LogIn) -> None:
    answer = log_in("customer").get("/")
    assert answer.status_code == 403
    assert "finden Sie alles im Portal" in answer.text
    assert 'href="/contacts"' not in answer.text


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_offers_exactly_what_the_role_may_open(log_in: LogIn, role: str) -> None:
    page = log_in(role).get("/").text
    menu = page[page.index('class="k-side-nav"') : page.index("</aside>")]
    offered = set(re.findall(r'href="(/[a-z-]*)"', menu))
    lists = {name: roles for name, roles in ROUTES.items() if name.endswith((".index", ".desk", ".start"))}
    allowed = {_address(name) for name, roles in lists.items() if role in roles.split()}
    assert offered == allowed


def test_the_start_page_stands_while_every_service_is_down(log_in: LogIn) -> None:
    answer = log_in("admin").get("/")
    assert answer.status_code == 200
    assert "Dieser Teil antwortet gerade nicht" in answer.text
    assert "Hallo Jonas" in answer.text


def test_a_page_of_one_service_says_that_it_is_down(log_in: LogIn) -> None:
    answer = log_in("agent").get("/contacts")
    assert answer.status_code == 503
    assert "gerade nicht erreichbar" in answer.text


def test_nothing_is_written_without_the_form_token(app: Flask, log_in: LogIn) -> None:
    client = log_in("admin")
    writing = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    for rule in writing:
        if rule.endpoint in ROUTES:
            assert client.post(_filled(rule.rule)).status_code == 419, rule.rule


def _pages(app: Flask) -> dict[str, str]:
    readable = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return {_filled(rule.rule): rule.endpoint for rule in readable if rule.endpoint in ROUTES}


def _filled(rule: str) -> str:
    path = re.sub(r"<uuid:[^>]+>", _SOME_ID, rule)
    return (
        path.replace("<topic>", "newsletter")
        .replace("<form>", "pdf")
        .replace("<int:number>", "1")
        .replace("<key>", "service")
    )


def _address(endpoint: str) -> str:
    area = endpoint.partition(".")[0]
    return {"home": "/", "tickets": "/tickets"}.get(area, f"/{area.replace('_', '-')}")


def _german(role: str) -> str:
    return {
        "agent": "Kundenservice",
        "marketer": "Marketing",
        "sales": "Vertrieb",
        "manager": "Leitung",
        "dpo": "Datenschutzbeauftragte",
        "admin": "Administration",
    }[role]
