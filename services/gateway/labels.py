"""Words, tone and icon for every state, reason and fact that a page can meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.campaigns.v1 import campaigns_pb2 as campaigns
from kontor.contacts.v1 import contacts_pb2 as contacts
from kontor.contacts.v1 import imports_pb2 as imports
from kontor.contacts.v1 import logins_pb2 as logins
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2 as holder
from kontor.privacy.v1 import privacy_pb2 as privacy
from kontor.privacy.v1 import restrictions_pb2 as restrictions
from kontor.tickets.v1 import tickets_pb2 as tickets

from services.gateway.request_labels import (
    CAME_BY,
    CORRECTED,
    NOT_CONFIRMED,
    PROBLEMS,
    PUBLIC_PAGE,
    REFUSALS,
    step_reason,
)


class Label(NamedTuple):
    """How a value is shown: its text, its tone (`ui.badge`) and its icon."""

    text: str
    tone: str = "neutral"
    icon: str = ""


TICKET_STATES = {
    tickets.TICKET_STATE_NEW: Label(_l("New"), "info", "sparkles"),
    tickets.TICKET_STATE_OPEN: Label(_l("In progress"), "info", "progress"),
    tickets.TICKET_STATE_PENDING: Label(_l("Waiting for customer"), "warn", "message-reply"),
    tickets.TICKET_STATE_SOLVED: Label(_l("Solved"), "good", "circle-check"),
    tickets.TICKET_STATE_CLOSED: Label(_l("Closed"), "neutral", "archive"),
}
PRIORITIES = {
    tickets.TICKET_PRIORITY_LOW: Label(_l("Low"), "neutral", "arrow-down"),
    tickets.TICKET_PRIORITY_NORMAL: Label(_l("Normal"), "neutral", "minus"),
    tickets.TICKET_PRIORITY_HIGH: Label(_l("High"), "warn", "arrow-up"),
    tickets.TICKET_PRIORITY_URGENT: Label(_l("Urgent"), "bad", "flame"),
}
TICKET_CHANNELS = {
    tickets.CHANNEL_PORTAL: Label(_l("Portal"), icon="world"),
    tickets.CHANNEL_EMAIL: Label(_l("E-mail"), icon="mail"),
    tickets.CHANNEL_PHONE: Label(_l("Phone"), icon="phone"),
    tickets.CHANNEL_LETTER: Label(_l("Letter"), icon="mail-opened"),
}
CHANNELS = {
    privacy.CHANNEL_EMAIL: Label(_l("E-mail"), icon="mail"),
    privacy.CHANNEL_PHONE: Label(_l("Phone"), icon="phone"),
    privacy.CHANNEL_SMS: Label(_l("SMS"), icon="message"),
    privacy.CHANNEL_LETTER: Label(_l("Letter"), icon="mail-opened"),
    privacy.CHANNEL_PORTAL: Label(_l("Portal"), icon="world"),
}
REQUEST_KINDS = {
    holder.REQUEST_KIND_ACCESS: Label(_l("Access to one's data (Art. 15)"), "info", "file-search"),
    holder.REQUEST_KIND_PORTABILITY: Label(_l("Data to take along (Art. 20)"), "info", "package-export"),
    holder.REQUEST_KIND_ERASURE: Label(_l("Erasure (Art. 17)"), "bad", "eraser"),
    holder.REQUEST_KIND_RECTIFICATION: Label(_l("Rectification (Art. 16)"), "info", "pencil"),
    holder.REQUEST_KIND_RESTRICTION: Label(_l("Restriction (Art. 18)"), "warn", "lock"),
    holder.REQUEST_KIND_OBJECTION: Label(_l("Objection (Art. 21)"), "warn", "hand-stop"),
    holder.REQUEST_KIND_WITHDRAWAL: Label(_l("Withdrawal (Art. 7(3))"), "info", "arrow-back-up"),
}
RESTRICTION_GROUNDS = {
    options_pb2.RESTRICTION_GROUND_ACCURACY: Label(_l("accuracy contested (Art. 18(1)(a))"), "warn", "lock"),
    options_pb2.RESTRICTION_GROUND_UNLAWFUL: Label(_l("processing unlawful (Art. 18(1)(b))"), "warn", "lock"),
    options_pb2.RESTRICTION_GROUND_LEGAL_CLAIM: Label(
        _l("needed by the person for legal claims (Art. 18(1)(c))"), "warn", "lock"
    ),
    options_pb2.RESTRICTION_GROUND_OBJECTION: Label(_l("objection made (Art. 18(1)(d))"), "warn", "lock"),
}
RESTRICTION_STATES = {
    restrictions.RESTRICTION_STATE_ORDERED: Label(_l("being imposed in every service"), "warn", "lock"),
    restrictions.RESTRICTION_STATE_IN_FORCE: Label(_l("in force"), "warn", "lock"),
    restrictions.RESTRICTION_STATE_ANNOUNCED: Label(_l("in force, its end is announced"), "info", "clock"),
    restrictions.RESTRICTION_STATE_LIFTING: Label(_l("being lifted in every service"), "info", "lock-open"),
    restrictions.RESTRICTION_STATE_LIFTED: Label(_l("lifted"), "neutral", "lock-open"),
}
REQUEST_STATES = {
    privacy.REQUEST_STATE_RECEIVED: Label(_l("Received"), "info", "inbox"),
    privacy.REQUEST_STATE_VERIFYING: Label(_l("Identity being checked"), "info", "user-check"),
    privacy.REQUEST_STATE_ACCEPTED: Label(_l("Accepted"), "info", "checks"),
    privacy.REQUEST_STATE_PLANNED: Label(_l("Planned, waiting for the word"), "warn", "hand-stop"),
    privacy.REQUEST_STATE_EXECUTING: Label(_l("Being carried out"), "info", "progress"),
    privacy.REQUEST_STATE_COMPLETED: Label(_l("Completed"), "good", "circle-check"),
    privacy.REQUEST_STATE_REFUSED: Label(_l("Refused"), "bad", "circle-x"),
    privacy.REQUEST_STATE_WITHDRAWN: Label(_l("Withdrawn"), "neutral", "arrow-back-up"),
    privacy.REQUEST_STATE_PARTIALLY_FULFILLED: Label(_l("Partially fulfilled"), "warn", "lock"),
}
# An erasure that was refused only because the person did not confirm its plan.
_UNCONFIRMED = Label(_l("Ended, not confirmed"), "neutral", "clock-off")
HOLD_REASONS = {
    "legal-claims": _l("legal claims (Art. 17(3)(e) GDPR)"),
    "authority": _l("demand of a court or an authority (Art. 17(3)(b) GDPR)"),
    "tax-audit": _l("audit of taxes (§ 147(3) AO)"),
}
ACTIONS = {
    holder.ACTION_DELETE_ROW: Label(_l("will be deleted"), "bad", "trash"),
    holder.ACTION_NULL: Label(_l("personal parts will be emptied"), "bad", "eraser"),
    holder.ACTION_PSEUDONYMISE: Label(_l("will no longer point to the person"), "warn", "mask"),
    holder.ACTION_KEEP_RESTRICTED: Label(_l("kept by law, locked"), "neutral", "lock"),
}
# What a plan announced, once its holder has signed for it.
DONE = {
    holder.ACTION_DELETE_ROW: Label(_l("deleted"), "good", "trash"),
    holder.ACTION_NULL: Label(_l("personal parts emptied"), "good", "eraser"),
    holder.ACTION_PSEUDONYMISE: Label(_l("no longer points to the person"), "good", "mask"),
    holder.ACTION_KEEP_RESTRICTED: ACTIONS[holder.ACTION_KEEP_RESTRICTED],
}
CONSENT_STATES = {
    privacy.CONSENT_STATE_REQUESTED: Label(_l("asked, not confirmed"), "warn", "clock-pause"),
    privacy.CONSENT_STATE_GIVEN: Label(_l("given"), "good", "circle-check"),
    privacy.CONSENT_STATE_RENEWED: Label(_l("renewed"), "good", "refresh"),
    privacy.CONSENT_STATE_REFUSED: Label(_l("refused"), "bad", "circle-x"),
    privacy.CONSENT_STATE_WITHDRAWN: Label(_l("withdrawn"), "bad", "circle-x"),
    privacy.CONSENT_STATE_EXPIRED: Label(_l("expired"), "warn", "clock-off"),
}
CAMPAIGN_STATES = {
    campaigns.CAMPAIGN_STATE_DRAFT: Label(_l("Draft"), "neutral", "pencil"),
    campaigns.CAMPAIGN_STATE_SENDING: Label(_l("Being sent"), "info", "send"),
    campaigns.CAMPAIGN_STATE_FINISHED: Label(_l("Finished"), "good", "circle-check"),
}
MESSAGE_STATES = {
    campaigns.MESSAGE_STATE_PLANNED: Label(_l("Planned"), "neutral", "clock"),
    campaigns.MESSAGE_STATE_SENDING: Label(_l("On its way"), "info", "send"),
    campaigns.MESSAGE_STATE_SENT: Label(_l("Sent"), "good", "mail-check"),
    campaigns.MESSAGE_STATE_DENIED: Label(_l("Not allowed"), "warn", "ban"),
    campaigns.MESSAGE_STATE_REFUSED: Label(_l("Refused by the mail server"), "bad", "mail-x"),
    campaigns.MESSAGE_STATE_UNCERTAIN: Label(_l("Uncertain, not sent again"), "warn", "help-circle"),
}
IMPORT_STATES = {
    imports.IMPORT_STATE_DRY_RUN: Label(_l("Checked, not taken over"), "warn", "eye-check"),
    imports.IMPORT_STATE_COMMITTED: Label(_l("Taken over"), "good", "circle-check"),
}
OUTCOMES = {
    imports.ROW_OUTCOME_NEW: Label(_l("New"), "good", "user-plus"),
    imports.ROW_OUTCOME_UPDATE: Label(_l("Filled in"), "info", "user-edit"),
    imports.ROW_OUTCOME_DUPLICATE: Label(_l("Duplicate"), "neutral", "copy"),
    imports.ROW_OUTCOME_SUPPRESSED: Label(_l("Suppressed"), "warn", "ban"),
    imports.ROW_OUTCOME_INVALID: Label(_l("Invalid"), "bad", "alert-triangle"),
}
INVITATION_STATES = {
    logins.INVITATION_STATE_PLANNED: Label(_l("being sent"), "info", "send"),
    logins.INVITATION_STATE_SENT: Label(_l("sent, not used"), "info", "mail-check"),
    logins.INVITATION_STATE_FAILED: Label(_l("not sent"), "bad", "mail-x"),
    logins.INVITATION_STATE_ACCEPTED: Label(_l("used"), "good", "circle-check"),
    logins.INVITATION_STATE_REVOKED: Label(_l("revoked"), "neutral", "circle-x"),
    logins.INVITATION_STATE_EXPIRED: Label(_l("expired"), "warn", "clock-off"),
}
SALUTATIONS = {
    contacts.SALUTATION_MS: Label(_l("Ms")),
    contacts.SALUTATION_MR: Label(_l("Mr")),
    contacts.SALUTATION_NEUTRAL: Label(_l("neutral")),
}
LANGUAGES = {"de": _l("German"), "en": _l("English")}
COUNTRIES = {"DE": _l("Germany"), "AT": _l("Austria"), "CH": _l("Switzerland")}
LAYOUTS = {"google": _l("Google Contacts"), "outlook": _l("Outlook"), "generic": _l("Own table")}
ACTORS = {"subject": _l("the person"), "staff": _l("our staff"), "system": _l("automatic")}
HOLDERS = {
    "contacts": _l("Contacts"),
    "campaigns": _l("Campaigns"),
    "tickets": _l("Tickets"),
    "privacy": _l("Data protection"),
}
SOURCES = {
    "staff": _l("entered by staff"),
    "form": _l("sign-up form"),
    "portal": _l("portal"),
    "integration": _l("integration"),
    "data-subject-request": _l("request of a data subject"),
    "import": _l("import"),
    "ticket": _l("ticket"),
}
METHODS = {
    "double-opt-in": _l("double opt-in"),
    "portal-login": _l("given while logged in"),
    "staff": _l("taken down by staff"),
    "link": _l("link in a mail"),
    "one-click": _l("one-click unsubscribe"),
    "preferences": _l("preference page"),
    "request": _l("request under data protection law"),
    "objection": _l("objection to advertising"),
    "integration": _l("connected system"),
    "portal": _l("portal"),
    "renewal-mail": _l("link in the renewal mail"),
    "validity": _l("its time was over"),
    "unused": _l("lay unused for too long"),
    "suppression-lifted": _l("ended when the address was taken off the suppression list"),
}
SUPPRESSION_REASONS = {
    "erasure": _l("after an erasure"),
    "objection": _l("after an objection"),
    "bounce": _l("address does not work"),
    "import": _l("taken over from a list"),
    "staff": _l("entered by staff"),
}
# Why somebody gets no message (kontor.privacy.v1.Decision), and why a row is no contact.
REASONS = {
    "consent": _l("consent given"),
    "renewal": _l("asks for the renewal of a consent"),
    "contract": _l("needed for the contract"),
    "legal-obligation": _l("the law demands it"),
    "existing-customer": _l("existing customer, similar goods (§ 7(3) UWG)"),
    "objected": _l("has objected to advertising"),
    "no-sale": _l("no consent, and no sale to this address"),
    "not-similar": _l("no consent, and bought something else"),
    "no-notice": _l("no consent, and not told of the right to object"),
    "ended": _l("the invitation had ended already"),
    "no-consent": _l("no consent to this topic"),
    "withdrawn": _l("consent withdrawn"),
    "refused": _l("consent refused"),
    "lapsed": _l("consent expired"),
    "expired": _l("consent to an earlier text"),
    "suppressed": _l("on the suppression list"),
    "restricted": _l("processing is restricted (Art. 18)"),
    "no-address": _l("no e-mail address"),
    "unknown-contact": _l("contact no longer exists"),
    "email-invalid": _l("the e-mail address is not valid"),
    "phone-invalid": _l("taken without the phone number, which is not valid"),
    "duplicate-in-file": _l("stands in this file before"),
    "duplicate-contact": _l("exists already, nothing to add"),
    "no-name-no-email": _l("without name and e-mail address"),
    "too-long": _l("a value is too long"),
    "control-characters": _l("contains characters that cannot be read"),
    "too-many-cells": _l("has more cells than the head"),
    "invalid-address": _l("the mail server cannot reach this address"),
}

_UNKNOWN = Label("–")


def label(table: Mapping[Any, Label], value: int) -> Label:
    """The label of an enum value, also of one that a newer service has added."""
    return table.get(value, _UNKNOWN)


def word(table: Mapping[str, str], key: str) -> str:
    """The word for a stable key; the key itself if a newer service has added it."""
    return str(table.get(key, key.replace("-", " ")))


def why(key: str) -> str:
    """Why there was no message or no contact; a number is the mail server's answer (RFC 5321)."""
    if key[:1].isdigit():
        return str(_("the mail server answered %(code)s", code=key))
    return word(REASONS, key)


