"""The deletion concept on canned answers: classes in German, numbers, who is asked for the word."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from kontor.privacy.v1 import holder_pb2, retention_pb2

from services.gateway.retention import views
from tests.gateway.conftest import LogIn
from tests.gateway.desk import post

RUN, HOLD = str(uuid.uuid4()), str(uuid.uuid4())


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    asked: list[Any] = []
    rule = holder_pb2.DeletionRule(start_event="last business", years=3, to_year_end=True, law="§ 195 BGB")
    entry = holder_pb2.OverdueDataset(
        name="contact", run=True, rows=1234, exempt_rows=2, total_rows=5000, rules=[rule]
    )
    result = retention_pb2.RunResult(
        holder="contacts",
        dataset="contact",
        outcome=retention_pb2.RUN_OUTCOME_STOPPED,
        overdue_rows=1234,
        total_rows=5000,
    )
    retention = SimpleNamespace(
        PreviewRun=lambda _asked: retention_pb2.RunPreview(
            holders=[
                retention_pb2.HolderPreview(holder="contacts", datasets=[entry]),
                retention_pb2.HolderPreview(holder="tickets", problem="UNAVAILABLE"),
            ],
            exempt_contacts=1,
            stop_percent=20,
        ),
        ListRuns=lambda _asked: retention_pb2.ListRunsResponse(
            runs=[retention_pb2.Run(id=RUN, results=[result])]
        ),
        ApproveDeletion=asked.append,
    )
    holds = SimpleNamespace(
        ListHolds=lambda _asked: retention_pb2.ListHoldsResponse(
            holds=[retention_pb2.Hold(id=HOLD, contact_id=HOLD, reason="tax-audit", review_date="2027-01-31")]
        ),
        ReleaseHold=asked.append,
    )
    monkeypatch.setattr(views, "clients", lambda: SimpleNamespace(retention=retention, holds=holds))
    return asked


def test_the_page_says_what_goes_what_stays_and_why(log_in: LogIn, told: list[Any]) -> None:
    page = log_in("dpo").get("/retention").text
    for words in (
        "1.234",
        "Stammdaten",
        "letztes Geschäft",
        "3 Jahre, zum Jahresende",
        "Antwortet gerade nicht: Vorgänge",
        "angehalten: 1.234 von 5.000 Einträgen",
        "Steuerprüfung (§ 147 Abs. 3 AO)",
        "Sind mehr als 20 %",
    ):
        assert words in page, words


def test_only_the_officer_is_asked_for_the_word(log_in: LogIn, told: list[Any]) -> None:
    path = f"/retention/runs/{RUN}/contacts/contact/approve"
    for role in ("admin", "manager"):
        assert path not in log_in(role).get("/retention").text
    assert f"/retention/holds/{HOLD}/release" in log_in("admin").get("/retention").text
    client = log_in("dpo")
    assert post(client, path, form_at="/retention").status_code == 303
    assert post(client, f"/retention/holds/{HOLD}/release", form_at="/retention").status_code == 303
    assert [type(each).__name__ for each in told] == ["ApproveDeletionRequest", "ReleaseHoldRequest"]
    assert (told[0].run_id, told[0].dataset, told[1].id) == (RUN, "contact", HOLD)
