"""The registers' pages: what they say when empty, who stands below whom, and what a form sends."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2
from kontor.privacy.v1 import registers_pb2 as wire

from kernel.errors import StaleEtag
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours

ID = "018f0000-0000-7000-8000-00000000000{}"


def processor(number: int, name: str, parent: str = "", alerts: tuple[str, ...] = ()) -> wire.RegisterEntry:
    content = wire.Processor(name=name, country="DE", role=wire.RECIPIENT_ROLE_PROCESSOR, parent_id=parent)
    return wire.RegisterEntry(id=ID.format(number), version=3, processor=content, alerts=alerts)


def listing(neighbours: Neighbours, *entries: wire.RegisterEntry) -> None:
    def answer(request: wire.ListRegisterEntriesRequest) -> wire.ListRegisterEntriesResponse:
        shown = entries if request.register == wire.REGISTER_PROCESSORS else ()
        return wire.ListRegisterEntriesResponse(entries=shown)

    neighbours.answers["Registers.ListRegisterEntries"] = answer


def posted(client: FlaskClient, path: str, **values: str) -> tuple[int, str]:
    page = client.get(path).text
    hidden = dict(re.findall(r'name="(csrf_token|request_id|version|fingerprint)"[^>]*value="([^"]*)"', page))
    answer = client.post(path, data={**hidden, **values})
    return answer.status_code, answer.text


def test_an_empty_register_says_what_to_enter_first(log_in: LogIn, neighbours: Neighbours) -> None:
    assert "wer Ihre Server betreibt" in log_in("dpo").get("/registers").text
    page = log_in("manager").get("/registers").text
    assert "wer Ihre Server betreibt" in page
    assert 'href="/registers/new' not in page


def test_who_is_engaged_stands_below_who_engages(log_in: LogIn, neighbours: Neighbours) -> None:
    listing(
        neighbours,
        processor(1, "Kette C", ID.format(2)),
        processor(2, "Kette B", ID.format(3), ("ends-soon",)),
        processor(3, "Kette A"),
        processor(4, "Kreis X", ID.format(5)),
        processor(5, "Kreis Y", ID.format(4)),
    )
    page = log_in("dpo").get("/registers").text
    names = re.findall(r">(Kette [ABC]|Kreis [XY])</a>", page)
    assert names == ["Kette A", "Kette B", "Kette C", "Kreis X", "Kreis Y"]
    assert "1 braucht jemanden" in page
    assert "Vertrag endet in höchstens 90 Tagen" in page


def test_a_form_sends_the_version_that_was_read(log_in: LogIn, neighbours: Neighbours) -> None:
    found = processor(1, "Alt GmbH")
    neighbours.answers["Registers.GetRegisterEntry"] = lambda _: wire.GetRegisterEntryResponse(entry=found)
    listing(neighbours, found)
    neighbours.answers["Registers.SaveRegisterEntry"] = lambda _: StaleEtag()
    values = {
        "name": "Neu GmbH",
        "role": "1",
        "service": "x",
        "address": "y",
        "country": "DE",
        "parent_id": "",
    }
    status, text = posted(log_in("dpo"), f"/registers/{found.id}/edit", **values)
    (asked,) = neighbours.of("Registers.SaveRegisterEntry")
    assert (asked.version, asked.processor.name) == (3, "Neu GmbH")
    assert status == 400
    assert "inzwischen geändert" in text
    assert "Neu GmbH" in text


def test_a_wrong_date_is_said_beside_its_field(log_in: LogIn, neighbours: Neighbours) -> None:
    values = {"name": "N", "role": "1", "service": "x", "address": "y", "country": "DE", "ends_on": "bald"}
    _status, text = posted(log_in("dpo"), "/registers/new", **values)
    assert "Bitte geben Sie ein Datum ein" in text
    assert not neighbours.of("Registers.SaveRegisterEntry")


def test_the_record_shows_what_is_new_and_only_the_officer_confirms(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    line = wire.ProcessingLine(
        holder="contacts",
        dataset="contact",
        categories=[options_pb2.CATEGORY_IDENTITY],
        bases=[holder_pb2.BASIS_CONTRACT],
        mark=wire.CHANGE_MARK_CHANGED,
        new_columns=["allergy"],
    )
    record = wire.ProcessingRecord(
        activities=[wire.Activity(key="service", lines=[line])],
        fingerprint="a" * 64,
        version=1,
        open_changes=1,
    )
    record.descriptions.add(holder="tickets", stale=True).describe_time.FromSeconds(1_700_000_000)
    neighbours.answers["ProcessingRecords.GetProcessingRecord"] = lambda _: record
    page = log_in("dpo").get("/records").text
    for text in ("allergy", "1 Änderung ist nicht bestätigt", "Fassung 2", "antwortet seit"):
        assert text in page
    assert 'action="/records/confirm"' in page
    assert 'action="/records/confirm"' not in log_in("manager").get("/records").text
