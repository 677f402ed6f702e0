"""The words of error pages: what happened, what was kept, what to do, for each HTTP status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Explanation:
    """The three things that an error page owes its reader."""

    status: int
    icon: str
    title: Any
    happened: Any
    kept: Any
    do: Any


_NOTHING = _l("Nothing was changed.")
_STORED = _l("Everything you sent earlier is stored safely. The last step may be missing.")
_HOME = _l("Please start again from the home page.")

_ALL = (
    Explanation(
        400,
        "forms",
        _l("This request was not complete"),
        _l("Something that we need was missing or not valid."),
        _NOTHING,
        _l("Please go back, check what you entered and send it again."),
    ),
    Explanation(
        403,
        "lock",
        _l("This is not open to you"),
        _l("Your account does not have the right to see or do this."),
        _NOTHING,
        _l("If you think you should, please ask the person responsible for you."),
    ),
    Explanation(
        404,
        "map-off",
        _l("We cannot find this page"),
        _l("The address is wrong, or what it showed is no longer there."),
        _NOTHING,
        _l("Please check the address or start again from the home page."),
    ),
    Explanation(
        405,
        "map-off",
        _l("This page cannot be opened like that"),
        _l("The address exists, but not for a direct visit."),
        _NOTHING,
        _HOME,
    ),
    Explanation(
        409,
        "arrows-exchange",
        _l("Somebody was faster"),
        _l("What you wanted to change has changed in the meantime."),
        _l("The other change was kept. Yours was not saved."),
        _l("Please open the page again and repeat your change."),
    ),
    Explanation(
        413,
        "file-alert",
        _l("This is too large"),
        _l("The text or file exceeds what we can take at once."),
        _NOTHING,
        _l("Please send less at once."),
    ),
    Explanation(
        419,
        "clock-pause",
        _l("This page had been open for too long"),
        _l("For your safety a form is valid only for a limited time."),
        _NOTHING,
        _l("Please go back, copy what you wrote, reload the page and send it again."),
    ),
    Explanation(
        429,
        "hourglass",
        _l("That was too much at once"),
        _l("We have received too many requests in a short time."),
        _NOTHING,
        _l("Please wait a minute and try again."),
    ),
    Explanation(
        503,
        "plug-connected-x",
        _l("We cannot reach this right now"),
        _l("A part of our system does not answer at the moment."),
        _STORED,
        _l("Please try again in a few minutes."),
    ),
)
_BY_STATUS = {explanation.status: explanation for explanation in _ALL}

LOGIN_REFUSED = Explanation(
    400,
    "user-x",
    _l("The login did not work"),
    _l(
        "The login page sent an answer that we could not accept. "
        "This happens when the login took very long or was opened twice."
    ),
    _l("You are not logged in. Nothing was changed."),
    _l("Please log in again."),
)
PROVIDER_DOWN = Explanation(
    503,
    "plug-connected-x",
    _l("Logging in is not possible right now"),
    _l("The service that checks logins does not answer."),
    _l("Nothing is lost: everything you sent earlier is stored safely."),
    _l("Please try again in a few minutes. Pages without login work as usual."),
)


def explain(status: int) -> Explanation:
    """The words for one HTTP status; what has none of its own is a fault of ours."""
    return _BY_STATUS.get(status) or Explanation(
        status,
        "alert-triangle",
        _l("Something went wrong on our side"),
        _l("An unexpected error occurred. It has been recorded."),
        _STORED,
        _l("Please try again. If it happens again, tell us the reference below."),
    )
