"""Art. 15(1)(a) to (h), (2) and (3) GDPR, letter by letter, in the file and in the document to read."""

import io
import json
import re
import uuid
from typing import Any

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from pydantic import TypeAdapter, ValidationError
from pypdf import PdfReader
from sqlalchemy import Text, Uuid, insert
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.holder.servicer import DataHolderRpc
from kernel.personal import Automated, Basis, Category, Purpose, dataset, personal, plain
from kernel.schema import service_metadata
from services.privacy.clients import HolderClient
from services.privacy.requests.collecting import Held
from services.privacy.requests.model import Kind
from services.privacy.requests.recipients import Recipient
from services.privacy.requests.report import automated_decisions
from services.privacy.suppression.model import Address
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, signer

# Stands between the pages.
_FOOTER = re.compile(r"Müller&SöhneGmbH,Hauptstraße1,10115Berlin\d+/\d+")


class Copy:
    """One copy in both forms."""

    def __init__(self, content: dict[str, Any], shown: str) -> None:
        self.content = content
        self.shown = shown

    def says(self, *texts: str) -> None:
        """In the document to read, whatever breaks its lines."""
        squeezed = _FOOTER.sub("", "".join(self.shown.split()).replace("\u00ad", "").replace("-", ""))
        for text in texts:
            assert "".join(text.split()).replace("-", "") in squeezed, text


async def copy_for(machine: Machine, contact_id: uuid.UUID, language: str = "de") -> Copy:
    request_id = (await machine.create(contact_id, Kind.ACCESS, language=language)).request.id
    await machine.jobs().work()
    content = json.loads(await machine.document(request_id, contact_id, 1))
    reader = PdfReader(io.BytesIO(await machine.document(request_id, contact_id, 2)))
    return Copy(content, "".join(page.extract_text() for page in reader.pages))


@pytest.fixture
async def german(machine: Machine) -> Copy:
    anna = await add_person(machine.contacts, email="anna@example.org")
    await machine.parts.suppression.add_suppression(Address(1, "anna@example.org"), reason="objection")
    return await copy_for(machine, anna)


async def test_it_says_first_whether_anything_is_processed_at_all(german: Copy) -> None:
    assert german.content["processed"] is True
    german.says("Ja, wir verarbeiten Daten zu Ihrer Person.")


async def test_a_purposes_and_b_categories_of_everything_that_is_handed_out(german: Copy) -> None:
    explained = {(row["holder"], row["dataset"]): row for row in german.content["processing"]}
    assert explained.keys() == {(r["holder"], r["dataset"]) for r in german.content["records"]}
    for record in german.content["records"]:
        row = explained[record["holder"], record["dataset"]]
        for value in record["values"]:
            assert value["purpose"] in row["purposes"]
            assert value["category"] in row["categories"]
            assert value["basis"] in row["bases"]
    person = explained["contacts", "person"]
    assert (person["purposes"], person["categories"]) == (["service"], ["contact_point", "identity"])
    german.says("Art. 15 Abs. 1 a, b und d DSGVO", "Kundendienst", "Kontaktdaten, Name und Identität")


async def test_an_entry_that_no_declaration_describes_is_explained_by_itself(german: Copy) -> None:
    row = next(r for r in german.content["processing"] if r["dataset"] == "suppression_entry")
    assert (row["purposes"], row["bases"]) == (["legal_duty"], ["legal_obligation"])
    assert row["retention"]


async def test_c_recipients_by_name_with_their_country(german: Copy) -> None:
    spree, relay = german.content["recipients"]
    german.says(german.content["recipients_text"])
    assert (spree["name"], spree["third_country"]) == ("Rechenzentrum Spree GmbH, Berlin", False)
    assert (relay["name"], relay["country"], relay["third_country"]) == ("Mail Relay Inc.", "US", True)
    german.says(
        "Art. 15 Abs. 1 c DSGVO", "Mail Relay Inc., 1 Main Street, Boston", "Auftragsverarbeiter", "USA"
    )


async def test_c_who_gets_nothing_of_this_person_is_not_named(german: Copy) -> None:
    assert "Fernwartung AG" not in german.shown
    assert "Fernwartung AG" not in json.dumps(german.content)


async def test_d_periods_and_what_a_law_keeps_beyond_an_erasure(german: Copy) -> None:
    described = [r for r in german.content["processing"] if r["holder"] in {"contacts", "privacy"}]
    assert all(row["retention"] for row in described)
    request = next(r for r in german.content["processing"] if r["dataset"] == "subject_request")
    assert request["laws"] == ["Art. 5(2) GDPR"]
    german.says("solange Ihr Datensatz besteht", "Auch nach einer Löschung gesperrt aufbewahrt:")


async def test_e_every_right_and_how_it_is_used(german: Copy) -> None:
    assert [right["key"] for right in german.content["rights"]] == [
        "rectification", "erasure", "restriction", "portability", "objection", "withdrawal", "complaint",
    ]  # fmt: skip
    for right in german.content["rights"]:
        german.says(right["text"], right["article"])
    german.says("Art. 15 Abs. 1 e DSGVO", "im Kundenportal unter „Ihr Recht“")


async def test_f_the_supervisory_authority(german: Copy) -> None:
    assert german.content["authority"]["name"].startswith("Berliner Beauftragte")
    german.says("Art. 15 Abs. 1 f DSGVO", "Alt-Moabit 59–61, 10555 Berlin")


