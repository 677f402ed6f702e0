"""Words for breaches."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import breaches_pb2 as wire

from services.gateway.labels import Label

RISKS = {
    wire.RISK_UNLIKELY: Label(_l("risk unlikely"), "good", "circle-check"),
    wire.RISK_PRESENT: Label(_l("risk"), "warn", "alert-triangle"),
    wire.RISK_HIGH: Label(_l("high risk"), "bad", "flame"),
}
DUTIES = {
    wire.RISK_UNLIKELY: _l(
        "Nobody has to be told (Art. 33(1)); the register keeps it all the same (Art. 33(5))."
    ),
    wire.RISK_PRESENT: _l("The authority has to be told, if possible within 72 hours (Art. 33(1))."),
    wire.RISK_HIGH: _l(
        "The authority has to be told (Art. 33), and the persons without undue delay (Art. 34)."
    ),
}
EXCEPTIONS = {
    wire.EXCEPTION_PROTECTED: Label(_l("The data is unintelligible to others (Art. 34(3)(a))")),
    wire.EXCEPTION_AVERTED: Label(_l("The high risk was averted afterwards (Art. 34(3)(b))")),
    wire.EXCEPTION_PUBLIC_NOTICE: Label(
        _l("Public communication, all else is disproportionate (Art. 34(3)(c))")
    ),
}
ALERTS = {
    "undecided": Label(_l("not decided"), "warn", "hand-stop"),
    "authority-open": Label(_l("authority not told"), "warn", "clock"),
    "authority-late": Label(_l("authority not told, 72 hours are over"), "bad", "alert-triangle"),
    "late-reason-missing": Label(_l("reason for the delay is missing"), "bad", "alert-triangle"),
    "subjects-open": Label(_l("persons not told"), "bad", "alert-triangle"),
}
FIELDS = {
    "title": _l("In short"), "aware_time": _l("When we became aware"), "facts": _l("What happened"),
    "subject_categories": _l("Whose data"), "subject_count": _l("How many persons, roughly"),
    "record_categories": _l("Which data"), "record_count": _l("How many records, roughly"),
    "consequences": _l("Likely consequences"), "measures": _l("Measures taken or proposed"),
    "unintelligible": _l("Nobody else can read the data: encrypted, and the key is safe"),
    "recovered": _l("It was got back before anybody could use it"),
    "sensitive": _l("Health or other special data, passwords, bank or identity documents"),
    "harm": _l("Harm is to be expected: fraud, loss, exposure, discrimination"),
    "vulnerable": _l("Children or other vulnerable persons"), "many": _l("Very many persons"),
    "risk": _l("Decision"), "reason": _l("Reasons for the decision"),
    "exception": _l("Why the persons need not be told one by one"), "authority_time": _l("Authority told on"),
    "delay_reason": _l("If later than 72 hours: why"), "subjects_time": _l("Persons told on"),
}  # fmt: skip
# The questions that the suggestion follows from.
QUESTIONS = ("unintelligible", "recovered", "sensitive", "harm", "vulnerable", "many")
