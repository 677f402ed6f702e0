"""Words for impact assessments."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import assessments_pb2 as wire

from services.gateway.labels import Label

# WP 248 rev.01, III.B.
CRITERIA = {
    wire.CRITERION_SCORING: Label(_l("Evaluation, scoring, profiles")),
    wire.CRITERION_AUTOMATED_DECISION: Label(_l("Automated decision with a significant effect")),
    wire.CRITERION_MONITORING: Label(_l("Systematic monitoring")),
    wire.CRITERION_SENSITIVE: Label(_l("Sensitive or highly personal data")),
    wire.CRITERION_LARGE_SCALE: Label(_l("Large scale")),
    wire.CRITERION_MATCHING: Label(_l("Matching or combining data sets")),
    wire.CRITERION_VULNERABLE: Label(_l("Vulnerable persons: children, patients, employees")),
    wire.CRITERION_NEW_TECHNOLOGY: Label(_l("New technology or a new organisational solution")),
    wire.CRITERION_PREVENTS_RIGHT: Label(_l("Keeps persons from a right, a service or a contract")),
}
LEVELS = {
    wire.RISK_LEVEL_LOW: Label(_l("low"), "good", "circle-check"),
    wire.RISK_LEVEL_MEDIUM: Label(_l("medium"), "warn", "alert-triangle"),
    wire.RISK_LEVEL_HIGH: Label(_l("high"), "bad", "flame"),
}
VERDICTS = {
    wire.VERDICT_PROCEED: Label(_l("go ahead"), "good", "circle-check"),
    wire.VERDICT_CHANGE: Label(_l("change first"), "warn", "pencil"),
    wire.VERDICT_STOP: Label(_l("do not do it"), "bad", "hand-stop"),
}
ALERTS = {
    "risks-missing": Label(_l("no risk entered"), "warn", "alert-triangle"),
    "opinion-open": Label(_l("officer's opinion is missing"), "warn", "clock"),
    "opinion-outdated": Label(_l("changed since the officer's opinion"), "warn", "clock"),
    "undecided": Label(_l("not decided"), "warn", "hand-stop"),
    "consultation-open": Label(
        _l("risk stays high: consult the authority (Art. 36)"), "bad", "alert-triangle"
    ),
    "review-due": Label(_l("review is due"), "warn", "clock"),
}
FIELDS = {
    "title": _l("In short"), "activities": _l("From the record of processing"),
    "description": _l("What is done with which data, and what for"),
    "criteria": _l("Which criteria apply"),
    "listed": _l("It stands in Art. 35(3) or on the list of the authority"),
    "waived": _l("No assessment is needed although the check asks for one"),
    "waiver_reason": _l("Why none is needed"), "necessity": _l("Why it is necessary"),
    "proportionality": _l("Why it is proportionate"),
    "views": _l("Views of the persons, or of those who speak for them (Art. 35(9))"),
    "risks": _l("Risks"), "opinion": _l("Officer's opinion"), "decision": _l("Decision"),
    "decision_reason": _l("Reasons for the decision"), "consulted_on": _l("Authority consulted on"),
    "review_on": _l("Next review on"),
    "text": _l("What may happen to whom"), "severity": _l("Severity before"),
    "likelihood": _l("Likelihood before"), "severity_after": _l("Severity after"),
    "likelihood_after": _l("Likelihood after"), "measure_ids": _l("Measures against it"),
}  # fmt: skip
SEVERITY = {1: _l("1 · hardly noticed"), 2: _l("2 · limited"), 3: _l("3 · substantial"), 4: _l("4 · grave")}
LIKELIHOOD = {
    1: _l("1 · hardly conceivable"),
    2: _l("2 · possible"),
    3: _l("3 · likely"),
    4: _l("4 · nearly certain"),
}
