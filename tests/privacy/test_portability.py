"""Data to take along (Art. 20 GDPR): what the person has provided on consent or contract, and nothing else."""

import csv
import io
import json
import uuid
import zipfile
from typing import Any

import jsonschema
import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from kernel.errors import FailedPrecondition, NotFound
from services.privacy.requests import store
from services.privacy.requests.model import Kind, State
from tests.architecture.tree import ROOT
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer

JSON, PDF, CSV, VCARD = 1, 2, 3, 4
SCHEMA = json.loads((ROOT / "docs/schemas/portability-1.json").read_text())


def value(column: str, text: str, **more: Any) -> holder_pb2.Value:
    said = {
        "category": options_pb2.CATEGORY_FREE_TEXT,
        "purpose": options_pb2.PURPOSE_SERVICE,
        "basis": holder_pb2.BASIS_CONTRACT,
        "provided": True,
        **more,
    }
    return holder_pb2.Value(column=column, value=text, **said)


def ticket(record_id: str, *values: holder_pb2.Value) -> holder_pb2.Record:
    return holder_pb2.Record(
        holder="tickets", dataset="message", record_id=record_id, source="portal", values=values
    )


async def taken_along(machine: Machine, contact_id: uuid.UUID, language: str = "de") -> dict[int, bytes]:
    request_id = (await machine.create(contact_id, Kind.PORTABILITY, language=language)).request.id
    await machine.jobs().work()
    view = await machine.see(request_id, contact_id)
    assert (view.request.state, view.formats) == (State.COMPLETED, [JSON, CSV, VCARD])
    return {form: await machine.document(request_id, contact_id, form) for form in view.formats}


def tables(archive: bytes) -> dict[str, list[list[str]]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        texts = {name: opened.read(name).decode() for name in opened.namelist()}
    assert all(text.startswith("\ufeff") for text in texts.values())
    return {
        name: list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))
        for name, text in texts.items()
        if name.endswith(".csv")
    }


async def test_only_what_was_provided_on_consent_or_contract_goes_along(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    machine.told["tickets"].records = [
        ticket(
            "m1",
            value("body", "Ich ziehe um"),
            value("wish", "Torte", basis=holder_pb2.BASIS_CONSENT),
            value("owner_name", "Frau Staff", provided=False),
            value("score", "17", basis=holder_pb2.BASIS_LEGITIMATE_INTEREST),
            value("proof", "abc", basis=holder_pb2.BASIS_LEGAL_OBLIGATION),
        ),
        ticket("m2", value("body", "Antwort des Hauses", provided=False)),
    ]
    content = json.loads((await taken_along(machine, anna))[JSON])
    found = {(d["holder"], d["name"]): d["records"] for d in content["datasets"]}
    assert found.keys() == {("contacts", "person"), ("tickets", "message")}
    assert [r["values"] for r in found["tickets", "message"]] == [{"body": "Ich ziehe um", "wish": "Torte"}]
    assert found["contacts", "person"][0]["values"]["email"] == "anna@example.org"


@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_file_keeps_the_schema_that_is_published(machine: Machine, language: str) -> None:
    anna = await add_person(machine.contacts)
    machine.told["tickets"].records = [ticket("m1", value("body", "x\ny")), ticket("m2", value("wish", "z"))]
    content = json.loads((await taken_along(machine, anna, language))[JSON])
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    assert content["schema"] == SCHEMA["$id"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({**content, "secret": "x"})


async def test_each_dataset_is_a_table_that_a_spreadsheet_opens_and_never_runs(machine: Machine) -> None:
    anna = await add_person(machine.contacts, phone="+49 30 901820")
    machine.told["tickets"].records = [
        ticket("m1", value("body", '=HYPERLINK("http://evil.example")\nzweite Zeile; "mit" Zeichen')),
        ticket("m2", value("wish", "@SUM(1)"), value("body", "ü€")),
    ]
    found = tables((await taken_along(machine, anna))[CSV])
    assert found.keys() == {"contacts-person.csv", "tickets-message.csv"}
    head, first, second = found["tickets-message.csv"]
    assert head == ["id", "since", "source", "body", "wish"]
    assert first == [
        "m1",
        "",
        "portal",
        '\'=HYPERLINK("http://evil.example")\nzweite Zeile; "mit" Zeichen',
        "",
    ]
    assert second == ["m2", "", "portal", "ü€", "'@SUM(1)"]
    assert "+49 30 901820" in found["contacts-person.csv"][1]


async def test_the_own_record_is_a_card_for_an_address_book(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org", family_name="Meier, von")
    card = (await taken_along(machine, anna))[VCARD].decode()
    assert card.startswith("BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert "N:Meier\\, von;Anna;;;\r\n" in card
    assert "EMAIL:anna@example.org\r\n" in card
    assert f"UID:urn:uuid:{anna}\r\n" in card


async def test_who_has_provided_nothing_gets_an_answer_that_says_so(machine: Machine) -> None:
    nobody = uuid.uuid4()
    request_id = (await machine.create(nobody, Kind.PORTABILITY)).request.id
    await machine.jobs().work()
    # Without a record there is no login that could fetch it; it is looked at where it lies.
    async with machine.parts.database.reading() as session:
        request = await store.find(session, request_id)
        assert request is not None
        content = json.loads(await store.document(session, request, format=JSON) or b"")
        archive = await store.document(session, request, format=CSV) or b""
    assert content["datasets"] == []
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    assert tables(archive) == {}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert "Wir haben keine solchen Daten von Ihnen." in opened.read("LIESMICH.txt").decode()


async def test_nothing_is_handed_out_before_every_holder_has_answered(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["tickets"].down = True
    request_id = (await machine.create(anna, Kind.PORTABILITY)).request.id
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.waiting_for) == (State.EXECUTING, ("tickets",))
    assert view.formats == []
    machine.told["tickets"].down = False
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_a_copy_and_data_to_take_along_may_be_asked_for_at_once_but_each_only_once(
    machine: Machine,
) -> None:
    anna = await add_person(machine.contacts)
    first = (await machine.create(anna, Kind.PORTABILITY)).request.id
    await machine.create(anna, Kind.ACCESS)
    with pytest.raises(FailedPrecondition) as refused:
        await machine.create(anna, Kind.PORTABILITY)
    assert (refused.value.reason, refused.value.metadata) == ("REQUEST_OPEN", {"id": str(first)})
    await machine.jobs().work()
    assert (await machine.see(first, anna)).request.state is State.COMPLETED
    # It has no form to read: that is the copy's.
    with pytest.raises(NotFound) as gone:
        await machine.document(first, anna, PDF)
    assert gone.value.reason == "DOCUMENT_GONE"


async def test_an_erasure_that_begins_ends_it_and_keeps_it_from_beginning(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["campaigns"].down = True
    open_one = (await machine.create(anna, Kind.PORTABILITY)).request.id
    machine.told["campaigns"].down = False
    erasure = (await machine.create(anna, Kind.ERASURE)).request.id
    jobs = machine.jobs()
    jobs._procedures.pop(Kind.PORTABILITY)
    await jobs.work()
    await machine.service.confirm_request(erasure, caller=customer(anna))
    ended = await machine.see(open_one, anna)
    assert (ended.request.state, ended.transitions[-1].reason) == (State.WITHDRAWN, "erasure-confirmed")
    with pytest.raises(FailedPrecondition) as refused:
        await machine.create(anna, Kind.PORTABILITY)
    assert refused.value.reason == "ERASURE_RUNS"
