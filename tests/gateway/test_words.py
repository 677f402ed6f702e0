"""Everything that a service can say has words on the gateway, in German and in English."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from google.protobuf.descriptor import EnumDescriptor
from kontor.campaigns.v1 import campaigns_pb2
from kontor.campaigns.v1 import events_pb2 as campaign_events
from kontor.contacts.v1 import contacts_pb2, imports_pb2, logins_pb2
from kontor.contacts.v1 import events_pb2 as contact_events
from kontor.privacy.v1 import assessments_pb2, breaches_pb2, holder_pb2, privacy_pb2, registers_pb2
from kontor.privacy.v1 import events_pb2 as privacy_events
from kontor.tickets.v1 import events_pb2 as ticket_events
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import Table

from kernel.holder.subject import has_subjects
from kernel.personal import datasets, personal_columns
from kernel.schema import service_metadata
from kernel.web.extract_translations import extract
from services.campaigns.templates.model import Problem
from services.contacts.consumers import consumers
from services.contacts.imports import model as imports_model
from services.gateway import labels
from services.gateway.assessments import words as assessment_words
from services.gateway.breaches import words as breach_words
from services.gateway.contacts import timeline
from services.gateway.designs import words as mistakes
from services.gateway.registers import words as register_words
from services.gateway.requests import plans
from services.gateway.retention import datasets as retention_datasets
from services.gateway.retention import words as retention_words
from services.gateway.retention.classes import PROSE, deletion_class
from services.privacy.permits import model as permits_model

_PACKAGE = Path(labels.__file__).parent


def test_every_text_has_a_german_translation() -> None:
    with (_PACKAGE / "translations/de/LC_MESSAGES/messages.po").open("rb") as stream:
        catalog = read_po(stream, locale="de")
    missing = [entry.id for entry in extract(_PACKAGE) if entry.id and not _translated(catalog, entry.id)]
    assert missing == []


def test_placeholders_survive_translation() -> None:
    with (_PACKAGE / "translations/de/LC_MESSAGES/messages.po").open("rb") as stream:
        catalog = read_po(stream, locale="de")
    broken = [entry.id for entry in catalog if entry.id for _error in entry.check(catalog)]
    assert broken == []


@pytest.mark.parametrize(
    ("enum", "table"),
    [
        (tickets_pb2.DESCRIPTOR.enum_types_by_name["TicketState"], labels.TICKET_STATES),
        (tickets_pb2.DESCRIPTOR.enum_types_by_name["TicketPriority"], labels.PRIORITIES),
        (tickets_pb2.DESCRIPTOR.enum_types_by_name["Channel"], labels.TICKET_CHANNELS),
        (privacy_pb2.DESCRIPTOR.enum_types_by_name["Channel"], labels.CHANNELS),
        (privacy_pb2.DESCRIPTOR.enum_types_by_name["RequestState"], labels.REQUEST_STATES),
        (privacy_pb2.DESCRIPTOR.enum_types_by_name["ConsentState"], labels.CONSENT_STATES),
        (holder_pb2.DESCRIPTOR.enum_types_by_name["RequestKind"], labels.REQUEST_KINDS),
        (holder_pb2.DESCRIPTOR.enum_types_by_name["Action"], labels.ACTIONS),
        (assessments_pb2.DESCRIPTOR.enum_types_by_name["Criterion"], assessment_words.CRITERIA),
        (assessments_pb2.DESCRIPTOR.enum_types_by_name["RiskLevel"], assessment_words.LEVELS),
        (assessments_pb2.DESCRIPTOR.enum_types_by_name["Verdict"], assessment_words.VERDICTS),
        (breaches_pb2.DESCRIPTOR.enum_types_by_name["Risk"], breach_words.RISKS),
        (breaches_pb2.DESCRIPTOR.enum_types_by_name["Exception"], breach_words.EXCEPTIONS),
        (registers_pb2.DESCRIPTOR.enum_types_by_name["RecipientRole"], register_words.ROLES),
        (registers_pb2.DESCRIPTOR.enum_types_by_name["TransferMechanism"], register_words.MECHANISMS),
        (registers_pb2.DESCRIPTOR.enum_types_by_name["MeasureGoal"], register_words.GOALS),
        (campaigns_pb2.DESCRIPTOR.enum_types_by_name["CampaignState"], labels.CAMPAIGN_STATES),
        (campaigns_pb2.DESCRIPTOR.enum_types_by_name["MessageState"], labels.MESSAGE_STATES),
        (imports_pb2.DESCRIPTOR.enum_types_by_name["ImportState"], labels.IMPORT_STATES),
        (imports_pb2.DESCRIPTOR.enum_types_by_name["RowOutcome"], labels.OUTCOMES),
        (contacts_pb2.DESCRIPTOR.enum_types_by_name["Salutation"], labels.SALUTATIONS),
        (logins_pb2.DESCRIPTOR.enum_types_by_name["InvitationState"], labels.INVITATION_STATES),
    ],
    ids=lambda value: getattr(value, "full_name", ""),
)
def test_every_value_of_the_contract_has_a_label(enum: EnumDescriptor, table: dict[Any, Any]) -> None:
    assert set(table) == {value.number for value in enum.values if value.number}


def _declared() -> Iterator[tuple[str, Table]]:
    """Every table of every holder that a plan can name, as `plans.DATASETS` calls it."""
    kernel = service_metadata().tables
    for holder in labels.HOLDERS:
        metadata = importlib.import_module(f"services.{holder}.tables").metadata
        for table, _declaration in datasets(metadata):
            if has_subjects(table):
                yield table.name if table.name in kernel else f"{holder}.{table.name}", table


def test_every_data_set_that_a_plan_can_name_has_words_and_no_other_has() -> None:
    assert set(plans.DATASETS) == {name for name, _table in _declared()}


def test_every_dataset_of_the_deletion_concept_has_words() -> None:
    declared = [
        (holder, table.name)
        for holder in labels.HOLDERS
        for table, _declaration in datasets(importlib.import_module(f"services.{holder}.tables").metadata)
    ]
    assert [each for each in declared if not retention_datasets.known(*each)] == []


def test_every_deletion_class_has_words_in_both_languages(app: Flask) -> None:
    declared = {
        str(getattr(declaration.deletion_class, "words", declaration.deletion_class))
        for holder in labels.HOLDERS
        for _, declaration in datasets(importlib.import_module(f"services.{holder}.tables").metadata)
    }
    assert len(declared) > 25
    english = re.compile(r"\b(year|day|hour|never|with|end|until|after|of|the|GDPR)s?\b|\(\d\)")
    for language in ("de", "en"):
        with app.test_request_context(headers={"Accept-Language": language}):
            said = {each: deletion_class(each) for each in declared}
            events = {
                each.partition(" + ")[0].rpartition(": ")[2]
                for each in declared - set(PROSE)
                if " + " in each
            }
            assert events - retention_words.EVENTS.keys() == set()
            if language == "de":
                assert [text for text in said.values() if english.search(text)] == []
                assert said["completion + 30 days"] == "Abschluss der Anfrage + 30 Tage"
                assert (
                    said[
                        "end of the last relation + 10 years to the end of the year (§ 147(3) AO, § 257(4) HGB)"
                    ]
                    == "Ende der letzten Beziehung + 10 Jahre, zum Jahresende (§ 147 Abs. 3 AO, § 257 Abs. 4 HGB)"
                )
            else:
                assert said["mark + 3 years"] == "marking + 3 years"


def test_every_law_that_keeps_something_is_cited_as_germans_cite_it(app: Flask) -> None:
    laws = {how.law for _, table in _declared() for _, how in personal_columns(table) if how.law}
    assert laws
    with app.test_request_context(headers={"Accept-Language": "de"}):
        cited = {plans.law(text) for text in laws}
    # "(3)(b)" is how the English version counts: a German reader looks for paragraph and letter.
    assert [text for text in cited if "(" in text or "GDPR" in text] == []
    assert "Art. 5 Abs. 2, Art. 17 Abs. 3 Buchst. b DSGVO" in cited


def test_every_fact_of_the_timeline_is_told_in_a_sentence() -> None:
    facts = (contact_events, campaign_events, ticket_events, privacy_events)
    known = {m.full_name for module in facts for m in module.DESCRIPTOR.message_types_by_name.values()}
    listened = {subscription.fact.DESCRIPTOR.full_name for subscription in consumers(None)}  # type: ignore[arg-type]
    assert listened <= timeline._TEXTS.keys() <= known


def test_every_reason_for_a_row_or_a_message_has_words() -> None:
    named = [
        value
        for model in (imports_model, permits_model)
        for name, value in vars(model).items()
        if name.isupper() and isinstance(value, str) and value.islower()
    ]
    assert len(named) >= 10
    assert [reason for reason in named if reason not in labels.REASONS] == []


def test_every_mistake_in_a_template_has_words() -> None:
    assert set(mistakes.MISTAKES) == set(Problem)


def _translated(catalog: Any, text: Any) -> bool:
    found = catalog.get(text[0] if isinstance(text, (list, tuple)) else text)
    if found is None:
        return False
    return all(found.string) if isinstance(found.string, (list, tuple)) else bool(found.string)
