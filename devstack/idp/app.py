"""The provider as a Flask app: wires the parts and sets what holds for every page."""

import secrets
from http import HTTPStatus

from flask import Flask, Response, g

from devstack.idp import admin, oidc, pages, registration
from devstack.idp.provider import Provider
from devstack.idp.server import RealmServer


def create_app(provider: Provider) -> Flask:
    """Build the app around an open provider."""
    app = Flask(__name__)
    prefix = f"/realms/{provider.realm.name}"
    app.config.update(
        SECRET_KEY=provider.database.secret("cookie-key", make=lambda: secrets.token_bytes(32)),
        # Cookies do not know ports: the portal and the gateway on this host must not see or overwrite this one.
        SESSION_COOKIE_NAME="kontor_idp",
        SESSION_COOKIE_PATH=prefix,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=64 * 1024,
    )
    server = RealmServer(provider)
    app.register_blueprint(oidc.blueprint(provider, server), url_prefix=prefix)
    app.register_blueprint(pages.blueprint(provider, server), url_prefix=prefix)
    app.register_blueprint(registration.blueprint(provider, server), url_prefix=prefix)
    app.register_blueprint(admin.blueprint(provider), url_prefix=f"/admin{prefix}")
    app.before_request(_new_nonce)
    app.after_request(_headers)
    return app


def _new_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)
    g.form_targets = []


def _headers(response: Response) -> Response:
    # Browsers apply form-action to the redirect that follows a form as well: without the client's origin in it,
    # signing in would end on a blank page.
    targets = " ".join(["'self'", *g.form_targets])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{g.nonce}'; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
