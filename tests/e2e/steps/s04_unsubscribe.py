"""Step 4: one POST without a login ends it; the next campaign leaves that person out; the way back is as short."""

from __future__ import annotations

import uuid
from email.message import EmailMessage

import httpx
from kontor.campaigns.v1.campaigns_pb2 import MESSAGE_STATE_DENIED, MESSAGE_STATE_SENT
from kontor.privacy.v1.privacy_pb2 import (
    CONSENT_STATE_GIVEN,
    CONSENT_STATE_WITHDRAWN,
    Consent,
    ListConsentsRequest,
)

from tests.e2e.browser import Browser, Form, Page, links_of
from tests.e2e.check import holds, same, same_sets
from tests.e2e.mailbox import body
from tests.e2e.steps.s03_campaign import (
    create_campaign,
    messages_of,
    one_click_url,
    recipients_of,
    start,
    wait_until_finished,
)
from tests.e2e.world import TOPIC, Counts, World

SUBJECT = "Zweiter Rundbrief der Backstube"


def run(world: World) -> Counts:
    leaver = world.people.leaver
    (mail,) = world.mailbox.mails(leaver.email)
    _unsubscribe_with_one_click(one_click_url(world.mailbox.parsed(mail)))
    campaign_id = create_campaign(world, subject=SUBJECT)
    start(world, campaign_id)
    wait_until_finished(world, campaign_id)
    _check_left_out(world, campaign_id)
    sent = recipients_of(world, SUBJECT)
    expected = [person.email for person in (*world.people.permitted, world.people.visitor)]
    out = {leaver.email, *(person.email for person in world.people.refused)}
    same_sets(sent, [email for email in expected if email not in out], "recipients of the second campaign")
    _come_back(world, world.mailbox.parsed(mail))
    return {"sent": len(sent), "left_out": 1, "came_back": 1}


def _unsubscribe_with_one_click(url: str) -> None:
    """What a mail provider sends (RFC 8058): no cookie, no redirect, one form field; and it may come twice."""
    for _ in range(2):
        answer = httpx.post(url, data={"List-Unsubscribe": "One-Click"}, timeout=20)
        same(answer.status_code, 200, "the one-click POST")
        holds("set-cookie" not in answer.headers, "the one-click POST sets no cookie")


def _come_back(world: World, mail: EmailMessage) -> None:
    """With the link of the same mail: to the text that the page shows, and to no other."""
    prefix = f"{world.portal}/preferences/"
    (link,) = {link for link in links_of(body(mail, "html")) if link.startswith(prefix)}
    with Browser() as browser:
        _switch(browser.get(link)).submit(text_id=str(uuid.uuid4()))
        same(_newest_consent(world).state, CONSENT_STATE_WITHDRAWN, "the answer to a text that was not shown")
        form = _switch(browser.get(link))
        form.submit()
        same(_switch(browser.get(link)).value("to"), "off", "what the page offers who has come back")
    given = _newest_consent(world)
    same((given.state, given.text_id), (CONSENT_STATE_GIVEN, form.value("text_id")), "the consent by link")


def _switch(page: Page) -> Form:
    """The newsletter's form; the address of the page has none for one topic alone."""
    return next(form for form in page.forms if form.has("topic") and form.value("topic") == TOPIC)


def _newest_consent(world: World) -> Consent:
    question = ListConsentsRequest(contact_id=world.contact_id(world.people.leaver))
    consents = world.dpo.consents.ListConsents(question).consents
    return next(consent for consent in consents if consent.topic == TOPIC)


def _check_left_out(world: World, campaign_id: str) -> None:
    leaver_id = world.contact_id(world.people.leaver)
    messages = {message.contact_id: message for message in messages_of(world, campaign_id)}
    same(messages[leaver_id].state, MESSAGE_STATE_DENIED, "the message to who has unsubscribed")
    same(messages[leaver_id].reason, "withdrawn", "the reason that staff can read")
    same(messages[world.visitor_id].state, MESSAGE_STATE_SENT, "the message to somebody else")
