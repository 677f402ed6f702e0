"""Whatever a service declares about a person has a word in the German copy of the data, and values read as words."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import EnumDescriptor
from kontor.campaigns.v1 import events_pb2 as campaign_events
from kontor.contacts.v1 import contacts_pb2
from kontor.contacts.v1 import events_pb2 as contact_events
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import events_pb2 as privacy_events
from kontor.privacy.v1 import holder_pb2, privacy_pb2, restrictions_pb2
from kontor.tickets.v1 import events_pb2 as ticket_events
from sqlalchemy import Boolean, SmallInteger, Table

from kernel.personal import Dataset, datasets, subject_columns
from services.privacy.clients import HOLDERS
from services.privacy.requests.report import DERIVED
from services.privacy.requests.wording import column_label, label, source_words, value_words, words

LANGUAGES = ("de", "en")
ENUMS: dict[tuple[str, str], EnumDescriptor] = {
    ("contact", "salutation"): contacts_pb2.Salutation.DESCRIPTOR,
    ("consent_record", "channel"): privacy_pb2.Channel.DESCRIPTOR,
    ("consent_record", "state"): privacy_pb2.ConsentState.DESCRIPTOR,
    ("asking", "kind"): holder_pb2.RequestKind.DESCRIPTOR,
    ("subject_request", "kind"): holder_pb2.RequestKind.DESCRIPTOR,
    ("subject_request", "state"): privacy_pb2.RequestState.DESCRIPTOR,
    ("restriction", "ground"): options_pb2.RestrictionGround.DESCRIPTOR,
    ("restriction", "state"): restrictions_pb2.RestrictionState.DESCRIPTOR,
}


def _declared() -> Iterator[Any]:
    """Every table of every back end that can hold something about a subject."""
    for service in HOLDERS:
        metadata = importlib.import_module(f"services.{service}.tables").metadata
        for table, declared in datasets(metadata):
            if (declared.subject or declared.emails) and any(subject_columns(table)):
                yield pytest.param(table, declared, id=f"{service}-{table.name}")


@pytest.mark.parametrize(("table", "declared"), list(_declared()))
def test_everything_declared_about_a_person_has_a_german_word(table: Table, declared: Dataset) -> None:
    known = words("de")
    assert table.name in known["datasets"]
    assert declared.deletion_class.words in known["retention"]
    for column, how in subject_columns(table):
        assert column.name in known["columns"] or column.name in DERIVED
        assert not how.law or how.law in known["laws"]


@pytest.mark.parametrize(("table", "declared"), list(_declared()))
def test_no_number_and_no_flag_is_printed_bare(table: Table, declared: Dataset) -> None:
    for column, _ in subject_columns(table):
        if isinstance(column.type, SmallInteger):
            numbers = {str(value.number) for value in ENUMS[table.name, column.name].values if value.number}
        elif isinstance(column.type, Boolean):
            numbers = {"True", "False"}
        else:
            continue
        for language in LANGUAGES:
            assert numbers <= words(language)["values"][f"{table.name}.{column.name}"].keys()


@pytest.mark.parametrize(("table", "declared"), list(_declared()))
def test_whatever_a_machine_decides_is_explained(table: Table, declared: Dataset) -> None:
    for language in LANGUAGES:
        assert declared.automated is None or declared.automated.logic in words(language)["logic"]


def test_every_fact_on_the_timeline_has_words() -> None:
    for module in (contact_events, campaign_events, ticket_events, privacy_events):
        for name, message in module.DESCRIPTOR.message_types_by_name.items():
            for language in LANGUAGES:
                assert value_words(language, "timeline_entry", "kind", message.full_name) != message.full_name
                assert name in words(language)["values"]["timeline_entry.kind"]


@pytest.mark.parametrize(
    "source",
    [
        "staff", "portal", "form", "integration", "import:018f0000-0000-7000-8000-000000000001",
        "https://example.org/newsletter", "double-opt-in", "portal-login", "preferences", "link", "one-click",
    ],
)  # fmt: skip
def test_every_source_has_words(source: str) -> None:
    for language in LANGUAGES:
        assert source_words(language, source) in words(language)["sources"].values()


def test_a_column_may_mean_another_thing_in_another_dataset() -> None:
    assert column_label("de", "ticket", "subject") == "Betreff"
    assert column_label("de", "login", "subject") == "Kennung des Zugangs"


def test_what_a_newer_service_declares_is_still_shown() -> None:
    assert label("de", "datasets", "new_table") == "new table"
    assert column_label("de", "contact", "new_column") == "new column"
    assert value_words("de", "contact", "city", "St. Peter") == "St. Peter"
    assert value_words("de", "contact", "salutation", "99") == "99"
    assert source_words("de", "somewhere") == "somewhere"


def test_both_languages_have_words_for_the_same_values() -> None:
    for group in ("logic", "automated", "roles", "countries"):
        assert words("de")[group].keys() == words("en")[group].keys()
    german, english = words("de")["values"], words("en")["values"]
    assert {k: set(v) for k, v in german.items()} == {k: set(v) for k, v in english.items()}
