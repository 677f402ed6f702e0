"""The pages of breaches: the clock, what is sent, and times in the office's zone across the change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kontor.privacy.v1 import breaches_pb2 as wire

from tests.gateway.conftest import LogIn
from tests.gateway.test_registers import posted
from tests.web.neighbours import Neighbours

ID = "018f0000-0000-7000-8000-000000000001"


def entry(hours: float) -> wire.BreachEntry:
    found = wire.BreachEntry(id=ID, version=2, alerts=["authority-open"], suggested=wire.RISK_HIGH)
    found.breach.title = "Laptop"
    found.due_time.FromDatetime(datetime.now(UTC) + timedelta(hours=hours, minutes=5))
    return found


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (70, "noch 70 Stunden"),
        (1, "noch 1 Stunde<"),
        (0, "noch weniger als eine Stunde"),
        (-0.5, "gerade vorbei"),
        (-3, "2 Stunden darüber"),
    ],
)
def test_the_list_says_how_many_hours_are_left(
    log_in: LogIn, neighbours: Neighbours, hours: float, text: str
) -> None:
    answer = wire.ListBreachesResponse(entries=[entry(hours)])
    neighbours.answers["Breaches.ListBreaches"] = lambda _: answer
    assert text in log_in("manager").get("/breaches").text


def test_the_duty_follows_from_the_answers_until_it_is_decided(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Breaches.GetBreach"] = lambda _: wire.GetBreachResponse(entry=entry(5))
    page = log_in("manager").get(f"/breaches/{ID}").text
    assert "die Betroffenen unverzüglich (Art. 34)" in page
    assert f'href="/breaches/{ID}/edit"' not in page


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2026-07-01T10:00", "2026-07-01T08:00"), ("2026-11-20T10:00", "2026-11-20T09:00")],
)
def test_times_are_those_of_the_office(log_in: LogIn, neighbours: Neighbours, local: str, utc: str) -> None:
    posted(log_in("dpo"), "/breaches/new", title="T", facts="F", aware_time=local, risk="0", exception="0")
    (asked,) = neighbours.of("Breaches.SaveBreach")
    assert asked.breach.aware_time.ToDatetime() == datetime.fromisoformat(utc)
    assert not asked.breach.HasField("authority_time")


def test_an_empty_register_says_what_to_do(log_in: LogIn, neighbours: Neighbours) -> None:
    assert "sobald Sie davon wissen" in log_in("dpo").get("/breaches").text
