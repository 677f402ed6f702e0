"""The main menu and the palette's list of pages: only what the role may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from kernel.web.login import current_login
from services.gateway.session import ROLES, may, me


@dataclass(frozen=True)
class Page:
    """One place to go: where it is, what it is called, and the RPC or the role that it stands on."""

    endpoint: str
    icon: str
    label: str
    rpc: str = ""
    role: str = ""

    def opens(self) -> bool:
        """Whether it is open to who is logged in."""
        return may(self.rpc) if self.rpc else self.role in me().roles


DESK = Page("tickets.desk", "inbox", _l("Tickets"), "Tickets.ListTickets")
_GROUPS = (
    ("", (DESK,)),
    (
        _l("Customers"),
        (
            Page("contacts.index", "users", _l("Contacts"), "Contacts.ListContacts"),
            Page("organisations.index", "building", _l("Organisations"), "Contacts.ListOrganisations"),
            Page("imports.index", "file-import", _l("Imports"), "Imports.ListImports"),
        ),
    ),
    (
        _l("Marketing"),
        (
            Page("campaigns.index", "send", _l("Campaigns"), "Campaigns.ListCampaigns"),
            Page("audiences.index", "users-group", _l("Audiences"), "Audiences.ListAudiences"),
            Page("templates.index", "template", _l("Templates"), "Templates.ListTemplates"),
        ),
    ),
    (
        _l("Data protection"),
        (
            Page("privacy.index", "dashboard", _l("Overview"), "Breaches.ListBreaches"),
            Page("maturity.index", "target", _l("Maturity"), "Registers.ListRegisterEntries"),
            Page("requests.index", "shield-check", _l("Requests"), "Requests.ListRequests"),
            Page("suppressions.index", "ban", _l("Suppression list"), "Suppressions.ListSuppressions"),
            Page("consents.index", "checkbox", _l("Consents"), "ConsentStandings.ListStandings"),
            Page("consent_texts.index", "file-text", _l("Consent texts"), "ConsentTexts.ListConsentTopics"),
            Page("decisions.index", "scale", _l("Decisions"), "Permits.ListDecisions"),
            Page(
                "notices.index",
                "info-circle",
                _l("Notices of the right to object"),
                "ExistingCustomers.AddObjectionNotice",
            ),
            Page("audit.index", "eye", _l("Accesses"), "Audit.ListAccesses"),
            Page("retention.index", "trash", _l("Deletion concept"), "Retention.PreviewRun"),
            Page(
                "records.index",
                "file-search",
                _l("Record of processing"),
                "ProcessingRecords.GetProcessingRecord",
            ),
            Page("breaches.index", "alert-triangle", _l("Breaches"), "Breaches.ListBreaches"),
            Page(
                "assessments.index",
                "clipboard-check",
                _l("Impact assessments"),
                "Assessments.ListAssessments",
            ),
            Page("registers.index", "building", _l("Registers"), "Registers.ListRegisterEntries"),
        ),
    ),
    (_l("Administration"), (Page("rights.index", "user-shield", _l("Rights"), role="admin"),)),
)
_ACTIONS = (
    Page("contacts.create", "user-plus", _l("New contact"), "Contacts.CreateContact"),
    Page("imports.upload", "file-import", _l("Import contacts"), "Imports.CreateImport"),
    Page("campaigns.create", "send", _l("New campaign"), "Campaigns.CreateCampaign"),
    Page("templates.create", "template", _l("New template"), "Templates.CreateTemplate"),
    Page("audiences.create", "users-group", _l("New audience"), "Audiences.CreateAudience"),
    Page("organisations.create", "building", _l("New organisation"), "Contacts.CreateOrganisation"),
)


def navigation() -> list[dict[str, object]]:
    """The main menu in groups; the area that is open is marked."""
    login = current_login()
    if login is None or not login.roles & ROLES.keys():
        return []
    start = {"href": url_for("home.start"), "icon": "home", "label": _("Home"), "current": _open("home")}
    groups: list[dict[str, object]] = []
    for label, pages in _GROUPS:
        entries = [_entry(page) for page in pages if page.opens()]
        if not label:
            entries.insert(0, start)
        if entries:
            groups.append({"label": str(label), "entries": entries})
    return groups


def places() -> list[Page]:
    """Every page of the menu that the role may open."""
    return [page for _label, pages in _GROUPS for page in pages if page.opens()]


def actions() -> list[Page]:
    """What the role may begin."""
    return [page for page in _ACTIONS if page.opens()]


def _entry(page: Page) -> dict[str, object]:
    area = page.endpoint.partition(".")[0]
    return {
        "href": url_for(page.endpoint),
        "icon": page.icon,
        "label": str(page.label),
        "current": _open(area),
    }


def _open(area: str) -> bool:
    return request.blueprint == area
