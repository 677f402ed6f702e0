"""Step 7: the customer asks for erasure; plan, ledger, four signed receipts, a probe, a signed certificate."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC
from typing import Any

import httpx
from kontor.contacts.v1.contacts_pb2 import GetContactRequest
from kontor.privacy.v1.holder_pb2 import DescribeRequest, Receipt
from kontor.privacy.v1.privacy_pb2 import (
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_EXECUTING,
    REQUEST_STATE_PLANNED,
    GetRequestRequest,
    Request,
)

from kernel.errors import NotFound
from kernel.signing import is_signed, signed_content
from tests.e2e.broker import read_everything
from tests.e2e.browser import Browser, Page
from tests.e2e.calls import patiently
from tests.e2e.check import Broken, holds, same, wait_for
from tests.e2e.kills import ORDER
from tests.e2e.leaks import identifiers_of
from tests.e2e.probe import search
from tests.e2e.running import BACK_ENDS
from tests.e2e.steps.s05_ticket import QUESTION, QUESTION_SUBJECT, log_in
from tests.e2e.steps.s06_access import download, with_documents
from tests.e2e.world import Counts, World

STEP = "erasure"


def run(world: World) -> Counts:
    with Browser() as browser:
        planned = _ask_for_the_plan(world, browser)
        request_id = planned.path.rpartition("/")[2]
        _confirm(world, planned)
        page = wait_for(lambda: with_documents(browser, planned.url), "the erasure completes", seconds=90)
        statement = json.loads(download(page, ".json").content)
        holds(download(page, ".pdf").content.startswith(b"%PDF"), "the certificate is also a PDF")
        _log_out(page)
    request = patiently(lambda: world.dpo.requests.GetRequest(GetRequestRequest(id=request_id)))
    _check_course(request, world)
    certificate = _check_certificate(world, statement)
    receipts = _check_receipts(world, certificate)
    _check_ledger(world, request_id, receipts)
    rows = sum(item.rows for receipt in receipts for item in receipt.done)
    kept = _check_nothing_is_left(world, certificate)
    return {"receipts": len(receipts), "rows": rows, "kept_tables": kept, "kills": len(ORDER)}


def _ask_for_the_plan(world: World, browser: Browser) -> Page:
    """Before anything happens, the page says in numbers what will."""
    page = log_in(browser, f"{world.portal}/rights/erasure", world.people.customer.email)
    asked = page.form(action="/rights/erasure").submit()
    same(asked.status, 200, "asking for erasure")
    planned = wait_for(lambda: _planned(browser, asked.url), "the plan is shown", seconds=60)
    holds(re.search(r"\b[1-9]\d* Einträge", planned.text), "the plan says in numbers what goes")
    same(_contact_is_there(world), True, "nothing is erased before the customer says so")
    return planned


def _planned(browser: Browser, url: str) -> Page | None:
    page = browser.get(url)
    return page if any(form.action.endswith("/confirm") for form in page.forms) else None


def _confirm(world: World, planned: Page) -> None:
    """The word that starts it; and at once every process dies, the privacy service too."""
    confirmed = planned.form(action="/confirm").submit()
    same(confirmed.status, 200, "confirming the erasure")
    world.kills.each(STEP, ("tickets", "privacy", "contacts", "campaigns", "gateway", "portal"), pause=0.02)
    world.kills.wait_until_all_are_back()


def _log_out(page: Page) -> None:
    # The session names who is logged in; with it open, the login itself would be found.
    try:
        page.browser.get(page.url).form(action="/logout").submit()
    except httpx.TransportError as error:
        raise Broken("logging out does not work") from error


def _check_course(request: Request, world: World) -> None:
    # A fact may arrive between the plan and the word; what it leaves is noted as a step of its own.
    steps = [step for step in request.transitions if not step.reason.startswith("replanned:")]
    states = [step.state for step in steps]
    expected = [REQUEST_STATE_PLANNED, REQUEST_STATE_EXECUTING, REQUEST_STATE_COMPLETED]
    course = "the course of the request: " + ", ".join(t.reason for t in request.transitions)
    same([state for state in states if state in expected], expected, course)
    same(list(request.waiting_for), [], "holders that have not answered")
    same({plan.holder for plan in request.plans}, set(BACK_ENDS), "holders with a plan")
    holds(all(plan.executed for plan in request.plans), "every holder has executed its plan")
    completed = request.complete_time.ToDatetime(UTC)
    killed = [kill.at for kill in world.kills.done if kill.step == STEP]
    holds(max(killed) < completed, "the erasure was complete before everything was killed")


def _check_certificate(world: World, statement: dict[str, Any]) -> dict[str, Any]:
    """What the certificate says, if the privacy service's own key has signed it; it names nobody."""
    content: dict[str, Any] = statement["content"]
    key, signature = _public_key(world, "privacy"), base64.b64decode(statement["signature"])
    holds(is_signed(_canonical(content), signature, key), "the certificate's signature does not verify")
    changed = _canonical(content | {"version": 2})
    holds(not is_signed(changed, signature, key), "a changed certificate still verifies")
    text = json.dumps(statement, ensure_ascii=False)
    for value in identifiers_of(world.people.customer):
        holds(value not in text, "the certificate names the person")
    answers = content["probe"]["answers"]
    same(set(answers), set(BACK_ENDS), "holders that were probed")
    found = [finding for answer in answers.values() for finding in answer["findings"] if not finding["law"]]
    same(found, [], "what the probe has found outside the items kept by law")
    return content


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check_receipts(world: World, certificate: dict[str, Any]) -> list[Receipt]:
    """Each holder's signature, checked with the key that the holder itself publishes."""
    entries = certificate["holders"]
    same({entry["holder"] for entry in entries}, set(BACK_ENDS), "holders with a receipt")
    receipts = [Receipt.FromString(base64.b64decode(entry["receipt"])) for entry in entries]
    for entry, receipt in zip(entries, receipts, strict=True):
        key = _public_key(world, receipt.holder)
        signed = is_signed(signed_content(receipt), receipt.signature, key)
        holds(signed and receipt.holder == entry["holder"], f"the receipt of {entry['holder']} is not signed")
        forged = Receipt.FromString(receipt.SerializeToString())
        forged.execute_time.seconds += 1
        holds(
            not is_signed(signed_content(forged), receipt.signature, key), "a changed receipt still verifies"
        )
    return receipts


