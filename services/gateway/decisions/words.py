"""What a decision says in a whole sentence: what it was, and what would change it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import privacy_pb2 as privacy

from services.gateway.labels import Label

# Reasons as in kontor.privacy.v1.Decision, in the order in which they are asked.
SENTENCES = {
    "consent": _l("The person has consented to this topic, and the consent held at that moment."),
    "renewal": _l("The mail asks whether the consent is to go on; the consent held at that moment."),
    "contract": _l("The message serves the contract with the person; no consent is needed for it."),
    "legal-obligation": _l("A law demands the message: it is about the person's own request."),
    "existing-customer": _l(
        "The person has bought the like, was told of the right to object, and has not objected (§ 7(3) UWG)."
    ),
    "objected": _l(
        "There is no consent, and the person has objected to advertising (§ 7(3) No. 3 UWG). "
        "Only a consent changes that."
    ),
    "no-sale": _l(
        "There is no consent, and no sale is recorded for which this address was given (§ 7(3) No. 1 UWG)."
    ),
    "not-similar": _l(
        "There is no consent, and what was bought is not what the message advertises (§ 7(3) No. 2 UWG)."
    ),
    "no-notice": _l(
        "There is no consent, and the person was not told of the right to object, when giving the address or in the "
        "message (§ 7(3) No. 4 UWG)."
    ),
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

# Channels as an address of a page names them.
CHANNEL_KEYS = {
    "email": privacy.CHANNEL_EMAIL,
    "phone": privacy.CHANNEL_PHONE,
    "sms": privacy.CHANNEL_SMS,
    "letter": privacy.CHANNEL_LETTER,
    "portal": privacy.CHANNEL_PORTAL,
}
# Conditions as in kontor.privacy.v1.DecisionCondition.
CONDITIONS = {
    "restriction": _l("Nothing restricts the processing, and no erasure is being carried out."),
    "address": _l("There is an address on this way."),
    "suppression": _l("The address is not on the suppression list."),
    "basis": _l("The message rests on a basis: consent, contract, a sale (§ 7(3) UWG) or a law."),
}
OUTCOMES = {
    privacy.CONDITION_OUTCOME_MET: Label(_l("met"), "good", "circle-check"),
    privacy.CONDITION_OUTCOME_FAILED: Label(_l("not met"), "bad", "circle-x"),
    privacy.CONDITION_OUTCOME_NOT_ASKED: Label(_l("not asked"), "neutral", "minus"),
}
