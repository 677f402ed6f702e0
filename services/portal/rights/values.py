"""Stored values in words: enums, kinds of facts, people, instants."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.contacts.v1 import contacts_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.web.i18n import moment, phone
from services.portal.labels import REQUEST_KINDS, REQUEST_STATES

_INSTANT = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)?$")

# Columns that name who acted, by the subject of a login.
ACTORS = {"actor", "requested_by"}

# Codes of ISO 3166-1 and BCP 47, which the locale has words for.
_CODES = {"country", "language"}

_CHANNELS: dict[int, Any] = {
    privacy_pb2.CHANNEL_EMAIL: _l("E-mail"),
    privacy_pb2.CHANNEL_PHONE: _l("Phone"),
    privacy_pb2.CHANNEL_SMS: _l("SMS"),
    privacy_pb2.CHANNEL_LETTER: _l("Letter"),
    privacy_pb2.CHANNEL_PORTAL: _l("Portal"),
}

_ENUMS: dict[tuple[str, str], dict[int, Any]] = {
    ("contact", "salutation"): {
        contacts_pb2.SALUTATION_UNSPECIFIED: _l("not stated"),
        contacts_pb2.SALUTATION_MS: _l("Ms"),
        contacts_pb2.SALUTATION_MR: _l("Mr"),
        contacts_pb2.SALUTATION_NEUTRAL: _l("neutral"),
    },
    ("consent_record", "channel"): _CHANNELS,
    ("permit_decision", "channel"): _CHANNELS,
    ("consent_record", "state"): {
        privacy_pb2.CONSENT_STATE_REQUESTED: _l("asked for, not confirmed"),
        privacy_pb2.CONSENT_STATE_GIVEN: _l("given"),
        privacy_pb2.CONSENT_STATE_RENEWED: _l("renewed"),
        privacy_pb2.CONSENT_STATE_REFUSED: _l("refused"),
        privacy_pb2.CONSENT_STATE_WITHDRAWN: _l("withdrawn"),
        privacy_pb2.CONSENT_STATE_EXPIRED: _l("expired"),
    },
    ("subject_request", "kind"): {kind: label.text for kind, label in REQUEST_KINDS.items()},
    ("subject_request", "state"): {state: label.text for state, label in REQUEST_STATES.items()},
}

_FACTS = {
    "ContactCreated": _l("Your record was made"),
    "ContactUpdated": _l("Your record was changed"),
    "ContactErased": _l("Your record was erased"),
    "ImportCommitted": _l("An import was carried out"),
    "LoginLinked": _l("A login was joined to your record"),
    "LoginRemoved": _l("A login was separated from your record"),
    "LoginOpened": _l("What a login sees was changed"),
    "LoginInvited": _l("You were sent a link for one more login"),
    "InvitationRevoked": _l("An invitation was revoked"),
    "TicketOpened": _l("A ticket was opened"),
    "TicketUpdated": _l("A ticket was changed"),
    "MessageAdded": _l("A message was written"),
    "CampaignStarted": _l("A mailing began"),
    "CampaignFinished": _l("A mailing ended"),
    "MessageSent": _l("We sent you a mail"),
    "ConsentGiven": _l("You gave a consent"),
    "ConsentRefused": _l("You said no to a consent"),
    "ConsentRenewed": _l("You renewed a consent"),
    "ConsentRenewalDue": _l("A consent was about to end, and we asked you"),
    "ConsentExpired": _l("A consent expired"),
    "ConsentWithdrawn": _l("You withdrew a consent"),
    "SignUpRequested": _l("A newsletter was ordered with your address"),
    "SignUpConfirmed": _l("You confirmed a newsletter order"),
    "RequestReceived": _l("You exercised a right"),
    "RestrictionImposed": _l("The processing of your data was restricted"),
    "RestrictionLiftingAnnounced": _l("We told you when the restriction ends"),
    "RestrictionLifted": _l("The restriction of your data was lifted"),
    "RequestCompleted": _l("Your request was completed"),
}

_METHODS = {
    "double-opt-in": _l("by the link in the confirmation mail"),
    "portal-login": _l("by you, logged in to this portal"),
    "portal": _l("by you, logged in to this portal"),
    "preferences": _l("by the link in a mail"),
    "link": _l("by the link in a mail"),
    "one-click": _l("by one click in your mail program"),
    "staff": _l("by our staff"),
    "renewal-mail": _l("by the link in the mail that asked you"),
    "validity": _l("by itself: its time was over"),
    "unused": _l("by itself: we had not used it for too long"),
    "integration": _l("by a connected system of ours"),
    "objection": _l("by your objection to advertising"),
}


def words(dataset: str, column: str, value: str, *, own_subject: str) -> str:
    """A value as people write it; what has no words of its own stays as it is."""
    enum = _ENUMS.get((dataset, column))
    if enum is not None and value.isdigit():
        return str(enum.get(int(value), value))
    if column in ACTORS:
        return who(value, own_subject=own_subject)
    if column == "kind" and value.startswith("kontor."):
        name = value.rsplit(".", 1)[-1]
        return str(_FACTS.get(name, name))
    if column == "method":
        return str(_METHODS.get(value, value))
    if (dataset, column) == ("contact", "phone"):
        return phone(value)
    if column in _CODES:
        return _named(column, value)
    return _plain(value)


def _plain(value: str) -> str:
    if value in {"True", "False"}:
        return str(_("yes") if value == "True" else _("no"))
    return moment(datetime.fromisoformat(value)) if _INSTANT.match(value) else value


def _named(column: str, code: str) -> str:
    locale = Locale.parse(str(get_locale()))
    table = locale.territories if column == "country" else locale.languages
    return str(table.get(code, code))


def who(subject: str, *, own_subject: str) -> str:
    """Whose login it was. Names of staff are not for this page; that it was not you is."""
    return str(_("you yourself") if subject == own_subject else _("our staff or one of our systems"))
