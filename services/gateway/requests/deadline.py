"""How much time is left to answer a request: days, tone and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from kontor.privacy.v1.privacy_pb2 import (
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PARTIALLY_FULFILLED,
    REQUEST_STATE_REFUSED,
    REQUEST_STATE_WITHDRAWN,
    Request,
)

ENDED = (
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PARTIALLY_FULFILLED,
    REQUEST_STATE_REFUSED,
    REQUEST_STATE_WITHDRAWN,
)
# From here on somebody has to act now to answer in time.
_SOON_DAYS = 7


@dataclass(frozen=True)
class Due:
    """A request and its legal deadline; `days` is negative when it has passed."""

    request: Request
    day: date | None
    days: int | None

    @property
    def tone(self) -> str:
        """Of `ui.badge`; the text says the same."""
        if self.days is None or self.request.state in ENDED:
            return "neutral"
        if self.days < 0:
            return "bad"
        return "warn" if self.days <= _SOON_DAYS else "good"

    @property
    def stalled(self) -> bool:
        """Whether it is open and stands still."""
        return bool(self.request.problem) and self.request.state not in ENDED

    @property
    def text(self) -> str:
        """What is left, in words."""
        if self.request.state in ENDED or self.days is None:
            return "–"
        if self.days < 0:
            return str(ngettext("%(num)s day overdue", "%(num)s days overdue", -self.days))
        if self.days == 0:
            return str(_("due today"))
        return str(ngettext("%(num)s day left", "%(num)s days left", self.days))


def due(request: Request) -> Due:
    """The deadline of one request, counted in the company's own time zone."""
    if not request.due_date:
        return Due(request, None, None)
    day = date.fromisoformat(request.due_date)
    today = datetime.now(ZoneInfo(current_app.config["KONTOR"].timezone)).date()
    return Due(request, day, (day - today).days)
