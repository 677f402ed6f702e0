"""Consents by double opt-in, through the confirmation mails; some not confirmed, some withdrawn."""

from __future__ import annotations

import re
import time

from kontor.campaigns.v1.campaigns_pb2 import ConfirmSignUpRequest, SubmitSignUpRequest
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    Address,
    AddSuppressionRequest,
    ListConsentTextsRequest,
    WithdrawConsentRequest,
)

from devstack.demo.cast import Cast, Person
from devstack.demo.doors import Caller, Doors, request_id, side_by_side
from kernel.errors import FailedPrecondition, NotFound

_SIGN_UPS = 130
# Every so many who ordered never opened the link; others took their word back.
_NEVER_CONFIRMED = 26
_WITHDRAWN = 17
_WITH_EVENTS = 3
_MAIL_SECONDS = 40
_LINK = re.compile(r"/newsletter/confirm/([A-Za-z0-9_.~-]+)")


def load(cast: Cast, ids: dict[str, str], *, doors: Doors, page: Caller, agent: Caller) -> None:
    """Everybody who ordered the newsletter; `page` is the portal's own account."""
    texts = {
        text.topic: text
        for text in page.consents.ListConsentTexts(ListConsentTextsRequest(language="de")).texts
    }
    ordering = [person for person in cast.people if person.email][:_SIGN_UPS]

    def order(numbered: tuple[int, Person]) -> None:
        number, person = numbered
        topics = ["newsletter", "events"] if number % _WITH_EVENTS == 0 else ["newsletter"]
        page.forms.SubmitSignUp(
            SubmitSignUpRequest(
                request_id=request_id("sign-up", person.email),
                email=person.email,
                given_name=person.given,
                family_name=person.family,
                language="de",
                topics=topics,
                form_url=f"{doors.portal}/newsletter",
                text_id=texts["newsletter"].id,
            )
        )

    side_by_side(order, enumerate(ordering))
    confirming = [person for number, person in enumerate(ordering) if number % _NEVER_CONFIRMED != 25]
    _confirm(confirming, doors=doors, page=page)
    _withdraw(confirming, ids, agent=agent)


def _confirm(people: list[Person], *, doors: Doors, page: Caller) -> None:
    tokens = _tokens(doors, {person.email for person in people})

    def open_link(person: Person) -> None:
        asked = ConfirmSignUpRequest(
            request_id=request_id("confirm", person.email), token=tokens[person.email]
        )
        try:
            page.forms.ConfirmSignUp(asked)
        except (NotFound, FailedPrecondition):
            # A second load meets links that were used up by the first one.
            return

    side_by_side(open_link, [person for person in people if person.email in tokens])


def _tokens(doors: Doors, wanted: set[str]) -> dict[str, str]:
    """The tokens in the mails to these addresses, as soon as the mails have come."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    deadline = time.monotonic() + _MAIL_SECONDS
    while wanted - found.keys() and time.monotonic() < deadline:
        listed = doors.mail.get("/api/messages", params={"limit": 100_000}).json()["messages"]
        fresh = [mail for mail in listed if mail["id"] not in seen and wanted & set(mail["recipients"])]
        for mail, token in zip(fresh, side_by_side(lambda m: _token(doors, m["id"]), fresh), strict=True):
            seen.add(mail["id"])
            if token:
                found.update(dict.fromkeys(mail["recipients"], token))
        if wanted - found.keys():
            time.sleep(0.3)
    return found


def _token(doors: Doors, mail_id: str) -> str:
    text = doors.mail.get(f"/api/messages/{mail_id}").json()["text"]
    link = _LINK.search(text)
    return link.group(1) if link else ""


def _withdraw(people: list[Person], ids: dict[str, str], *, agent: Caller) -> None:
    """By phone, so staff note it."""

    def withdraw(person: Person) -> None:
        agent.consents.WithdrawConsent(
            WithdrawConsentRequest(
                request_id=request_id("withdraw", person.email),
                contact_id=ids[person.email],
                topic="newsletter",
                channel=CHANNEL_EMAIL,
                method="staff",
            )
        )

    side_by_side(withdraw, [p for n, p in enumerate(people) if n % _WITHDRAWN == 16 and p.email in ids])


def suppress(dpo: Caller) -> None:
    """Addresses of people who are no contacts and do not want to become any."""
    for number in range(3):
        address = Address(channel=CHANNEL_EMAIL, value=f"bitte-nicht-{number}@mail.example")
        dpo.suppressions.AddSuppression(
            AddSuppressionRequest(
                request_id=request_id("suppress", number), address=address, reason="objection"
            )
        )
