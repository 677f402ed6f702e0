"""Breaches: the clock of 72 hours case by case, what the answers say, notices taken apart, versions."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kontor.privacy.v1 import breaches_pb2 as wire
from kontor.privacy.v1 import breaches_pb2_grpc, registers_pb2

from kernel.clock import to_timestamp
from kernel.errors import InvalidArgument, NotFound, PermissionDenied
from services.privacy.breaches.model import Risk, alerts, due, last, suggested
from services.privacy.breaches.rpc import BreachesRpc
from services.privacy.breaches.service import BreachService
from services.privacy.registers.service import RegisterService
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.machine import CONTROLLER
from tests.privacy.parts import Parts
from tests.privacy.pdftext import text_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("aware", "safe", "end"),
    [
        # Any day of the week, at any minute of the hour.
        ("2026-11-23T12:17", "2026-11-26T12:17", "2026-11-26T13:00"),
        ("2026-11-23T12:59", "2026-11-26T12:59", "2026-11-26T13:00"),
        ("2026-11-23T12:00", "2026-11-26T12:00", "2026-11-26T13:00"),
        # A Friday afternoon: the weekend counts, and the end on a Monday is no gift.
        ("2026-11-27T16:30", "2026-11-30T16:30", "2026-11-30T17:00"),
        # An end on a Saturday, on a Sunday and on Christmas Day is not moved.
        ("2026-11-25T09:05", "2026-11-28T09:05", "2026-11-28T10:00"),
        ("2026-11-26T09:05", "2026-11-29T09:05", "2026-11-29T10:00"),
        ("2020-12-22T12:17", "2020-12-25T12:17", "2020-12-25T13:00"),
        # Good Friday to Easter Monday: not one working day in it.
        ("2026-04-03T08:00", "2026-04-06T08:00", "2026-04-06T09:00"),
        # Clocks go forward and back: 72 hours are 72 hours.
        ("2026-03-28T10:30", "2026-03-31T11:30", "2026-03-31T12:00"),
        ("2026-10-24T10:30", "2026-10-27T09:30", "2026-10-27T10:00"),
        # Over the turn of the year and a leap day.
        ("2026-12-30T23:59", "2027-01-02T23:59", "2027-01-03T00:00"),
        ("2028-02-27T23:30", "2028-03-01T23:30", "2028-03-02T00:00"),
    ],
)
def test_the_clock_counts_hours(aware: str, safe: str, end: str) -> None:
    assert due(at(aware)) == at(safe)
    assert last(at(aware)) == at(end)


def test_who_keeps_the_safe_time_is_in_time_however_one_counts() -> None:
    for minutes in range(0, 60 * 24 * 7, 17):
        aware = datetime(2026, 10, 23, tzinfo=UTC) + timedelta(minutes=minutes)
        assert due(aware) <= last(aware) <= due(aware) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("", Risk.PRESENT),
        ("many", Risk.PRESENT),
        ("vulnerable", Risk.PRESENT),
        ("vulnerable many", Risk.HIGH),
        ("sensitive", Risk.HIGH),
        ("harm", Risk.HIGH),
        ("unintelligible", Risk.UNLIKELY),
        ("unintelligible sensitive many", Risk.UNLIKELY),
        ("recovered", Risk.UNLIKELY),
        ("recovered harm", Risk.HIGH),
    ],
)
def test_the_answers_say_how_great_the_risk_is(answers: str, expected: Risk) -> None:
    assert suggested(dict.fromkeys(answers.split(), True)) is expected


AWARE = "2026-11-23T12:17:00Z"


@pytest.mark.parametrize(
    ("now", "more", "expected"),
    [
        ("2026-11-24T00:00", {}, ["undecided", "authority-open"]),
        ("2026-11-26T14:01", {}, ["undecided", "authority-late"]),
        ("2026-12-24T00:00", {"risk": "RISK_UNLIKELY"}, []),
        ("2026-11-24T00:00", {"risk": "RISK_PRESENT", "authority_time": "2026-11-23T13:00:00Z"}, []),
        (
            "2026-12-24T00:00",
            {"risk": "RISK_PRESENT", "authority_time": "2026-11-26T13:00:01Z"},
            ["late-reason-missing"],
        ),
        (
            "2026-12-24T00:00",
            {"risk": "RISK_PRESENT", "authority_time": "2026-11-27T13:00:00Z", "delay_reason": "Lage unklar"},
            [],
        ),
        (
            "2026-11-24T00:00",
            {"risk": "RISK_HIGH", "authority_time": "2026-11-23T13:00:00Z"},
            ["subjects-open"],
        ),
        (
            "2026-11-24T00:00",
            {"risk": "RISK_HIGH", "authority_time": "2026-11-23T13:00:00Z", "exception": "EXCEPTION_AVERTED"},
            [],
        ),
    ],
)
def test_what_is_to_be_done_is_seen(now: str, more: dict[str, Any], expected: list[str]) -> None:
    assert alerts({"aware_time": AWARE, **more}, at(now)) == expected


Stub = Any


@pytest.fixture
async def stubs(parts: Parts, serve: Serve, realm: Realm) -> dict[str, Stub]:
    registers = RegisterService(parts.database, parts.clock, controller=CONTROLLER, timezone="Europe/Berlin")
    service = BreachService(parts.database, parts.clock, registers=registers, controller=CONTROLLER)
    served = await serve(
        (breaches_pb2_grpc.add_BreachesServicer_to_server, BreachesRpc(service)),
        database=parts.database,
        audience="kontor-privacy",
    )
    roles = ("dpo", "manager", "agent")
    return {r: breaches_pb2_grpc.BreachesStub(served.channel(realm.token(r))) for r in roles}


def breach(parts: Parts, **more: Any) -> wire.Breach:
    aware = to_timestamp(parts.clock.now() - timedelta(hours=1))
    facts = "Ein Laptop kam weg. #[*x*]"
    return wire.Breach(**{"title": "Laptop", "aware_time": aware, "facts": facts, **more})


def asked(found: wire.Breach, entry: wire.BreachEntry | None = None) -> wire.SaveBreachRequest:
    return wire.SaveBreachRequest(
        request_id=str(uuid.uuid4()),
        id=entry.id if entry else "",
        version=entry.version if entry else 0,
        breach=found,
    )


async def test_what_is_learned_later_is_a_version(parts: Parts, stubs: dict[str, Stub]) -> None:
    first = await stubs["dpo"].SaveBreach(asked(breach(parts)))
    assert list(first.alerts) == ["undecided", "authority-open"]
    told = breach(
        parts, subject_count=40, risk=wire.RISK_PRESENT, authority_time=to_timestamp(parts.clock.now())
    )
    second = await stubs["dpo"].SaveBreach(asked(told, first))
    assert not second.alerts
    assert list(second.changed_fields) == ["authority_time", "risk", "subject_count"]
    found = await stubs["manager"].GetBreach(wire.GetBreachRequest(id=first.id))
    assert [v.breach.subject_count for v in found.versions] == [40, 0]


async def test_a_lower_risk_than_the_answers_say_needs_a_reason(parts: Parts, stubs: dict[str, Stub]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await stubs["dpo"].SaveBreach(asked(breach(parts, sensitive=True, risk=wire.RISK_PRESENT)))
    assert "reason" in refused.value.violations
    kept = breach(parts, sensitive=True, risk=wire.RISK_PRESENT, reason="Nur ein Empfänger, Anwalt")
    assert (await stubs["dpo"].SaveBreach(asked(kept))).suggested == wire.RISK_HIGH


async def test_nothing_is_known_before_it_happens(parts: Parts, stubs: dict[str, Stub]) -> None:
    tomorrow = to_timestamp(parts.clock.now() + timedelta(days=1))
    with pytest.raises(InvalidArgument):
        await stubs["dpo"].SaveBreach(asked(breach(parts, aware_time=tomorrow)))
    with pytest.raises(InvalidArgument):
        await stubs["dpo"].SaveBreach(asked(wire.Breach(title="x", facts="y")))


async def test_only_officer_and_administration_write(parts: Parts, stubs: dict[str, Stub]) -> None:
    with pytest.raises(PermissionDenied):
        await stubs["manager"].SaveBreach(asked(breach(parts)))
    with pytest.raises(PermissionDenied):
        await stubs["agent"].ListBreaches(wire.ListBreachesRequest())


@pytest.mark.parametrize(
    ("kind", "parts_of_it"),
    [
        (wire.BREACH_FILE_REGISTER, ["Laptop", "Ein Laptop kam weg", "Art. 33 Abs. 5"]),
        (
            wire.BREACH_FILE_AUTHORITY,
            ["a) Art der", "b) Anlaufstelle", "c) Wahrscheinliche", "d) Ergriffene", "wird nachgereicht"],
        ),
        (wire.BREACH_FILE_SUBJECTS, ["Was ist geschehen?", "Wen können Sie fragen?", "Dr. Petra Schutz"]),
    ],
)
async def test_drafts_say_what_the_law_wants(
    parts: Parts, stubs: dict[str, Stub], kind: Any, parts_of_it: list[str]
) -> None:
    saved = await stubs["dpo"].SaveBreach(asked(breach(parts)))
    request = wire.GetBreachFileRequest(
        file=kind, id=saved.id, format=registers_pb2.FILE_FORMAT_PDF, language="de"
    )
    shown = text_of((await stubs["manager"].GetBreachFile(request)).content)
    request.format = registers_pb2.FILE_FORMAT_TEXT
    plain = (await stubs["manager"].GetBreachFile(request)).content.decode()
    for part in parts_of_it:
        assert part in plain
        assert part.replace(" ", "")[:8] in shown.replace(" ", "")
    request.format = registers_pb2.FILE_FORMAT_CSV
    assert (await stubs["dpo"].GetBreachFile(request)).content.startswith(b"\xef\xbb\xbf")


async def test_a_notice_about_nothing_is_not_found(stubs: dict[str, Stub]) -> None:
    pdf = registers_pb2.FILE_FORMAT_PDF
    request = wire.GetBreachFileRequest(file=wire.BREACH_FILE_AUTHORITY, format=pdf, language="de")
    with pytest.raises(NotFound):
        await stubs["dpo"].GetBreachFile(request)
    request.id = str(uuid.uuid4())
    with pytest.raises(NotFound):
        await stubs["dpo"].GetBreachFile(request)
