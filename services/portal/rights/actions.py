"""What somebody can do about one kind of data, by what the law gives them for it (Art. 7(3), 16 to 18, 20, 21 GDPR)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

# What a person knows better than we do; logs and proofs are not corrected, they say what happened.
_CORRECTABLE = frozenset(
    {
        options_pb2.CATEGORY_IDENTITY,
        options_pb2.CATEGORY_CONTACT_POINT,
        options_pb2.CATEGORY_DEMOGRAPHIC,
        options_pb2.CATEGORY_FREE_TEXT,
    }
)
_PORTABLE = frozenset({holder_pb2.BASIS_CONSENT, holder_pb2.BASIS_CONTRACT})
_DUTY = frozenset({holder_pb2.BASIS_LEGAL_OBLIGATION})


@dataclass(frozen=True)
class Action:
    """A way on: the endpoint that it leads to, or a place on the same page."""

    endpoint: str
    text: object
    icon: str
    anchor: str = ""


CORRECT = Action("rights.correction", _l("Correct"), "pencil")
WITHDRAW = Action("preferences.own", _l("Withdraw"), "arrow-back-up")
OBJECT = Action("rights.objection", _l("Object"), "hand-stop")
RESTRICT = Action("rights.restriction", _l("Lock"), "lock")
TAKE_ALONG = Action("rights.overview", _l("Take it along"), "package-export", anchor="take-along")
ERASE = Action("rights.erasure", _l("Erase"), "eraser")


def actions(
    *, categories: Collection[int], bases: Collection[int], provided: bool, technical: bool
) -> list[Action]:
    """Those that mean something here; everything can be locked."""
    duty_only = set(bases) <= _DUTY
    offered = (
        (CORRECT, not technical and not duty_only and not _CORRECTABLE.isdisjoint(categories)),
        (
            WITHDRAW,
            holder_pb2.BASIS_CONSENT in bases or options_pb2.CATEGORY_PREFERENCE in categories,
        ),
        (OBJECT, holder_pb2.BASIS_LEGITIMATE_INTEREST in bases),
        (RESTRICT, True),
        (TAKE_ALONG, provided and not _PORTABLE.isdisjoint(bases)),
        (ERASE, not duty_only),
    )
    return [action for action, holds in offered if holds]
