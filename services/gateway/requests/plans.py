"""What an erasure does, in plain words: one sentence for each dataset of each holder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.holder_pb2 import ACTION_KEEP_RESTRICTED, PlanItem
from kontor.privacy.v1.privacy_pb2 import Request

from kernel.web.i18n import day
from services.gateway.labels import ACTIONS, DONE, HOLDERS, Label, label, word

# Datasets as people call them; the key is holder and table.
DATASETS = {
    "contacts.contact": _l("master data"),
    "contacts.relation": _l("relations to organisations"),
    "contacts.login": _l("joined logins"),
    "contacts.login_invitation": _l("invitations for a login"),
    "contacts.timeline_entry": _l("entries of the timeline"),
    "contacts.import_row": _l("rows of imports"),
    "campaigns.message": _l("campaign messages"),
    "campaigns.invitation_mail": _l("mails with an invitation"),
    "campaigns.notice_mail": _l("mails about requests"),
    "campaigns.renewal_mail": _l("questions about the renewal of consents"),
    "campaigns.sign_up": _l("newsletter sign-ups"),
    "tickets.ticket": _l("tickets"),
    "tickets.message": _l("messages in tickets"),
    "privacy.consent_record": _l("consent records"),
    "privacy.consent_ip": _l("network addresses of consents"),
    "privacy.permit_decision": _l("decisions about messages"),
    "privacy.customer_sale": _l("sales noted for advertising by mail"),
    "privacy.customer_objection": _l("objections to advertising for similar goods"),
    "privacy.without_basis": _l("marks that no basis was found"),
    "privacy.identity_check": _l("codes that show who asks"),
    "privacy.asking": _l("requests on the page without a login"),
    "privacy.request_message": _l("messages beside requests"),
    "privacy.request_correction": _l("corrections that were asked for"),
    "privacy.passage_decision": _l("decisions about texts that name others"),
    "privacy.subject_request": _l("requests of data subjects"),
    "privacy.request_farewell": _l("addresses of last mails"),
    "privacy.request_identifiers": _l("search terms of requests"),
    "privacy.access_document": _l("copies of the data"),
    "privacy.certificate": _l("certificates"),
    "privacy.legal_hold": _l("legal holds"),
    "privacy.suppression_lifting": _l("liftings of suppressions"),
    "privacy.erasure_ledger": _l("entries of the erasure ledger"),
    "privacy.access_alert": _l("alerts about accesses"),
    "privacy.watched_contact": _l("marks that looks are told"),
    # The kernel's own tables, which every holder has.
    "audit_entry": _l("entries of the access log"),
    "idempotency": _l("remembered answers"),
    "erasure_plan": _l("plans of erasures"),
    "restricted_subject": _l("notes that processing is restricted"),
    "privacy.restriction": _l("restrictions of processing"),
    "privacy.restriction_order": _l("orders to restrict processing"),
}


_PARAGRAPH = re.compile(r"(Art\.|§) (\d+[a-z]?)\((\d+)\)(?:\(([a-z])\))?")


@dataclass(frozen=True)
class Line:
    """One dataset: how many, which, what happens, and why it is kept if it is."""

    what: str
    rows: int
    action: Label
    because: str


@dataclass(frozen=True)
class Plan:
    """What one holder does."""

    holder: str
    executed: bool
    lines: list[Line]


@dataclass(frozen=True)
class Totals:
    """The plan in two numbers."""

    erased: int
    kept: int


def in_words(request: Request) -> list[Plan]:
    """Every holder, also one that has nothing about the person."""
    return [
        Plan(
            holder=word(HOLDERS, plan.holder),
            executed=plan.executed,
            lines=[_line(plan.holder, item, plan.executed) for item in plan.items if item.rows],
        )
        for plan in request.plans
    ]


def totals(request: Request) -> Totals:
    """Rows that go, and rows that a law keeps."""
    items = [item for plan in request.plans for item in plan.items]
    kept = sum(item.rows for item in items if item.action == ACTION_KEEP_RESTRICTED)
    return Totals(erased=sum(item.rows for item in items) - kept, kept=kept)


def consequences(request: Request, *, ends_copy: bool = False) -> list[str]:
    """What confirming does, in numbers; `ends_copy` if an access request of the person is open."""
    counted = totals(request)
    texts = [
        ngettext(
            "%(num)s record is erased or made anonymous. Nobody can undo this.",
            "%(num)s records are erased or made anonymous. Nobody can undo this.",
            counted.erased,
        ),
    ]
    if counted.kept:
        texts.append(
            ngettext(
                "%(num)s record stays locked, because a law wants it kept.",
                "%(num)s records stay locked, because a law wants them kept.",
                counted.kept,
            )
        )
    if ends_copy:
        texts.append(
            _(
                "The person's open request for a copy of the data ends without a copy. If the person wants it, "
                "wait until it is handed out."
            )
        )
    texts.append(
        _("The address goes on the suppression list as a keyed hash, so that no import brings it back.")
    )
    texts.append(_("At the end there is a signed certificate with a receipt of each holder."))
    return texts


def _dataset(holder: str, name: str) -> str:
    key = f"{holder}.{name}"
    return word(DATASETS, key if key in DATASETS else name)


def law(text: str) -> str:
    """The declarations cite the GDPR in English; Germans cite it as DSGVO, with paragraph and letter spelled out."""
    if str(get_locale()) != "de":
        return text
    return _PARAGRAPH.sub(_in_german, text).replace("GDPR", "DSGVO")


def _in_german(cited: re.Match[str]) -> str:
    kind, article, paragraph, letter = cited.groups()
    return f"{kind} {article} Abs. {paragraph}" + (f" Buchst. {letter}" if letter else "")


def _line(holder: str, item: PlanItem, executed: bool) -> Line:
    until = _("until %(day)s", day=day(item.keep_until)) if item.keep_until.seconds else ""
    return Line(
        what=_dataset(holder, item.dataset),
        rows=item.rows,
        action=label(DONE if executed else ACTIONS, item.action),
        because=", ".join(part for part in (law(item.law), until) if part),
    )
