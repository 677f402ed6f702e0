"""Step 3: a newsletter goes to exactly those who may get it, once each, although every process dies meanwhile."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterable
from email.message import EmailMessage

from google.protobuf.timestamp_pb2 import Timestamp
from kontor.campaigns.v1.campaigns_pb2 import (
    CAMPAIGN_STATE_FINISHED,
    MESSAGE_STATE_DENIED,
    MESSAGE_STATE_REFUSED,
    MESSAGE_STATE_SENT,
    Audience,
    Campaign,
    CreateAudienceRequest,
    CreateCampaignRequest,
    CreateTemplateRequest,
    GetCampaignRequest,
    ListMessagesRequest,
    Message,
    StartCampaignRequest,
    Template,
)
from kontor.contacts.v1.contacts_pb2 import ContactFilter
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    Evidence,
    GetDecisionRequest,
    GiveConsentRequest,
    WithdrawConsentRequest,
)

from tests.e2e.browser import Browser, links_of
from tests.e2e.calls import all_pages, new_id, patiently, side_by_side
from tests.e2e.check import holds, same, same_sets, wait_for
from tests.e2e.kills import ORDER
from tests.e2e.mailbox import body
from tests.e2e.people import Person
from tests.e2e.steps.s02_sign_up import current_text
from tests.e2e.world import TOPIC, Counts, World

SUBJECT = "Neues aus der Backstube"
STEP = "campaign"
_MJML = """
<mjml><mj-body>
  <mj-section><mj-column>
    <mj-text>{{ salutation }},</mj-text>
    <mj-text>es gibt wieder Käsekuchen &amp; Brötchen. Größe: für alle.</mj-text>
    <mj-button href="{{ preferences_url }}">Was Sie erhalten</mj-button>
    <mj-text><a href="{{ unsubscribe_url }}">Abbestellen</a></mj-text>
  </mj-column></mj-section>
</mj-body></mjml>
"""


def run(world: World) -> Counts:
    _collect_consents(world)
    world.audience_id = _create_audience(world)
    world.campaign_id = create_campaign(world, subject=SUBJECT)
    before = len(world.mailbox.mails())
    began = time.monotonic()
    start(world, world.campaign_id)
    _kill_everyone_while_it_sends(world, before)
    campaign = wait_until_finished(world, world.campaign_id)
    took = round(time.monotonic() - began, 1)
    sent = recipients_of(world, SUBJECT)
    refused = {person.email for person in world.people.refused}
    same_sets(sent, [email for email in _permitted(world) if email not in refused], "recipients")
    reasons = _check_messages(world, campaign)
    _check_mails(world)
    _open_preferences(world, world.people.permitted[0])
    return {
        "sent": len(sent),
        "kills": len(ORDER),
        "sending_s": took,
        **{f"not_{key}": count for key, count in reasons.items()},
    }


def create_campaign(world: World, *, subject: str) -> str:
    """A template with this subject, and a campaign with it for the audience."""
    template = Template(name=subject, subject=subject, mjml=_MJML, language="de")
    made = world.marketer.templates.CreateTemplate(
        CreateTemplateRequest(request_id=new_id(), template=template)
    )
    campaign = Campaign(
        name=subject, goal="Wissen, was es gibt", template_id=made.id, audience_id=world.audience_id
    )
    command = CreateCampaignRequest(request_id=new_id(), campaign=campaign)
    return world.marketer.campaigns.CreateCampaign(command).id


def start(world: World, campaign_id: str) -> None:
    """Start it; the same command again starts nothing twice."""
    command = StartCampaignRequest(request_id=new_id(), campaign_id=campaign_id)
    patiently(lambda: world.marketer.campaigns.StartCampaign(command))
    patiently(lambda: world.marketer.campaigns.StartCampaign(command))


def wait_until_finished(world: World, campaign_id: str) -> Campaign:
    """The campaign, when every message has its end."""
    question = GetCampaignRequest(campaign_id=campaign_id)

    def ask() -> Campaign | None:
        campaign = patiently(lambda: world.marketer.campaigns.GetCampaign(question))
        return campaign if campaign.state == CAMPAIGN_STATE_FINISHED else None

    return wait_for(ask, "the campaign finishes", seconds=120, every=0.3)


def messages_of(world: World, campaign_id: str) -> list[Message]:
    """Every message of a campaign."""
    return list(
        all_pages(
            lambda token: world.marketer.campaigns.ListMessages(
                ListMessagesRequest(campaign_id=campaign_id, page_size=500, page_token=token)
            ),
            lambda answer: answer.messages,
        )
    )


def recipients_of(world: World, subject: str) -> list[str]:
    """To whom the relay has a mail with this subject, once for each mail."""
    return [mail.recipient for mail in world.mailbox.mails() if mail.subject == subject]


def one_click_url(mail: EmailMessage) -> str:
    """The address in List-Unsubscribe that takes the POST."""
    found: list[str] = re.findall(r"<(https?://[^>]+)>", mail["List-Unsubscribe"])
    same(len(found), 1, "web addresses in List-Unsubscribe")
    return found[0]


def _collect_consents(world: World) -> None:
    """As the portal's service records them after a confirmed form; some are taken back."""
    text, moment = current_text(world), Timestamp()
    moment.GetCurrentTime()
    evidence = Evidence(
        form_url=f"{world.portal}/newsletter",
        language="de",
        request_time=moment,
        confirm_time=moment,
        mail_sha256=hashlib.sha256(b"a confirmation mail").digest(),
        token_sha256=hashlib.sha256(b"the token in its link").digest(),
        method="double-opt-in",
    )

    def give(person: Person) -> None:
        world.service.consents.GiveConsent(
            GiveConsentRequest(
                request_id=new_id(),
                contact_id=world.contact_id(person),
                topic=TOPIC,
                channel=CHANNEL_EMAIL,
                text_id=text.id,
                evidence=evidence,
            )
        )

    def withdraw(person: Person) -> None:
        world.service.consents.WithdrawConsent(
            WithdrawConsentRequest(
                request_id=new_id(),
                contact_id=world.contact_id(person),
                topic=TOPIC,
                channel=CHANNEL_EMAIL,
                method="preferences",
            )
        )

    side_by_side(give, world.people.asked)
    side_by_side(withdraw, world.people.withdrawn)


