"""Impact assessments: the threshold, the scale of risks, four eyes, what an opinion is about, the document."""

import uuid
from typing import Any

import pytest
from kontor.privacy.v1 import assessments_pb2 as wire
from kontor.privacy.v1 import assessments_pb2_grpc, registers_pb2

from kernel.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.privacy.assessments.model import Level, level, required, suggested
from services.privacy.assessments.rpc import AssessmentsRpc
from services.privacy.assessments.service import AssessmentService
from services.privacy.registers.service import RegisterService
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.machine import CONTROLLER
from tests.privacy.parts import Parts
from tests.privacy.pdftext import text_of

Stub = Any
ONE, TWO = ["CRITERION_SCORING"], ["CRITERION_SCORING", "CRITERION_LARGE_SCALE"]


@pytest.mark.parametrize(
    ("content", "asked", "needed"),
    [
        ({}, False, False),
        ({"criteria": ONE}, False, False),
        ({"criteria": ONE * 2}, False, False),
        ({"criteria": TWO}, True, True),
        ({"criteria": TWO, "waived": True}, True, False),
        ({"listed": True}, True, True),
    ],
)
def test_two_criteria_or_a_list_ask_for_an_assessment(
    content: dict[str, Any], asked: bool, needed: bool
) -> None:
    assert (suggested(content), required(content)) == (asked, needed)


def test_the_scale_is_even_handed_and_has_fixed_bounds() -> None:
    grid = [[level(s, p) for p in range(1, 5)] for s in range(1, 5)]
    assert grid == [list(row) for row in zip(*grid, strict=True)]
    assert [level(1, 3), level(1, 4), level(2, 4), level(3, 3)] == [
        Level.LOW, Level.MEDIUM, Level.MEDIUM, Level.HIGH,
    ]  # fmt: skip


@pytest.fixture
async def stubs(parts: Parts, serve: Serve, realm: Realm) -> dict[str, Stub]:
    registers = RegisterService(parts.database, parts.clock, controller=CONTROLLER, timezone="Europe/Berlin")
    service = AssessmentService(parts.database, parts.clock, registers=registers, controller=CONTROLLER)
    served = await serve(
        (assessments_pb2_grpc.add_AssessmentsServicer_to_server, AssessmentsRpc(service)),
        database=parts.database,
        audience="kontor-privacy",
    )
    roles = ("dpo", "manager", "agent")
    return {r: assessments_pb2_grpc.AssessmentsStub(served.channel(realm.token(r))) for r in roles}


def risk(before: tuple[int, int] = (4, 4), after: tuple[int, int] = (2, 2)) -> wire.AssessedRisk:
    return wire.AssessedRisk(
        text="Falsche Einstufung #[*x*]",
        severity=before[0], likelihood=before[1], severity_after=after[0], likelihood_after=after[1],
    )  # fmt: skip


def assessment(**more: Any) -> wire.Assessment:
    facts = {"title": "Treuestufen", "description": "Punkte je Kauf", "criteria": [1, 5], "risks": [risk()]}
    return wire.Assessment(**{**facts, **more})


def asked(found: wire.Assessment, entry: wire.AssessmentEntry | None = None) -> wire.SaveAssessmentRequest:
    return wire.SaveAssessmentRequest(
        request_id=str(uuid.uuid4()),
        id=entry.id if entry else "",
        version=entry.version if entry else 0,
        assessment=found,
    )


def opinion(entry: wire.AssessmentEntry) -> wire.GiveOpinionRequest:
    return wire.GiveOpinionRequest(
        request_id=str(uuid.uuid4()),
        id=entry.id,
        version=entry.version,
        verdict=wire.VERDICT_PROCEED,
        text="Vertretbar",
    )


async def test_an_opinion_comes_before_the_decision_and_is_a_version(stubs: dict[str, Stub]) -> None:
    first = await stubs["manager"].SaveAssessment(asked(assessment()))
    assert list(first.alerts) == ["opinion-open", "undecided"]
    assert (first.level_before, first.level_after) == (wire.RISK_LEVEL_HIGH, wire.RISK_LEVEL_MEDIUM)
    go = assessment(decision=wire.VERDICT_PROCEED, review_on="2099-01-01")
    with pytest.raises(InvalidArgument) as refused:
        await stubs["manager"].SaveAssessment(asked(go, first))
    assert "decision" in refused.value.violations
    advised = await stubs["dpo"].GiveOpinion(opinion(first))
    assert (advised.version, advised.opinion.about_version, list(advised.changed_fields)) == (
        2,
        1,
        ["opinion"],
    )
    decided = await stubs["manager"].SaveAssessment(asked(go, advised))
    assert not decided.alerts
    assert not decided.opinion.outdated
    found = await stubs["dpo"].GetAssessment(wire.GetAssessmentRequest(id=first.id))
    assert [v.HasField("opinion") for v in found.versions] == [True, True, False]


