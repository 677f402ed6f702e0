"""The grants of the token endpoint, on Authlib's: code with PKCE, refresh with rotation, client credentials."""

import uuid
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError, grants
from authlib.oauth2.rfc7636 import CodeChallenge

from devstack.idp.claims import Subject
from devstack.idp.client import Client
from devstack.idp.exchange import ExchangeGrant
from devstack.idp.provider import Provider
from devstack.idp.sessions import Code, RefreshToken, digest

# Authlib carries no types, so its classes are Any to the type checker; hence the ignores.
_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class S256Challenge(CodeChallenge):  # type: ignore[misc]
    """PKCE as OAuth 2.1 wants it: required, and S256 only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if grant.request.client.requires_pkce and not data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge_method' must be S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """RFC 6749, 4.1."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS
    provider: Provider

    def save_authorization_code(self, code: str, request: Any) -> None:
        data, subject = request.payload.data, request.user
        details = Code(
            digest=digest(code),
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            sid=subject.sid,
            nonce=data.get("nonce"),
            code_challenge=data.get("code_challenge"),
            acr=subject.acr,
        )
        self.provider.sessions.save_code(code, client=request.client, details=details)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        # Taken at the first attempt, also a failing one: nobody gets a second guess at the PKCE verifier.
        return self.provider.sessions.take_code(code, client=client)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: it was used up when it was looked at, and stays to recognise a second use."""

    def authenticate_user(self, authorization_code: Code) -> Subject | None:
        return self.provider.subject_of(authorization_code.sid, acr=authorization_code.acr)


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """RFC 6749, 6, with rotation and reuse detection (RFC 9700, 4.14)."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True
    provider: Provider

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        return self.provider.sessions.find_refresh_token(refresh_token, client=self.request.client)

    def authenticate_user(self, refresh_token: RefreshToken) -> Subject | None:
        subject = self.provider.subject_of(refresh_token.sid, acr=refresh_token.acr)
        if subject is None:
            raise InvalidGrantError("Session not active")
        return subject

    def create_token_response(self) -> Any:
        token: RefreshToken = self.request.refresh_token
        try:
            # Using up the old token and writing the new one is one step: a replay sees either none or both.
            with self.provider.database.transaction():
                if not self.provider.sessions.rotate(token):
                    raise InvalidGrantError("Maximum allowed refresh token reuse exceeded")
                self.provider.sessions.touch(token.sid)
                return super().create_token_response()
        except InvalidGrantError:
            self.provider.sessions.revoke_family(token.family)
            raise

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Nothing: it was used up in the same transaction, and stays to recognise a second use."""


class ServiceGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """RFC 6749, 4.4: a client acts as its own service account."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS
    provider: Provider

    def validate_requested_scope(self) -> None:
        if beyond := self.request.client.scopes_beyond(self.request.payload.scope):
            raise InvalidScopeError(f"Invalid scopes: {' '.join(beyond)}")

    def create_token_response(self) -> Any:
        account = self.provider.users.service_account(self.request.client.client_id)
        if account is None or not account.enabled:
            raise InvalidGrantError("The client has no service account")
        self.request.user = Subject(user=account)
        return super().create_token_response()

    def generate_token(self, user: Subject | None = None, **options: Any) -> Any:
        return super().generate_token(user=user or self.request.user, **options)


def bind(provider: Provider) -> list[type]:
    """The grant classes with the provider attached: Authlib builds an instance for every request."""
    bases = (CodeGrant, RefreshGrant, ServiceGrant, ExchangeGrant)
    return [type(base.__name__, (base,), {"provider": provider}) for base in bases]


def remember_refresh_token(provider: Provider, token: dict[str, Any], request: Any) -> None:
    """Store the refresh token that a grant has just given out, in the family of the one before it."""
    if "refresh_token" not in token:
        return
    before = request.refresh_token or request.authorization_code
    subject: Subject = request.user
    if subject.sid is None:
        return
    family = before.family if request.refresh_token else getattr(before, "digest", str(uuid.uuid4()))
    details = RefreshToken(
        digest=digest(token["refresh_token"]),
        family=family,
        client_id=request.client.client_id,
        scope=token["scope"],
        sid=subject.sid,
        acr=subject.acr,
    )
    provider.sessions.save_refresh_token(token["refresh_token"], details=details)
