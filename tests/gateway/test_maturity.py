"""The picture of management: the dot is where the facts put it, and every rule says why."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from kontor.privacy.v1 import breaches_pb2, privacy_pb2, retention_pb2
from kontor.privacy.v1 import registers_pb2 as wire
from kontor.privacy.v1.holder_pb2 import OverdueDataset
from kontor.tickets.v1 import tickets_pb2

from kernel.clock import to_timestamp
from kernel.errors import Aborted, Unavailable
from services.gateway.maturity.rules import CUSTOMER, HIGHEST, MIDDLE, Figure, Rule, stage_of
from tests.gateway.conftest import LogIn
from tests.gateway.desk import post
from tests.web.neighbours import Neighbours

ID = "018f0000-0000-7000-8000-00000000000{}"


def rule(stage: int, figure: Figure | None, threshold: int = 0, *, at_least: bool = False) -> Rule:
    return Rule("x", CUSTOMER, stage, "x", figure, threshold, "", at_least=at_least)


GOOD, BAD, EMPTY = Figure(0), Figure(1), Figure(0, 0)


@pytest.mark.parametrize(
    ("middle", "highest", "stage"),
    [
        ([GOOD], [GOOD], 2),
        ([GOOD], [BAD], 1),
        ([BAD], [GOOD], 0),
        ([BAD, None], [GOOD], 0),
        ([GOOD, None], [GOOD], None),
        ([GOOD], [GOOD, None], 1),
        ([EMPTY], [GOOD], None),
        ([GOOD, EMPTY], [GOOD], None),
        ([GOOD, EMPTY, Figure(0, 5)], [GOOD, EMPTY], 1),
    ],
)
def test_a_stage_is_reached_only_if_it_is_proven(
    middle: list[Figure | None], highest: list[Figure | None], stage: int | None
) -> None:
    rules = [rule(MIDDLE, each) for each in middle] + [rule(HIGHEST, each) for each in highest]
    assert stage_of(rules) == stage


def test_a_share_is_rounded_down_and_reaches_its_threshold_only_whole() -> None:
    assert rule(MIDDLE, Figure(949, 1000), 95, at_least=True).holds is False
    assert rule(MIDDLE, Figure(95, 100), 95, at_least=True).holds is True


def well(neighbours: Neighbours) -> None:
    """A company that does everything right."""
    now = datetime.now(UTC)
    measure = wire.RegisterEntry(id=ID.format(1), measure=wire.Measure(name="Zwei Schlüssel"))
    note = wire.RegisterEntry(
        id=ID.format(2),
        swot_note=wire.SwotNote(swot_list=wire.SWOT_LIST_THREATS, text="<b>Rohstoffe</b> werden teurer."),
    )
    own: dict[int, list[wire.RegisterEntry]] = {wire.REGISTER_MEASURES: [measure], wire.REGISTER_SWOT: [note]}
    answered = privacy_pb2.Request(
        id=ID.format(3),
        state=privacy_pb2.REQUEST_STATE_COMPLETED,
        receive_time=to_timestamp(now - timedelta(days=20)),
        complete_time=to_timestamp(now - timedelta(days=15)),
    )
    record = wire.ProcessingRecord(version=1, descriptions=[wire.Description(holder="tickets")])

    def requests(asked: privacy_pb2.ListRequestsRequest) -> privacy_pb2.ListRequestsResponse:
        return privacy_pb2.ListRequestsResponse(requests=[] if asked.open else [answered])

    def registers(asked: wire.ListRegisterEntriesRequest) -> wire.ListRegisterEntriesResponse:
        return wire.ListRegisterEntriesResponse(entries=own.get(asked.register, []))

    def tickets(asked: tickets_pb2.ListTicketsRequest) -> tickets_pb2.ListTicketsResponse:
        return tickets_pb2.ListTicketsResponse(total_size=0 if asked.states else 40)

    neighbours.answers |= {
        "Requests.ListRequests": requests,
        "Registers.ListRegisterEntries": registers,
        "ProcessingRecords.GetProcessingRecord": lambda _: record,
        "Tickets.ListTickets": tickets,
    }


def said(page: str) -> list[str]:
    return re.findall(r"<p>[^<]*: <strong>([^<]*)</strong></p>", page)


def test_the_dot_stands_where_every_rule_holds(log_in: LogIn, neighbours: Neighbours) -> None:
    well(neighbours)
    page = log_in("manager").get("/maturity").text
    assert said(page) == ["gesteuert", "kundenzentriert"]
    assert 'class="g-maturity-dot" cx="387" cy="48"' in page
    assert "&lt;b&gt;Rohstoffe" in page


def test_one_late_breach_is_a_violation_whatever_else_holds(log_in: LogIn, neighbours: Neighbours) -> None:
    well(neighbours)
    late = breaches_pb2.BreachEntry(id=ID.format(4), alerts=["authority-late"])
    neighbours.answers["Breaches.ListBreaches"] = lambda _: breaches_pb2.ListBreachesResponse(entries=[late])
    page = log_in("dpo").get("/maturity").text
    assert said(page) == ["verletzend", "kundenzentriert"]
    assert 'class="g-maturity-dot" cx="111" cy="48"' in page


def test_what_does_not_answer_proves_nothing(log_in: LogIn, neighbours: Neighbours) -> None:
    well(neighbours)
    neighbours.answers["Breaches.ListBreaches"] = lambda _: Unavailable("down")
    neighbours.answers["Tickets.ListTickets"] = lambda _: Unavailable("down")
    page = log_in("dpo").get("/maturity").text
    assert said(page) == ["lässt sich noch nicht sagen"] * 2
    assert "g-maturity-dot" not in page


def test_a_holder_that_is_silent_is_no_holder_without_overdue_rows(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    well(neighbours)
    holders = [retention_pb2.HolderPreview(holder="tickets", problem="down")]
    neighbours.answers["Retention.PreviewRun"] = lambda _: retention_pb2.RunPreview(holders=holders)
    assert said(log_in("dpo").get("/maturity").text)[0] == "regelkonform"
    holders[0] = retention_pb2.HolderPreview(
        holder="tickets", datasets=[OverdueDataset(name="ticket", rows=2)]
    )
    assert said(log_in("dpo").get("/maturity").text)[0] == "regelkonform"


def test_a_request_that_waits_too_long_is_not_fast_although_nobody_has_answered(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    well(neighbours)
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    waiting, younger, older, withdrawn = (
        privacy_pb2.Request(
            id=ID.format(5), state=state, receive_time=to_timestamp(now - timedelta(days=days))
        )
        for state, days in (
            (privacy_pb2.REQUEST_STATE_ACCEPTED, 15),
            (privacy_pb2.REQUEST_STATE_ACCEPTED, 13),
            (privacy_pb2.REQUEST_STATE_ACCEPTED, 91),
            (privacy_pb2.REQUEST_STATE_WITHDRAWN, 30),
        )
    )
    neighbours.answers["Requests.ListRequests"] = lambda asked: privacy_pb2.ListRequestsResponse(
        requests=[] if asked.open else [younger, waiting, withdrawn, older]
    )
    assert said(log_in("dpo").get("/maturity").text)[1] == "Verwaltung"
    answer = log_in("dpo").get("/maturity/file.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [row[3] for row in rows if len(row) > 2 and "14 Tagen" in row[2]] == ["0 %", "0 %"]


def test_an_empty_house_stands_nowhere(log_in: LogIn, neighbours: Neighbours) -> None:
    page = log_in("admin").get("/maturity").text
    # No measure is entered, which Art. 32 wants; and nobody has asked for anything yet.
    assert said(page) == ["verletzend", "lässt sich noch nicht sagen"]


def test_who_may_not_see_a_number_may_not_see_the_picture(log_in: LogIn) -> None:
    for role in ("agent", "marketer", "sales"):
        assert log_in(role).get("/maturity").status_code == 403


def test_management_writes_notes_and_the_next_version_follows_the_one_that_was_read(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    note = wire.SwotNote(swot_list=wire.SWOT_LIST_STRENGTHS, text="Kurze Wege")
    entry = wire.RegisterEntry(id=ID.format(2), version=3, swot_note=note)
    neighbours.answers["Registers.GetRegisterEntry"] = lambda _: wire.GetRegisterEntryResponse(entry=entry)
    neighbours.answers["Registers.SaveSwotNote"] = lambda _: wire.RegisterEntry(version=4)
    browser, edit = log_in("manager"), f"/maturity/notes/{ID.format(2)}"
    assert "Kurze Wege" in browser.get(edit).text
    said = {"swot_list": str(wire.SWOT_LIST_STRENGTHS), "text": "Sehr kurze Wege", "version": "3"}
    assert post(browser, edit, form_at=edit, **said).status_code == 303
    new_one = "/maturity/notes/new"
    assert post(browser, new_one, form_at=new_one, **said | {"version": "0"}).status_code == 303
    changed, new = neighbours.of("Registers.SaveSwotNote")
    assert (changed.id, changed.version, changed.note.text) == (ID.format(2), 3, "Sehr kurze Wege")
    assert (new.id, new.version) == ("", 0)
    assert log_in("agent").get("/maturity/notes/new").status_code == 403


def test_what_somebody_else_has_changed_is_not_overwritten(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Registers.SaveSwotNote"] = lambda _: Aborted("stale")
    said = {"swot_list": str(wire.SWOT_LIST_STRENGTHS), "text": "Kurze Wege", "version": "0"}
    new_one = "/maturity/notes/new"
    answer = post(log_in("manager"), new_one, form_at=new_one, **said)
    assert answer.status_code == 400
    assert "Kurze Wege" in answer.text
