"""Logging in and out over OIDC, and who is logged in during this request."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Flask, Response, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from kernel.telemetry import get_logger
from kernel.web import devices
from kernel.web.access import access_of, public, public_to_machines
from kernel.web.config import WebSettings
from kernel.web.kept import kept_page
from kernel.web.provider import LoginRefused, Provider
from kernel.web.sessions import ABSOLUTE_LIMIT, Login, Sessions

_log = get_logger(__name__)

_KEY = "kontor.login"
# Where Authlib keeps state, nonce and verifier of a login that was begun.
_ATTEMPT = "_state_kontor_"


@dataclass(frozen=True)
class Desk:
    """What login views need, kept in `app.extensions`."""

    provider: Provider
    sessions: Sessions
    cookie: str
    secure: bool


def install(app: Flask, settings: WebSettings, *, sessions: Sessions) -> None:
    """Register `/login`, its callback, and both ways of logging out."""
    app.extensions[_KEY] = Desk(
        provider=Provider(app, settings),
        sessions=sessions,
        # __Host-: no other host of the domain can set or read it (RFC 6265bis). Browsers take the prefix over https
        # only; the demo on loopback has none, so its cookies are named by client: cookies do not know ports.
        cookie="__Host-kontor-login" if settings.https else f"{settings.client_id}-login",
        secure=settings.https,
    )
    blueprint = Blueprint("login", __name__)
    blueprint.add_url_rule("/login", "start", start)
    blueprint.add_url_rule("/login/callback", "callback", callback)
    blueprint.add_url_rule("/logout", "end", end, methods=["POST"])
    blueprint.add_url_rule("/logout/backchannel", "backchannel", backchannel, methods=["POST"])
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"current_login": current_login})


def current_login() -> Login | None:
    """Who is logged in, with a token that is good for the next calls; None for a visitor."""
    if "login" not in g:
        desk = current_desk()
        raw = request.cookies.get(desk.cookie)
        rule = access_of(current_app, request.endpoint) if request.endpoint else None
        in_use = rule is None or not rule.polled
        g.login = desk.sessions.load(raw, renew=desk.provider.renew, in_use=in_use) if raw else None
    found: Login | None = g.login
    return found


def ask_to_log_in() -> ResponseReturnValue:
    """Send the browser to the login page and remember where it wanted to go, or what it wanted to send."""
    if request.headers.get("HX-Request"):
        # A redirect would be followed inside the fragment; htmx moves the page instead.
        return Response(status=401, headers={"HX-Redirect": _login_for(_page_around())})
    if request.method == "POST":
        return kept_page(_login_for("/"))
    return redirect(_login_for(request.full_path.rstrip("?")))


def _login_for(wanted: str) -> str:
    return f"{url_for('login.start')}?{urlencode({'next': wanted})}"


def _page_around() -> str:
    """The page that a fragment was asked for by: alone, the fragment would be a page without a head."""
    try:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return "/"
    return _own_path(urlunsplit(("", "", shown.path, shown.query, "")))


@public
def start() -> ResponseReturnValue:
    """GET /login: off to the provider."""
    session["next"] = _own_path(request.args.get("next", "/"))
    _forget_old_attempts()
    return current_desk().provider.send_to_login(language=str(get_locale()))


@public
def callback() -> ResponseReturnValue:
    """GET /login/callback: back from the provider; a new session id, whatever came before."""
    desk = current_desk()
    login = desk.provider.finish_login()
    raw = desk.sessions.open(
        login,
        replaces=request.cookies.get(desk.cookie),
        device=devices.key_of(request.headers.get("User-Agent", "")),
    )
    response = redirect(_own_path(session.pop("next", "/")))
    response.set_cookie(
        desk.cookie,
        raw,
        max_age=int(ABSOLUTE_LIMIT.total_seconds()),
        secure=desk.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


@public
def end() -> ResponseReturnValue:
    """POST /logout: ours first, then the provider's session."""
    desk = current_desk()
    raw = request.cookies.get(desk.cookie)
    login = current_login()
    if raw:
        desk.sessions.close(raw)
    return leave(login)


def leave(login: Login | None) -> ResponseReturnValue:
    """Off to the provider, which ends its session of this browser; our cookie goes."""
    desk = current_desk()
    target = desk.provider.logout_url(login.tokens, language=str(get_locale())) if login is not None else "/"
    g.login = None
    response = redirect(target, code=303)
    response.delete_cookie(desk.cookie, secure=desk.secure, httponly=True, samesite="Lax")
    return response


@public_to_machines
def backchannel() -> ResponseReturnValue:
    """POST /logout/backchannel: the provider ended a session; its signed token is the proof."""
    desk = current_desk()
    try:
        notice = desk.provider.read_logout_token(request.form.get("logout_token", ""))
    except LoginRefused as refused:
        return _logout_refused(str(refused))
    if desk.sessions.obey(notice) is None:
        return _logout_refused("REPLAYED")
    return Response(status=200, headers={"Cache-Control": "no-store"})


def _logout_refused(reason: str) -> ResponseReturnValue:
    """Back-Channel Logout 1.0, §2.8."""
    _log.warning("back-channel logout refused", reason=reason)
    return {"error": "invalid_request"}, 400, {"Cache-Control": "no-store"}


def _forget_old_attempts() -> None:
    """Keep two unfinished logins: each one is in the cookie, and a full cookie would lose them all."""
    attempts = [key for key in session if key.startswith(_ATTEMPT)]
    for key in sorted(attempts, key=lambda key: session[key].get("exp", 0))[:-1]:
        session.pop(key)


def _own_path(target: str) -> str:
    """The target if it stays on this site, else the start page: no open redirect."""
    # Browsers and servers drop control characters and take a backslash for a slash: "/\t/elsewhere" would lead there.
    odd = any(letter <= " " or letter in "\\\x7f" for letter in target)
    if odd or not target.startswith("/") or target.startswith("//"):
        return "/"
    return target


def current_desk() -> Desk:
    desk: Desk = current_app.extensions[_KEY]
    return desk
