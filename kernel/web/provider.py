"""The identity provider, as Authlib's client: code with PKCE, refresh, logout."""

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from kernel.telemetry import get_logger
from kernel.web.config import WebSettings
from kernel.web.logout_tokens import LogoutNotice, LogoutTokens, NotALogoutToken
from kernel.web.sessions import Login, Tokens

_log = get_logger(__name__)

_TIMEOUT_S = 5


class ProviderUnavailable(Exception):
    """The identity provider does not answer; who is logged in stays so until the token ends."""


class LoginRefused(Exception):
    """The provider or our own checks refused this login attempt. Its text is a key, never input."""


class Provider:
    """One OIDC client. Metadata and keys are fetched on first use, not at start."""

    def __init__(self, app: Flask, settings: WebSettings) -> None:
        self._settings = settings
        self._client = OAuth(app).register(
            name="kontor",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": _TIMEOUT_S,
            },
        )
        self._logout_tokens = LogoutTokens(
            issuer=settings.oidc_issuer, client_id=settings.client_id, fetch=self._published_keys
        )

    @property
    def _callback(self) -> str:
        # From the settings and never from the Host header, which the visitor writes.
        return f"{self._settings.public_url}/login/callback"

    def send_to_login(self, *, language: str) -> ResponseReturnValue:
        """A redirect to the provider; state, nonce and verifier go into the browser's session."""
        try:
            self._check_that_it_answers()
            answer: ResponseReturnValue = self._client.authorize_redirect(self._callback, ui_locales=language)
        except requests.RequestException as error:
            raise ProviderUnavailable from error
        return answer

    def _check_that_it_answers(self) -> None:
        """Raise ProviderUnavailable rather than send the browser to an address where nobody explains anything."""
        address = f"{self._settings.oidc_issuer}/.well-known/openid-configuration"
        if requests.get(address, timeout=_TIMEOUT_S).status_code >= 500:
            raise ProviderUnavailable

    def finish_login(self) -> Login:
        """Exchange the code of this request for tokens and check the id token."""
        try:
            token = self._client.authorize_access_token(
                claims_options={"iss": {"essential": True, "value": self._settings.oidc_issuer}}
            )
        except requests.RequestException as error:
            raise ProviderUnavailable from error
        except (OAuthError, JoseError, ValueError) as error:
            raise LoginRefused(type(error).__name__) from error
        claims = token.get("userinfo")
        if not claims:
            raise LoginRefused("NO_ID_TOKEN")
        return _login(claims, _tokens(token))

    def renew(self, tokens: Tokens) -> Tokens | None:
        """Fresh tokens, the given ones while no new ones can be had, None if the provider has ended the login.

        Errors: ProviderUnavailable if there are no new ones and the given ones have ended.
        """
        try:
            metadata = self._client.load_server_metadata()
            answer = requests.post(
                metadata["token_endpoint"],
                data={"grant_type": "refresh_token", "refresh_token": tokens.refresh},
                auth=(self._settings.client_id, self._settings.client_secret.get_secret_value()),
                timeout=_TIMEOUT_S,
            )
        except requests.RequestException as error:
            return self._keep(tokens, error)
        # A changed client secret, a limit, a proxy in between: all of them refuse everybody's refresh at once.
        # Only this says that this login has ended (RFC 6749 §5.2).
        if answer.status_code == 400 and _body(answer).get("error") == "invalid_grant":
            return None
        if not answer.ok:
            _log.warning("the provider refuses to refresh a login", code=answer.status_code)
            return self._keep(tokens, None)
        try:
            return _tokens(_body(answer), before=tokens)
        except (KeyError, ValueError) as error:
            return self._keep(tokens, error)

    def logout_url(self, tokens: Tokens, *, language: str) -> str:
        """Where the browser ends the provider's session (RP-Initiated Logout 1.0)."""
        try:
            url: str = self._client.create_logout_url(
                post_logout_redirect_uri=f"{self._settings.public_url}/",
                id_token_hint=tokens.identity,
                client_id=self._settings.client_id,
                ui_locales=language,
            )["url"]
        except (requests.RequestException, RuntimeError):
            # Our own session is closed already; that must not fail with the provider.
            return "/"
        return url

    def end_session(self, tokens: Tokens) -> bool:
        """End the provider's session behind these tokens without a browser; False if it did not answer.

        A session that is over already counts as ended.
        """
        try:
            answer = requests.post(
                self._client.load_server_metadata()["end_session_endpoint"],
                data={"refresh_token": tokens.refresh},
                auth=(self._settings.client_id, self._settings.client_secret.get_secret_value()),
                timeout=_TIMEOUT_S,
            )
        except requests.RequestException:
            return False
        return answer.status_code < 500

    def read_logout_token(self, token: str) -> LogoutNotice:
        """What a back-channel logout token says. Errors: LoginRefused, ProviderUnavailable without its keys."""
        try:
            return self._logout_tokens.read(token)
        except requests.RequestException as error:
            raise ProviderUnavailable from error
        except NotALogoutToken as error:
            raise LoginRefused(str(error)) from error

    def _published_keys(self) -> dict[str, Any]:
        return dict(self._client.fetch_jwk_set(force=True))

    def _keep(self, tokens: Tokens, error: Exception | None) -> Tokens:
        if tokens.expires_at > datetime.now(UTC):
            return tokens
        raise ProviderUnavailable from error


def _body(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where there is none."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _tokens(answer: dict[str, Any], *, before: Tokens | None = None) -> Tokens:
    lifetime = timedelta(seconds=int(answer.get("expires_in", 60)))
    return Tokens(
        access=answer["access_token"],
        refresh=answer.get("refresh_token") or (before.refresh if before else ""),
        identity=answer.get("id_token") or (before.identity if before else ""),
        expires_at=datetime.now(UTC) + lifetime,
    )


def _login(claims: dict[str, Any], tokens: Tokens) -> Login:
    access = _payload(tokens.access)
    return Login(
        issuer=claims["iss"],
        subject=claims["sub"],
        provider_sid=claims.get("sid") or access.get("sid", ""),
        name=claims.get("name") or access.get("name") or claims.get("email", ""),
        email=claims.get("email") or access.get("email", ""),
        email_verified=bool(claims.get("email_verified", access.get("email_verified", False))),
        roles=frozenset(access.get("realm_access", {}).get("roles", [])),
        tokens=tokens,
    )


def _payload(token: str) -> dict[str, Any]:
    """Claims of an access token that came straight from the provider's token endpoint.

    Its signature is for the services that receive it; here the transport vouches for it, and
    roles only decide which menu is shown. What may be done is decided by the services.
    """
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, binascii.Error) as error:
        raise LoginRefused("NOT_A_JWT") from error
    return dict(claims)
