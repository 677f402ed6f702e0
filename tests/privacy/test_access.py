"""Access: complete JSON, readable PDF in both languages, nothing before every holder has answered."""

import json

import pytest

from kernel.errors import FailedPrecondition, NotFound
from services.privacy.requests.model import Kind, State
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import PHONE, SMS
from tests.fixtures.overdue import delete_overdue
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.pdftext import text_of

ARTICLE_15 = {
    "processing", "recipients", "rights", "authority", "sources", "automated_decisions", "transfers", "records",
}  # fmt: skip


async def test_the_copy_is_complete_and_from_all_holders(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.COMPLETED
    assert [t.reason for t in view.transitions] == ["portal", "identity-login", "collecting", "answered"]
    content = json.loads(await machine.document(request_id, anna, 1))
    assert content.keys() >= ARTICLE_15
    assert {r["holder"] for r in content["records"]} == {"contacts", "campaigns", "tickets", "privacy"}
    values = {v["column"]: v for r in content["records"] for v in r["values"]}
    assert values["email"]["value"] == "anna@example.org"
    assert values["email"]["category"] == "contact_point"
    assert content["controller"]["name"] == "Müller & Söhne GmbH"
    assert [r["name"] for r in content["recipients"]] == [
        "Rechenzentrum Spree GmbH, Berlin",
        "Mail Relay Inc.",
    ]
    person = next(p for p in content["processing"] if p["dataset"] == "person")
    assert person["purposes"] == ["service"]
    assert person["retention"] == "with the contact"


async def test_the_subject_learns_that_its_address_is_suppressed(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    await machine.parts.suppression.add_suppression(Address(1, "Anna@example.org"), reason="objection")
    await machine.parts.suppression.add_suppression(Address(1, "bob@example.org"), reason="bounce")
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    content = json.loads(await machine.document(request_id, anna, 1))
    entries = [r for r in content["records"] if r["dataset"] == "suppression_entry"]
    assert [e["values"][0]["value"] for e in entries] == ["objection"]


async def test_the_subject_learns_that_its_number_is_suppressed_too(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="", phone="+49 30 123456")
    for channel, reason in ((PHONE, "staff"), (SMS, "objection")):
        await machine.parts.suppression.add_suppression(Address(channel, "030 123456"), reason=reason)
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    content = json.loads(await machine.document(request_id, anna, 1))
    entries = [r for r in content["records"] if r["dataset"] == "suppression_entry"]
    assert sorted(e["values"][0]["value"] for e in entries) == ["objection", "staff"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Auskunft über Ihre Daten", "Widerspruch gegen die Verarbeitung", "Vorname", "Drittländer"]),
        ("en", ["Access to your data", "Objection to processing", "First name", "third countries"]),
    ],
)
async def test_the_pdf_reads_in_the_language_asked(machine: Machine, language: str, words: list[str]) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    request_id = (await machine.create(anna, Kind.ACCESS, language=language)).request.id
    await machine.jobs().work()
    pdf = await machine.document(request_id, anna, 2)
    assert pdf.startswith(b"%PDF-1.7")
    assert pdf.rstrip().endswith(b"%%EOF")
    shown = text_of(pdf)
    for word in [*words, "anna@example.org", "Dr. Petra Schutz"]:
        assert word in shown, word


async def test_what_people_typed_is_never_markup(machine: Machine) -> None:
    anna = await add_person(machine.contacts, family_name='#panic("x") [*bold*] $x^2$ \\ @label <tag> ```')
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    shown = text_of(await machine.document(request_id, anna, 2))
    assert '#panic("x") [*bold*] $x^2$' in shown


async def test_nothing_is_handed_out_before_every_holder_has_answered(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["campaigns"].down = True
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.waiting_for) == (State.EXECUTING, ("campaigns",))
    with pytest.raises(FailedPrecondition) as refused:
        await machine.document(request_id, anna, 1)
    assert refused.value.reason == "NOT_COMPLETED"
    machine.told["campaigns"].down = False
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_the_copy_is_kept_for_thirty_days(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    machine.parts.clock.advance(days=29)
    await delete_overdue(machine.parts.database, machine.parts.clock)
    assert await machine.document(request_id, anna, 2)
    machine.parts.clock.advance(days=2)
    await delete_overdue(machine.parts.database, machine.parts.clock)
    with pytest.raises(NotFound) as gone:
        await machine.document(request_id, anna, 2)
    assert gone.value.reason == "DOCUMENT_GONE"


async def test_one_request_that_fails_does_not_hold_up_the_others(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await add_person(machine.contacts), await add_person(machine.contacts)
    broken = (await machine.create(first, Kind.ACCESS)).request.id
    machine.parts.clock.advance(seconds=1)
    fine = (await machine.create(second, Kind.ACCESS)).request.id
    jobs = machine.jobs()
    access = jobs._procedures[Kind.ACCESS]
    original = access.advance

    async def advance(request: object) -> None:
        if getattr(request, "id", None) == broken:
            raise RuntimeError("broken")
        await original(request)  # type: ignore[arg-type]

    monkeypatch.setattr(access, "advance", advance)
    await jobs.work()
    assert (await machine.see(fine, second)).request.state is State.COMPLETED
    assert (await machine.see(broken, first)).request.state is State.ACCEPTED
