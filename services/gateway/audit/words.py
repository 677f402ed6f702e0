"""What somebody did with data, in words: the method's verb, the rule of an alert, what came of it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import audit_pb2 as audit

from kernel.identity import PAGES, SUITE
from services.gateway.labels import Label

RULES = {
    audit.ALERT_RULE_VOLUME: Label(_l("Far more people than usual"), "warn", "chart-bar"),
    audit.ALERT_RULE_WATCHED: Label(_l("Somebody who is watched over"), "warn", "eye-exclamation"),
    audit.ALERT_RULE_NO_CASE: Label(_l("Again and again without a case"), "warn", "user-question"),
}
JUDGEMENTS = {
    audit.JUDGEMENT_UNSPECIFIED: Label(_l("Not judged yet"), "warn", "hand-stop"),
    audit.JUDGEMENT_JUSTIFIED: Label(_l("There was a reason"), "good", "circle-check"),
    audit.JUDGEMENT_UNJUSTIFIED: Label(_l("There was no reason"), "bad", "circle-x"),
}
SEEN, LISTED, CHANGED = (
    Label(_l("looked at"), "neutral", "eye"),
    Label(_l("in a list"), "neutral", "list"),
    Label(_l("changed"), "info", "pencil"),
)
CLIENTS = {
    "kontor-gateway": _l("Gateway"),
    "kontor-portal": _l("Portal"),
    "kontor-integrator": _l("Other system"),
}


def deed(entry: audit.AuditEntry) -> Label:
    """What was done; a page that shows many is not a look at each of them."""
    if entry.mutation:
        return CHANGED
    return LISTED if entry.subjects > 1 else SEEN


def way(client: str) -> str:
    """Through what somebody acted; what a service asks on somebody's behalf comes from the page before it."""
    if client in SUITE - PAGES:
        return str(_l("Service of Kontor"))
    return str(CLIENTS.get(client, client))
