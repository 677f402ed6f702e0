"""What a person sees: sign-in and sign-out, in German and English, without scripts."""

import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, abort, g, redirect, render_template, request, session
from werkzeug.wrappers import Response as BaseResponse

from devstack.idp import second_factor
from devstack.idp.claims import Subject
from devstack.idp.passwords import verify_password
from devstack.idp.provider import Provider
from devstack.idp.server import RealmServer
from devstack.idp.texts import TEXTS, Texts
from devstack.idp.users import User
from devstack.idp.verification import Verification

Answer = BaseResponse | str | tuple[str, int]
_PROTOCOL = "/protocol/openid-connect"
_SIGN_IN = "/login-actions/authenticate"
_SECOND_FACTOR = "/login-actions/second-factor"


def blueprint(provider: Provider, server: RealmServer) -> Blueprint:
    """The routes, in Keycloak's layout below the realm."""
    pages = Blueprint("pages", __name__)
    door = _SignIn(provider, server)

    @pages.route(f"{_PROTOCOL}/auth", methods=["GET", "POST"])
    def auth() -> Answer:
        return door.authorize()

    @pages.route(_SIGN_IN, methods=["GET", "POST"])
    def authenticate() -> Answer:
        return door.sign_in() if request.method == "POST" else door.authorize()

    @pages.post(_SECOND_FACTOR)
    def prove() -> Answer:
        return door.prove()

    @pages.route(f"{_PROTOCOL}/logout", methods=["GET", "POST"])
    def logout() -> Answer:
        if "refresh_token" in request.form:
            gone: BaseResponse = server.create_endpoint_response("session_logout")
            return gone
        return _logout(provider, server)

    return pages


class _SignIn:
    """The way from an authorization request to a code."""

    def __init__(self, provider: Provider, server: RealmServer) -> None:
        self._provider = provider
        self._server = server
        self._verification = Verification(provider)

    def authorize(self) -> Answer:
        """Answer at once where somebody is signed in already, else show the form."""
        subject = current_subject(self._provider, acr="0")
        try:
            grant = self._server.get_consent_grant(end_user=subject)
        except OAuth2Error as error:
            return refuse(self._provider, self._server, error)
        allow_form_target(grant.redirect_uri)
        if request.args.get("prompt") == "create":
            return redirect(f"{self._provider.issuer}{_PROTOCOL}/registrations?{query_without('prompt')}")
        if subject is None or grant.prompt == "login":
            return self._form(grant)
        self._provider.sessions.touch(subject.sid or "")
        return self._give_code(grant, subject)

    def sign_in(self) -> Answer:
        """Check the password, open a session, and go on to the client."""
        check_csrf()
        try:
            grant = self._server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return refuse(self._provider, self._server, error)
        allow_form_target(grant.redirect_uri)
        login, password = request.form.get("username", ""), request.form.get("password", "")
        throttle = self._provider.throttle
        texts = choose_texts(self._provider)
        if wait := throttle.wait(login):
            return self._form(grant, problem=texts["throttled"].format(seconds=wait), status=429)
        user = self._provider.users.by_login(login)
        if not verify_password(password, user.password if user else None) or user is None or not user.enabled:
            throttle.failed(login)
            return self._form(grant, problem=texts["wrong"], status=401)
        if not user.email_verified:
            return self._verification.ask(user, texts, client=grant.client)
        if self._provider.factors.demanded(user) or self._provider.factors.exists(user):
            # The failures stay counted until the factor is proven: a known password buys no free guesses at codes.
            second_factor.begin(user)
            return self._factor_form(user)
        return self._open(grant, user)

    def prove(self) -> Answer:
        """Check the second factor, or take over the one that is being set up, and go on as after a password."""
        check_csrf()
        try:
            grant = self._server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return refuse(self._provider, self._server, error)
        allow_form_target(grant.redirect_uri)
        texts = choose_texts(self._provider)
        user = self._provider.users.get(second_factor.pending() or "")
        if user is None or not user.enabled:
            return self._form(grant, problem=texts["factor_expired"], status=400)
        throttle = self._provider.throttle
        if wait := throttle.wait(user.username):
            return self._factor_form(user, problem=texts["throttled"].format(seconds=wait), status=429)
        if not self._provider.factors.answers(user, request.form.get("otp", "")):
            throttle.failed(user.username)
            return self._factor_form(user, problem=texts["factor_wrong"], status=401)
        return self._open(grant, user)

    def _open(self, grant: Any, user: User) -> BaseResponse:
        """A session of its own for somebody who has proven all that their roles demand."""
        self._provider.throttle.succeeded(*user.logins)
        opened = self._provider.sessions.open(user.id)
        session.clear()
        session["sid"] = opened.sid
        return self._give_code(grant, Subject(user=user, sid=opened.sid, auth_time=opened.auth_time))

    def _factor_form(self, user: User, *, problem: str | None = None, status: int = 200) -> tuple[str, int]:
        page = render(
            self._provider,
            "second_factor.html",
            action=f"{self._provider.issuer}{_SECOND_FACTOR}?{urlencode(list(request.args.items(multi=True)))}",
            secret=self._provider.factors.offered(user),
            problem=problem,
        )
        return page, status

    def _give_code(self, grant: Any, subject: Subject) -> BaseResponse:
        answer: BaseResponse = self._server.create_authorization_response(grant_user=subject, grant=grant)
        return answer

    def _form(self, grant: Any, *, problem: str | None = None, status: int = 200) -> tuple[str, int]:
        register = f"{self._provider.issuer}{_PROTOCOL}/registrations?{query_without('prompt')}"
        page = render(
            self._provider,
            "sign_in.html",
            action=f"{self._provider.issuer}{_SIGN_IN}?{urlencode(list(request.args.items(multi=True)))}",
            register=register if self._provider.realm.registration and grant.client.registers else None,
            client=grant.client,
            login=request.form.get("username", request.args.get("login_hint", "")),
            problem=problem,
        )
        return page, status


