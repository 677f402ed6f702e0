"""Builds a Flask application with everything that both web processes share."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from kernel.web import (
    access,
    assets,
    calls,
    errors,
    forms,
    headers,
    health,
    i18n,
    login,
    own_sessions,
    polling,
    theme,
    trace,
)
from kernel.web.config import WebSettings
from kernel.web.sessions import Sessions, make_engine

_HERE = Path(__file__).resolve().parent
_WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class Web:
    """A built application and the parts that its owner wires further."""

    app: Flask
    sessions: Sessions


def build(settings: WebSettings, *, package: Path, chrome: str) -> Web:
    """Chrome, login, sessions, languages, headers and errors, in the order requests meet them.

    `package` is the service's folder: its areas' `templates/`, `static/` and `translations/`
    are found below it. `chrome` names the layout that error pages extend.
    """
    app = Flask(__name__, root_path=str(package), static_folder=None, template_folder=None)
    _configure(app, settings)
    _look_through_proxies(app, settings)
    trace.install(app)
    headers.install(app, settings)
    _guard_writes(app, settings)
    i18n.install(app, settings, own=package / "translations")
    sessions = Sessions(
        make_engine(settings.database_url.get_secret_value(), threads=settings.threads),
        secret=settings.secret_key.get_secret_value(),
    )
    login.install(app, settings, sessions=sessions)
    own_sessions.install(app)
    app.before_request(access.enforce)
    calls.install(app)
    assets.install(app, own=package / "static")
    health.install(app, ready=sessions.ready)
    theme.install(app)
    polling.install(app)
    errors.install(app)
    _templates(app, package)
    app.jinja_env.globals.update(
        kontor=settings,
        chrome_layout=f"chrome/{chrome}.html",
        aria=forms.aria,
        new_request_id=forms.new_request_id,
    )
    return Web(app=app, sessions=sessions)


def _configure(app: Flask, settings: WebSettings) -> None:
    app.config.update(
        KONTOR=settings,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        # The visitor's own session holds no personal data: language, form seed, login state.
        SESSION_COOKIE_NAME="__Host-kontor" if settings.https else f"{settings.client_id}-visit",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        # Checked by `_guard_writes`. Valid as long as a login can be; behind a TLS proxy the strict referrer check
        # cannot see https, and the origin check below is stronger.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=10 * 3600,
        WTF_CSRF_SSL_STRICT=False,
    )


def _look_through_proxies(app: Flask, settings: WebSettings) -> None:
    """Take the visitor's address from the proxies that we know, and nothing else from them."""
    if settings.trusted_proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0)
        app.wsgi_app = fixed  # type: ignore[method-assign]


def _guard_writes(app: Flask, settings: WebSettings) -> None:
    own = urlsplit(settings.public_url)
    expected = f"{own.scheme}://{own.netloc}"
    csrf = CSRFProtect(app)

    @app.before_request
    def check_origin_and_token() -> None:
        """A browser names the origin of every writing request; another site's is refused.

        One mark decides about both checks: see `access.public_to_machines`.
        """
        if request.method not in _WRITING or request.endpoint is None:
            return
        rule = access.access_of(app, request.endpoint)
        if rule is not None and rule.machines:
            return
        if request.headers.get("Origin") not in {None, expected}:
            abort(403)
        csrf.protect()


def _templates(app: Flask, package: Path) -> None:
    folders = [*sorted(package.glob("*/templates")), package / "templates", _HERE / "templates"]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
    # A misspelt name in a template is an error in a test, not a hole in a page.
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
