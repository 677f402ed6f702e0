"""Step 2: a visitor orders the newsletter; one mail comes, its link confirms, and the proof can be read back."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from kontor.contacts.v1.contacts_pb2 import ListContactsRequest
from kontor.privacy.v1.privacy_pb2 import (
    CONSENT_STATE_GIVEN,
    ConsentRecord,
    ConsentText,
    GetConsentEvidenceRequest,
    ListConsentTextsRequest,
)

from tests.e2e.browser import Browser, Page, links_of
from tests.e2e.check import holds, same, wait_for
from tests.e2e.mailbox import Mail, body
from tests.e2e.world import TOPIC, Counts, World


def run(world: World) -> Counts:
    text = current_text(world)
    with Browser() as browser:
        _order(world, browser, text)
        mail = _the_only_mail(world)
        link = _link_in(world, mail)
        confirm_page = browser.get(link)
        holds(not _contact_of_visitor(world), "opening the link has confirmed: mail scanners open links, too")
        _confirm(confirm_page)
        # Twice is as good as once, and still no second mail.
        browser.get(link, status=None)
    world.visitor_id = wait_for(lambda: _contact_of_visitor(world), "the visitor is a contact")
    records = _check_evidence(world, text, mail=mail, token=urlsplit(link).path.rpartition("/")[2])
    same(len(world.mailbox.mails()), 1, "mails to anybody, after the confirmation")
    return {"mails": 1, "records": records}


def current_text(world: World) -> ConsentText:
    """The text of the newsletter as it stands now."""
    texts = world.service.consents.ListConsentTexts(ListConsentTextsRequest(language="de")).texts
    return next(text for text in texts if text.topic == TOPIC)


def _order(world: World, browser: Browser, text: ConsentText) -> None:
    visitor = world.people.visitor
    form = browser.get(f"{world.portal}/newsletter").form(field="email")
    holds(text.id in form.choices("topics"), "the form offers the current text of the newsletter")
    done = form.submit(
        email=visitor.email, given_name=visitor.given, family_name=visitor.family, topics=[text.id]
    )
    same((done.status, done.path), (200, "/newsletter/sent"), "where the form leads")


def _the_only_mail(world: World) -> Mail:
    mail = world.mailbox.wait_for_one(world.people.visitor.email)
    same(len(world.mailbox.mails()), 1, "mails to anybody, before the confirmation")
    return mail


def _link_in(world: World, mail: Mail) -> str:
    parsed = world.mailbox.parsed(mail)
    prefix = f"{world.portal}/newsletter/confirm/"
    in_html = {link for link in links_of(body(parsed, "html")) if link.startswith(prefix)}
    same(len(in_html), 1, "confirmation links in the mail")
    (link,) = in_html
    holds(link in body(parsed, "plain"), "the text part carries the same link")
    return link


def _confirm(page: Page) -> None:
    done = page.form(field="request_id").submit()
    same(done.status, 200, "pressing the button")


def _contact_of_visitor(world: World) -> str:
    email = world.people.visitor.email
    found = world.agent.contacts.ListContacts(ListContactsRequest(query=email, page_size=5))
    return next((contact.id for contact in found.contacts if contact.email == email), "")


def _check_evidence(world: World, text: ConsentText, *, mail: Mail, token: str) -> int:
    question = GetConsentEvidenceRequest(contact_id=world.visitor_id, topic=TOPIC)
    records = wait_for(
        lambda: list(world.dpo.consents.GetConsentEvidence(question).records), "the evidence is there"
    )
    given = [record for record in records if record.consent.state == CONSENT_STATE_GIVEN]
    same(len(given), 1, "records that say the consent was given")
    _check_record(world, given[0], text, mail=mail, token=token)
    return len(records)


def _check_record(world: World, record: ConsentRecord, text: ConsentText, *, mail: Mail, token: str) -> None:
    evidence = record.evidence
    same(
        (record.text.id, record.text.version, record.text.text),
        (text.id, text.version, text.text),
        "the text shown",
    )
    same(record.text.sha256, text.sha256, "the text's hash")
    holds(record.text.withdrawal_notice, "the notice of the right to withdraw is part of the proof")
    same((evidence.method, evidence.language), ("double-opt-in", "de"), "how the consent was given")
    same(evidence.form_url, f"{world.portal}/newsletter", "the form")
    holds(
        0 < evidence.request_time.ToNanoseconds() < evidence.confirm_time.ToNanoseconds(),
        "ordered, then confirmed",
    )
    same(
        evidence.mail_sha256,
        hashlib.sha256(world.mailbox.raw(mail)).digest(),
        "hash of the mail as it was sent",
    )
    same(evidence.token_sha256, hashlib.sha256(token.encode()).digest(), "hash of the token in the link")
    same(len(record.leaf_hash), 32, "length of the leaf's hash")
    holds(record.tree_size > 0, "the record is a leaf of the tree")
