"""The four conditions of § 7(3) UWG as values: what was sold, what was said, and what is lacking."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound

EXISTING_CUSTOMER = "existing-customer"
# What is lacking, as a permit's reason: the third condition first, because the person's own no is the strongest.
OBJECTED = "objected"
NO_SALE = "no-sale"
NOT_SIMILAR = "not-similar"
NO_NOTICE = "no-notice"
# Of a sale on which nothing rests any more.
ENDED = "ended"
END_REASONS = frozenset({"cancelled", "mistake"})
METHODS = frozenset({"one-click", "portal", "staff", "integration", "objection"})
# The law names no period. Somebody who has bought nothing for so long hardly expects to hear of it any more, and what
# nobody expects is no legitimate interest (recital 47 GDPR).
LAPSES_AFTER_YEARS = 2
_CATEGORY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Nothing that could be somebody's address or name in a sentence: what proves a message survives an erasure.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.#-]*")


class SaleInvalid(InvalidArgument):
    """A sale that could not be proven, or whose facts contradict each other."""


class SaleNotFound(NotFound):
    """This contact has no such sale, or it has ended."""


class NoticeNotFound(NotFound):
    """No such notice."""


class NoticeInvalid(InvalidArgument):
    """A notice must say since when it is shown."""


class CategoryInvalid(InvalidArgument):
    """A category is a key, not a sentence: sale and advertising must mean the same by it."""


class MethodUnknown(InvalidArgument):
    """An objection must say by which way it came."""


class Erased(FailedPrecondition):
    """The contact was erased; nothing is recorded about it any more."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is shown when an address is collected (§ 7(3) No. 4 UWG)."""

    id: uuid.UUID
    language: str
    version: int
    text: str
    in_use_since: date

    @property
    def sha256(self) -> bytes:
        """Names exactly this wording."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale as it is told: what, when, and what the customer was shown when giving the address."""

    category: str
    reference: str
    sold_on: date
    collected_on: date
    notice_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it is kept. It permits nothing from `ends_on` on."""

    id: uuid.UUID
    contact_id: uuid.UUID
    sold: Sold
    recorded_at: datetime
    recorded_by: str
    ends_on: date
    end_reason: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """That a customer has said no, and by which way."""

    objected_at: datetime
    method: str


@dataclass(frozen=True, slots=True)
class Advertising:
    """What a batch of messages advertises, and whether each tells of the right to object and lets one do it."""

    category: str
    carries_notice: bool


def judge(advertising: Advertising, sales: Sequence[Sale], *, objected: bool) -> tuple[str, uuid.UUID | None]:
    """Whether all four conditions are met: the reason, and the sale that a permit rests on.

    `sales` are those in force whose address is the one that the message would go to, the newest first.
    """
    if objected:
        return OBJECTED, None
    if not sales:
        return NO_SALE, None
    similar = [sale for sale in sales if sale.sold.category == advertising.category]
    if not similar:
        return NOT_SIMILAR, None
    told = [sale for sale in similar if sale.sold.notice_id is not None]
    if not told or not advertising.carries_notice:
        return NO_NOTICE, None
    return EXISTING_CUSTOMER, told[0].id


def require_category(category: str) -> None:
    """Errors: CategoryInvalid."""
    if not _CATEGORY.fullmatch(category):
        raise CategoryInvalid(
            "A category is a short key.",
            violations={"category": "takes lower-case letters, digits and hyphens"},
        )


def require_sold(
    *, category: str, reference: str, days: tuple[str, str], notice_id: uuid.UUID | None, today: date
) -> Sold:
    """A sale from what was entered; `days` are those of the sale and of the collection. Errors: SaleInvalid."""
    problems = {}
    if not _CATEGORY.fullmatch(category):
        problems["category"] = "takes lower-case letters, digits and hyphens"
    if not _REFERENCE.fullmatch(reference):
        problems["reference"] = "takes letters, digits and - _ / . #"
    sold_on, collected_on = (day_of(text) for text in (days[0], days[1] or days[0]))
    for name, day in (("sale_date", sold_on), ("collect_date", collected_on)):
        if day is None or day > today:
            problems[name] = "must be a day that has come"
    if problems or sold_on is None or collected_on is None:
        raise SaleInvalid("This sale cannot be recorded.", violations=problems)
    return Sold(category, reference, sold_on, collected_on, notice_id)


def require_shown(sold: Sold, notice: Notice | None) -> None:
    """Nobody was told by a notice that came later. Errors: NoticeNotFound, SaleInvalid."""
    if sold.notice_id is None:
        return
    if notice is None:
        raise NoticeNotFound("There is no such notice.")
    if notice.in_use_since > sold.collected_on:
        raise SaleInvalid(
            "The notice was not in use when the address was collected.",
            violations={"notice_id": "was not in use on that day"},
        )


def require_day(text: str) -> date:
    """Errors: NoticeInvalid."""
    day = day_of(text)
    if day is None:
        raise NoticeInvalid("This is no day.", violations={"in_use_since": "must be an ISO 8601 date"})
    return day


def require_method(method: str) -> None:
    """Errors: MethodUnknown."""
    if method not in METHODS:
        raise MethodUnknown(
            "This way is not known.", violations={"method": f"must be one of {', '.join(sorted(METHODS))}"}
        )


def require_end(reason: str) -> None:
    """Errors: SaleInvalid."""
    if reason not in END_REASONS:
        raise SaleInvalid(
            "This reason is not known.",
            violations={"reason": f"must be one of {', '.join(sorted(END_REASONS))}"},
        )


def lapse(sold_on: date) -> date:
    """The first day on which a sale permits nothing any more by its age."""
    year = sold_on.year + LAPSES_AFTER_YEARS
    # 29 February has no anniversary in most years; a day earlier advertises to nobody too long.
    day = 28 if (sold_on.month, sold_on.day) == (2, 29) else sold_on.day
    return sold_on.replace(year=year, day=day)


def day_of(text: str) -> date | None:
    """A day as ISO 8601 writes it; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
