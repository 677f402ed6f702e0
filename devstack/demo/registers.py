"""The registers of the demo's company: who gets data, one transfer, and how everything is protected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.message import Message
from kontor.privacy.v1 import registers_pb2 as wire
from kontor.privacy.v1.breaches_pb2 import Breach, SaveBreachRequest

from devstack.demo.doors import Caller, request_id

_FIELDS = {wire.Processor: "processor", wire.Transfer: "transfer", wire.Measure: "measure"}


def load(dpo: Caller) -> None:
    """A chain of processors, one contract that ends soon, a transfer, measures."""
    asked = wire.ListRegisterEntriesRequest(register=wire.REGISTER_PROCESSORS)
    if dpo.registers.ListRegisterEntries(asked).entries:
        # Loaded before. The dates below move with the day, so the same commands would be others.
        return
    host = _save(dpo, _processor("Rechenzentrum Spree GmbH", "Betrieb der Server und Sicherungen", 500))
    cold = _processor("Kühlhaus Archiv AG", "Verwahrung der Sicherungen in einem zweiten Brandabschnitt", 500)
    cold.role, cold.parent_id = wire.RECIPIENT_ROLE_SUB_PROCESSOR, host
    _save(dpo, cold)
    _save(dpo, _processor("Lettershop Rhein KG", "Druck und Versand von Briefen", 60))
    service = _processor("Alpen Fernwartung AG", "Wartung der Telefonanlage aus der Ferne", 300)
    service.address, service.country = "Bahnhofstrasse 1, 8001 Zürich", "CH"
    swiss = _save(dpo, service)
    carrier = wire.Processor(
        name="Paketdienst Nord GmbH", role=wire.RECIPIENT_ROLE_RECIPIENT, address="Hafenstraße 12, 20457 Hamburg",
        country="DE", service="Lieferung; entscheidet selbst, wie sie zustellt",
    )  # fmt: skip
    _save(dpo, carrier)
    transfer = wire.Transfer(
        recipient="Alpen Fernwartung AG", country="CH", mechanism=wire.TRANSFER_MECHANISM_ADEQUACY,
        details="Entscheidung 2000/518/EG der Kommission", processor_id=swiss,
    )  # fmt: skip
    _save(dpo, transfer)
    _breach(dpo)
    for name, goal, description in _MEASURES:
        _save(
            dpo,
            wire.Measure(
                name=name, goal=goal, description=description, reviewed_on=_in(-90), review_on=_in(275)
            ),
        )


_MEASURES = (
    ("Verschlüsselung auf dem Weg", wire.MEASURE_GOAL_ENCRYPTION, "TLS zwischen allen Diensten und zum Browser."),
    ("Rechte nach Aufgabe", wire.MEASURE_GOAL_CONFIDENTIALITY, "Rollen bis auf Zeile und Feld."),
    ("Nachweis jeder Änderung", wire.MEASURE_GOAL_INTEGRITY, "Wer was wann geändert hat, steht im Protokoll."),
    ("Sicherung", wire.MEASURE_GOAL_RECOVERY, "Täglich; Löschungen werden nach einer Wiederherstellung wiederholt."),
    ("Probe der Wiederherstellung", wire.MEASURE_GOAL_TESTING, "Jedes Vierteljahr, mit Protokoll."),
)  # fmt: skip


def _processor(name: str, service: str, ends_in: int) -> wire.Processor:
    return wire.Processor(
        name=name,
        role=wire.RECIPIENT_ROLE_PROCESSOR,
        address="Musterweg 3, 10115 Berlin",
        country="DE",
        contact="Stabsstelle Datenschutz",
        service=service,
        signed_on=_in(-400),
        starts_on=_in(-390),
        ends_on=_in(ends_in),
        certificates="ISO/IEC 27001",
    )


def _breach(dpo: Caller) -> None:
    """Known since this morning; the clock runs and nothing is decided."""
    found = Breach(
        title="Rechnung im falschen Umschlag",
        facts="Beim Kuvertieren wurden zwei Briefe vertauscht. Ein Empfänger hat sich gemeldet.",
        subject_categories="Kundinnen und Kunden",
        subject_count=2,
        record_categories="Name, Anschrift, gekaufte Möbel, Rechnungsbetrag",
        record_count=2,
    )
    found.aware_time.FromDatetime(datetime.now(UTC) - timedelta(hours=5))
    dpo.breaches.SaveBreach(SaveBreachRequest(request_id=request_id("breach", 1), breach=found))


def _in(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _save(dpo: Caller, content: Message) -> str:
    field = _FIELDS[type(content)]
    name = getattr(content, "name", "") or getattr(content, "recipient", "")
    asked = wire.SaveRegisterEntryRequest(request_id=request_id("register", field, name))
    getattr(asked, field).CopyFrom(content)
    return str(dpo.registers.SaveRegisterEntry(asked).id)
