"""The pages of impact assessments: the matrix and its table, what a form sends, and who may advise."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from kontor.privacy.v1 import assessments_pb2 as wire
from kontor.privacy.v1 import registers_pb2

from kernel.errors import FailedPrecondition, InvalidArgument
from services.gateway.realm import Realm
from tests.gateway.conftest import LogIn
from tests.gateway.test_registers import posted
from tests.web.neighbours import Neighbours

ID = "018f0000-0000-7000-8000-000000000001"
MEASURE = "018f0000-0000-7000-8000-000000000002"

CRITERIA = [wire.CRITERION_SCORING, wire.CRITERION_LARGE_SCALE]


def entry(**more: Any) -> wire.AssessmentEntry:
    risk = wire.AssessedRisk(
        text="Falsche Stufe",
        severity=4,
        likelihood=3,
        severity_after=2,
        likelihood_after=1,
        measure_ids=[MEASURE],
    )
    found = wire.Assessment(
        title="Treuestufen",
        description="Punkte",
        criteria=[wire.CRITERION_SCORING, wire.CRITERION_LARGE_SCALE],
        risks=[risk, risk],
    )
    return wire.AssessmentEntry(id=ID, version=2, assessment=found, suggested=True, required=True, **more)


def known(neighbours: Neighbours, found: wire.AssessmentEntry) -> None:
    neighbours.answers["Assessments.GetAssessment"] = lambda _: wire.GetAssessmentResponse(
        entry=found, versions=[found]
    )
    measure = registers_pb2.RegisterEntry(id=MEASURE, measure=registers_pb2.Measure(name="Zweite Prüfung"))
    neighbours.answers["Registers.ListRegisterEntries"] = lambda _: registers_pb2.ListRegisterEntriesResponse(
        entries=[measure]
    )


def test_the_picture_has_every_risk_and_the_table_says_the_same(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    known(neighbours, entry())
    page = log_in("manager").get(f"/assessments/{ID}").text
    before, after = re.findall(r"<svg viewBox.*?</svg>", page, re.DOTALL)[-2:]
    assert "1, 2" in before
    assert "1, 2" in after
    assert before.count("<rect") == 16
    assert "4 × 3" in page
    assert "Zweite Prüfung" in page
    assert "/opinion" not in page


def test_who_changed_it_is_named_to_whom_may_know(
    log_in: LogIn, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Realm, "names", lambda _self, ids: dict.fromkeys(ids, "Petra Beispiel"))
    known(neighbours, entry(changed_by=MEASURE))
    assert "Petra Beispiel" in log_in("dpo").get(f"/assessments/{ID}").text
    page = log_in("manager").get(f"/assessments/{ID}").text
    assert "Petra Beispiel" not in page
    assert f"<code>{MEASURE[:8]}</code>" in page


def test_a_risk_without_a_text_is_left_out(log_in: LogIn, neighbours: Neighbours) -> None:
    known(neighbours, entry())
    scales = {"severity": "3", "likelihood": "3", "severity_after": "2", "likelihood_after": "2"}
    rows = {f"risks-{at}-{name}": value for at in (0, 1) for name, value in scales.items()}
    posted(
        log_in("manager"), "/assessments/new", title="T", description="D", decision="0",
        **{**rows, "risks-0-text": "  ", "risks-1-text": "Verwechslung"},
    )  # fmt: skip
    (asked,) = neighbours.of("Assessments.SaveAssessment")
    assert [risk.text for risk in asked.assessment.risks] == ["Verwechslung"]
    assert asked.assessment.risks[0].severity == 3


def test_what_is_shown_for_changing_is_what_is_sent(log_in: LogIn, neighbours: Neighbours) -> None:
    known(neighbours, entry())
    page = log_in("dpo").get(f"/assessments/{ID}/edit").text
    assert re.search(r'name="risks-1-severity".*?<option selected value="4"', page, re.DOTALL)
    assert len(re.findall(r'<input checked[^>]*name="criteria"', page)) == 2
    assert page.count('class="g-risk"') == 5


def test_a_decision_too_early_says_what_comes_first(log_in: LogIn, neighbours: Neighbours) -> None:
    early = InvalidArgument("no", violations={"decision": "needs an opinion"})
    neighbours.answers["Assessments.SaveAssessment"] = lambda _: early
    status, page = posted(log_in("dpo"), "/assessments/new", title="T", description="D", decision="1")
    assert status == 400
    assert "nimmt der Datenschutz zu dieser Fassung Stellung" in page


def advise(client: FlaskClient) -> tuple[int, str]:
    return posted(client, f"/assessments/{ID}/opinion", verdict="1", text="Gut")


def test_who_wrote_it_is_told_that_somebody_else_advises(log_in: LogIn, neighbours: Neighbours) -> None:
    known(neighbours, entry())
    assert advise(log_in("dpo"))[0] == 303
    (asked,) = neighbours.of("Assessments.GiveOpinion")
    assert (asked.version, asked.text) == (2, "Gut")
    neighbours.answers["Assessments.GiveOpinion"] = lambda _: FailedPrecondition("no")
    status, page = advise(log_in("dpo"))
    assert status == 400
    assert "Jemand anderes muss" in page


def test_only_what_is_due_is_listed_when_asked(log_in: LogIn, neighbours: Neighbours) -> None:
    entries = [entry(alerts=["review-due"]), entry()]
    neighbours.answers["Assessments.ListAssessments"] = lambda _: wire.ListAssessmentsResponse(
        entries=entries
    )
    assert log_in("dpo").get("/assessments?due=yes").text.count("Treuestufen</a>") == 1
    assert log_in("dpo").get("/assessments").text.count("Treuestufen</a>") == 2
