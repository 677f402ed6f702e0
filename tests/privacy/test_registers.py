"""The registers: versions that only grow, what asks for somebody, documents taken apart, and the generated record."""

import csv
import io
import uuid
from typing import Any

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2, registers_pb2_grpc
from kontor.privacy.v1 import registers_pb2 as wire
from sqlalchemy import Column, MetaData, Table, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped

from kernel.errors import Aborted, InvalidArgument, NotFound, PermissionDenied, Unavailable
from kernel.holder.collecting import describe
from kernel.holder.subject import Holder, Hooks
from kernel.personal import Basis, Category, Purpose, dataset, personal, plain
from services.privacy.processing.jobs import ProcessingJobs
from services.privacy.processing.rpc import ProcessingRecordsRpc
from services.privacy.processing.service import ProcessingService
from services.privacy.registers.rpc import RegistersRpc
from services.privacy.registers.service import RegisterService
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve, Served
from tests.privacy.machine import CONTROLLER, signer
from tests.privacy.parts import Parts
from tests.privacy.pdftext import text_of


class Teller:
    """A holder that declares the tables of a metadata, or does not answer."""

    def __init__(self, name: str, metadata: MetaData, clock: Any) -> None:
        self.name, self.metadata, self.clock, self.down, self.says = name, metadata, clock, False, name

    async def describe(self) -> holder_pb2.DescribeResponse:
        if self.down:
            raise Unavailable("down")
        return describe(Holder(self.says, self.metadata, signer(self.name), self.clock, Hooks()))


def shop() -> MetaData:
    """A holder's tables, fresh for each test."""

    class Base(DeclarativeBase):
        metadata = MetaData()

    class Order(Base):
        __tablename__ = "order"
        id: Mapped[str] = plain(Text, primary_key=True)
        buyer: Mapped[str] = personal(Text, category=Category.IDENTITY, purpose=Purpose.CONTRACT)
        __table_args__ = (dataset(deletion_class="delivery + 3 years"),)

    return Base.metadata


class Office:
    """The registers behind all eight stages."""

    def __init__(self, parts: Parts, served: Served, realm: Realm, teller: Teller) -> None:
        self.parts, self._served, self._realm, self.teller = parts, served, realm, teller
        self.jobs = ProcessingJobs(parts.database, parts.clock, holders=[teller])  # type: ignore[list-item]

    def registers(self, role: str = "dpo") -> "registers_pb2_grpc.RegistersAsyncStub":
        return registers_pb2_grpc.RegistersStub(self._served.channel(self._realm.token(role)))

    def record(self, role: str = "dpo") -> "registers_pb2_grpc.ProcessingRecordsAsyncStub":
        return registers_pb2_grpc.ProcessingRecordsStub(self._served.channel(self._realm.token(role)))


@pytest.fixture
def service(parts: Parts) -> RegisterService:
    return RegisterService(parts.database, parts.clock, controller=CONTROLLER, timezone="Europe/Berlin")


@pytest.fixture
async def office(parts: Parts, serve: Serve, realm: Realm, service: RegisterService) -> Office:
    processing = ProcessingService(parts.database, parts.clock, registers=service, controller=CONTROLLER)
    served = await serve(
        (registers_pb2_grpc.add_RegistersServicer_to_server, RegistersRpc(service)),
        (
            registers_pb2_grpc.add_ProcessingRecordsServicer_to_server,
            ProcessingRecordsRpc(processing, parts.clock),
        ),
        database=parts.database,
        audience="kontor-privacy",
    )
    return Office(parts, served, realm, Teller("contacts", shop(), parts.clock))


def fresh() -> str:
    return str(uuid.uuid4())


def hoster(**changes: Any) -> wire.Processor:
    values: dict[str, Any] = {
        "name": "Rechenzentrum Spree GmbH",
        "role": wire.RECIPIENT_ROLE_PROCESSOR,
        "address": "Uferstraße 1, 10115 Berlin",
        "country": "DE",
        "service": "Betrieb der Server",
        "signed_on": "2025-01-01",
    }
    return wire.Processor(**{**values, **changes})


async def save(office: Office, **content: Any) -> wire.RegisterEntry:
    asked = wire.SaveRegisterEntryRequest(request_id=fresh(), **content)
    saved: wire.RegisterEntry = await office.registers().SaveRegisterEntry(asked)
    return saved


