"""The list of consents: what counts per contact, topic and channel, what lacks its proof, to whom it is shown."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import consent_standings_pb2 as standings_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import select

from kernel.errors import InvalidArgument, PermissionDenied
from services.privacy.consent import store as ledger
from services.privacy.consent.merkle import leaf_hash
from services.privacy.consent.model import Evidence, Leaf, Record, State, leaf_content
from services.privacy.consent.tables import ConsentRecord
from services.privacy.consent.tree import store as trees
from tests.fixtures.realm import Realm
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request, withdraw_request
from tests.privacy.parts import Parts

GIVEN, WITHDRAWN = privacy_pb2.CONSENT_STATE_GIVEN, privacy_pb2.CONSENT_STATE_WITHDRAWN
MANY = 5


@pytest.fixture
async def contacts(doors: Doors, parts: Parts) -> list[str]:
    """One consent a day, each with its request before it; the first person has withdrawn at the end."""
    people = [uuid.uuid4() for _ in range(MANY)]
    consents = doors.consents(doors.as_service())
    for person in people:
        parts.clock.advance(days=1)
        await consents.GiveConsent(await give_request(parts.database, person))
    parts.clock.advance(days=1)
    await consents.WithdrawConsent(withdraw_request(people[0]))
    return [str(person) for person in people]


async def listed(doors: Doors, token: str, **asked: Any) -> list[standings_pb2.Standing]:
    """All pages, two rows at a time."""
    stub, found, page = doors.standings(token), [], ""
    while True:
        answer = await stub.ListStandings(
            standings_pb2.ListStandingsRequest(page_size=2, page_token=page, **asked)
        )
        found += list(answer.standings)
        page = answer.next_page_token
        if not page:
            return found


async def append(parts: Parts, state: State, evidence: Evidence, contact_id: uuid.UUID) -> None:
    """Puts a record into the ledger that no use case would take in."""
    async with parts.database.transaction() as session:
        frontier = await trees.lock_tree(session)
        record = Record(uuid.uuid4(), contact_id, "newsletter", 1, state, None, parts.clock.now(), evidence)
        leaf = Leaf(leaf_hash(b"s" * 16, leaf_content(record)), frontier.size, b"s" * 16)
        frontier, filled = frontier.grow(leaf.hash)
        await ledger.append(session, [ledger.Entry(record, leaf)], frontier, filled)


async def test_each_counts_once_with_its_last_word(doors: Doors, realm: Realm, contacts: list[str]) -> None:
    found = await listed(doors, realm.token("dpo"))
    assert [each.consent.contact_id for each in found] == [contacts[0], *contacts[:0:-1]]
    assert [each.consent.state for each in found] == [WITHDRAWN, *[GIVEN] * (MANY - 1)]
    assert {each.method for each in found} == {"double-opt-in", "one-click"}
    assert not any(each.missing for each in found)


async def test_a_request_counts_until_something_decides(
    doors: Doors, realm: Realm, parts: Parts, contacts: list[str]
) -> None:
    asked_only = uuid.uuid4()
    for person in (asked_only, asked_only, uuid.UUID(contacts[0])):
        await append(parts, State.REQUESTED, Evidence(method="double-opt-in"), person)
    requested = await listed(doors, realm.token("dpo"), state=privacy_pb2.CONSENT_STATE_REQUESTED)
    assert [each.consent.contact_id for each in requested] == [str(asked_only)]
    assert len(await listed(doors, realm.token("dpo"), state=WITHDRAWN)) == 1


async def test_the_list_says_what_one_contact_s_own_list_says(
    doors: Doors, realm: Realm, parts: Parts, contacts: list[str]
) -> None:
    for person in contacts[:2]:
        for state in (State.GIVEN, State.REQUESTED, State.EXPIRED, State.REQUESTED):
            await append(parts, state, Evidence(method="staff"), uuid.UUID(person))
    shown = {each.consent.contact_id: each.consent.id for each in await listed(doors, realm.token("dpo"))}
    consents = doors.consents(doors.as_service())
    for person in contacts:
        own = await consents.ListConsents(privacy_pb2.ListConsentsRequest(contact_id=person))
        assert [each.id for each in own.consents] == [shown[person]]


async def test_what_could_not_be_proven_is_found_and_said(
    doors: Doors, realm: Realm, parts: Parts, contacts: list[str]
) -> None:
    unproven = uuid.uuid4()
    await append(parts, State.GIVEN, Evidence(method="double-opt-in"), unproven)
    found = await listed(doors, realm.token("dpo"), without_proof=True)
    assert [each.consent.contact_id for each in found] == [str(unproven)]
    assert list(found[0].missing) == ["text", "confirm-time", "mail"]
    counts = await doors.standings(realm.token("dpo")).GetStandingCounts(
        standings_pb2.GetStandingCountsRequest()
    )
    assert counts.without_proof == 1


async def test_numbers_are_those_of_the_rows(
    doors: Doors, realm: Realm, parts: Parts, contacts: list[str]
) -> None:
    async with parts.database.reading() as session:
        records = len((await session.execute(select(ConsentRecord.id))).all())
    assert records == 2 * MANY + 1
    dpo, asked = realm.token("dpo"), standings_pb2.StandingFilter(topic="newsletter")
    counts = await doors.standings(dpo).GetStandingCounts(
        standings_pb2.GetStandingCountsRequest(filter=asked)
    )
    assert {each.state: each.count for each in counts.counts} == {GIVEN: MANY - 1, WITHDRAWN: 1}
    for each in counts.counts:
        assert len(await listed(doors, dpo, filter=asked, state=each.state)) == each.count


async def test_filters_leave_what_they_say(
    doors: Doors, realm: Realm, parts: Parts, contacts: list[str]
) -> None:
    async def narrowed(**values: str) -> list[str]:
        asked = standings_pb2.StandingFilter(**values)
        return [e.consent.contact_id for e in await listed(doors, realm.token("dpo"), filter=asked)]

    today = parts.clock.now().date()
    yesterday = (today - timedelta(days=1)).isoformat()
    assert await narrowed(from_date=today.isoformat()) == [contacts[0]]
    assert await narrowed(from_date=yesterday, until_date=yesterday) == [contacts[-1]]
    assert await narrowed(method="one-click") == [contacts[0]]
    assert await narrowed(topic="events") == []
    with pytest.raises(InvalidArgument):
        await narrowed(until_date="gestern")


async def test_who_sends_does_not_read_the_list(doors: Doors, realm: Realm, contacts: list[str]) -> None:
    for role in ("marketer", "agent", "sales", "integrator"):
        with pytest.raises(PermissionDenied):
            await listed(doors, realm.token(role))
        with pytest.raises(PermissionDenied):
            await doors.standings(realm.token(role)).GetStandingCounts(
                standings_pb2.GetStandingCountsRequest()
            )
    assert len(await listed(doors, realm.token("manager"))) == MANY
