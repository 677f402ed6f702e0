"""Step 10: every process was killed twice; nothing is lost, nothing is doubled, and both jobs were finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kontor.campaigns.v1.campaigns_pb2 import (
    CAMPAIGN_STATE_FINISHED,
    MESSAGE_STATE_SENT,
    GetCampaignRequest,
)
from kontor.campaigns.v1.events_pb2 import MessageSent
from kontor.contacts.v1.contacts_pb2 import ListTimelineRequest
from kontor.contacts.v1.events_pb2 import ContactCreated

from tests.e2e.broker import Stored, read_everything
from tests.e2e.check import holds, same, same_sets, wait_for
from tests.e2e.running import BACK_ENDS, PROCESSES
from tests.e2e.steps import s03_campaign, s07_erasure
from tests.e2e.world import Counts, World


def run(world: World) -> Counts:
    _check_kills(world)
    wait_for(lambda: _unpublished(world) == 0, "every fact has left its outbox", seconds=20)
    messages = read_everything(world.env["KONTOR_NATS_URL"])
    same([message.subject for message in messages if message.stream == "DEAD"], [], "dead letters")
    ids = [message.id for message in messages if message.id]
    same(len(ids), len(set(ids)), "facts on the broker, each once")
    _check_created(world, messages)
    sent = _check_sent(world, messages)
    _check_timeline(world)
    return {"kills": len(world.kills.done), "facts": len(ids), "sent": sent, "dead": 0}


def _check_kills(world: World) -> None:
    for step in (s03_campaign.STEP, s07_erasure.STEP):
        killed = [kill.name for kill in world.kills.done if kill.step == step]
        same_sets(killed, PROCESSES, f"processes killed in {step}")
    world.kills.check_restarts()


def _unpublished(world: World) -> int:
    return sum(_count(world, name, "SELECT count(*) FROM outbox") for name in BACK_ENDS)


def _count(world: World, name: str, query: str) -> int:
    with world.running.connect(name) as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def _check_created(world: World, messages: Iterable[Stored]) -> None:
    created = [
        ContactCreated.FromString(message.body).contact_id
        for message in messages
        if message.subject == "contacts.contact.created"
    ]
    same_sets(created, [*world.contact_ids.values(), world.visitor_id], "contacts that were announced")


def _check_sent(world: World, messages: Iterable[Stored]) -> int:
    """For the campaign in which everything died: the mails, the messages and the facts are the same ones."""
    campaign = world.marketer.campaigns.GetCampaign(GetCampaignRequest(campaign_id=world.campaign_id))
    same(campaign.state, CAMPAIGN_STATE_FINISHED, "the campaign")
    facts = [MessageSent.FromString(m.body) for m in messages if m.subject == "campaigns.message.sent"]
    told = [fact.message_id for fact in facts if fact.campaign_id == world.campaign_id]
    rows = s03_campaign.messages_of(world, world.campaign_id)
    same_sets(
        told,
        [row.id for row in rows if row.state == MESSAGE_STATE_SENT],
        "messages that were announced as sent",
    )
    mails = s03_campaign.recipients_of(world, s03_campaign.SUBJECT)
    same(len(mails), len(told), "mails, one for each message")
    return len(told)


def _check_timeline(world: World) -> None:
    """A consumer's effects, once each: one person's timeline."""
    person = world.people.permitted[1]
    question = ListTimelineRequest(contact_id=world.contact_id(person), page_size=100)
    expected = {
        "kontor.contacts.v1.ContactCreated": 1,
        "kontor.privacy.v1.ConsentGiven": 1,
        "kontor.campaigns.v1.MessageSent": 2,
    }

    def complete() -> bool:
        entries = world.agent.contacts.ListTimeline(question).entries
        return sum(Counter(entry.kind for entry in entries).values()) >= sum(expected.values())

    wait_for(complete, "the timeline is complete", seconds=20)
    entries = world.agent.contacts.ListTimeline(question).entries
    same(dict(Counter(entry.kind for entry in entries)), expected, "one person's timeline")
    holds(len({entry.id for entry in entries}) == len(entries), "entries, each once")