async def test_an_opinion_is_about_what_was_assessed_then(stubs: dict[str, Stub]) -> None:
    first = await stubs["manager"].SaveAssessment(asked(assessment()))
    advised = await stubs["dpo"].GiveOpinion(opinion(first))
    changed = await stubs["manager"].SaveAssessment(asked(assessment(risks=[risk(), risk()]), advised))
    assert changed.opinion.outdated
    assert "opinion-outdated" in changed.alerts
    # Changing it back does not bring the opinion back: the officer has not seen what came between.
    again = await stubs["manager"].SaveAssessment(asked(assessment(), changed))
    assert again.opinion.outdated
    with pytest.raises(InvalidArgument):
        await stubs["manager"].SaveAssessment(asked(assessment(decision=wire.VERDICT_PROCEED), again))
    assert not (await stubs["dpo"].GiveOpinion(opinion(again))).opinion.outdated


async def test_nobody_advises_on_what_they_wrote(stubs: dict[str, Stub]) -> None:
    own = await stubs["dpo"].SaveAssessment(asked(assessment()))
    with pytest.raises(FailedPrecondition):
        await stubs["dpo"].GiveOpinion(opinion(own))
    other = await stubs["manager"].SaveAssessment(asked(assessment()))
    touched = await stubs["dpo"].SaveAssessment(asked(assessment(necessity="Ja"), other))
    with pytest.raises(FailedPrecondition):
        await stubs["dpo"].GiveOpinion(opinion(touched))


async def test_two_opinions_of_one_officer_are_no_authorship(stubs: dict[str, Stub]) -> None:
    first = await stubs["manager"].SaveAssessment(asked(assessment()))
    advised = await stubs["dpo"].GiveOpinion(opinion(first))
    with pytest.raises(Aborted):
        await stubs["dpo"].GiveOpinion(opinion(first))
    assert (await stubs["dpo"].GiveOpinion(opinion(advised))).version == 3


async def test_a_risk_that_stays_high_asks_for_the_authority(stubs: dict[str, Stub]) -> None:
    stays = assessment(risks=[risk(after=(3, 3)), risk()])
    first = await stubs["manager"].SaveAssessment(asked(stays))
    assert "consultation-open" in first.alerts
    stays.consulted_on = "2026-01-31"
    assert "consultation-open" not in (await stubs["manager"].SaveAssessment(asked(stays, first))).alerts


@pytest.mark.parametrize(
    ("more", "at_fault"),
    [
        ({"waived": True}, "waiver_reason"),
        ({"risks": [risk((2, 2), (3, 1))]}, "risks"),
        ({"risks": [risk((0, 2), (0, 1))]}, "severity"),
        ({"risks": [risk((5, 2))]}, "severity"),
        ({"review_on": "2026-02-30"}, "review_on"),
        ({"criteria": [0]}, "criteria"),
        ({"risks": [risk()] * 21}, "risks"),
    ],
)
async def test_what_cannot_be_is_refused(stubs: dict[str, Stub], more: dict[str, Any], at_fault: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await stubs["manager"].SaveAssessment(asked(assessment(**more)))
    assert any(at_fault in name for name in refused.value.violations)


async def test_only_who_may_reads_writes_and_advises(stubs: dict[str, Stub]) -> None:
    with pytest.raises(PermissionDenied):
        await stubs["agent"].ListAssessments(wire.ListAssessmentsRequest())
    first = await stubs["manager"].SaveAssessment(asked(assessment()))
    with pytest.raises(PermissionDenied):
        await stubs["manager"].GiveOpinion(opinion(first))
    with pytest.raises(NotFound):
        await stubs["dpo"].GetAssessment(wire.GetAssessmentRequest(id=str(uuid.uuid4())))


@pytest.mark.parametrize(("language", "words"), [("de", "Schwere"), ("en", "Severity")])
async def test_the_document_draws_the_matrix_and_says_it_in_words(
    stubs: dict[str, Stub], language: str, words: str
) -> None:
    saved = await stubs["manager"].SaveAssessment(asked(assessment()))
    request = wire.GetAssessmentFileRequest(
        id=saved.id, format=registers_pb2.FILE_FORMAT_PDF, language=language
    )
    shown = text_of((await stubs["dpo"].GetAssessmentFile(request)).content)
    assert words in shown
    request.format = registers_pb2.FILE_FORMAT_CSV
    lines = (await stubs["dpo"].GetAssessmentFile(request)).content.decode()
    assert "4 × 4 = 16" in lines
    assert "2 × 2 = 4" in lines
    request.id = ""
    assert "Treuestufen" in (await stubs["dpo"].GetAssessmentFile(request)).content.decode()
