"""Security headers on every answer, and the nonce that lets our own scripts run."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from kernel.web.config import WebSettings

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Links in mails carry tokens in their path; no other site may learn them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), usb=(), browsing-topics=()"
    ),
}


def install(app: Flask, settings: WebSettings) -> None:
    """Give each request a nonce and each answer its headers."""
    issuer = urlsplit(settings.oidc_issuer)
    provider = f"{issuer.scheme}://{issuer.netloc}"

    @app.before_request
    def make_nonce() -> None:
        g.csp_nonce = secrets.token_urlsafe(18)

    @app.context_processor
    def expose_nonce() -> dict[str, str]:
        return {"csp_nonce": g.get("csp_nonce", "")}

    @app.after_request
    def add_headers(response: Response) -> Response:
        nonce = g.get("csp_nonce", "")
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault(
            "Content-Security-Policy",
            _policy(nonce=nonce, provider=provider, https=settings.https),
        )
        if settings.https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
        # A page shows personal data unless it says otherwise, so no cache keeps it.
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _policy(*, nonce: str, provider: str, https: bool) -> str:
    rules = [
        "default-src 'self'",
        f"script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        # Chromium applies form-action to redirects too, and logging out posts a
        # form that redirects to the provider's end_session endpoint.
        f"form-action 'self' {provider}",
    ]
    if https:
        rules.append("upgrade-insecure-requests")
    return "; ".join(rules)