async def test_every_change_is_a_version_and_says_what_it_changed(office: Office) -> None:
    first = await save(office, processor=hoster())
    second = await save(office, id=first.id, version=1, processor=hoster(service="Betrieb und Sicherung"))
    assert (second.version, list(second.changed_fields)) == (2, ["service"])
    found = await office.registers("manager").GetRegisterEntry(wire.GetRegisterEntryRequest(id=first.id))
    assert [v.processor.service for v in found.versions] == ["Betrieb und Sicherung", "Betrieb der Server"]
    assert all(v.changed_by for v in found.versions)


async def test_who_read_an_older_version_overwrites_nothing(office: Office) -> None:
    first = await save(office, processor=hoster())
    await save(office, id=first.id, version=1, processor=hoster(name="A"))
    with pytest.raises(Aborted):
        await save(office, id=first.id, version=1, processor=hoster(name="B"))


async def test_an_ended_entry_leaves_the_list_and_keeps_its_versions(office: Office) -> None:
    first = await save(office, processor=hoster())
    asked = wire.RetireRegisterEntryRequest(request_id=fresh(), id=first.id, version=1)
    assert (await office.registers().RetireRegisterEntry(asked)).retired
    listed = wire.ListRegisterEntriesRequest(register=wire.REGISTER_PROCESSORS)
    assert not (await office.registers().ListRegisterEntries(listed)).entries
    found = await office.registers().GetRegisterEntry(wire.GetRegisterEntryRequest(id=first.id))
    assert [v.retired for v in found.versions] == [True, False]
    with pytest.raises(Aborted):
        await save(office, id=first.id, version=2, processor=hoster())


async def test_the_database_itself_refuses_to_change_a_version(office: Office) -> None:
    await save(office, processor=hoster())
    for statement in ("UPDATE register_version SET version = 9", "DELETE FROM register_version"):
        with pytest.raises(DBAPIError, match=r"only ever grows|permission denied"):
            async with office.parts.database.transaction() as session:
                await session.execute(text(statement))


