"""Authlib's authorization server, given our realm: token shapes, ID tokens, revocation, logout, userinfo."""

import secrets
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import UserInfoEndpoint
from authlib.oidc.core.grants import OpenIDCode, OpenIDToken
from authlib.oidc.core.grants.util import create_half_hash
from authlib.oidc.rpinitiated import EndSessionEndpoint

from devstack.idp import grants
from devstack.idp.claims import Subject
from devstack.idp.client import Client
from devstack.idp.keys import ALGORITHM
from devstack.idp.provider import Provider
from devstack.idp.sessions import RefreshToken


class RealmServer(AuthorizationServer):  # type: ignore[misc]  # Authlib carries no types
    """The realm as an OAuth server."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        self.scopes_supported = ["openid", *provider.realm.scopes]
        self.register_token_generator("default", self._tokens)
        code, refresh, service, exchange = grants.bind(provider)
        self.register_grant(code, [grants.S256Challenge(required=True), CodeIdentity(provider)])
        self.register_grant(refresh, [RefreshIdentity(provider)])
        self.register_grant(service)
        self.register_grant(exchange)
        self.register_extension(Issuer(provider))
        for endpoint in (Revocation, SessionLogout, EndSession):
            self.register_endpoint(endpoint(self))
        protector = ResourceProtector()
        protector.register_token_validator(_AccessTokens(provider))
        self.register_endpoint(_UserInfo(self, protector))

    def query_client(self, client_id: str) -> Client | None:
        return self.provider.realm.clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        grants.remember_refresh_token(self.provider, token, request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens here."""

    def _tokens(
        self, *, client: Client, user: Subject, scope: str | None, include_refresh_token: bool, **_: Any
    ) -> dict[str, Any]:
        """A token response in Keycloak's shape."""
        granted = client.get_allowed_scope(scope)
        realm = self.provider.realm
        token: dict[str, Any] = {
            "access_token": self.provider.signer.sign(
                self.provider.claims.access(user, client=client, scope=granted)
            ),
            "expires_in": realm.access_lifespan,
            "refresh_expires_in": realm.idle_lifespan if include_refresh_token else 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": granted,
        }
        if include_refresh_token:
            token["refresh_token"] = secrets.token_urlsafe(48)
        if user.sid is not None:
            token["session_state"] = user.sid
        return token


class Issuer(IssuerParameter):  # type: ignore[misc]
    """RFC 9207: every answer to the browser names who gave it, so that a client cannot mix providers up."""

    def __init__(self, provider: Provider) -> None:
        self.issuer = provider.issuer

    def get_issuer(self) -> str:
        return self.issuer


class _Identity:
    """How an ID token is made, for both grants that give one out."""

    provider: Provider

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        provider = self.provider
        claims = provider.claims.identity(request.user, client=request.client, scope=token["scope"])
        claims["at_hash"] = create_half_hash(token["access_token"], ALGORITHM).decode()
        if request.authorization_code and request.authorization_code.nonce:
            claims["nonce"] = request.authorization_code.nonce
        return provider.signer.sign(claims)


class CodeIdentity(_Identity, OpenIDCode):  # type: ignore[misc]
    """ID tokens for the code grant."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=False)
        self.provider = provider

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return self.provider.sessions.nonce_used(nonce, client_id=request.payload.client_id)


class RefreshIdentity(_Identity, OpenIDToken):  # type: ignore[misc]
    """ID tokens for the refresh grant."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009 for refresh tokens; access tokens live five minutes and are not looked up."""

    CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def authenticate_token(self, request: Any, client: Client) -> RefreshToken | None:
        self.check_params(request, client)
        found: RefreshToken | None = self.server.provider.sessions.find_refresh_token(
            request.form["token"], client=client
        )
        return found

    def revoke_token(self, token: RefreshToken, request: Any) -> None:
        self.server.provider.sessions.revoke_family(token.family)


class SessionLogout(RevocationEndpoint):  # type: ignore[misc]
    """Keycloak's logout without a browser: a client gives a refresh token back, and its whole session ends."""

    ENDPOINT_NAME = "session_logout"
    CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def authenticate_token(self, request: Any, client: Client) -> RefreshToken | None:
        found: RefreshToken | None = self.server.provider.sessions.find_refresh_token(
            request.form["refresh_token"], client=client
        )
        return found

    def revoke_token(self, token: RefreshToken, request: Any) -> None:
        self.server.provider.backchannel.end(token.sid)


class EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """OpenID Connect RP-Initiated Logout 1.0."""

    def get_server_jwks(self) -> Any:
        return self.server.provider.signer.key_set()

    def get_algorithms(self) -> list[str]:
        return [ALGORITHM]

    def end_session(self, end_session_request: Any) -> None:
        claims = end_session_request.id_token_claims or {}
        if sid := claims.get("sid"):
            self.server.provider.backchannel.end(sid)

    def is_post_logout_redirect_uri_legitimate(self, *_: Any) -> bool:
        # The page asks the person first when there is no ID token, so the way back may then be followed.
        return True

    def _is_valid_post_logout_redirect_uri(self, client: Client, post_logout_redirect_uri: str) -> bool:
        return client.check_post_logout_uri(post_logout_redirect_uri)


class _Token:
    """A verified access token, as Authlib's resource protector wants to see one."""

    def __init__(self, subject: Subject, client: Client, scope: str) -> None:
        self.subject, self.client, self.scope = subject, client, scope

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False

    def get_scope(self) -> str:
        return self.scope

    def get_client(self) -> Client:
        return self.client

    def get_user(self) -> Subject:
        return self.subject


class _AccessTokens(BearerTokenValidator):  # type: ignore[misc]
    """Accepts this realm's access tokens whose session still stands."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider

    def authenticate_token(self, token_string: str) -> _Token | None:
        provider = self.provider
        claims = provider.signer.read(token_string, issuer=provider.issuer, kind="Bearer")
        subject = provider.subject_of(claims.get("sid", ""), acr=claims.get("acr", "1")) if claims else None
        if claims is None or subject is None:
            return None
        return _Token(subject, provider.realm.clients[claims["azp"]], claims["scope"])


class _UserInfo(UserInfoEndpoint):  # type: ignore[misc]
    """OpenID Connect Core 5.3."""

    def __call__(self, request: Any) -> Any:
        token = self.resource_protector.acquire_token("openid")
        claims = self.server.provider.claims
        mapped = claims.mapped(token.subject, client=token.client, scope=token.scope, target="userinfo")
        return 200, {"sub": token.subject.user.id, **mapped}, [("Content-Type", "application/json")]
