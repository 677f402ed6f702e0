"""Decisions in numbers: on which basis messages went out, and why others did not; each leads to its rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from kontor.privacy.v1.privacy_pb2 import DecisionCount, GetDecisionCountsRequest

from services.gateway.clients import clients
from services.gateway.decisions.words import CHANNEL_KEYS
from services.gateway.labels import CHANNELS, label, why

# So many days are shown unless somebody asks for others: a year of campaigns is a long count.
DAYS = 30
_KEYS = {channel: key for key, channel in CHANNEL_KEYS.items()}


class Period(NamedTuple):
    """The first and the last day, as a page's address says them."""

    from_date: str
    until_date: str


class Group(NamedTuple):
    """What belongs together: a title, how many there are, the bars, and a row for each reason and way."""

    title: str
    tone: str
    total: int
    href: str
    bars: list[tuple[str, int, str]]
    rows: list[tuple[str, str, int, str]]


def period(from_date: str, until_date: str) -> Period:
    """As asked; the last 30 days if nothing was."""
    if from_date or until_date:
        return Period(from_date, until_date)
    return Period((datetime.now(UTC) - timedelta(days=DAYS)).date().isoformat(), "")


def counted(wanted: Period) -> list[DecisionCount]:
    """How many decisions there are by reason and way. Errors: InvalidArgument for a day that is none."""
    asked = GetDecisionCountsRequest(from_date=wanted.from_date, until_date=wanted.until_date)
    return list(clients().permits.GetDecisionCounts(asked).counts)


def groups(found: list[DecisionCount], wanted: Period) -> list[Group]:
    """What was permitted, by basis; and what was denied, by reason."""
    return [
        _group(
            _("Messages by basis"), "good", [each for each in found if each.permitted], wanted, "permitted"
        ),
        _group(_("Not allowed, by reason"), "warn", [e for e in found if not e.permitted], wanted, "denied"),
    ]


def _group(title: str, tone: str, found: list[DecisionCount], wanted: Period, outcome: str) -> Group:
    days = {name: value or None for name, value in wanted._asdict().items()}

    def href(reason: str | None = None, channel: str | None = None) -> str:
        return url_for("decisions.index", outcome=outcome, reason=reason, channel=channel, **days)

    by_reason: Counter[str] = Counter()
    for each in found:
        by_reason[each.reason] += each.count
    return Group(
        title,
        tone,
        by_reason.total(),
        href(),
        [(why(reason), count, href(reason)) for reason, count in by_reason.most_common()],
        [
            (why(each.reason), str(label(CHANNELS, each.channel).text), each.count,
             href(each.reason, _KEYS.get(each.channel)))
            for each in sorted(found, key=lambda each: -each.count)
        ],
    )  # fmt: skip