async def test_management_reads_and_writes_nothing(office: Office) -> None:
    with pytest.raises(PermissionDenied):
        await office.registers("manager").SaveRegisterEntry(
            wire.SaveRegisterEntryRequest(request_id=fresh(), processor=hoster())
        )
    with pytest.raises(PermissionDenied):
        await office.registers("agent").ListRegisterEntries(
            wire.ListRegisterEntriesRequest(register=wire.REGISTER_PROCESSORS)
        )


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"processor": hoster(ends_on="2026-02-30")},
        {"processor": hoster(ends_on="31.12.2026")},
        {"processor": hoster(ends_on="20261231")},
        {"processor": hoster(name="")},
        {"processor": hoster(country="DEU")},
    ],
)
async def test_what_is_no_entry_is_refused(office: Office, content: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        await save(office, **content)


async def test_an_entry_does_not_move_into_another_register(office: Office) -> None:
    first = await save(office, processor=hoster())
    measure = wire.Measure(name="x", goal=wire.MEASURE_GOAL_RECOVERY, description="y")
    with pytest.raises(NotFound):
        await save(office, id=first.id, version=1, measure=measure)


async def test_recipients_are_named_with_what_a_transfer_rests_on(
    office: Office, service: RegisterService
) -> None:
    await save(office, processor=hoster())
    indian = await save(office, processor=hoster(name="Wartung Ltd.", country="IN"))
    await save(office, processor=hoster(name="Vorbei GmbH", ends_on="2020-01-01"))
    await save(office, processor=hoster(name="Cloud Inc.", country="US"))
    await save(
        office,
        transfer=wire.Transfer(
            recipient="Wartung Ltd.",
            country="IN",
            mechanism=wire.TRANSFER_MECHANISM_STANDARD_CLAUSES,
            processor_id=indian.id,
        ),
    )
    async with office.parts.database.reading() as session:
        found = await service.recipients(session)
    assert [(r.name, r.role, r.safeguard) for r in found] == [
        ("Rechenzentrum Spree GmbH", "processor", ""),
        ("Wartung Ltd.", "processor", "standard-clauses"),
        ("Cloud Inc.", "processor", "none"),
    ]


@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_register_is_a_pdf_and_a_spreadsheet(office: Office, language: str) -> None:
    await save(office, processor=hoster(name="=A1 Müller 😀 [*x*]", ends_on="2026-05-01"))
    for form in (wire.FILE_FORMAT_PDF, wire.FILE_FORMAT_CSV):
        asked = wire.GetRegisterFileRequest(register=wire.REGISTER_PROCESSORS, format=form, language=language)
        made = await office.registers("manager").GetRegisterFile(asked)
        if form == wire.FILE_FORMAT_PDF:
            shown = text_of(made.content)
            assert "□U+1F600" in shown
            assert "Uferstraße" in shown
        else:
            rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig")), delimiter=";"))
            assert any(row[0].startswith("'=A1") for row in rows)
            assert any("Uferstraße 1, 10115 Berlin" in row for row in rows)
        assert made.file_name.endswith((".pdf", ".csv"))


@pytest.mark.parametrize(
    "register",
    [wire.REGISTER_PROCESSORS, wire.REGISTER_TRANSFERS, wire.REGISTER_MEASURES, wire.REGISTER_SWOT],
)
async def test_an_empty_register_is_a_document_that_says_so(office: Office, register: Any) -> None:
    asked = wire.GetRegisterFileRequest(register=register, format=wire.FILE_FORMAT_PDF, language="de")
    assert "noch nichts" in text_of((await office.registers().GetRegisterFile(asked)).content)


async def record_of(office: Office) -> wire.ProcessingRecord:
    found: wire.ProcessingRecord = await office.record("manager").GetProcessingRecord(
        wire.GetProcessingRecordRequest()
    )
    return found


async def confirm(office: Office) -> wire.ProcessingVersion:
    now = await record_of(office)
    version: wire.ProcessingVersion = await office.record().ConfirmProcessingRecord(
        wire.ConfirmProcessingRecordRequest(request_id=fresh(), fingerprint=now.fingerprint)
    )
    return version


async def test_a_new_column_is_in_the_record_when_the_holder_says_so(office: Office) -> None:
    await office.jobs.describe_holders()
    await confirm(office)
    table: Table = office.teller.metadata.tables["order"]
    declared = personal(Text, category=Category.SPECIAL, purpose=Purpose.CONTRACT, basis=Basis.CONSENT)
    table.append_column(Column("allergy", Text, info=declared.column.info))
    await office.jobs.describe_holders()
    (activity,) = (await record_of(office)).activities
    (line,) = activity.lines
    assert (line.mark, list(line.new_columns)) == (wire.CHANGE_MARK_CHANGED, ["allergy"])
    assert options_pb2.CATEGORY_SPECIAL in line.categories
    version = await confirm(office)
    assert (version.version, version.changed, version.added) == (2, 1, 0)
    assert (await record_of(office)).open_changes == 0


async def test_the_first_record_is_all_new_and_a_confirmed_one_is_not(office: Office) -> None:
    await office.jobs.describe_holders()
    none = await office.record("manager").ListProcessingVersions(wire.ListProcessingVersionsRequest())
    assert not none.versions
    assert (await record_of(office)).open_changes == 1
    version = await confirm(office)
    assert (version.version, version.added, version.removed) == (1, 1, 0)
    assert (await record_of(office)).open_changes == 0


async def test_what_is_gone_is_marked_until_it_is_confirmed(office: Office) -> None:
    await office.jobs.describe_holders()
    await confirm(office)
    office.teller.metadata.remove(office.teller.metadata.tables["order"])
    await office.jobs.describe_holders()
    (activity,) = (await record_of(office)).activities
    assert [line.mark for line in activity.lines] == [wire.CHANGE_MARK_GONE]
    assert (await confirm(office)).removed == 1


async def test_the_context_survives_what_the_holders_declare(office: Office) -> None:
    await office.jobs.describe_holders()
    context = wire.ActivityContext(name="Aufträge abwickeln", department="Vertrieb")
    asked = wire.DescribeActivityRequest(request_id=fresh(), key="contract", context=context)
    await office.record().DescribeActivity(asked)
    office.teller.metadata.tables["order"].c.buyer.info["plain"] = True
    await office.jobs.describe_holders()
    (activity,) = (await record_of(office)).activities
    assert (activity.context.name, activity.context_version) == ("Aufträge abwickeln", 1)
    with pytest.raises(Aborted):
        await office.record().DescribeActivity(
            wire.DescribeActivityRequest(request_id=fresh(), key="contract", context=context)
        )
    with pytest.raises(NotFound):
        await office.record().DescribeActivity(
            wire.DescribeActivityRequest(request_id=fresh(), key="nonsense", context=context)
        )


async def test_nobody_confirms_what_was_not_read(office: Office) -> None:
    await office.jobs.describe_holders()
    read = await record_of(office)
    context = wire.ActivityContext(name="Anders")
    await office.record().DescribeActivity(
        wire.DescribeActivityRequest(request_id=fresh(), key="contract", context=context)
    )
    with pytest.raises(Aborted):
        await office.record().ConfirmProcessingRecord(
            wire.ConfirmProcessingRecordRequest(request_id=fresh(), fingerprint=read.fingerprint)
        )


async def test_a_holder_that_is_down_is_shown_as_it_last_spoke(office: Office) -> None:
    await office.jobs.describe_holders()
    office.teller.down = True
    office.parts.clock.advance(hours=2)
    await office.jobs.describe_holders()
    record = await record_of(office)
    assert len(record.activities) == 1
    assert [(d.holder, d.stale) for d in record.descriptions] == [("contacts", True)]


async def test_a_holder_cannot_speak_under_another_name(office: Office) -> None:
    await office.jobs.describe_holders()
    office.teller.says = "privacy"
    await office.jobs.describe_holders()
    assert [d.holder for d in (await record_of(office)).descriptions] == ["contacts"]


async def test_every_version_of_the_record_is_a_document(office: Office) -> None:
    await save(office, processor=hoster())
    await office.jobs.describe_holders()
    await confirm(office)
    asked = wire.GetProcessingFileRequest(version=1, format=wire.FILE_FORMAT_PDF, language="de")
    shown = text_of((await office.record("manager").GetProcessingFile(asked)).content)
    for part in (
        "Verzeichnis von Verarbeitungstätigkeiten",
        "Rechenzentrum Spree GmbH",
        "Name und Identität",
    ):
        assert part in shown
    asked.format = wire.FILE_FORMAT_CSV
    sheet = (await office.record().GetProcessingFile(asked)).content.decode("utf-8-sig")
    assert "Vertrag;Kontakte: order;Name und Identität" in sheet
    asked.version = 2
    with pytest.raises(NotFound):
        await office.record().GetProcessingFile(asked)


async def test_management_writes_swot_notes_in_versions_and_nothing_else(office: Office) -> None:
    manager, note = (
        office.registers("manager"),
        wire.SwotNote(swot_list=wire.SWOT_LIST_THREATS, text="Preise"),
    )

    def asked(**more: Any) -> wire.SaveSwotNoteRequest:
        return wire.SaveSwotNoteRequest(request_id=str(uuid.uuid4()), note=note, **more)

    first = await manager.SaveSwotNote(asked())
    note.text = "Preise steigen"
    second = await manager.SaveSwotNote(asked(id=first.id, version=1))
    assert (second.version, second.swot_note.text) == (2, "Preise steigen")
    found = await manager.GetRegisterEntry(wire.GetRegisterEntryRequest(id=first.id))
    assert [each.swot_note.text for each in found.versions] == ["Preise steigen", "Preise"]
    assert all(each.changed_by for each in found.versions)
    with pytest.raises(Aborted):
        await manager.SaveSwotNote(asked(id=first.id, version=1))
    measure = wire.Measure(name="Zwei Schlüssel", goal=wire.MEASURE_GOAL_CONFIDENTIALITY, description="Tür")
    save = wire.SaveRegisterEntryRequest(request_id=str(uuid.uuid4()), measure=measure)
    with pytest.raises(PermissionDenied):
        await manager.SaveRegisterEntry(save)
    other = await office.registers().SaveRegisterEntry(save)
    # The door for notes opens no other register.
    with pytest.raises(NotFound):
        await manager.SaveSwotNote(asked(id=other.id, version=1))
