"""One decision about a message: what was asked, what was looked at, and the message that it let go."""

from __future__ import annotations

import csv
import io

from kontor.campaigns.v1 import campaigns_pb2
from kontor.contacts.v1 import contacts_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import NotFound, Unavailable
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours

ID = "018f0000-0000-7000-8000-0000000000{:02}"
MET, FAILED = privacy_pb2.CONDITION_OUTCOME_MET, privacy_pb2.CONDITION_OUTCOME_FAILED
PAGE = f"/decisions/{ID.format(1)}"


def decided(neighbours: Neighbours, reason: str, *, permitted: bool) -> None:
    last = MET if permitted else FAILED
    conditions = [
        privacy_pb2.DecisionCondition(name=name, outcome=outcome)
        for name, outcome in (("restriction", MET), ("address", MET), ("suppression", MET), ("basis", last))
    ]
    decision = privacy_pb2.Decision(
        id=ID.format(1),
        contact_id=ID.format(2),
        permitted=permitted,
        reason=reason,
        topic="newsletter",
        channel=privacy_pb2.CHANNEL_EMAIL,
        batch_id=ID.format(3),
        conditions=conditions,
    )
    person = contacts_pb2.Contact(id=ID.format(2), given_name="Annika", family_name="Sommer")
    message = campaigns_pb2.Message(
        id=ID.format(4), campaign_id=ID.format(5), state=campaigns_pb2.MESSAGE_STATE_SENT
    )
    neighbours.answers |= {
        "Permits.GetDecision": lambda _: decision,
        "Permits.ListDecisions": lambda _: privacy_pb2.ListDecisionsResponse(decisions=[decision]),
        "Contacts.GetContact": lambda _: person,
        "Contacts.BatchGetContacts": lambda _: contacts_pb2.BatchGetContactsResponse(contacts=[person]),
        "Campaigns.GetPermittedMessage": lambda _: message,
        "Campaigns.GetCampaign": lambda _: campaigns_pb2.Campaign(id=ID.format(5), name="Frühling"),
    }


def test_a_denied_message_says_which_condition_kept_it_back(log_in: LogIn, neighbours: Neighbours) -> None:
    decided(neighbours, "withdrawn", permitted=False)
    page = log_in("dpo").get(PAGE).text
    assert "Die Person hat sie widerrufen" in page
    assert (page.count("nicht erfüllt"), "Annika Sommer" in page) == (1, True)
    assert f"/decisions?batch_id={ID.format(3)}" in page
    assert neighbours.of("Campaigns.GetPermittedMessage") == []


def test_a_permitted_one_leads_to_its_message(log_in: LogIn, neighbours: Neighbours) -> None:
    decided(neighbours, "consent", permitted=True)
    page = log_in("manager").get(PAGE).text
    assert f'href="/campaigns/{ID.format(5)}#messages">Frühling' in page
    (asked,) = neighbours.of("Campaigns.GetPermittedMessage")
    assert (asked.contact_id, asked.permit_id) == (ID.format(2), ID.format(1))


def test_a_decision_shows_without_its_message_too(log_in: LogIn, neighbours: Neighbours) -> None:
    decided(neighbours, "contract", permitted=True)
    for problem in (Unavailable("down"), NotFound("none")):
        neighbours.answers["Campaigns.GetPermittedMessage"] = lambda _, it=problem: it  # type: ignore[misc]
        answer = log_in("dpo").get(PAGE)
        assert answer.status_code == 200
        assert "/campaigns/" not in answer.text.partition("<main")[2]


def test_filters_and_the_file_ask_for_the_same_rows(log_in: LogIn, neighbours: Neighbours) -> None:
    decided(neighbours, "withdrawn", permitted=False)
    browser, filters = log_in("dpo"), f"channel=letter&batch_id={ID.format(3)}&outcome=denied"
    assert f"batch_id={ID.format(3)}" in browser.get(f"/decisions?{filters}").text
    rows = list(csv.reader(io.StringIO(browser.get(f"/decisions.csv?{filters}").data.decode("utf-8-sig")),
                           delimiter=";"))  # fmt: skip
    assert (rows[1][3], rows[1][-1]) == ("E-Mail", ID.format(1))
    asked = neighbours.of("Permits.ListDecisions")
    assert {(e.channel, e.batch_id, e.outcome) for e in asked} == {
        (privacy_pb2.CHANNEL_LETTER, ID.format(3), privacy_pb2.DECISION_OUTCOME_DENIED)
    }


def test_a_contact_shows_what_was_kept_back_and_why(log_in: LogIn, neighbours: Neighbours) -> None:
    decided(neighbours, "suppressed", permitted=False)
    page = log_in("dpo").get(f"/contacts/{ID.format(2)}").text
    assert "Nachrichten, die nicht hinausgingen" in page
    assert f'href="{PAGE}"' in page
    seen = len(neighbours.of("Permits.ListDecisions"))
    page = log_in("agent").get(f"/contacts/{ID.format(2)}").text
    # An agent reads no log of decisions; the page does not ask for what it may not show.
    assert "Nachrichten, die nicht hinausgingen" not in page
    assert len(neighbours.of("Permits.ListDecisions")) == seen