async def test_g_where_it_comes_from_and_whether_that_is_the_person(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    sources = ("import:018f0000-0000-7000-8000-000000000001", "portal")
    machine.told["tickets"].records = [
        holder_pb2.Record(
            holder="tickets",
            dataset="ticket",
            record_id=source,
            source=source,
            values=[holder_pb2.Value(column="subject", value="x", category=options_pb2.CATEGORY_FREE_TEXT)],
        )
        for source in sources
    ]
    copy = await copy_for(machine, anna)
    found = {s["source"]: (s["text"], s["from_subject"], s["datasets"]) for s in copy.content["sources"]}
    assert found == {
        sources[0]: ("Import aus einer Datei", False, ["ticket"]),
        "portal": ("Ihr Kundenportal", True, ["ticket"]),
    }
    copy.says("Art. 15 Abs. 1 g DSGVO", "Import aus einer Datei", "Alles andere stammt von Ihnen selbst")


async def test_h_what_a_machine_decides_comes_from_the_declarations(german: Copy) -> None:
    decided = german.content["automated_decisions"]
    assert (decided["exist"], decided["profiling"]) == (False, False)
    assert [check["dataset"] for check in decided["checks"]] == ["permit_decision", "subject_request"]
    german.says("Art. 15 Abs. 1 h DSGVO", decided["text"], *(check["logic"] for check in decided["checks"]))


@pytest.mark.parametrize(("language", "yes"), [("de", "Ja: Es gibt"), ("en", "Yes: there are")])
def test_h_a_declared_decision_with_effect_changes_the_answer(language: str, yes: str) -> None:
    scoring = holder_pb2.AutomatedDecision(logic="permit", significant=True, profiling=True)
    described = holder_pb2.DescribeResponse(
        holder="campaigns", datasets=[holder_pb2.Dataset(name="score", automated=scoring)]
    )
    decided = automated_decisions(language, [Held("campaigns", described, [])])
    assert decided["exist"]
    assert decided["profiling"]
    assert decided["text"].startswith(yes)


async def test_2_what_leaves_the_economic_area_has_its_safeguard(german: Copy) -> None:
    transfers = german.content["transfers"]
    assert transfers["exist"]
    assert [(t["name"], t["safeguard"]) for t in transfers["to"]] == [
        ("Mail Relay Inc.", "Standardvertragsklauseln (EU) 2021/914")
    ]
    german.says("Art. 15 Abs. 2 DSGVO", "Standardvertragsklauseln (EU) 2021/914")


async def test_the_english_copy_says_the_same(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    copy = await copy_for(machine, anna, "en")
    for letters in ("Art. 15(1)(a), (b) and (d)", *(f"Art. 15(1)({x}) GDPR" for x in "cefgh"), "Art. 15(2)"):
        copy.says(letters)
    copy.says(
        "Yes, we process data about you.",
        "Mail Relay Inc.",
        "kept locked even after an erasure:".capitalize(),
    )
    for right in copy.content["rights"]:
        copy.says(right["text"], right["article"])


def test_a_third_country_without_a_safeguard_is_refused() -> None:
    with pytest.raises(ValueError, match="safeguard"):
        Recipient("Anywhere Ltd.", country="US")
    with pytest.raises(ValidationError):
        TypeAdapter(list[str | Recipient]).validate_json('[{"name": "Anywhere Ltd.", "country": "US"}]')
    assert not Recipient("Gleich Nebenan GmbH", country="AT").outside


class _Hobbies(DeclarativeBase):
    metadata = service_metadata()


class Hobby(_Hobbies):
    """A table and a column that no line of the report knows."""

    __tablename__ = "hobby"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    contact_id: Mapped[uuid.UUID] = plain(Uuid)
    favourite_instrument: Mapped[str] = personal(
        Text, category=Category.DEMOGRAPHIC, purpose=Purpose.SALES, basis=Basis.LEGITIMATE_INTEREST
    )
    __table_args__ = (
        dataset(deletion_class="harvest + 1 year", subject="contact_id", automated=Automated("permit")),
    )


async def test_3_a_new_column_of_any_service_appears_without_further_work(
    machine: Machine, serve: Serve
) -> None:
    anna = await add_person(machine.contacts)
    async with machine.contacts.engine.begin() as connection:
        await connection.run_sync(_Hobbies.metadata.create_all)
        await connection.execute(
            insert(Hobby).values(id=uuid.uuid4(), contact_id=anna, favourite_instrument="Waldhorn")
        )
    holder = DataHolderRpc(
        holder="tickets", database=machine.contacts, metadata=_Hobbies.metadata, signer=signer("tickets")
    )
    served = await serve(
        (holder_pb2_grpc.add_DataHolderServicer_to_server, holder),
        database=machine.contacts,
        audience="kontor-tickets",
    )
    token = machine.token
    machine.clients["tickets"] = HolderClient.over("tickets", served.channel(token))
    copy = await copy_for(machine, anna)
    row = next(r for r in copy.content["processing"] if r["dataset"] == "hobby")
    assert (row["purposes"], row["categories"], row["retention"]) == (
        ["sales"],
        ["demographic"],
        "harvest + 1 year",
    )
    assert "hobby" in [check["dataset"] for check in copy.content["automated_decisions"]["checks"]]
    copy.says("favourite instrument", "Waldhorn", "harvest + 1 year", "Vertrieb", "Angaben zur Person")
