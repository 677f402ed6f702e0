"""A small application on the chrome, with one view of each kind."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Blueprint, Flask, Response, render_template_string, request, stream_with_context

from kernel.errors import DomainError
from kernel.web.access import login_required, polled, public, public_to_machines, roles_required
from kernel.web.application import Web, build
from kernel.web.config import WebSettings
from kernel.web.login import current_login

PUBLIC = "http://127.0.0.1:39000"
_PAGE = """
{% extends "chrome/portal.html" %}
{% block title %}Probe{% endblock %}
{% block content %}<h1>{{ text }}</h1>{% endblock %}
"""
# Nothing listens there: a page must not need a service to be drawn.
_NOBODY = "127.0.0.1:9"


def undisturbed(make: Callable[[], Flask]) -> Flask:
    """An application made without the garbage collector in between.

    Werkzeug compiles each route. On Python 3.11 the parser fails with "AST constructor recursion depth mismatch" if the
    collector runs meanwhile and ends a greenlet of a test before.
    """
    gc.disable()
    try:
        return make()
    finally:
        gc.enable()


def settings(**changes: object) -> WebSettings:
    """Settings of the sample process."""
    values: dict[str, object] = {
        "listen": "127.0.0.1:0",
        "public_url": PUBLIC,
        "oidc_issuer": "http://127.0.0.1:9/realms/kontor",
        "client_id": "kontor-portal",
        "client_secret": "secret-of-portal",
        "secret_key": "a root key that only this test uses, 40+",
        "contacts_target": _NOBODY,
        "campaigns_target": _NOBODY,
        "tickets_target": _NOBODY,
        "privacy_target": _NOBODY,
        "controller_name": "Hansewerk Manufaktur GmbH",
        "controller_dpo_email": "datenschutz@hansewerk.example",
    }
    return WebSettings(**(values | changes))  # type: ignore[arg-type]


def make(
    given: WebSettings,
    package: Path,
    *,
    fail: Callable[[], object] | None = None,
    parts: Callable[[], Iterator[str]] = lambda: iter(()),
) -> Web:
    """The sample application; `fail` is what the view /fail does, `parts` what /long streams."""
    web = build(given, package=package, chrome="portal")
    areas = Blueprint("sample", __name__)

    @public
    def open_page() -> str:
        return render_template_string(_PAGE, text="open")

    @public
    def write() -> str:
        return "written"

    @public_to_machines
    def machine() -> str:
        return "taken"

    @login_required
    def mine() -> str:
        login = current_login()
        return login.name if login else "nobody"

    @polled
    @login_required
    def news() -> str:
        return "news"

    @login_required
    def note() -> str:
        return f"noted: {request.form['body']}"

    @login_required
    def long() -> Response:
        return Response(stream_with_context(parts()), mimetype="text/plain")

    @roles_required("dpo")
    def secret() -> str:
        return "secret"

    @public
    def failing() -> str:
        if fail is not None:
            fail()
        return "fine"

    areas.add_url_rule("/", "open_page", open_page)
    areas.add_url_rule("/write", "write", write, methods=["POST"])
    areas.add_url_rule("/machine", "machine", machine, methods=["POST"])
    areas.add_url_rule("/mine", "mine", mine)
    areas.add_url_rule("/mine/news", "news", news)
    areas.add_url_rule("/mine/note", "note", note, methods=["POST"])
    areas.add_url_rule("/long", "long", long)
    areas.add_url_rule("/secret", "secret", secret)
    areas.add_url_rule("/fail", "failing", failing, methods=["GET"])
    areas.add_url_rule("/forgotten", "forgotten", lambda: "never seen")
    web.app.register_blueprint(areas)
    web.app.jinja_env.globals["navigation"] = list
    return web


def raiser(error: DomainError | Exception) -> Callable[[], object]:
    """A function that raises `error`."""

    def act() -> object:
        raise error

    return act


def form_token(page: str) -> str:
    """The token that a form of this page would carry."""
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
