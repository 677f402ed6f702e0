"""The numbers of the cockpit. Each is counted from the rows that its link shows, so the two cannot differ."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from kontor.privacy.v1.assessments_pb2 import ListAssessmentsRequest
from kontor.privacy.v1.audit_pb2 import ListAlertsRequest
from kontor.privacy.v1.bases_pb2 import ListContactsWithoutBasisRequest
from kontor.privacy.v1.breaches_pb2 import ListBreachesRequest
from kontor.privacy.v1.consent_standings_pb2 import GetStandingCountsRequest
from kontor.privacy.v1.privacy_pb2 import REQUEST_ORDER_DUE, ListRequestsRequest, ListSuppressionsRequest
from kontor.privacy.v1.registers_pb2 import REGISTER_PROCESSORS, ListRegisterEntriesRequest
from kontor.privacy.v1.restrictions_pb2 import ListRestrictedContactsRequest
from kontor.privacy.v1.retention_pb2 import PreviewRunRequest

from kernel.web.paging import every_item
from services.gateway.breaches.views import running
from services.gateway.clients import clients, unless_down
from services.gateway.requests.deadline import Due, due
from services.gateway.session import may

_PAGE = 200
# By days left: the name in an address, the words, from which day and to which.
BANDS = (
    ("overdue", _l("overdue"), None, -1),
    ("week", _l("within 7 days"), 0, 7),
    ("fortnight", _l("in 8 to 14 days"), 8, 14),
    ("later", _l("later"), 15, None),
)
WITHOUT_DATE = "none"


@dataclass(frozen=True)
class Figure:
    """A number that leads to its rows; None if who counts them does not answer, or may not be asked."""

    label: str
    count: int | None
    hint: str
    href: str
    icon: str
    # Of `ui.stat`, if there is anything at all.
    tone: str = "warn"


def open_requests() -> list[Due] | None:
    """Every open request, the one that is due first at the top."""
    asked = ListRequestsRequest(open=True, order=REQUEST_ORDER_DUE, page_size=_PAGE)
    stub = clients().requests
    found = unless_down(lambda: every_item(stub.ListRequests, asked, lambda answer: list(answer.requests)))
    return [due(entry) for entry in found] if found is not None else None


def band_of(entry: Due) -> str:
    """In which band of days a request stands; each stands in exactly one."""
    if entry.days is None:
        return WITHOUT_DATE
    return next(
        name for name, _text, first, last in BANDS
        if (first is None or first <= entry.days) and (last is None or entry.days <= last)
    )  # fmt: skip


def figures() -> list[Figure]:
    """What the other registers and lists have open."""
    return [
        _clocks(),
        _unusual(),
        _without_basis(),
        _unproven(),
        _restricted(),
        _overdue(),
        *_contracts(),
        _reviews(),
        _suppressed(),
    ]


def _clocks() -> Figure:
    found = unless_down(lambda: clients().breaches.ListBreaches(ListBreachesRequest()))
    count = None if found is None else sum(running(entry) for entry in found.entries)
    href = url_for("breaches.index", clock="running")
    return _figure(
        _("Open breach clocks"), count, _("nobody told yet"), href=href, icon="alert-triangle", tone="bad"
    )


def _unusual() -> Figure:
    text, href = _("Unusual accesses"), url_for("audit.alerts")
    if not may("Audit.ListAlerts"):
        return Figure(text, None, _("not for your role"), "", "eye")
    found = unless_down(lambda: clients().audit.ListAlerts(ListAlertsRequest(open=True, page_size=1)))
    return _figure(text, found and found.open_size, _("not judged yet"), href=href, icon="eye")


def _without_basis() -> Figure:
    asked = ListContactsWithoutBasisRequest(page_size=1)
    found = unless_down(lambda: clients().bases.ListContactsWithoutBasis(asked))
    text, href = _("People without any basis"), url_for("privacy.without_basis")
    if found is not None and not found.HasField("survey_time"):
        return Figure(text, None, _("not surveyed yet"), href, "user-question")
    hint = _("no consent, no contract, no duty (Art. 6)")
    return _figure(text, found and found.total_size, hint, href=href, icon="user-question", tone="bad")


def _unproven() -> Figure:
    stub = clients().consent_standings
    found = unless_down(lambda: stub.GetStandingCounts(GetStandingCountsRequest()))
    href = url_for("consents.index", proof="without")
    text, hint = _("Consents without proof"), _("given, but nobody could show how (§ 7a UWG)")
    return _figure(text, found and found.without_proof, hint, href=href, icon="checkbox", tone="bad")


def _restricted() -> Figure:
    stub = clients().restrictions
    asked = ListRestrictedContactsRequest(page_size=1)
    found = unless_down(lambda: stub.ListRestrictedContacts(asked))
    text, hint = _("Restricted people"), _("stored and nothing else (Art. 18)")
    href = url_for("privacy.restricted")
    return _figure(text, found and found.total_size, hint, href=href, icon="lock", tone="neutral")


def _overdue() -> Figure:
    found = unless_down(lambda: clients().retention.PreviewRun(PreviewRunRequest()))
    count, hint = None, _("rows that the next run deletes")
    if found is not None:
        count = sum(entry.rows for holder in found.holders for entry in holder.datasets)
        silent = sum(bool(holder.problem) for holder in found.holders)
        if silent:
            hint = ngettext("%(num)s service does not answer", "%(num)s services do not answer", silent)
    return _figure(_("Retention overdue"), count, hint, href=url_for("retention.index"), icon="trash")


def _contracts() -> list[Figure]:
    asked = ListRegisterEntriesRequest(register=REGISTER_PROCESSORS)
    found = unless_down(lambda: clients().registers.ListRegisterEntries(asked))

    def count(alert: str) -> int | None:
        return None if found is None else sum(alert in entry.alerts for entry in found.entries)

    def href(alert: str) -> str:
        return url_for("registers.index", register="processors", alert=alert)

    ended, soon = _("Contracts that have ended"), _("Contracts that end soon")
    return [
        _figure(
            ended, count("ended"), _("and are still entered"), href=href("ended"), icon="building", tone="bad"
        ),
        _figure(soon, count("ends-soon"), _("within 90 days"), href=href("ends-soon"), icon="building"),
    ]


def _reviews() -> Figure:
    found = unless_down(lambda: clients().assessments.ListAssessments(ListAssessmentsRequest()))
    count = None if found is None else sum("review-due" in entry.alerts for entry in found.entries)
    href = url_for("assessments.index", due="yes")
    return _figure(
        _("Assessments to review"), count, _("their day has come"), href=href, icon="clipboard-check"
    )


def _suppressed() -> Figure:
    found = unless_down(lambda: clients().suppressions.ListSuppressions(ListSuppressionsRequest(page_size=1)))
    href = url_for("suppressions.index")
    text, hint = _("Suppressed addresses"), _("nothing is sent to them")
    return _figure(text, found and found.total_size, hint, href=href, icon="ban", tone="neutral")


def _figure(text: str, count: int | None, hint: str, *, href: str, icon: str, tone: str = "warn") -> Figure:
    return Figure(
        text, count, hint if count is not None else _("does not answer right now"), href, icon, tone
    )
