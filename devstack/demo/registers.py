"""The registers of the demo's company: who gets data, one transfer, and how everything is protected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.message import Message
from kontor.privacy.v1 import assessments_pb2 as assessed
from kontor.privacy.v1 import registers_pb2 as wire
from kontor.privacy.v1.breaches_pb2 import Breach, SaveBreachRequest

from devstack.demo.doors import Caller, request_id

_FIELDS = {wire.Processor: "processor", wire.Transfer: "transfer", wire.Measure: "measure"}


def load(dpo: Caller, *, manager: Caller) -> None:
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
    measures = [
        _save(
            dpo,
            wire.Measure(
                name=name, goal=goal, description=description, reviewed_on=_in(-90), review_on=_in(275)
            ),
        )
        for name, goal, description in _MEASURES
    ]
    _assessment(dpo, manager, measures)


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


def _assessment(dpo: Caller, manager: Caller, measures: list[str]) -> None:
    """Written by the management, advised on by the officer, not decided yet."""
    profile = assessed.AssessedRisk(
        text="Aus Käufen wird auf die Lebenslage geschlossen", severity=3, likelihood=3, severity_after=3,
        likelihood_after=1, measure_ids=measures[1:3],
    )  # fmt: skip
    leak = assessed.AssessedRisk(
        text="Unbefugte lesen die Kaufhistorie", severity=3, likelihood=2, severity_after=2, likelihood_after=1,
        measure_ids=measures[:2],
    )  # fmt: skip
    unfair = assessed.AssessedRisk(
        text="Wer selten kauft, wird schlechter bedient", severity=2, likelihood=3, severity_after=2,
        likelihood_after=2,
    )  # fmt: skip
    found = assessed.Assessment(
        title="Treuestufen aus der Kaufhistorie",
        activities=["marketing"],
        description="Aus zwei Jahren Käufen wird eine Stufe berechnet, nach der Einladungen verschickt werden.",
        criteria=[assessed.CRITERION_SCORING, assessed.CRITERION_LARGE_SCALE],
        necessity="Ohne Stufe gingen Einladungen an alle und damit mehr Daten an die Druckerei.",
        proportionality="Nur Datum und Warengruppe, keine einzelnen Artikel; wer widerspricht, wird nicht eingestuft.",
        risks=[profile, leak, unfair],
        review_on=_in(180),
    )
    saved = manager.assessments.SaveAssessment(
        assessed.SaveAssessmentRequest(request_id=request_id("assessment", 1), assessment=found)
    )
    dpo.assessments.GiveOpinion(
        assessed.GiveOpinionRequest(
            request_id=request_id("opinion", 1),
            id=saved.id,
            version=saved.version,
            verdict=assessed.VERDICT_PROCEED,
            text="Vertretbar, wenn Seltenkäufer dieselbe Auskunft und denselben Service bekommen. Jährlich überprüfen.",
        )
    )


def _in(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _save(dpo: Caller, content: Message) -> str:
    field = _FIELDS[type(content)]
    name = getattr(content, "name", "") or getattr(content, "recipient", "")
    asked = wire.SaveRegisterEntryRequest(request_id=request_id("register", field, name))
    getattr(asked, field).CopyFrom(content)
    return str(dpo.registers.SaveRegisterEntry(asked).id)
