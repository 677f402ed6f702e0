"""Words, tone and icon for every state that a visitor can meet."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from kontor.privacy.v1 import holder_pb2, privacy_pb2
from kontor.tickets.v1 import tickets_pb2


class Label(NamedTuple):
    """How a state is shown: its text, its tone (`ui.badge`) and its icon."""

    text: str
    tone: str
    icon: str


TICKET_STATES: dict[int, Label] = {
    tickets_pb2.TICKET_STATE_NEW: Label(_l("Received"), "info", "inbox"),
    tickets_pb2.TICKET_STATE_OPEN: Label(_l("In progress"), "info", "progress"),
    tickets_pb2.TICKET_STATE_PENDING: Label(_l("Waiting for you"), "warn", "message-reply"),
    tickets_pb2.TICKET_STATE_SOLVED: Label(_l("Solved"), "good", "circle-check"),
    tickets_pb2.TICKET_STATE_CLOSED: Label(_l("Closed"), "neutral", "archive"),
}

REQUEST_KINDS: dict[int, Label] = {
    holder_pb2.REQUEST_KIND_ACCESS: Label(_l("Copy of your data"), "info", "file-download"),
    holder_pb2.REQUEST_KIND_PORTABILITY: Label(_l("Data to take along"), "info", "package-export"),
    holder_pb2.REQUEST_KIND_ERASURE: Label(_l("Erasure of your data"), "bad", "eraser"),
    holder_pb2.REQUEST_KIND_RECTIFICATION: Label(_l("Correction of your data"), "info", "pencil"),
    holder_pb2.REQUEST_KIND_RESTRICTION: Label(_l("Restriction of processing"), "warn", "lock"),
    holder_pb2.REQUEST_KIND_OBJECTION: Label(_l("Objection"), "warn", "hand-stop"),
    holder_pb2.REQUEST_KIND_WITHDRAWAL: Label(_l("Withdrawal of consent"), "info", "arrow-back-up"),
}

REQUEST_STATES: dict[int, Label] = {
    privacy_pb2.REQUEST_STATE_RECEIVED: Label(_l("Received"), "info", "inbox"),
    privacy_pb2.REQUEST_STATE_VERIFYING: Label(_l("Checking your identity"), "info", "user-check"),
    privacy_pb2.REQUEST_STATE_ACCEPTED: Label(_l("Accepted"), "info", "progress-check"),
    privacy_pb2.REQUEST_STATE_PLANNED: Label(_l("Waiting for your confirmation"), "warn", "hand-stop"),
    privacy_pb2.REQUEST_STATE_EXECUTING: Label(_l("Being carried out"), "info", "progress"),
    privacy_pb2.REQUEST_STATE_COMPLETED: Label(_l("Completed"), "good", "circle-check"),
    privacy_pb2.REQUEST_STATE_REFUSED: Label(_l("Refused"), "bad", "circle-x"),
    privacy_pb2.REQUEST_STATE_WITHDRAWN: Label(_l("Withdrawn"), "neutral", "arrow-back-up"),
    privacy_pb2.REQUEST_STATE_PARTIALLY_FULFILLED: Label(_l("Partially fulfilled"), "warn", "lock"),
}

# An erasure that was refused only because the person did not confirm its plan.
NOT_CONFIRMED = "not-confirmed"
_UNCONFIRMED = Label(_l("Ended without your word"), "neutral", "clock-off")

ACTIONS: dict[int, Label] = {
    holder_pb2.ACTION_DELETE_ROW: Label(_l("will be deleted"), "bad", "trash"),
    holder_pb2.ACTION_NULL: Label(_l("personal parts will be removed"), "bad", "eraser"),
    holder_pb2.ACTION_PSEUDONYMISE: Label(_l("will no longer be linked to you"), "warn", "mask"),
    holder_pb2.ACTION_KEEP_RESTRICTED: Label(_l("must be kept by law, locked"), "neutral", "lock"),
}

# What a plan announced, once a holder has signed for it.
DONE: dict[int, Label] = {
    holder_pb2.ACTION_DELETE_ROW: Label(_l("deleted"), "good", "trash"),
    holder_pb2.ACTION_NULL: Label(_l("personal parts removed"), "good", "eraser"),
    holder_pb2.ACTION_PSEUDONYMISE: Label(_l("no longer linked to you"), "good", "mask"),
    holder_pb2.ACTION_KEEP_RESTRICTED: ACTIONS[holder_pb2.ACTION_KEEP_RESTRICTED],
}

ACTORS = {"subject": _l("you"), "staff": _l("our staff"), "system": _l("automatic")}

# Why we take more time (Art. 12(3) GDPR).
EXTENSIONS = {
    "complexity": _l("your request is complex"),
    "number-of-requests": _l("you have made many requests"),
}
# Why we do not do what a request asks for, in a whole sentence (Art. 12(4) GDPR).
REFUSALS = {
    "identity-not-proven": _l("We could not find out whether it is really you who asks."),
    "not-the-subject": _l("The request is about somebody else, who has to make it."),
    "manifestly-unfounded": _l("We think that the request is manifestly unfounded (Art. 12(5) GDPR)."),
    "excessive": _l(
        "We think that the request is excessive, in particular because it is repeated so often (Art. 12(5) GDPR)."
    ),
    "law-keeps-everything": _l("A law makes us keep everything that we hold about you (Art. 17(3) GDPR)."),
}
REFUSALS |= {
    "data-is-correct": _l("We have checked it, and what we hold is correct."),
    "compelling-grounds": _l(
        "We have compelling legitimate grounds for the processing that override your interests (Art. 21(1) GDPR)."
    ),
    "legal-claims": _l("We need the data to establish, exercise or defend legal claims (Art. 21(1) GDPR)."),
}
# How a recipient of the data was told of a correction, or why it was not (Art. 19 GDPR).
WAYS = {
    "email": _l("told by e-mail"),
    "letter": _l("told by letter"),
    "phone": _l("told by phone"),
    "interface": _l("told by their system"),
    "impossible": _l("could not be told: this is impossible"),
    "disproportionate": _l("not told: the effort would be out of proportion"),
}
# Why a step was taken, where that says more than who took it.
STEP_REASONS = {
    "corrected": _l("corrected in our systems"),
    "recipients-settled": _l("everybody who had received it knows"),
    "farewell-sent": _l("we have told you by mail, and then forgotten your address"),
    "farewell-failed": _l("our last mail could not be delivered; your address is forgotten all the same"),
    "farewell-no-address": _l("we had no address any more to tell you by mail"),
    "names-others": _l("the copy names other people, whose rights we have to look at"),
    "objects-to-marketing": _l("against advertising"),
    "objects-to-processing": _l("against processing on legitimate interests"),
    "weighing-grounds": _l("locked in every part of our system while we weigh the grounds"),
    "objection-upheld": _l("your objection is right: the processing has ended"),
    "restricting": _l("being locked in every part of our system"),
    "restricted": _l("every part of our system has confirmed that your data is locked"),
    **{f"extended-{key}": text for key, text in EXTENSIONS.items()},
    "on-behalf": _l("noted by our staff because you wrote, called or came by"),
    "erasure-confirmed": _l("ended because the erasure was confirmed: nothing is left for it"),
    "confirmed-by-letter": _l("because of your letter"),
    "confirmed-by-phone": _l("because you said so on the phone"),
    "confirmed-by-in-person": _l("because you said so in person"),
    "replayed": _l("done again, because a restored backup had brought the data back"),
    "confirmed-by-court": _l("because a court or an authority ordered it"),
    NOT_CONFIRMED: _l("because your word to erase did not come in time"),
    "identifiers-changed": _l("your addresses have changed meanwhile, so everything is planned anew"),
}

# Why a request stands still.
PROBLEMS = {
    "names-others": _l("The copy names other people. We look at each such text before you get it."),
    "holders-down": _l("Not every part of our system answers at the moment. We ask again by ourselves."),
    "receipt-refused": _l(
        "One part of our system has answered something that we do not accept as proof. We look into it."
    ),
    "ledger-unavailable": _l(
        "The log of erasures cannot be written at the moment. Nothing is erased before it can."
    ),
    "document-failed": _l(
        "The PDF could not be made. Everything else is done: the file for programs (JSON) is complete."
    ),
    "unexpected": _l("A fault on our side keeps us from going on. We try again and look into it."),
}

_UNKNOWN = Label("–", "neutral", "help-circle")


def label(table: dict[int, Label], value: int) -> Label:
    """The label of an enum value, also of one that a newer service has added."""
    return table.get(value, _UNKNOWN)


def ticket_state(value: int) -> Label:
    return label(TICKET_STATES, value)


def request_state(value: int, reason: str = "") -> Label:
    return _UNCONFIRMED if reason == NOT_CONFIRMED else label(REQUEST_STATES, value)


def standing(entry: privacy_pb2.Request) -> Label:
    """How a request stands: its state, and why it is in it."""
    return request_state(entry.state, entry.transitions[-1].reason if entry.transitions else "")


def request_kind(value: int) -> Label:
    return label(REQUEST_KINDS, value)


def action(value: int, done: bool = False) -> Label:
    return label(DONE if done else ACTIONS, value)


def step_reason(reason: str) -> str:
    """Why a step was taken, in words; empty where who took it says enough."""
    if reason.startswith("consents-withdrawn:"):
        return _withdrawn(int(reason.partition(":")[2]))
    if reason.startswith("marketing-ended:"):
        return str(_l("your addresses are on the list of those that nobody writes to"))
    if reason.startswith("replanned:"):
        return _replanned(*map(int, reason.split(":")[1:]))
    return str(STEP_REASONS.get(reason, ""))


def _withdrawn(count: int) -> str:
    if not count:
        return str(_l("there was no consent to withdraw"))
    return str(ngettext("%(num)s consent withdrawn", "%(num)s consents withdrawn", count))


def _replanned(erased: int, kept: int) -> str:
    texts = []
    if erased:
        texts.append(
            ngettext(
                "since you saw the plan, %(num)s more entry has come and is erased, too",
                "since you saw the plan, %(num)s more entries have come and are erased, too",
                erased,
            )
        )
    if kept:
        texts.append(
            ngettext(
                "since you saw the plan, %(num)s more entry has come that a law makes us keep",
                "since you saw the plan, %(num)s more entries have come that a law makes us keep",
                kept,
            )
        )
    return "; ".join(texts)


def problem(key: str) -> str:
    """Why a request stands still, in words; empty if it moves."""
    return str(PROBLEMS.get(key, PROBLEMS["unexpected"])) if key else ""


def actor(name: str) -> str:
    """Who made a transition, in words."""
    return str(ACTORS.get(name, name))
