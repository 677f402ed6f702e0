"""Drafts as values, and what must hold before one becomes what people are asked."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, StaleEtag
from services.privacy.consent.model import Text

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
    handed_in_by: str = ""
    handed_in_at: datetime | None = None
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


@dataclass(frozen=True, slots=True)
class Version:
    """A text that was approved, and by whom; one that came with the release has nobody."""

    text: Text
    authors: tuple[str, ...] = ()
    approved_by: str = ""
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What people are asked about one thing now: by which version, since when, in which languages."""

    topic: str
    version: int
    effective_at: datetime | None
    next_version: int
    languages: tuple[str, ...]
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Use:
    """How many consents stand on a text now that one form has shown."""

    topic: str
    text_id: uuid.UUID | None
    form_url: str
    count: int


def topic_of(texts: Sequence[Text], *, retired_at: datetime | None, now: datetime) -> Topic:
    """The topic of these texts, all of one, as it stands now."""
    retired = retired_at is not None and retired_at <= now
    due = [t for t in texts if t.effective_at is None or t.effective_at <= now]
    shown = max((t.version for t in due), default=0)
    newest = max(t.version for t in texts)
    of_it = [t for t in texts if t.version == (shown or newest)]
    return Topic(
        topic=texts[0].topic,
        version=0 if retired else shown,
        effective_at=of_it[0].effective_at if shown and not retired else None,
        next_version=newest if newest > shown and not retired else 0,
        languages=tuple(sorted(t.language for t in of_it)),
        retired_at=retired_at if retired else None,
    )


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


def require_whole(draft: Draft) -> None:
    """Errors: TranslationMissing."""
    missing = [language for language in LANGUAGES if language not in draft.wording.translations]
    if missing:
        raise TranslationMissing("German and English are both needed.", reason="TRANSLATION_MISSING")


def require_approvable(draft: Draft, *, approver: str) -> None:
    """Errors: TranslationMissing, FourEyes."""
    require_whole(draft)
    if approver in draft.authors:
        raise FourEyes("A second person approves what you wrote.", reason="FOUR_EYES")
