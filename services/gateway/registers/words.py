"""Words for what stands in the registers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import registers_pb2 as wire

from services.gateway.labels import Label

ROLES = {
    wire.RECIPIENT_ROLE_PROCESSOR: Label(_l("Processor (Art. 28)"), "info", "building"),
    wire.RECIPIENT_ROLE_SUB_PROCESSOR: Label(_l("Sub-processor"), "neutral", "building"),
    wire.RECIPIENT_ROLE_RECIPIENT: Label(_l("Recipient"), "neutral", "send"),
}
MECHANISMS = {
    wire.TRANSFER_MECHANISM_ADEQUACY: Label(_l("Adequacy decision (Art. 45)")),
    wire.TRANSFER_MECHANISM_STANDARD_CLAUSES: Label(_l("Standard contractual clauses (Art. 46)")),
    wire.TRANSFER_MECHANISM_BINDING_CORPORATE_RULES: Label(_l("Binding corporate rules (Art. 47)")),
    wire.TRANSFER_MECHANISM_DEROGATION: Label(_l("Derogation for a single case (Art. 49)")),
}
GOALS = {
    wire.MEASURE_GOAL_ENCRYPTION: Label(_l("Pseudonymisation and encryption (Art. 32(1)(a))")),
    wire.MEASURE_GOAL_CONFIDENTIALITY: Label(_l("Confidentiality (Art. 32(1)(b))")),
    wire.MEASURE_GOAL_INTEGRITY: Label(_l("Integrity (Art. 32(1)(b))")),
    wire.MEASURE_GOAL_AVAILABILITY: Label(_l("Availability and resilience (Art. 32(1)(b))")),
    wire.MEASURE_GOAL_RECOVERY: Label(_l("Recovery (Art. 32(1)(c))")),
    wire.MEASURE_GOAL_TESTING: Label(_l("Regular testing (Art. 32(1)(d))")),
}
ALERTS = {
    "ended": Label(_l("contract has ended"), "bad", "alert-triangle"),
    "ends-soon": Label(_l("contract ends within 90 days"), "warn", "clock"),
    "unsigned": Label(_l("no signed contract entered"), "bad", "alert-triangle"),
    "review-due": Label(_l("review is due"), "warn", "clock"),
    "no-mechanism": Label(_l("nothing that the transfer rests on"), "bad", "alert-triangle"),
    "no-assessment": Label(_l("transfer impact not assessed"), "warn", "alert-triangle"),
    "adequacy-lapsed": Label(_l("adequacy decision has lapsed"), "bad", "alert-triangle"),
    "no-adequacy": Label(_l("no adequacy decision for this country"), "bad", "alert-triangle"),
    "parent-missing": Label(_l("who engages it is not entered"), "warn", "alert-triangle"),
}
SWOT = {
    wire.SWOT_LIST_STRENGTHS: Label(_l("Strengths"), "good", "circle-check"),
    wire.SWOT_LIST_WEAKNESSES: Label(_l("Weaknesses"), "warn", "alert-triangle"),
    wire.SWOT_LIST_OPPORTUNITIES: Label(_l("Opportunities"), "info", "sparkles"),
    wire.SWOT_LIST_THREATS: Label(_l("Threats"), "bad", "alert-triangle"),
}
FIELDS = {
    "name": _l("Name"), "role": _l("Role"), "address": _l("Address"), "country": _l("Country"),
    "contact": _l("Office to turn to"), "service": _l("Service"), "parent_id": _l("Engaged by"),
    "signed_on": _l("Contract signed on"), "starts_on": _l("Starts on"), "ends_on": _l("Ends on"),
    "notice_on": _l("Give notice by"), "certificates": _l("Certificates"), "recipient": _l("Recipient"),
    "mechanism": _l("What it rests on"), "details": _l("Details"), "assessed_on": _l("Impact assessed on"),
    "processor_id": _l("Entry among the processors"), "goal": _l("Goal"), "description": _l("Description"),
    "reviewed_on": _l("Last reviewed on"), "review_on": _l("Next review on"),
    "swot_list": _l("List"), "text": _l("Note"),
}  # fmt: skip
ENUMS: dict[str, Mapping[Any, Label]] = {
    "role": ROLES,
    "mechanism": MECHANISMS,
    "goal": GOALS,
    "swot_list": SWOT,
}


def country(code: str) -> str:
    """The name of a country in the language of the page."""
    return str(get_locale().territories.get(code, code))
