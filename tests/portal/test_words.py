"""Whatever a service declares about a person has words on the portal, in both languages."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import EnumDescriptor
from kontor.campaigns.v1 import events_pb2 as campaign_events
from kontor.contacts.v1 import events_pb2 as contact_events
from kontor.privacy.v1 import events_pb2 as privacy_events
from kontor.privacy.v1 import holder_pb2, privacy_pb2
from kontor.tickets.v1 import events_pb2 as ticket_events
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import Table

from kernel.personal import Dataset, datasets, subject_columns
from services.portal import labels
from services.portal.clients import HOLDERS
from services.portal.rights import values, vocabulary, words


def _declared() -> Iterator[tuple[str, Table, Dataset]]:
    """Every table of every back end that can hold something about a subject."""
    for service in HOLDERS:
        metadata = importlib.import_module(f"services.{service}.tables").metadata
        for table, declared in datasets(metadata):
            if (declared.subject or declared.emails) and any(subject_columns(table)):
                yield service, table, declared


@pytest.mark.parametrize(
    ("table", "declared"),
    [pytest.param(table, declared, id=f"{service}-{table.name}") for service, table, declared in _declared()],
)
def test_every_data_set_that_can_name_a_person_has_words(table: Table, declared: Dataset) -> None:
    assert table.name in vocabulary.DATASETS
    assert declared.deletion_class.words in vocabulary.RETENTION
    for column, how in subject_columns(table):
        assert column.name in vocabulary.COLUMNS or column.name in vocabulary.DERIVED
        assert not how.law or how.law in vocabulary.LAWS
        assert how.purpose.value in words.PURPOSES
        assert how.basis.value in words.BASES


def test_every_fact_on_the_timeline_has_words() -> None:
    for module in (contact_events, campaign_events, ticket_events, privacy_events):
        for name in module.DESCRIPTOR.message_types_by_name:
            assert name in values._FACTS


@pytest.mark.parametrize(
    ("enum", "table"),
    [
        (tickets_pb2.DESCRIPTOR.enum_types_by_name["TicketState"], labels.TICKET_STATES),
        (privacy_pb2.DESCRIPTOR.enum_types_by_name["RequestState"], labels.REQUEST_STATES),
        (holder_pb2.DESCRIPTOR.enum_types_by_name["RequestKind"], labels.REQUEST_KINDS),
        (holder_pb2.DESCRIPTOR.enum_types_by_name["Action"], labels.ACTIONS),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_every_state_has_a_label(enum: EnumDescriptor, table: dict[int, labels.Label]) -> None:
    assert set(table) == {value.number for value in enum.values if value.number}


def test_a_state_of_a_newer_service_is_still_a_page() -> None:
    assert labels.ticket_state(99).text == "–"


def test_every_icon_on_the_pages_exists() -> None:
    folder = Path(__file__).resolve().parents[2] / "kernel/web/static/vendor/icons"
    assert folder.is_dir(), "no icons: make bootstrap"
    tables = (labels.TICKET_STATES, labels.REQUEST_STATES, labels.REQUEST_KINDS, labels.ACTIONS)
    used = {label.icon for table in tables for label in table.values()}
    used |= {icon for _title, _text, icon in words.HOLDERS.values()}
    assert {name for name in used if not (folder / f"{name}.svg").is_file()} == set()
