"""Self-registration for customers: an account counts only after the mailed link was followed."""

from authlib.oauth2 import OAuth2Error
from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, request

from devstack.idp.client import Client
from devstack.idp.pages import Answer, check_csrf, choose_texts, refuse, render
from devstack.idp.provider import Provider
from devstack.idp.server import RealmServer
from devstack.idp.texts import Texts
from devstack.idp.users import DuplicateUser
from devstack.idp.verification import Verification

_FIELDS = ("email", "firstName", "lastName", "password", "password-confirm")
_LONGEST = 255


def blueprint(provider: Provider, server: RealmServer) -> Blueprint:
    """The routes, in Keycloak's layout below the realm."""
    pages = Blueprint("registration", __name__)
    verification = Verification(provider)

    @pages.route("/protocol/openid-connect/registrations", methods=["GET", "POST"])
    def register() -> Answer:
        if not provider.realm.registration:
            return render(provider, "message.html", title="refused", text="no_registration"), 403
        try:
            grant = server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return refuse(provider, server, error)
        if not grant.client.registers:
            return render(provider, "message.html", title="refused", text="no_registration"), 403
        if request.method == "GET":
            return _form(provider, problem=None)
        check_csrf()
        return _register(provider, verification, grant.client)

    @pages.route("/login-actions/action-token", methods=["GET", "POST"])
    def confirm() -> Answer:
        found = verification.read(request.args.get("key", ""))
        if found is None:
            return render(provider, "message.html", title="link_dead", text="link_dead_text"), 400
        user, client = found
        # Mail scanners open links: looking at one proves nothing, pressing the button does.
        if request.method == "GET" and not user.email_verified:
            return render(provider, "confirm.html", email=user.email)
        if request.method == "POST":
            check_csrf()
            provider.users.confirm_email(user.id)
        return render(
            provider, "message.html", title="confirmed", text="confirmed_text", onward=client.base_url
        )

    return pages


def _register(provider: Provider, verification: Verification, client: Client) -> Answer:
    texts = choose_texts(provider)
    values = {name: request.form.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    values |= {name: request.form.get(name, "") for name in ("password", "password-confirm")}
    problem = _problem(provider, values, texts)
    if problem:
        return _form(provider, problem=problem), 400
    known = provider.users.by_login(values["email"])
    if known is not None:
        return verification.already_known(known, texts)
    account = {
        **{name: values[name] for name in ("email", "firstName", "lastName")},
        "enabled": True,
        "emailVerified": False,
        "attributes": {"locale": [texts["language"]]},
        "credentials": [{"type": "password", "value": values["password"]}],
    }
    try:
        user = provider.users.create(account, roles=[provider.realm.default_role])
    except DuplicateUser:
        # Pressed twice: the first press won, and has mailed already.
        return _form(provider, problem=texts["incomplete"]), 409
    return verification.ask(user, texts, client=client)


def _problem(provider: Provider, values: dict[str, str], texts: Texts) -> str | None:
    if not all(values.values()):
        return texts["incomplete"]
    try:
        validate_email(values["email"], check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return texts["bad_email"]
    if values["password"] != values["password-confirm"]:
        return texts["passwords_differ"]
    policy = provider.realm.policy
    if not policy.accepts(values["password"], username=values["email"], email=values["email"]):
        return texts["bad_password"].format(shortest=policy.shortest)
    return None


def _form(provider: Provider, *, problem: str | None) -> str:
    values = {name: request.form.get(name, "") for name in _FIELDS if not name.startswith("password")}
    return render(
        provider,
        "register.html",
        action=request.full_path,
        values=values,
        problem=problem,
        shortest=provider.realm.policy.shortest,
    )
