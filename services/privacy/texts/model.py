"""Drafts as values, and what must hold before one becomes what people are asked."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, StaleEtag

LANGUAGES = ("de", "en")
_TOPIC = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class DraftNotFound(NotFound):
    """No such draft."""


class TopicNotFound(NotFound):
    """There is no text of this topic."""


class TopicInvalid(InvalidArgument):
    """A topic is a key, not a sentence: it stays in the ledger for ever."""


class Approved(FailedPrecondition):
    """What was approved never changes; write a new draft."""


class TranslationMissing(FailedPrecondition):
    """Everybody must be asked in a language of the pages."""


class FourEyes(FailedPrecondition):
    """Nobody approves what they wrote."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What a person is shown in one language."""

    title: str
    text: str
    withdrawal_notice: str

    @property
    def sha256(self) -> bytes:
        """The hash over everything that is shown, in the order in which it is shown."""
        shown = "\n\n".join((self.title, self.text, self.withdrawal_notice))
        return hashlib.sha256(shown.encode()).digest()


@dataclass(frozen=True, slots=True)
class Wording:
    """What a draft says: the texts, from when, and whether earlier consents still cover it."""

    translations: Mapping[str, Translation]
    material: bool = False
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A text on its way, or one that got there."""

    id: uuid.UUID
    topic: str
    wording: Wording
    authors: tuple[str, ...] = field(default=())
    approved_by: str = ""
    approved_at: datetime | None = None
    version: int = 0

    @property
    def etag(self) -> str:
        """Names exactly this wording: who approves it approves what they read."""
        moment = self.wording.effective_at
        said = [
            self.topic,
            self.wording.material,
            moment.astimezone(UTC).isoformat() if moment else "",
            sorted((language, each.sha256.hex()) for language, each in self.wording.translations.items()),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def require_topic(topic: str) -> None:
    """Errors: TopicInvalid."""
    if not _TOPIC.fullmatch(topic):
        raise TopicInvalid(
            "A topic is a short key.", violations={"topic": "takes lower-case letters, digits and hyphens"}
        )


def require_open(draft: Draft, etag: str) -> None:
    """Errors: Approved, StaleEtag."""
    if draft.approved_by:
        raise Approved("This text was approved; write a new draft.", reason="APPROVED")
    if draft.etag != etag:
        raise StaleEtag


def require_approvable(draft: Draft, *, approver: str) -> None:
    """Errors: TranslationMissing, FourEyes."""
    missing = [language for language in LANGUAGES if language not in draft.wording.translations]
    if missing:
        raise TranslationMissing("German and English are both needed.", reason="TRANSLATION_MISSING")
    if approver in draft.authors:
        raise FourEyes("A second person approves what you wrote.", reason="FOUR_EYES")
