"""Values of campaigns."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

_CATEGORY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class CampaignNotFound(NotFound):
    """No such campaign."""

    def __init__(self) -> None:
        super().__init__("There is no such campaign.")


class CampaignStarted(FailedPrecondition):
    """The campaign was started already."""

    def __init__(self) -> None:
        super().__init__("The campaign was started already.", reason="CAMPAIGN_STARTED")


class CategoryInvalid(InvalidArgument):
    """A category is a key, not a sentence: privacy compares it with what people have bought."""

    def __init__(self) -> None:
        super().__init__(
            "A category is a short key.",
            violations={"campaign.category": "takes lower-case letters, digits and hyphens"},
        )


class MessageNotFound(NotFound):
    """No campaign has sent such a message."""

    def __init__(self) -> None:
        super().__init__("No campaign has sent a message on this decision.")


class State(StrEnum):
    """How far a campaign is."""

    DRAFT = "draft"
    SENDING = "sending"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign as somebody planned it."""

    name: str
    goal: str
    template_id: uuid.UUID
    audience_id: uuid.UUID
    # What it advertises, if it may go to existing customers, too.
    category: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it is kept."""

    id: uuid.UUID
    draft: Draft
    topic: str
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    freeze_cursor: str
    frozen_at: datetime | None


def require_category(category: str) -> None:
    """None, or one that can be compared. Errors: CategoryInvalid."""
    if category and not _CATEGORY.fullmatch(category):
        raise CategoryInvalid
