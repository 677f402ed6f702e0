"""The log of decisions: what it shows, to whom, and page by page."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import InvalidArgument, PermissionDenied
from services.privacy.permits.model import PERMITS, Decision, Outcome, conditions
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


async def test_channel_and_batch_leave_what_they_say(doors: Doors, realm: Realm, asked: list[str]) -> None:
    sms = privacy_pb2.CHANNEL_SMS
    candidates = [privacy_pb2.Candidate(contact_id=each, address="+4930123") for each in asked[:3]]
    about = privacy_pb2.AuthorizeRequest(channel=sms, topic="newsletter", candidates=candidates)
    await doors.permits(doors.as_service()).Authorize(about)
    found = await listed(doors, realm, channel=sms)
    assert {each.contact_id for each in found} == set(asked[:3])
    assert len(await listed(doors, realm, channel=EMAIL)) == MANY
    batch = found[0].batch_id
    assert {each.id for each in await listed(doors, realm, batch_id=batch)} == {each.id for each in found}


async def test_every_number_is_that_of_the_rows_it_counts(
    doors: Doors, realm: Realm, parts: Parts, asked: list[str]
) -> None:
    manager = doors.permits(realm.token("manager"))
    counted = await manager.GetDecisionCounts(privacy_pb2.GetDecisionCountsRequest())
    assert [(e.reason, e.permitted, e.count) for e in counted.counts] == [
        ("no-consent", False, MANY - 1),
        ("consent", True, 1),
    ]
    for each in counted.counts:
        assert len(await listed(doors, realm, reason=each.reason, channel=each.channel)) == each.count
    day = parts.clock.now().date().isoformat()
    last = await manager.GetDecisionCounts(privacy_pb2.GetDecisionCountsRequest(from_date=day))
    assert sum(each.count for each in last.counts) == 1
    with pytest.raises(InvalidArgument):
        await manager.GetDecisionCounts(privacy_pb2.GetDecisionCountsRequest(from_date="gestern"))


async def test_a_decision_says_what_was_asked_and_which_condition_denied(
    doors: Doors, realm: Realm, asked: list[str]
) -> None:
    newest = (await listed(doors, realm))[0]
    permits = doors.permits(realm.token("dpo"))
    found = await permits.GetDecision(privacy_pb2.GetDecisionRequest(decision_id=newest.id))
    assert (found.topic, found.channel, found.batch_id) == ("newsletter", EMAIL, newest.batch_id)
    met, failed = privacy_pb2.CONDITION_OUTCOME_MET, privacy_pb2.CONDITION_OUTCOME_FAILED
    assert [(each.name, each.outcome) for each in found.conditions] == [
        ("restriction", met),
        ("address", met),
        ("suppression", met),
        ("basis", failed),
    ]


@pytest.mark.parametrize(
    ("reason", "outcomes"),
    [
        ("consent", [Outcome.MET] * 4),
        ("restricted", [Outcome.FAILED, *[Outcome.NOT_ASKED] * 3]),
        ("no-address", [Outcome.MET, Outcome.FAILED, Outcome.NOT_ASKED, Outcome.NOT_ASKED]),
        ("suppressed", [Outcome.MET, Outcome.MET, Outcome.FAILED, Outcome.NOT_ASKED]),
        ("expired", [Outcome.MET, Outcome.MET, Outcome.MET, Outcome.FAILED]),
        # A duty asks for an address only; nothing else may keep the answer back.
        ("legal-obligation", [Outcome.NOT_ASKED, Outcome.MET, Outcome.NOT_ASKED, Outcome.MET]),
    ],
)
def test_what_was_not_asked_is_not_called_met(reason: str, outcomes: list[Outcome]) -> None:
    decision = Decision(uuid.uuid4(), uuid.uuid4(), reason in PERMITS, reason, None, datetime.now(UTC))
    assert [outcome for _name, outcome in conditions(decision)] == outcomes


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
