"""The log of decisions: what it shows, to whom, and page by page."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import InvalidArgument, PermissionDenied
from tests.fixtures.realm import Realm
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL, give_request
from tests.privacy.parts import Parts

MANY = 7


@pytest.fixture
async def asked(doors: Doors, parts: Parts) -> list[str]:
    """Contacts about whom somebody has asked, one a day: the first has consented, the others have not."""
    contacts = [str(uuid.uuid4()) for _ in range(MANY)]
    await doors.consents(doors.as_service()).GiveConsent(
        await give_request(parts.database, uuid.UUID(contacts[0]))
    )
    permits = doors.permits(doors.as_service())
    for number, contact_id in enumerate(contacts):
        parts.clock.advance(days=1)
        candidate = privacy_pb2.Candidate(contact_id=contact_id, address=f"p{number}@post.example")
        request = privacy_pb2.AuthorizeRequest(channel=EMAIL, topic="newsletter", candidates=[candidate])
        await permits.Authorize(request)
    return contacts


async def listed(doors: Doors, realm: Realm, **filters: Any) -> list[privacy_pb2.Decision]:
    """All pages, two decisions at a time."""
    permits, found, token = doors.permits(realm.token("dpo")), [], ""
    while True:
        asked = privacy_pb2.ListDecisionsRequest(page_size=2, page_token=token, **filters)
        answer = await permits.ListDecisions(asked)
        found += list(answer.decisions)
        token = answer.next_page_token
        if not token:
            return found


async def test_the_newest_comes_first_and_none_twice(doors: Doors, realm: Realm, asked: list[str]) -> None:
    found = await listed(doors, realm)
    assert [each.contact_id for each in found] == asked[::-1]
    assert {(each.topic, each.channel) for each in found} == {("newsletter", EMAIL)}
    assert len({each.batch_id for each in found}) == MANY


async def test_filters_leave_what_they_say(doors: Doors, realm: Realm, asked: list[str]) -> None:
    permitted = await listed(doors, realm, outcome=privacy_pb2.DECISION_OUTCOME_PERMITTED)
    assert [(each.contact_id, each.reason) for each in permitted] == [(asked[0], "consent")]
    denied = await listed(doors, realm, outcome=privacy_pb2.DECISION_OUTCOME_DENIED)
    assert len(denied) == MANY - 1
    assert len(await listed(doors, realm, reason="no-consent")) == MANY - 1
    assert [e.contact_id for e in await listed(doors, realm, contact_id=asked[3])] == [asked[3]]
    assert await listed(doors, realm, topic="events") == []


async def test_days_are_those_of_the_controller(
    doors: Doors, realm: Realm, parts: Parts, asked: list[str]
) -> None:
    last = parts.clock.now().date()
    before = (last - timedelta(days=1)).isoformat()
    assert [e.contact_id for e in await listed(doors, realm, from_date=last.isoformat())] == [asked[-1]]
    between = await listed(doors, realm, from_date=before, until_date=before)
    assert [each.contact_id for each in between] == [asked[-2]]
    with pytest.raises(InvalidArgument):
        await listed(doors, realm, until_date="gestern")


async def test_who_sends_does_not_read_the_log(doors: Doors, realm: Realm, asked: list[str]) -> None:
    for role in ("marketer", "agent", "sales", "integrator"):
        with pytest.raises(PermissionDenied):
            await doors.permits(realm.token(role)).ListDecisions(privacy_pb2.ListDecisionsRequest())
    found = await doors.permits(realm.token("manager")).ListDecisions(privacy_pb2.ListDecisionsRequest())
    assert len(found.decisions) == len(asked)
