"""The pages of accesses: what is shown of them, the file, and the judgement of an alert."""

from __future__ import annotations

import re
from typing import Any

import pytest
from kontor.contacts.v1 import contacts_pb2
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import audit_pb2

from kernel.errors import FailedPrecondition, InvalidArgument
from kernel.spreadsheet import BOM
from tests.gateway.conftest import LogIn
from tests.gateway.desk import post
from tests.web.neighbours import Neighbours

ANNA = "018f0000-0000-7000-8000-00000000000a"
JANA = "018f0000-0000-7000-8000-0000000000ff"


def entry(**values: Any) -> audit_pb2.Access:
    usual: dict[str, Any] = {
        "actor": JANA,
        "client": "kontor-gateway",
        "teams": ["Service"],
        "purpose": options_pb2.PURPOSE_SERVICE,
        "categories": [options_pb2.CATEGORY_IDENTITY],
        "subject_ids": [ANNA],
        "subjects": 1,
        "origin": "192.0.2.7",
        "method": "/kontor.contacts.v1.Contacts/GetContact",
    }
    made = audit_pb2.AuditEntry(**(usual | values))
    made.time.seconds = 1_790_000_000
    return audit_pb2.Access(holder="contacts", entry=made)


@pytest.fixture
def told(neighbours: Neighbours) -> Neighbours:
    """Anna is known, and one access to her data was noted."""
    anna = contacts_pb2.Contact(id=ANNA, given_name="Anna", family_name="Ö'Brien")
    neighbours.answers["Contacts.BatchGetContacts"] = lambda _: contacts_pb2.BatchGetContactsResponse(
        contacts=[anna]
    )
    neighbours.answers["Audit.ListAccesses"] = lambda _: audit_pb2.ListAccessesResponse(accesses=[entry()])
    return neighbours


def test_an_access_says_who_what_why_which_data_and_from_where(log_in: LogIn, told: Neighbours) -> None:
    page = log_in("dpo").get("/audit").text
    for words in ("Anna Ö&#39;Brien", "angesehen", "Service", "Identität", "192.0.2.7", "Gateway"):
        assert words in page
    (asked,) = told.of("Audit.ListAccesses")
    assert asked.people_only


def test_the_filters_reach_the_question_and_the_file(log_in: LogIn, told: Neighbours) -> None:
    query = f"?contact_id={ANNA}&actor={JANA}&from_day=2026-11-01&until_day=2026-11-30&everything=yes"
    client = log_in("dpo")
    page = client.get(f"/audit{query}").text
    answer = client.get(re.search(r'href="(/audit\.csv[^"]*)"', page)[1].replace("&amp;", "&"))  # type: ignore[index]
    file = answer.text
    first, second = told.of("Audit.ListAccesses")
    for asked in (first, second):
        assert (asked.contact_id, asked.actor, asked.from_day, asked.until_day, asked.people_only) == (
            ANNA, JANA, "2026-11-01", "2026-11-30", False,
        )  # fmt: skip
    assert file.startswith(BOM)
    assert "192.0.2.7" in file


def test_the_file_runs_nothing_in_a_spreadsheet(log_in: LogIn, told: Neighbours) -> None:
    told.answers["Audit.ListAccesses"] = lambda _: audit_pb2.ListAccessesResponse(
        accesses=[entry(teams=["=HYPERLINK()"])]
    )
    assert ";'=HYPERLINK();" in log_in("dpo").get("/audit.csv").text


def test_a_page_of_many_is_no_look_at_each_of_them(log_in: LogIn, told: Neighbours) -> None:
    told.answers["Audit.ListAccesses"] = lambda _: audit_pb2.ListAccessesResponse(
        accesses=[entry(subjects=50)]
    )
    page = log_in("dpo").get("/audit").text
    assert "in einer Liste" in page
    assert "und 49 weitere" in page


def test_what_nobody_can_look_for_is_said_on_the_page(log_in: LogIn, told: Neighbours) -> None:
    told.answers["Audit.ListAccesses"] = lambda _: InvalidArgument("no")
    answer = log_in("dpo").get("/audit?from_day=gestern")
    assert answer.status_code == 400
    assert "Bitte prüfen Sie, wonach Sie suchen." in answer.text


def test_a_service_that_is_down_is_named(log_in: LogIn, told: Neighbours) -> None:
    told.answers["Audit.ListAccesses"] = lambda _: audit_pb2.ListAccessesResponse(missing=["tickets"])
    assert "Hier fehlt etwas" in log_in("dpo").get("/audit").text


def test_an_alert_is_judged_and_the_own_one_is_not(log_in: LogIn, told: Neighbours) -> None:
    alert = audit_pb2.Alert(
        id=JANA, rule=audit_pb2.ALERT_RULE_NO_CASE, actor=JANA, contact_id=ANNA, day="2026-11-25", count=6
    )
    told.answers["Audit.ListAlerts"] = lambda _: audit_pb2.ListAlertsResponse(alerts=[alert], open_size=1)
    client, path = log_in("dpo"), f"/audit/alerts/{JANA}/judge"
    page = client.get("/audit/alerts").text
    assert "Wiederholt ohne Anlass" in page
    assert "25. November 2026" in page
    post(client, path, form_at="/audit/alerts", judgement="justified")
    (asked,) = told.of("Audit.JudgeAlert")
    assert (asked.id, asked.judgement) == (JANA, audit_pb2.JUDGEMENT_JUSTIFIED)
    told.answers["Audit.JudgeAlert"] = lambda _: FailedPrecondition("no", reason="OWN_ACCESS")
    post(client, path, form_at="/audit/alerts", judgement="justified")
    assert "muss jemand anders beurteilen" in client.get("/audit/alerts").text


def test_a_contact_is_watched_and_no_more(log_in: LogIn, told: Neighbours) -> None:
    client, path = log_in("dpo"), f"/audit/contacts/{ANNA}/watch"
    here = f"/audit?contact_id={ANNA}"
    post(client, path, form_at=here)
    post(client, path, form_at=here, off="yes")
    assert len(told.of("Audit.WatchContact")) == 1
    assert [asked.contact_id for asked in told.of("Audit.UnwatchContact")] == [ANNA]