def _create_audience(world: World) -> str:
    audience = Audience(name="Alle", topic=TOPIC, filter=ContactFilter())
    return world.marketer.audiences.CreateAudience(
        CreateAudienceRequest(request_id=new_id(), audience=audience)
    ).id


def _kill_everyone_while_it_sends(world: World, before: int) -> None:
    last = before + len(_permitted(world)) - len(world.people.refused)
    wait_for(lambda: world.mailbox.count() > before, "the first mail goes out", seconds=60, every=0.01)
    world.kills.each(STEP, ORDER, pause=0.2)
    holds(world.mailbox.count() < last, "the campaign was through before everything was killed")
    world.kills.wait_until_all_are_back()


def _permitted(world: World) -> list[str]:
    return [person.email for person in (*world.people.permitted, world.people.visitor)]


def _check_messages(world: World, campaign: Campaign) -> dict[str, int]:
    """Every contact is accounted for: a permit for each message, a reason for everybody else."""
    messages = messages_of(world, campaign.id)
    everybody = [*world.contact_ids.values(), world.visitor_id]
    same_sets([message.contact_id for message in messages], everybody, "contacts of the campaign")
    by_contact = {message.contact_id: message for message in messages}
    _check_denials(world, by_contact)
    _check_permits(world, [message for message in messages if message.state == MESSAGE_STATE_SENT])
    states = Counter(message.state for message in messages)
    counts = campaign.counts
    told = (
        counts.audience,
        counts.sent,
        counts.denied,
        counts.refused,
        counts.planned + counts.sending + counts.uncertain,
    )
    found = (states[MESSAGE_STATE_SENT], states[MESSAGE_STATE_DENIED], states[MESSAGE_STATE_REFUSED])
    same(told, (len(messages), *found, 0), "the campaign's own counts")
    return {reason.reason.replace("-", "_"): reason.count for reason in campaign.counts.reasons}


def _check_denials(world: World, messages: dict[str, Message]) -> None:
    people = world.people
    may = {*people.permitted, people.visitor}
    for person in (*people.google, *people.outlook):
        message = messages[world.contact_id(person)]
        if person in people.refused:
            same(message.state, MESSAGE_STATE_REFUSED, "a message that the relay refused")
            holds(message.reason.startswith("5"), f"the relay's code is the reason, not {message.reason!r}")
        elif person not in may:
            same(message.state, MESSAGE_STATE_DENIED, "a message without a permit")
            same(message.reason, _reason(world, person), "why there is no message")


def _reason(world: World, person: Person) -> str:
    if not person.email:
        return "no-address"
    return "withdrawn" if person in world.people.withdrawn else "no-consent"


def _check_permits(world: World, sent: Iterable[Message]) -> None:
    """The privacy service knows each permit, and says yes to this very contact."""
    sent = list(sent)
    permits = [message.permit_id for message in sent]
    same(len(set(permits)), len(permits), "permits, each used once")
    decisions = side_by_side(
        lambda permit: world.dpo.permits.GetDecision(GetDecisionRequest(decision_id=permit)), permits
    )
    for message, decision in zip(sent, decisions, strict=True):
        same((decision.permitted, decision.reason), (True, "consent"), "the decision behind a message")
        same(decision.contact_id, message.contact_id, "whom the decision is about")
        holds(decision.consent_id, "the decision names the consent it rests on")


def _check_mails(world: World) -> None:
    mails = [mail for mail in world.mailbox.mails() if mail.subject == SUBJECT]
    same(len({mail.message_id for mail in mails}), len(mails), "Message-IDs, all different")
    for parsed in side_by_side(world.mailbox.parsed, mails):
        _check_mail(parsed)


def _check_mail(mail: EmailMessage) -> None:
    same(mail.get_content_type(), "multipart/alternative", "type of the mail")
    same(
        [part.get_content_type() for part in mail.iter_parts()],
        ["text/plain", "text/html"],
        "parts of the mail",
    )
    same(mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "List-Unsubscribe-Post")
    holds(one_click_url(mail), "List-Unsubscribe")
    holds(re.search(r"<[^<>@ ]+>$", mail["List-Id"] or ""), "List-Id")
    holds(re.fullmatch(r"<[^<>@ ]+@[^<>@ ]+>", mail["Message-ID"] or ""), "Message-ID")
    holds("Käsekuchen & Brötchen" in body(mail, "plain"), "the text part reads like the letter")
    holds("Käsekuchen" in body(mail, "html"), "the HTML part reads like the letter")


def _open_preferences(world: World, person: Person) -> None:
    """The link in the mail leads to a page that knows the topic, without a login."""
    (mail,) = (mail for mail in world.mailbox.mails(person.email) if mail.subject == SUBJECT)
    prefix = f"{world.portal}/preferences/"
    html = body(world.mailbox.parsed(mail), "html")
    (link,) = {link for link in links_of(html) if link.startswith(prefix)}
    with Browser() as browser:
        forms = [form for form in browser.get(link).forms if form.has("topic")]
        offered = {form.value("topic"): form.value("to") for form in forms}
        same(offered.get(TOPIC), "off", f"what the page of the link offers: {offered}")
