"""Words for data sets, columns, periods and laws, as the services declare them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

DATASETS = {
    "legal_hold": _l("Reasons for which your data had to stay"),
    "contact": _l("Your record"),
    "relation": _l("Organisations you belong to"),
    "login": _l("Logins that see your data"),
    "login_invitation": _l("Invitations for a login"),
    "invitation_mail": _l("Mails with an invitation"),
    "notice_mail": _l("Mails about your requests"),
    "renewal_mail": _l("Mails that ask whether a consent is to go on"),
    "timeline_entry": _l("What has happened"),
    "import_row": _l("Lines of a file from which we took your data"),
    "ticket": _l("Tickets"),
    "message": _l("Messages"),
    "sign_up": _l("Newsletter orders"),
    "consent_record": _l("Consents"),
    "consent_ip": _l("From where you consented"),
    "permit_decision": _l("Decisions whether we may write to you"),
    "customer_sale": _l("Purchases that we noted for advertising by mail"),
    "customer_objection": _l("Your objection to advertising for similar goods"),
    "without_basis": _l("That we found no basis to hold your data"),
    "identity_check": _l("Codes that were sent to show that it is you"),
    "asking": _l("Requests that you made without a login"),
    "request_message": _l("What you wrote beside a request"),
    "request_correction": _l("Corrections that you asked for"),
    "passage_decision": _l("What was kept from a copy because it names others"),
    "subject_request": _l("Requests under data protection law"),
    "access_document": _l("Copies made for you"),
    "certificate": _l("Certificates of erasure"),
    "erasure_ledger": _l("Proof of erasure"),
    "erasure_plan": _l("Lists of what is to be erased"),
    "request_farewell": _l("Whom the last mail about your erasure goes to, sealed until it is on its way"),
    "request_identifiers": _l(
        "Your addresses, sealed until your erasure is done and every recipient knows of it"
    ),
    "suppression_entry": _l("Addresses we must not write to"),
    "suppression_lifting": _l("Addresses that you had taken off the suppression list"),
    "audit_entry": _l("Who has read or changed your data"),
    "restriction": _l("Restrictions of processing"),
    "restriction_order": _l("Orders to restrict processing"),
    "restricted_subject": _l("Note that processing is restricted"),
    "idempotency": _l("Short notes, so that one click never counts twice"),
}

# Kept for running and proving the service; a reader looks for them last.
TECHNICAL = {
    "restricted_subject",
    "restriction_order",
    "request_identifiers",
    "request_farewell",
    "audit_entry",
    "idempotency",
    "erasure_plan",
    "erasure_ledger",
    "import_row",
    "login",
    "login_invitation",
    "invitation_mail",
    "notice_mail",
    "renewal_mail",
    "identity_check",
    "passage_decision",
    "suppression_lifting",
}

# The same words once more, in the form that searching needs. They are in the copy of the data.
DERIVED = {"email_key", "name_key", "search_text"}

COLUMNS = {
    "decided_by": _l("Decided by"),
    "spans": _l("Blackened passages"),
    "after": _l("How it is right"),
    "before": _l("What stood there"),
    "other": _l("Something else"),
    "actor": _l("By whom"),
    "address_hash": _l("Address, as a fingerprint only"),
    "author_name": _l("Author"),
    "body": _l("Text"),
    "category": _l("What you bought"),
    "cells": _l("Content of the row"),
    "channel": _l("Channel"),
    "city": _l("City"),
    "click_ip": _l("Internet address of the confirmation"),
    "collected_on": _l("Address given on"),
    "completed_at": _l("Completed"),
    "confirm_ip": _l("Internet address of the confirmation"),
    "confirm_time": _l("Confirmed"),
    "contact_id": _l("Your number in this system"),
    "content": _l("Content"),
    "country": _l("Country"),
    "decided_at": _l("Decided"),
    "email": _l("E-mail"),
    "emails": _l("E-mail"),
    "family_name": _l("Last name"),
    "form_url": _l("Form"),
    "given_name": _l("First name"),
    "announced_at": _l("End announced"),
    "ground": _l("Ground"),
    "grounds": _l("Grounds"),
    "in_force_at": _l("In force since"),
    "lifted_at": _l("Lifted"),
    "ordered_at": _l("Ordered"),
    "since": _l("Since"),
    "identifier_hashes": _l("Addresses, as fingerprints only"),
    "identifiers": _l("Addresses and names"),
    "kind": _l("Kind"),
    "language": _l("Language"),
    "method": _l("Way"),
    "name": _l("Name"),
    "message": _l("What you wrote"),
    "note": _l("Note"),
    "owner_name": _l("Taken care of by"),
    "permitted": _l("Permitted"),
    "phone": _l("Phone"),
    "postal_code": _l("Postal code"),
    "objected_at": _l("Objected"),
    "proven_by": _l("How you showed that it is yours"),
    "reason": _l("Reason"),
    "received_at": _l("Received"),
    "recorded_at": _l("Recorded"),
    "reference": _l("Order or invoice"),
    "request_ip": _l("Internet address of the order"),
    "request_time": _l("Asked for"),
    "requested_by": _l("Asked for by"),
    "response": _l("Answer"),
    "responsible_name": _l("Whom to ask"),
    "role": _l("Role"),
    "sealed": _l("Addresses, sealed"),
    "salutation": _l("Form of address"),
    "sold_on": _l("Bought on"),
    "state": _l("State"),
    "street": _l("Street"),
    "subject": _l("Subject"),
    "subject_id": _l("Your number in this system"),
    "client_mac": _l("Fingerprint of your internet address"),
    "code_mac": _l("Fingerprint of the code"),
    "token_sha256": _l("Fingerprint of the link"),
    "topic": _l("Topic"),
    "topics": _l("Topics"),
    "why": _l("What became of your last consent"),
}

_COLUMNS_OF = {
    ("login", "subject"): _l("Identifier of the login"),
    ("timeline_entry", "kind"): _l("What"),
}

# Start event and standard period (DIN 66398), as the services declare them.
RETENTION = {
    "unconfirmed: asking + 7 days; answered: answer + 1 days": _l(
        "7 days if you do not confirm, else one day after the answer"
    ),
    "release + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after the release, to the end of the year (§§ 195, 199 BGB)"
    ),
    "entry + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after the entry, to the end of the year (§§ 195, 199 BGB)"
    ),
    "last business + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after our last business, to the end of that year (§§ 195, 199 BGB)"
    ),
    "execution + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after the erasure, to the end of the year (§§ 195, 199 BGB)"
    ),
    "end of the permission + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after we last may write to you because of it, to the end of the year (§§ 195, 199 BGB)"
    ),
    "objection + until the contact is erased": _l("as long as your record, so that your objection holds"),
    "lifting + 30 days (Art. 18(3) GDPR)": _l("30 days after lifting (Art. 18(3) GDPR)"),
    "lifting + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after lifting, to the end of the year (§§ 195, 199 BGB)"
    ),
    "first answer + 24 hours": _l("24 hours"),
    "import + 30 days": _l("30 days after the import"),
    "check + 30 days": _l("30 days after the code was asked for"),
    "invitation + 30 days": _l("30 days after the invitation"),
    "question + 120 days": _l("120 days after the question"),
    "with the contact": _l("as long as your record"),
    "sending + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after sending, to the end of the year (§§ 195, 199 BGB)"
    ),
    "unconfirmed: request + 14 days; confirmed: confirmation + 30 days": _l(
        "14 days if you do not confirm, else 30 days after the confirmation"
    ),
    "closing of the ticket + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after the ticket was closed, to the end of the year (§§ 195, 199 BGB)"
    ),
    "last recipient told + 0 days, completion + 30 days at the latest": _l(
        "until every recipient knows of your erasure, for 30 days after it at the latest"
    ),
    "end of the mail + 0 days, its planning + 14 days at the latest": _l(
        "until the mail is on its way, for 14 days at the latest"
    ),
    "completion + 30 days": _l("30 days after completion"),
    "completion + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after completion, to the end of the year (§§ 195, 199 BGB)"
    ),
    "recording + 90 days": _l("90 days"),
    "withdrawal or last use + 5 years (§ 7a UWG)": _l(
        "5 years after you withdrew it or we last used it (§ 7a UWG)"
    ),
    "recording + 10 years (longer than any backup)": _l("10 years, longer than any backup"),
    "decision + 3 years to the end of the year (§§ 195, 199 BGB)": _l(
        "3 years after the decision, to the end of the year (§§ 195, 199 BGB)"
    ),
    "the next survey that finds a basis, or no contact": _l("until the next hourly look finds a basis"),
    "entry + until the subject asks to be taken off": _l("until you ask us to take it off"),
}

LAWS = {
    "Art. 12(3) GDPR": _l("Art. 12(3) GDPR"),
    "Art. 17(1) GDPR": _l("Art. 17(1) GDPR"),
    "Art. 17(1), Art. 19 GDPR": _l("Art. 17(1), Art. 19 GDPR"),
    "Art. 5(2) GDPR": _l("Art. 5(2) GDPR"),
    "§ 7a UWG; Art. 7(1) GDPR": _l("§ 7a UWG; Art. 7(1) GDPR"),
    "Art. 5(2), Art. 17(3)(b) GDPR": _l("Art. 5(2), Art. 17(3)(b) GDPR"),
    "Art. 21(3), Art. 17(3)(b) GDPR": _l("Art. 21(3), Art. 17(3)(b) GDPR"),
}


def dataset(name: str) -> str:
    """The title of a data set."""
    return str(DATASETS.get(name) or _humanise(name))


def column(name: str, *, of: str = "") -> str:
    """The label of a column; some names mean another thing in another data set."""
    return str(_COLUMNS_OF.get((of, name)) or COLUMNS.get(name) or _humanise(name))


def retention(period: str) -> str:
    """How long it is kept; a period that is new here is shown as the service declares it."""
    return str(RETENTION.get(period, period))


def law(name: str) -> str:
    """The law that keeps an item, cited as usual in the visitor's language."""
    return str(LAWS.get(name, name))


def _humanise(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()
