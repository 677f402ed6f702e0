"""The cockpit: every number is the number of rows behind it, whoever looks and whoever does not answer."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import (
    assessments_pb2,
    audit_pb2,
    bases_pb2,
    breaches_pb2,
    privacy_pb2,
    registers_pb2,
    restrictions_pb2,
    retention_pb2,
)
from kontor.privacy.v1 import consent_standings_pb2 as standings_pb2
from kontor.privacy.v1.holder_pb2 import REQUEST_KIND_ACCESS, OverdueDataset

from kernel.errors import Unavailable
from services.gateway.privacy.figures import BANDS, band_of
from services.gateway.requests.deadline import Due
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours

ID = "018f0000-0000-7000-8000-0000000000{:02}"
DAYS = (-40, -1, 0, 7, 8, 14, 15, 90)


@pytest.mark.parametrize("days", [None, *range(-3, 40)])
def test_every_request_stands_in_exactly_one_band(days: int | None) -> None:
    found = band_of(Due(privacy_pb2.Request(), None, days))
    fitting = [
        name
        for name, _text, first, last in BANDS
        if days is not None and (first is None or days >= first) and (last is None or days <= last)
    ]
    assert [found] == (fitting or ["none"])


def full(neighbours: Neighbours) -> None:
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    requests = [
        privacy_pb2.Request(
            id=ID.format(at),
            kind=REQUEST_KIND_ACCESS,
            due_date=(today + timedelta(days=days)).isoformat(),
            state=privacy_pb2.REQUEST_STATE_ACCEPTED,
        )
        for at, days in enumerate(DAYS)
    ]
    clocks = [["authority-open"], ["authority-late"], ["undecided"]]
    breaches = [breaches_pb2.BreachEntry(id=ID.format(at), alerts=a) for at, a in enumerate(clocks)]
    contracts = [["ends-soon"], ["ends-soon"], ["ended"], []]
    role = registers_pb2.RECIPIENT_ROLE_PROCESSOR
    processors = [
        registers_pb2.RegisterEntry(
            id=ID.format(at),
            alerts=alerts,
            processor=registers_pb2.Processor(name=f"Firma {at}", country="DE", role=role),
        )
        for at, alerts in enumerate(contracts)
    ]  # fmt: skip

    def listed(asked: registers_pb2.ListRegisterEntriesRequest) -> registers_pb2.ListRegisterEntriesResponse:
        own = processors if asked.register == registers_pb2.REGISTER_PROCESSORS else []
        return registers_pb2.ListRegisterEntriesResponse(entries=own)

    due = assessments_pb2.AssessmentEntry(id=ID.format(1), alerts=["review-due"])
    preview = retention_pb2.HolderPreview(holder="tickets", datasets=[OverdueDataset(name="ticket", rows=17)])
    neighbours.answers |= {
        "Requests.ListRequests": lambda _: privacy_pb2.ListRequestsResponse(requests=requests),
        "Breaches.ListBreaches": lambda _: breaches_pb2.ListBreachesResponse(entries=breaches),
        "Registers.ListRegisterEntries": listed,
        "Assessments.ListAssessments": lambda _: assessments_pb2.ListAssessmentsResponse(entries=[due, due]),
        "Audit.ListAlerts": lambda _: audit_pb2.ListAlertsResponse(open_size=4),
        "Retention.PreviewRun": lambda _: retention_pb2.RunPreview(holders=[preview]),
        "Suppressions.ListSuppressions": lambda _: privacy_pb2.ListSuppressionsResponse(total_size=1234),
        "ConsentStandings.GetStandingCounts": lambda _: standings_pb2.GetStandingCountsResponse(
            without_proof=3
        ),
        "ConsentStandings.ListStandings": standings,
        "Restrictions.ListRestrictedContacts": lambda _: restrictions_pb2.ListRestrictedContactsResponse(
            contacts=[restrictions_pb2.RestrictedContact(contact_id=ID.format(at)) for at in range(2)],
            total_size=2,
        ),
        "Bases.ListContactsWithoutBasis": without_basis,
        "Permits.GetDecisionCounts": lambda _: privacy_pb2.GetDecisionCountsResponse(counts=COUNTS),
        "Permits.ListDecisions": decisions,
        "Audit.GetAccessCounts": lambda _: audit_pb2.GetAccessCountsResponse(counts=READS),
        "Audit.ListAccesses": accesses,
    }


# Who, in which role, for what, how often; what was changed is no read.
READS = [
    audit_pb2.AccessCount(actor=actor, role=role, purpose=purpose, reads=reads, changes=3)
    for actor, role, purpose, reads in (
        (ID.format(70), "agent", options_pb2.PURPOSE_SERVICE, 6),
        (ID.format(70), "manager", options_pb2.PURPOSE_MARKETING, 2),
        (ID.format(71), "agent", options_pb2.PURPOSE_MARKETING, 1),
        (ID.format(71), "agent", options_pb2.PURPOSE_SALES, 0),
    )
]


def accesses(asked: audit_pb2.ListAccessesRequest) -> audit_pb2.ListAccessesResponse:
    """As many accesses as are counted, by the filters that the page asks with."""
    assert (asked.reads_only, asked.people_only, bool(asked.from_day)) == (True, True, True)
    many = sum(
        each.reads
        for each in READS
        if asked.actor in ("", each.actor)
        and asked.role in ("", each.role)
        and asked.purpose in (0, each.purpose)
    )
    return audit_pb2.ListAccessesResponse(accesses=[audit_pb2.Access(role="agent")] * many)


LOST = ["never-asked"] * 3 + ["withdrawn"]


def without_basis(
    asked: bases_pb2.ListContactsWithoutBasisRequest,
) -> bases_pb2.ListContactsWithoutBasisResponse:
    found = [bases_pb2.ContactWithoutBasis(why=why) for why in LOST if asked.why in ("", why)]
    answer = bases_pb2.ListContactsWithoutBasisResponse(contacts=found, total_size=len(found))
    answer.counts.extend(
        bases_pb2.WithoutBasisCount(why=why, count=LOST.count(why)) for why in ("never-asked", "withdrawn")
    )
    answer.survey_time.GetCurrentTime()
    return answer


# Reason, channel, whether it was permitted, how many.
COUNTS = [
    privacy_pb2.DecisionCount(reason=reason, channel=channel, permitted=permitted, count=count)
    for reason, channel, permitted, count in (
        ("consent", privacy_pb2.CHANNEL_EMAIL, True, 5),
        ("consent", privacy_pb2.CHANNEL_LETTER, True, 2),
        ("contract", privacy_pb2.CHANNEL_EMAIL, True, 1),
        ("withdrawn", privacy_pb2.CHANNEL_EMAIL, False, 4),
    )
]


def decisions(asked: privacy_pb2.ListDecisionsRequest) -> privacy_pb2.ListDecisionsResponse:
    """As many rows as are counted, by the filters that the page asks with."""
    assert asked.from_date
    rows = [
        privacy_pb2.Decision(
            id=ID.format(0), contact_id=ID.format(0), reason=each.reason, permitted=each.permitted
        )
        for each in COUNTS
        for _ in range(each.count)
        if asked.reason in ("", each.reason)
        and asked.channel in (0, each.channel)
        and asked.outcome in (0, 1 if each.permitted else 2)
    ]
    return privacy_pb2.ListDecisionsResponse(decisions=rows)


def standings(asked: standings_pb2.ListStandingsRequest) -> standings_pb2.ListStandingsResponse:
    many = 3 if asked.without_proof else 50
    return standings_pb2.ListStandingsResponse(standings=[standings_pb2.Standing()] * many)


def numbers(page: str) -> dict[str, str]:
    found = re.findall(r'k-stat [^>]*href="([^"]*)".*?k-stat-value">([^<]*)<', page, re.DOTALL)
    return {href.replace("&amp;", "&"): value for href, value in found}


def test_every_number_is_that_of_the_rows_behind_it(log_in: LogIn, neighbours: Neighbours) -> None:
    full(neighbours)
    browser = log_in("dpo")
    page = browser.get("/privacy").text
    shown = numbers(page)
    lists = ("/breaches?clock=running", "/registers?register=processors&alert=ended",
             "/registers?register=processors&alert=ends-soon", "/assessments?due=yes",
             "/consents?proof=without", "/privacy/restricted",
             "/privacy/without-basis")  # fmt: skip
    rows = {href: rows_of(browser, href) for href in lists}
    assert rows == {href: int(shown[href]) for href in lists}
    assert list(rows.values()) == [2, 1, 2, 2, 3, 2, 4]
    assert (shown["/audit/alerts"], shown["/retention"], shown["/suppressions"]) == ("4", "17", "1.234")
    bars = re.findall(r'href="(/privacy/requests/\w+)">[^<]*</a><strong>(\d+)<', page)
    assert [(href, browser.get(href).text.count('class="g-person"')) for href, _count in bars] == [
        (href, int(count)) for href, count in bars
    ]
    assert sum(int(count) for _href, count in bars) == len(DAYS)


def rows_of(browser: FlaskClient, href: str) -> int:
    return browser.get(href).text.partition("<tbody>")[2].count("<tr>")


def test_messages_by_basis_lead_to_the_decisions_that_they_count(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    full(neighbours)
    browser = log_in("manager")
    for page in ("/privacy", "/decisions/figures"):
        bars = re.findall(r'href="(/decisions\?[^"]*)">[^<]*</a><strong>(\d+)<', browser.get(page).text)
        found = [(html.unescape(href), int(count)) for href, count in bars]
        assert [count for _href, count in found] == [7, 1, 4]
        assert [rows_of(browser, href) for href, _count in found] == [7, 1, 4]
    table = re.findall(
        r'href="(/decisions\?[^"]*channel[^"]*)">[^<]*</a></td><td>[^<]*</td><td class="text-end">(\d+)<',
        browser.get("/decisions/figures").text,
    )
    assert [(rows_of(browser, html.unescape(href)), int(count)) for href, count in table] == [
        (each.count, each.count) for each in COUNTS
    ]


def test_reads_by_person_role_and_purpose_lead_to_the_accesses_that_they_count(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    full(neighbours)
    browser = log_in("dpo")
    for page in ("/privacy", "/audit/figures"):
        bars = re.findall(r'href="(/audit\?[^"]*)">[^<]*</a><strong>(\d+)<', browser.get(page).text)
        found = [(html.unescape(href), int(count)) for href, count in bars]
        # By person, by role, by purpose.
        assert [count for _href, count in found] == [8, 1, 7, 2, 6, 3]
        assert [rows_of(browser, href) for href, _count in found] == [8, 1, 7, 2, 6, 3]
    page = browser.get("/audit/figures").text.partition("<tbody>")[2]
    table = re.findall(r'<tr><td><a href="(/audit\?[^"]*)">.*?<td class="text-end">(\d+)<', page)
    assert [(rows_of(browser, html.unescape(href)), int(count)) for href, count in table] == [
        (each.reads, each.reads) for each in READS if each.reads
    ]


def test_people_without_a_basis_are_drawn_by_why_and_each_bar_leads_to_its_rows(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    full(neighbours)
    browser = log_in("manager")
    page = browser.get("/privacy/without-basis?source=import").text
    bars = re.findall(r'href="(/privacy/without-basis\?[^"]*)">[^<]*</a><strong>(\d+)<', page)
    found = [(html.unescape(href), int(count)) for href, count in bars]
    assert [count for _href, count in found] == [3, 1]
    assert [rows_of(browser, href) for href, _count in found] == [3, 1]
    assert {each.source for each in neighbours.of("Bases.ListContactsWithoutBasis")} == {"import"}
    file = browser.get("/privacy/without-basis.csv?why=withdrawn").data.decode("utf-8-sig")
    assert len(file.splitlines()) == 2


def test_before_the_first_survey_there_is_no_number(log_in: LogIn, neighbours: Neighbours) -> None:
    full(neighbours)
    neighbours.answers["Bases.ListContactsWithoutBasis"] = lambda _: (
        bases_pb2.ListContactsWithoutBasisResponse()
    )
    browser = log_in("dpo")
    # Nobody was asked yet: a nought would be a promise.
    assert numbers(browser.get("/privacy").text)["/privacy/without-basis"] == "–"
    assert "noch nicht erhoben" in browser.get("/privacy/without-basis").text


def test_a_service_that_is_down_costs_its_number_only(log_in: LogIn, neighbours: Neighbours) -> None:
    full(neighbours)
    for name in ("Requests.ListRequests", "Breaches.ListBreaches", "Suppressions.ListSuppressions"):
        neighbours.answers[name] = lambda _: Unavailable("down")
    shown = numbers(log_in("dpo").get("/privacy").text)
    assert (shown["/breaches?clock=running"], shown["/suppressions"], shown["/retention"]) == ("–", "–", "17")


def test_who_may_not_see_accesses_is_told_so(log_in: LogIn, neighbours: Neighbours) -> None:
    full(neighbours)
    page = log_in("manager").get("/privacy").text
    assert "nicht für Ihre Rolle" in page
    assert "/audit/alerts" not in page
    assert neighbours.of("Audit.GetAccessCounts") == []
    assert neighbours.of("Audit.ListAlerts") == []


@pytest.mark.parametrize("path", ["/privacy", "/audit/figures"])
def test_who_has_no_name_in_the_realm_is_no_bare_id(log_in: LogIn, neighbours: Neighbours, path: str) -> None:
    full(neighbours)
    text = re.sub(r"<[^>]*>", " ", log_in("dpo").get(path).text)
    assert "Konto ohne Namen" in text
    assert ID.format(70) not in text
