"""A person's own logins: where they are logged in, and out everywhere at once."""

from flask import Blueprint, Flask, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from kernel.web import devices
from kernel.web.access import login_required
from kernel.web.login import current_desk, current_login, leave
from kernel.web.sessions import ABSOLUTE_LIMIT, IDLE_LIMIT, Login, OpenLogin


def install(app: Flask) -> None:
    """Register the page and its button."""
    blueprint = Blueprint("sessions", __name__)
    blueprint.add_url_rule("/sessions", "own", own)
    blueprint.add_url_rule("/sessions/end", "end_everywhere", end_everywhere, methods=["POST"])
    app.register_blueprint(blueprint)


@login_required
def own() -> ResponseReturnValue:
    """GET /sessions: every login of this person at this page."""
    desk = current_desk()
    found = desk.sessions.own(request.cookies.get(desk.cookie, ""), login=_me())
    return render_template(
        "chrome/own_sessions.html",
        entries=[_shown(one) for one in found],
        idle_minutes=IDLE_LIMIT.total_seconds() // 60,
        most_hours=ABSOLUTE_LIMIT.total_seconds() // 3600,
    )


@login_required
def end_everywhere() -> ResponseReturnValue:
    """POST /sessions/end: all of them end here, and with them the provider's sessions that they came from."""
    desk, me = current_desk(), _me()
    ended = desk.sessions.close_all_of(me)
    # This browser's own session ends on the way out, where the provider can take its cookie back.
    others = {login.provider_sid: login.tokens for login in ended if login.provider_sid != me.provider_sid}
    # A list, and not a generator that stops at the first silence: each of them is to be told.
    told = [desk.provider.end_session(tokens) for tokens in others.values()]
    done = ngettext("%(num)d login has been ended.", "%(num)d logins have been ended.", len(ended))
    flash(done, "success")
    if not all(told):
        flash(
            _(
                "The login service does not answer right now: what is open there ends by itself, within ten hours."
            ),
            "warning",
        )
    return leave(me)


def _shown(entry: OpenLogin) -> dict[str, object]:
    return {"device": devices.describe(entry.device), "entry": entry}


def _me() -> Login:
    login = current_login()
    if login is None:
        raise RuntimeError("nobody is logged in")
    return login
