"""The figures of the picture, each from the answer of the RPC whose rows its link shows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from kontor.privacy.v1 import registers_pb2 as registers
from kontor.privacy.v1.assessments_pb2 import ListAssessmentsRequest
from kontor.privacy.v1.breaches_pb2 import ListBreachesRequest
from kontor.privacy.v1.privacy_pb2 import REQUEST_STATE_WITHDRAWN, ListRequestsRequest, Request
from kontor.privacy.v1.retention_pb2 import PreviewRunRequest
from kontor.tickets.v1.tickets_pb2 import (
    TICKET_STATE_NEW,
    TICKET_STATE_OPEN,
    TICKET_STATE_PENDING,
    ListTicketsRequest,
)

from kernel.web.paging import every_page
from services.gateway.clients import clients, unless_down
from services.gateway.maturity.rules import CUSTOMER, HIGHEST, MIDDLE, PROTECTION, Figure, Rule
from services.gateway.privacy.figures import band_of, open_requests
from services.gateway.requests.deadline import Due

_PAGE = 200
# Requests of so many days are looked at; an answer within so many is a fast one.
WINDOW_DAYS, FAST_DAYS = 90, 14
_NO_GROUND = frozenset({"no-mechanism", "no-adequacy", "adequacy-lapsed"})
_OPEN = (TICKET_STATE_NEW, TICKET_STATE_OPEN, TICKET_STATE_PENDING)


def rules() -> list[Rule]:
    """Every rule with its figure now; a service that does not answer leaves its rules without one."""
    waiting = open_requests()
    return [*_requests(waiting), *_breaches(), *_registers(), *_record(), *_reviews(), *_tickets(),
            *_answers(waiting)]  # fmt: skip


def _requests(waiting: list[Due] | None) -> list[Rule]:
    late = None if waiting is None else Figure(sum(band_of(entry) == "overdue" for entry in waiting))
    href = url_for("privacy.requests", band="overdue")
    return [
        Rule("overdue", PROTECTION, MIDDLE, _("Requests past their deadline (Art. 12(3))"), late, 0, href)
    ]


def _breaches() -> list[Rule]:
    found = unless_down(lambda: clients().breaches.ListBreaches(ListBreachesRequest()))
    late = None if found is None else Figure(sum("authority-late" in entry.alerts for entry in found.entries))
    text, href = (
        _("Breaches past 72 hours, not notified (Art. 33)"),
        url_for("breaches.index", clock="running"),
    )
    return [Rule("breaches", PROTECTION, MIDDLE, text, late, 0, href)]


def _registers() -> list[Rule]:
    processors, transfers, measures = (
        _entries(number)
        for number in (
            registers.REGISTER_PROCESSORS,
            registers.REGISTER_TRANSFERS,
            registers.REGISTER_MEASURES,
        )
    )

    def href(name: str, alert: str | None = None) -> str:
        return url_for("registers.index", register=name, alert=alert)

    return [
        Rule("unsigned", PROTECTION, MIDDLE, _("Processors without a contract (Art. 28)"),
             _with(processors, {"unsigned"}), 0, href("processors", "unsigned")),
        Rule("ended", PROTECTION, MIDDLE, _("Contracts that have ended and are still entered"),
             _with(processors, {"ended"}), 0, href("processors", "ended")),
        Rule("transfers", PROTECTION, MIDDLE, _("Transfers that rest on nothing (Art. 44)"),
             _with(transfers, _NO_GROUND), 0, href("transfers")),
        Rule("measures", PROTECTION, MIDDLE, _("Measures that are entered (Art. 32)"),
             None if measures is None else Figure(len(measures)), 1, href("measures"), at_least=True),
        Rule("measures-due", PROTECTION, HIGHEST, _("Measures whose review is due"),
             _with(measures, {"review-due"}), 0, href("measures", "review-due")),
    ]  # fmt: skip


def _record() -> list[Rule]:
    found = unless_down(lambda: clients().records.GetProcessingRecord(registers.GetProcessingRecordRequest()))
    described = changes = versions = None
    if found is not None:
        fresh = sum(not each.stale for each in found.descriptions)
        described = Figure(fresh, len(found.descriptions))
        changes, versions = Figure(found.open_changes), Figure(found.version)
    href = url_for("records.index")
    return [
        Rule("described", PROTECTION, MIDDLE, _("Services that describe what they hold (Art. 30)"), described,
             100, href, at_least=True),
        Rule("confirmed", PROTECTION, HIGHEST, _("Confirmed versions of the record of processing"), versions, 1,
             href, at_least=True),
        Rule("changes", PROTECTION, HIGHEST, _("Changes of the record that nobody has confirmed"), changes, 0, href),
    ]  # fmt: skip


def _reviews() -> list[Rule]:
    found = unless_down(lambda: clients().assessments.ListAssessments(ListAssessmentsRequest()))
    due = None if found is None else Figure(sum("review-due" in entry.alerts for entry in found.entries))
    preview = unless_down(lambda: clients().retention.PreviewRun(PreviewRunRequest()))
    rows = None
    # A holder that does not answer may have rows: a sum without it would be too good.
    if preview is not None and not any(holder.problem for holder in preview.holders):
        rows = Figure(sum(entry.rows for holder in preview.holders for entry in holder.datasets))
    return [
        Rule("assessments", PROTECTION, HIGHEST, _("Impact assessments to review"), due, 0,
             url_for("assessments.index", due="yes")),
        Rule("retention", PROTECTION, HIGHEST, _("Rows kept longer than their period"), rows, 0,
             url_for("retention.index")),
    ]  # fmt: skip


def _tickets() -> list[Rule]:
    href = url_for("tickets.desk")
    new, every = _count(states=[TICKET_STATE_NEW]), _count()
    unowned = _count(states=_OPEN, owner_id="none")
    # Both counts end at 1,001: with more tickets than that, the share is at least the one shown.
    taken = None if new is None or every is None else Figure(every - new, every)
    free = None if unowned is None else Figure(unowned)
    text = _("Tickets that somebody has taken up")
    return [
        Rule("taken-up", CUSTOMER, MIDDLE, text, taken, 80, href, at_least=True),
        Rule("taken-up-most", CUSTOMER, HIGHEST, text, taken, 95, href, at_least=True),
        Rule("unowned", CUSTOMER, HIGHEST, _("Open tickets for which nobody is responsible"), free, 0, href),
    ]


def _answers(waiting: list[Due] | None) -> list[Rule]:
    """How fast people get an answer about their data, and whether they can ask by themselves."""
    stalled = None if waiting is None else Figure(sum(entry.stalled for entry in waiting))
    recent = _recent()
    fast = own = None
    if recent is not None:
        # What waits for longer than that will not be fast any more; what is younger says nothing yet.
        told = [each for each in recent if each.HasField("complete_time") or _days(each) > FAST_DAYS]
        fast = Figure(sum(_days(each) <= FAST_DAYS for each in told), len(told))
        own = Figure(sum(not each.on_behalf for each in recent), len(recent))
    text, href = (
        _("Requests of %(window)s days answered within %(days)s days", window=WINDOW_DAYS, days=FAST_DAYS),
        url_for("requests.index"),
    )
    return [
        Rule("stalled", CUSTOMER, MIDDLE, _("Requests that stand still"), stalled, 0, href),
        Rule("fast", CUSTOMER, MIDDLE, text, fast, 50, href, at_least=True),
        Rule("fast-most", CUSTOMER, HIGHEST, text, fast, 90, href, at_least=True),
        Rule("own", CUSTOMER, HIGHEST, _("Requests that people made themselves in the portal"), own, 50, href,
             at_least=True),
    ]  # fmt: skip


def _entries(number: registers.Register.ValueType) -> list[registers.RegisterEntry] | None:
    asked = registers.ListRegisterEntriesRequest(register=number)
    found = unless_down(lambda: clients().registers.ListRegisterEntries(asked))
    return None if found is None else list(found.entries)


def _with(entries: list[registers.RegisterEntry] | None, alerts: Collection[str]) -> Figure | None:
    if entries is None:
        return None
    return Figure(sum(not set(alerts).isdisjoint(entry.alerts) for entry in entries))


def _count(*, states: Collection[int] = (), owner_id: str = "") -> int | None:
    asked = ListTicketsRequest(page_size=1, owner_id=owner_id)
    asked.states.extend(states)  # type: ignore[arg-type]
    found = unless_down(lambda: clients().tickets.ListTickets(asked))
    return None if found is None else found.total_size


def _recent() -> list[Request] | None:
    """Requests received within the window; they come newest first, so what is older ends the search."""
    since = datetime.now(UTC) - timedelta(days=WINDOW_DAYS)

    def gathered() -> list[Request]:
        found: list[Request] = []
        for answer in every_page(clients().requests.ListRequests, ListRequestsRequest(page_size=_PAGE)):
            young = [each for each in answer.requests if each.receive_time.ToDatetime(tzinfo=UTC) >= since]
            found += [each for each in young if each.state != REQUEST_STATE_WITHDRAWN]
            if len(young) < len(answer.requests):
                break
        return found

    return unless_down(gathered)


def _days(request: Request) -> float:
    """From the day of a request to its answer, or until now."""
    answered = request.complete_time if request.HasField("complete_time") else None
    end = answered.ToDatetime(tzinfo=UTC) if answered else datetime.now(UTC)
    return (end - request.receive_time.ToDatetime(tzinfo=UTC)) / timedelta(days=1)
