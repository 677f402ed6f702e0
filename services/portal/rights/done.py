"""How a request that hands out no file goes, and what was done when it is completed, in plain words."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_OBJECTION,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RECTIFICATION,
    REQUEST_KIND_RESTRICTION,
    REQUEST_KIND_WITHDRAWAL,
)
from kontor.privacy.v1.privacy_pb2 import (
    OBJECTION_SCOPE_MARKETING,
    REQUEST_STATE_COMPLETED,
    Request,
)

_COPY = [_l("Asked for"), _l("Collecting"), _l("Ready")]
# The steps of a request on its page; an erasure has its own.
STEPS = {
    REQUEST_KIND_ACCESS: _COPY,
    REQUEST_KIND_PORTABILITY: _COPY,
    REQUEST_KIND_RECTIFICATION: [_l("Said"), _l("Checked"), _l("Passed on"), _l("Done")],
    REQUEST_KIND_RESTRICTION: [_l("Asked for"), _l("Locking"), _l("Locked")],
    REQUEST_KIND_OBJECTION: [_l("Said"), _l("Stopping"), _l("Stopped")],
    REQUEST_KIND_WITHDRAWAL: [_l("Said"), _l("Noting"), _l("Withdrawn")],
}


class Done(NamedTuple):
    """What the page says; empty where it says so otherwise."""

    title: str = ""
    text: str = ""


_MARKETING = Done(
    _l("We no longer advertise to you"),
    _l(
        "Your consents are withdrawn, and your addresses are on the list of those that nobody here writes to. "
        "It counts for imports and new forms, too, until you order something again yourself."
    ),
)
_DONE = {
    REQUEST_KIND_RECTIFICATION: Done(
        _l("It is corrected"),
        _l(
            "The new values stand in all our systems, and everybody who had received the old ones is named below."
        ),
    ),
    REQUEST_KIND_RESTRICTION: Done(
        _l("Your data is locked"),
        _l("We store it and do nothing else with it. Before the lock is lifted you are told when and why."),
    ),
    REQUEST_KIND_OBJECTION: Done(
        _l("Your objection is right"),
        _l(
            "The processing that you objected to has ended. Your data stays locked; you can also have it erased."
        ),
    ),
    REQUEST_KIND_WITHDRAWAL: Done(
        _l("Your consents are withdrawn"),
        _l(
            "It counts since the moment at which you clicked. What was done before stays lawful (Art. 7(3) GDPR)."
        ),
    ),
}


def done(found: Request) -> Done:
    """What was done; nothing while it is not, and for kinds whose page shows a file."""
    if found.state != REQUEST_STATE_COMPLETED:
        return Done()
    if found.kind == REQUEST_KIND_OBJECTION and found.objection == OBJECTION_SCOPE_MARKETING:
        return _MARKETING
    return _DONE.get(found.kind, Done())
