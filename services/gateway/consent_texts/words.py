"""Words for the states of topics, versions and drafts."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import consent_texts_pb2 as wire

from services.gateway.labels import Label

PARTS = {
    "title": _l("Title"),
    "text": _l("What people agree to"),
    "withdrawal_notice": _l("Notice of the right to withdraw"),
}
TOPIC_STATES = {
    "shown": Label(_l("people are asked"), "good", "circle-check"),
    "later": Label(_l("approved, shown later"), "info", "clock"),
    "retired": Label(_l("retired"), "neutral", "archive"),
}
_DRAFT = Label(_l("draft"), "neutral", "pencil")
_WAITING = Label(_l("awaiting approval"), "warn", "hand-stop")
_APPROVED = Label(_l("approved"), "good", "circle-check")
_CURRENT = Label(_l("shown now"), "good", "circle-check")
_LATER = Label(_l("approved, shown later"), "info", "clock")
_BEFORE = Label(_l("replaced"), "neutral", "archive")


def topic_state(topic: wire.ConsentTopic) -> str:
    """Which of the topic's states: people are asked, will be, or are no longer."""
    if topic.HasField("retire_time"):
        return "retired"
    return "shown" if topic.version else "later"


def draft_state(draft: wire.ConsentDraft) -> Label:
    """Being written, waiting, or approved."""
    if draft.approved_by:
        return _APPROVED
    return _WAITING if draft.handed_in_by else _DRAFT


def version_state(version: wire.ConsentTextVersion, topic: wire.ConsentTopic) -> Label:
    """Shown now, shown later, replaced, or retired with its topic."""
    if topic.HasField("retire_time"):
        return TOPIC_STATES["retired"]
    if version.text.version == topic.version:
        return _CURRENT
    later = version.HasField("effective_time") and version.effective_time.ToDatetime(UTC) > datetime.now(UTC)
    return _LATER if later else _BEFORE
