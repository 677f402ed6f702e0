"""Values of campaigns."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.errors import FailedPrecondition, NotFound


class CampaignNotFound(NotFound):
    """No such campaign."""

    def __init__(self) -> None:
        super().__init__("There is no such campaign.")


class CampaignStarted(FailedPrecondition):
    """The campaign was started already."""

    def __init__(self) -> None:
        super().__init__("The campaign was started already.", reason="CAMPAIGN_STARTED")


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