def _public_key(world: World, holder: str) -> str:
    return patiently(lambda: world.service.holder(holder).Describe(DescribeRequest())).public_key


def _check_ledger(world: World, request_id: str, receipts: list[Receipt]) -> None:
    """The note of what is going to be destroyed lay outside the databases before anything was."""
    entries = [
        message for message in read_everything(world.env["KONTOR_NATS_URL"]) if message.stream == "LEDGER"
    ]
    mine = [entry for entry in entries if request_id.encode() in entry.body]
    holds(mine, "the ledger stream has no entry of this request")
    first = min(entry.stored_at for entry in mine)
    for receipt in receipts:
        holds(
            first <= receipt.execute_time.ToDatetime(UTC),
            f"{receipt.holder} executed before the ledger was written",
        )


def _check_nothing_is_left(world: World, certificate: dict[str, Any]) -> int:
    """Independent of all bookkeeping: raw SQL over every column of every table of every database."""
    same(_contact_is_there(world), False, "the contact is gone")
    typed = {line for text in (QUESTION, QUESTION_SUBJECT) for line in text.splitlines() if len(line) > 20}
    notes = {line for line in world.people.customer.note.splitlines() if len(line) > 20}
    found = search(world.running, identifiers_of(world.people.customer) | typed | notes)
    kept = {
        (holder, finding["dataset"], finding["column"])
        for holder, answer in certificate["probe"]["answers"].items()
        for finding in answer["findings"]
    }
    left = [
        str(remains)
        for remains in found
        if not all((remains.database, remains.table, column) in kept for column in remains.columns)
    ]
    same(left, [], "where the erased person can still be found")
    return len(found)


def _contact_is_there(world: World) -> bool:
    question = GetContactRequest(contact_id=world.contact_id(world.people.customer))
    try:
        patiently(lambda: world.agent.contacts.GetContact(question))
    except NotFound:
        return False
    return True
