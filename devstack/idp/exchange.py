"""RFC 8693 as Keycloak's standard token exchange does it: a user's token against one for another service."""

from typing import Any

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
    grants,
)
from authlib.oauth2.rfc6749.grants import TokenEndpointMixin

from devstack.idp.claims import Subject
from devstack.idp.client import TOKEN_EXCHANGE, Client
from devstack.idp.provider import Provider

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class ExchangeGrant(grants.BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib carries no types
    """The requester must be an audience of the user's token; the audience asked for must be one of its own scopes."""

    GRANT_TYPE = TOKEN_EXCHANGE
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    provider: Provider

    def validate_token_request(self) -> None:
        client: Client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise InvalidRequestError("Standard token exchange is not enabled for the requested client")
        form = self.request.payload.data
        if form.get("subject_token_type") != _ACCESS_TOKEN:
            raise InvalidRequestError("Parameter 'subject_token_type' supports access tokens only")
        if form.get("requested_token_type", _ACCESS_TOKEN) != _ACCESS_TOKEN:
            raise InvalidRequestError("requested_token_type unsupported")
        claims = self.provider.signer.read(
            form.get("subject_token", ""), issuer=self.provider.issuer, kind="Bearer"
        )
        subject = self._subject(claims) if claims else None
        if claims is None or subject is None:
            raise InvalidRequestError("Invalid token")
        if client.client_id not in (*_listed(claims.get("aud")), claims["azp"]):
            raise AccessDeniedError("Client is not within the token audience", status_code=403)
        if form.get("audience") and form["audience"] not in self.provider.realm.clients:
            raise InvalidClientError("Audience not found")
        if beyond := client.scopes_beyond(self.request.payload.scope):
            raise InvalidScopeError(f"Invalid scopes: {' '.join(beyond)}")
        self.request.client, self.request.user = client, subject

    def create_token_response(self) -> Any:
        client: Client = self.request.client
        granted = client.get_allowed_scope(self.request.payload.scope)
        claims = self.provider.claims.access(self.request.user, client=client, scope=granted)
        wanted = self.request.payload.data.get("audience")
        if wanted:
            if wanted not in _listed(claims.get("aud")):
                raise InvalidRequestError(f"Requested audience not available: {wanted}")
            claims["aud"] = wanted
        answer = {
            "access_token": self.provider.signer.sign(claims),
            "expires_in": self.provider.realm.access_lifespan,
            "token_type": "Bearer",
            "issued_token_type": _ACCESS_TOKEN,
            "not-before-policy": 0,
            "scope": granted,
        }
        return 200, answer, self.TOKEN_RESPONSE_HEADER

    def _subject(self, claims: dict[str, Any]) -> Subject | None:
        """Who the token is about, if the session still stands; a service account has none."""
        if claims.get("sid"):
            return self.provider.subject_of(claims["sid"], acr=claims.get("acr", "1"))
        user = self.provider.users.get(claims["sub"])
        return Subject(user=user) if user is not None and user.enabled else None


def _listed(audience: str | list[str] | None) -> list[str]:
    return [audience] if isinstance(audience, str) else audience or []
