"""The protocol's machine-readable doors: discovery, keys, token, userinfo, revocation."""

from typing import Any

from flask import Blueprint, Response, jsonify

from devstack.idp.client import TOKEN_EXCHANGE
from devstack.idp.keys import ALGORITHM
from devstack.idp.provider import Provider
from devstack.idp.server import RealmServer


def blueprint(provider: Provider, server: RealmServer) -> Blueprint:
    """The routes, in Keycloak's layout below the realm."""
    doors = Blueprint("oidc", __name__)
    protocol = "/protocol/openid-connect"

    @doors.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(metadata(provider))

    @doors.get("")
    def about() -> Response:
        endpoint = provider.issuer + protocol
        return jsonify({"realm": provider.realm.name, "token-service": endpoint})

    @doors.get(f"{protocol}/certs")
    def certs() -> Response:
        return jsonify(provider.signer.jwks())

    @doors.post(f"{protocol}/token")
    def token() -> Any:
        return server.create_token_response()

    @doors.post(f"{protocol}/revoke")
    def revoke() -> Any:
        return server.create_endpoint_response("revocation")

    @doors.route(f"{protocol}/userinfo", methods=["GET", "POST"])
    def userinfo() -> Any:
        return server.create_endpoint_response("userinfo")

    return doors


def metadata(provider: Provider) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, section 3: only what this provider really does."""
    base = f"{provider.issuer}/protocol/openid-connect"
    methods = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": provider.issuer,
        "authorization_endpoint": f"{base}/auth",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "jwks_uri": f"{base}/certs",
        "end_session_endpoint": f"{base}/logout",
        "revocation_endpoint": f"{base}/revoke",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", TOKEN_EXCHANGE],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "scopes_supported": ["openid", *provider.realm.scopes],
        "claims_supported": [
            "sub", "iss", "auth_time", "acr", "sid", "name", "given_name", "family_name", "preferred_username",
            "email", "email_verified", "locale",
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["none", "login", "create"],
        "ui_locales_supported": list(provider.realm.locales),
    }  # fmt: skip
