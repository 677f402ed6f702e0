"""Words for the course of a request: how it came, who vouched, why it was extended, refused, or stands still."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from kontor.privacy.v1 import privacy_pb2 as privacy

NOT_CONFIRMED = "not-confirmed"
# How a request came, where it did not come through the portal.
CAME_BY = {
    "letter": _l("letter"),
    "email": _l("e-mail"),
    "phone": _l("phone"),
    "in-person": _l("in person"),
}
# On the page without a login; nobody records that by hand.
PUBLIC_PAGE = _l("on the page without a login")
# How staff knows who asks.
VOUCHERS = {
    "known-in-person": _l("I know the person"),
    "called-back": _l("called back on a number that we knew before"),
    "known-address": _l("it came from, or was answered at, an address that we knew before"),
    "known-details": _l("the person knew details that nobody else knows"),
}
EXTENSIONS = {
    "complexity": _l("the request is complex"),
    "number-of-requests": _l("there are many requests of this person"),
}
# Why a request was refused (Art. 11(2), 12(5), 17(3) GDPR).
REFUSALS = {
    "identity-not-proven": _l("we could not find out who asks"),
    "not-the-subject": _l("it was somebody else than the person it is about"),
    "manifestly-unfounded": _l("it is manifestly unfounded"),
    "excessive": _l("it is excessive, in particular because it is repeated so often"),
    "law-keeps-everything": _l("a law makes us keep everything that we hold"),
    "data-is-correct": _l("we have checked it, and the data is correct"),
    "compelling-grounds": _l("compelling legitimate grounds override the objection (Art. 21(1))"),
    "legal-claims": _l("we need the data for legal claims (Art. 21(1))"),
}
# What can be said to be wrong.
CORRECTED = {
    "salutation": _l("Salutation"),
    "given_name": _l("First name"),
    "family_name": _l("Last name"),
    "email": _l("E-mail address"),
    "phone": _l("Phone"),
    "street": _l("Street and number"),
    "postal_code": _l("Postal code"),
    "city": _l("City"),
    "country": _l("Country"),
    "language": _l("Language"),
    "other": _l("Something else"),
}
OBJECTION_SCOPES = {
    privacy.OBJECTION_SCOPE_MARKETING: _l("advertising (absolute, Art. 21(3))"),
    privacy.OBJECTION_SCOPE_PROCESSING: _l("processing on legitimate interests (Art. 21(1))"),
}
# How a recipient was told of a correction, or why not (Art. 19 GDPR).
RECIPIENT_WAYS = {
    "email": _l("told by e-mail"),
    "letter": _l("told by letter"),
    "phone": _l("told by phone"),
    "interface": _l("told through an interface"),
    "impossible": _l("not told: impossible"),
    "disproportionate": _l("not told: effort out of proportion"),
}
# Why a step of a request was taken, where that says more than who took it.
STEP_REASONS = {
    "corrected": _l("corrected by our staff"),
    "recipients-settled": _l("every recipient is settled"),
    "farewell-sent": _l("told by a last mail; the address is destroyed"),
    "farewell-failed": _l("the last mail could not be delivered; the address is destroyed"),
    "farewell-no-address": _l("nobody could be told by mail: there was no address"),
    "objects-to-marketing": _l("against advertising"),
    "objects-to-processing": _l("against processing on legitimate interests"),
    "weighing-grounds": _l("restricted in every service until it is decided"),
    "objection-upheld": _l("the objection is right: the processing has ended"),
    "restricting": _l("being restricted in every service"),
    "restricted": _l("every service has confirmed the restriction"),
    "identity-in-doubt": _l("it is not known yet who asks"),
    "names-others": _l("the copy names somebody else"),
    "code-sent": _l("a code was sent to the address on file"),
    "verified-code": _l("the code that was sent to the address on file was entered"),
    "by-public-page": PUBLIC_PAGE,
    **{f"by-{key}": text for key, text in CAME_BY.items()},
    **{f"vouched-{key}": text for key, text in VOUCHERS.items()},
    **{f"verified-{key}": text for key, text in VOUCHERS.items()},
    **{f"extended-{key}": text for key, text in EXTENSIONS.items()},
    **{f"refused-{key}": text for key, text in REFUSALS.items()},
    "on-behalf": _l("recorded for somebody who wrote, called or came by"),
    "erasure-confirmed": _l("ended because the erasure was confirmed: nothing is left for it"),
    "confirmed-by-letter": _l("the person said so by letter or e-mail"),
    "confirmed-by-phone": _l("the person said so on the phone, called back on a known number"),
    "confirmed-by-in-person": _l("the person said so in person"),
    "replayed": _l("done again, because a restored backup had brought the data back"),
    "confirmed-by-court": _l("a court or an authority ordered it"),
    NOT_CONFIRMED: _l("the person did not confirm the plan in time"),
    "identifiers-changed": _l("the person's addresses have changed meanwhile, so everything is planned anew"),
}
# Why a text of a copy is blackened, or is not.
BLACKENING_REASONS = {
    "contact-data": _l("blackened: addresses or numbers of others"),
    "identity": _l("blackened: says who somebody else is"),
    "confidence": _l("blackened: said in confidence"),
    "secret": _l("blackened: a secret of business or of the profession"),
}
RELEASE_REASONS = {
    "no-harm": _l("released: harms nobody"),
    "known-to-subject": _l("released: the person knows it already"),
    "agreed": _l("released: the others agree"),
}
# Why a request stands still.
PROBLEMS = {
    "names-others": _l("The copy names somebody else. Each such text waits for a word: blacken or release."),
    "holders-down": _l("Not every service answers."),
    "receipt-refused": _l("A service has signed something else than was planned, or with another key."),
    "ledger-unavailable": _l("The erasure ledger cannot be written. Nothing is erased before it can."),
    "document-failed": _l("The PDF could not be made. The JSON is complete and can be handed out."),
    "unexpected": _l("A fault that nobody expected; the log of the privacy service names its place."),
}


def step_reason(reason: str) -> str:
    """Why a step was taken, in words; empty where who took it says enough."""
    if reason.startswith("consents-withdrawn:"):
        count = int(reason.partition(":")[2])
        return str(ngettext("%(num)s consent withdrawn", "%(num)s consents withdrawn", count))
    if reason.startswith("marketing-ended:"):
        count = int(reason.partition(":")[2])
        return str(ngettext("%(num)s address suppressed", "%(num)s addresses suppressed", count))
    if reason.startswith("replanned:"):
        return _replanned(*map(int, reason.split(":")[1:]))
    return str(STEP_REASONS.get(reason, ""))


def _replanned(erased: int, kept: int) -> str:
    texts = []
    if erased:
        texts.append(
            ngettext(
                "since the plan was shown, %(num)s more record has come and is erased, too",
                "since the plan was shown, %(num)s more records have come and are erased, too",
                erased,
            )
        )
    if kept:
        texts.append(
            ngettext(
                "since the plan was shown, %(num)s more record has come that a law keeps",
                "since the plan was shown, %(num)s more records have come that a law keeps",
                kept,
            )
        )
    return "; ".join(texts)
