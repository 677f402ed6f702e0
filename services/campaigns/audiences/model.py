"""Values of audiences."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from kernel.errors import NotFound


class AudienceNotFound(NotFound):
    """No such audience."""

    def __init__(self) -> None:
        super().__init__("There is no such audience.")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which contacts; empty fields do not restrict."""

    city: str = ""
    country: str = ""
    language: str = ""
    organisation_id: str = ""
    source: str = ""
    with_email: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An audience as somebody wrote it."""

    name: str
    topic: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience as it is kept."""

    id: uuid.UUID
    draft: Draft
    created_at: datetime


@dataclass(slots=True)
class Forecast:
    """How many would get a message now, and why the others would not."""

    contacts: int = 0
    permitted: int = 0
    denied: Counter[str] = field(default_factory=Counter)