def _logout(provider: Provider, server: RealmServer) -> Answer:
    """RP-initiated logout; without an ID token the person is asked first."""
    try:
        wish = server.validate_endpoint_request("end_session")
    except OAuth2Error as error:
        return refuse(provider, server, error)
    signed_in = current_subject(provider, acr="0")
    if wish.redirect_uri:
        allow_form_target(wish.redirect_uri)
    if wish.needs_confirmation and signed_in is not None:
        if request.method == "GET" or "csrf" not in request.form:
            return render(provider, "sign_out.html", action=request.full_path)
        check_csrf()
    own = session.get("sid")
    # The ID token may be of another session than the cookie's: only a person who was asked loses the latter.
    if own and (wish.needs_confirmation or (wish.id_token_claims or {}).get("sid") == own):
        provider.backchannel.end(own)
        session.clear()
    answer: BaseResponse | None = server.create_endpoint_response("end_session", wish)
    return answer or render(provider, "message.html", title="signed_out", text="signed_out_text")


def current_subject(provider: Provider, *, acr: str) -> Subject | None:
    """Who this browser's cookie says is signed in."""
    sid = session.get("sid")
    return provider.subject_of(sid, acr=acr) if sid else None


def choose_texts(provider: Provider) -> Texts:
    """The language that the client, else the browser, else the realm asks for."""
    for wanted in (request.args.get("ui_locales") or request.args.get("kc_locale") or "").split():
        if wanted[:2].lower() in provider.realm.locales:
            return TEXTS[wanted[:2].lower()]
    best = request.accept_languages.best_match(provider.realm.locales)
    return TEXTS[best or provider.realm.default_locale]


def render(provider: Provider, template: str, **values: Any) -> str:
    """A page with what every page needs."""
    texts = choose_texts(provider)
    return render_template(
        template, t=texts, realm=provider.realm, nonce=g.nonce, csrf=csrf_token(), **values
    )


def refuse(provider: Provider, server: RealmServer, error: OAuth2Error) -> Answer:
    """Send the error back to the client where its address is certain, else show it here."""
    if getattr(error, "redirect_uri", None):
        answer: BaseResponse = server.handle_error_response(None, error)
        answer.location = add_params_to_uri(answer.location, {"iss": provider.issuer})
        return answer
    page = render(
        provider,
        "message.html",
        title="refused",
        text="refused_text",
        detail=error.description or error.error,
    )
    return page, 400


def csrf_token() -> str:
    """This browser's token for forms."""
    token: str = session.setdefault("csrf", secrets.token_urlsafe(24))
    return token


def check_csrf() -> None:
    """Refuse a form that this browser did not get from here."""
    expected = session.get("csrf", "")
    if not expected or not secrets.compare_digest(expected, request.form.get("csrf", "")):
        abort(400, "The form has expired. Please go back, reload the page and try again.")


def allow_form_target(uri: str | None) -> None:
    """Let a form on this page end at the client's origin."""
    parts = urlsplit(uri or "")
    if parts.scheme in {"http", "https"}:
        g.form_targets.append(f"{parts.scheme}://{parts.netloc}")


def query_without(name: str) -> str:
    """This request's query, without one parameter."""
    return urlencode([(key, value) for key, value in request.args.items(multi=True) if key != name])
