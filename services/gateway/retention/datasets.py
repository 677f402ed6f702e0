"""Datasets in words, those that no plan names among them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from services.gateway.requests import plans

# Beside `plans.DATASETS`: what nobody is the subject of, or what goes together with another dataset.
_OTHERS = {
    "client_usage": _l("calls of other systems, counted"),
    "inbox": _l("facts that were received"),
    "outbox": _l("facts that were sent"),
    "lease": _l("turns of timed work"),
    "contacts.contact_import": _l("imports"),
    "contacts.erased_address": _l("keys of erased addresses"),
    "contacts.organisation": _l("organisations"),
    "campaigns.asking_mail": _l("mails to people who asked without a login"),
    "campaigns.audience": _l("audiences"),
    "campaigns.campaign": _l("campaigns"),
    "campaigns.template": _l("templates"),
    "privacy.basis_survey": _l("times of the surveys of bases"),
    "privacy.consent_draft": _l("drafts of consent texts"),
    "privacy.consent_erasure": _l("marks of erased consents"),
    "privacy.consent_node": _l("nodes of the tree of consents"),
    "privacy.consent_renewal": _l("questions about the renewal of consents"),
    "privacy.consent_salt": _l("salts of consents"),
    "privacy.consent_text": _l("texts of consents"),
    "privacy.consent_topic": _l("topics of consents"),
    "privacy.objection_notice": _l("notices of the right to object"),
    "privacy.consent_tree": _l("trees of consents"),
    "privacy.holder_description": _l("what services declare"),
    "privacy.register_version": _l("versions of the registers"),
    "privacy.request_notice": _l("notices about requests"),
    "privacy.request_plan": _l("plans of requests"),
    "privacy.request_recipient": _l("recipients who are told of requests"),
    "privacy.request_round": _l("rounds of requests"),
    "privacy.request_transition": _l("steps of requests"),
    "privacy.restriction_receipt": _l("receipts of restrictions"),
    "privacy.retention_result": _l("results of deletion runs"),
    "privacy.retention_run": _l("deletion runs"),
    "privacy.suppression_entry": _l("entries of the suppression list"),
    "privacy.suppression_look_up": _l("looks at the suppression list"),
    "privacy.tree_head": _l("signed heads of the tree of consents"),
}


def dataset(holder: str, name: str) -> str:
    """What people call a dataset; a new one by its own name."""
    for key in (f"{holder}.{name}", name):
        found = plans.DATASETS.get(key) or _OTHERS.get(key)
        if found:
            return str(found)
    return name.replace("_", " ")


def known(holder: str, name: str) -> bool:
    """Whether there are words for it."""
    return any(key in each for key in (f"{holder}.{name}", name) for each in (plans.DATASETS, _OTHERS))