def step_state(step: privacy.Transition) -> Label:
    """The state that a step led to; an erasure that nobody confirmed was not turned down by anybody."""
    return _UNCONFIRMED if step.reason == NOT_CONFIRMED else label(REQUEST_STATES, step.state)


def label_of_restriction(state: int) -> Label:
    """How a restriction stands."""
    return label(RESTRICTION_STATES, state)


def standing(request: privacy.Request) -> Label:
    """How a request stands: its state, and why it is in it."""
    return (
        step_state(request.transitions[-1]) if request.transitions else label(REQUEST_STATES, request.state)
    )


def install(app: Flask) -> None:
    """Let templates say `label.ticket_state(…)` and `word.reason(…)`."""
    enums = {
        "ticket_state": TICKET_STATES,
        "priority": PRIORITIES,
        "ticket_channel": TICKET_CHANNELS,
        "channel": CHANNELS,
        "request_kind": REQUEST_KINDS,
        "restriction_ground": RESTRICTION_GROUNDS,
        "consent_state": CONSENT_STATES,
        "campaign_state": CAMPAIGN_STATES,
        "message_state": MESSAGE_STATES,
        "import_state": IMPORT_STATES,
        "outcome": OUTCOMES,
        "invitation_state": INVITATION_STATES,
    }
    words = {
        "actor": ACTORS,
        "problem": PROBLEMS,
        "came_by": {**CAME_BY, "portal": _l("portal"), "public-page": PUBLIC_PAGE},
        "refusal": REFUSALS,
        "corrected": CORRECTED,
        "method": METHODS,
        "suppression": SUPPRESSION_REASONS,
        "hold": HOLD_REASONS,
        "language_name": LANGUAGES,
        "layout": LAYOUTS,
        "country": COUNTRIES,
    }
    app.jinja_env.globals["label"] = {
        name: lambda value, table=table: label(table, value) for name, table in enums.items()
    }
    app.jinja_env.globals["word"] = {
        name: lambda key, table=table: word(table, key) for name, table in words.items()
    }
    app.jinja_env.globals["why"] = why
    app.jinja_env.globals["step_reason"] = step_reason
    app.jinja_env.globals["standing"] = standing
    app.jinja_env.globals["step_state"] = step_state
    app.jinja_env.filters["source"] = source


def source(value: str) -> str:
    """Where a record came from: "import:<id>" is an import."""
    return word(SOURCES, value.partition(":")[0])
