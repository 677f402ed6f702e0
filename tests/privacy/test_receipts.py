"""How a subject is recognised: its own addresses, whole ones, and nobody else's."""

import uuid

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import insert

from kernel.clock import SystemClock
from kernel.db import Database
from kernel.holder.probing import probe
from kernel.holder.subject import Holder, Subject
from services.privacy.requests.model import Identifiers
from services.privacy.requests.receipts import identifiers_of
from tests.fixtures.serving import OpenDatabase
from tests.privacy.holders import Base, Remark, make_tables
from tests.privacy.machine import signer

SUBJECT = uuid.uuid4()


def value(
    column: str, text: str, category: options_pb2.Category.ValueType = options_pb2.CATEGORY_CONTACT_POINT
) -> holder_pb2.Value:
    return holder_pb2.Value(column=column, value=text, category=category)


def test_addresses_and_numbers_are_taken_and_nothing_else() -> None:
    record = holder_pb2.Record(
        record_id=str(SUBJECT),
        values=[
            value("email", " Anna@Example.org "),
            value("email_key", "anna@example.org"),
            value("phone", "+49 30 901820"),
            value("city", "Berlin"),
            value("emails", '["anna@example.org", "her-assistant@example.org"]'),
            value("note", "mail bob@example.org", options_pb2.CATEGORY_FREE_TEXT),
        ],
    )
    found = identifiers_of([record], SUBJECT)
    assert found.emails == ("anna@example.org",)
    assert found.phones == ("+49 30 901820",)


def test_a_record_that_only_leads_to_the_subject_may_be_a_colleagues() -> None:
    login = holder_pb2.Record(
        record_id="sub-of-a-colleague",
        values=[value("email", "colleague@example.org"), value("phone", "+49 30 1")],
    )
    assert identifiers_of([login], SUBJECT) == Identifiers()


@pytest.fixture
async def remarks(open_database: OpenDatabase) -> Database:
    database = open_database("scratch", Base.metadata)
    await make_tables(database)
    return database


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("anna@example.org", True),
        ("Mail:ANNA@EXAMPLE.ORG.", True),
        ("<anna@example.org>, tel. 1", True),
        ("-anna@example.org-", True),
        ("...anna@example.org", True),
        ('{"a": "anna@example.org"}', True),
        ("hanna@example.org", False),
        ("maria.anna@example.org", False),
        ("x+anna@example.org", False),
        ("anna@example.org.au", False),
        ("anna@example.orga", False),
        ("annaxexample.org", False),
        ("Tel.+49 30 901820/2", True),
        ("+49 30 9018201", False),
    ],
)
async def test_the_probe_finds_whole_addresses_only(remarks: Database, written: str, found: bool) -> None:
    async with remarks.transaction() as session:
        await session.execute(insert(Remark).values(id=uuid.uuid4(), text=written))
    subject = Subject(uuid.uuid4(), emails=("anna@example.org",), phones=("+49 30 901820",))
    holder = Holder("contacts", Base.metadata, signer("contacts"), SystemClock())
    async with remarks.reading() as session:
        answer = await probe(session, holder, subject)
    assert bool(answer.findings) is found
