"""What a decision says in a whole sentence: what it was, and what would change it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from services.gateway.labels import Label

# Reasons as in kontor.privacy.v1.Decision, in the order in which they are asked.
SENTENCES = {
    "consent": _l("The person has consented to this topic, and the consent held at that moment."),
    "contract": _l("The message serves the contract with the person; no consent is needed for it."),
    "legal-obligation": _l("A law demands the message: it is about the person's own request."),
    "restricted": _l(
        "Processing is restricted, or the data is being erased. It changes when the restriction is lifted."
    ),
    "no-address": _l("There is no address on this way. It changes when one is entered."),
    "suppressed": _l(
        "The address is on the suppression list. It changes when the person orders something anew, or is taken off."
    ),
    "withdrawn": _l("The person has withdrawn it. Only the person can change that, by a new consent."),
    "refused": _l("The person was asked and said no. Only the person can change that, by a new consent."),
    "lapsed": _l(
        "The consent has expired: its time was over, or no message went out on it for too long. Ask anew."
    ),
    "no-consent": _l(
        "The person was never asked, or has not confirmed. It changes with a consent to this topic."
    ),
    "expired": _l("The consent has expired: its text no longer says what people agree to. Ask anew."),
}

PERMITTED = Label(_l("permitted"), "good", "circle-check")
DENIED = Label(_l("denied"), "warn", "ban")
