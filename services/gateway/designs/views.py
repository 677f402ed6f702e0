"""Templates of mails: list, one with its preview, a new one with the preview beside it."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.campaigns.v1.campaigns_pb2 import (
    CreateTemplateRequest,
    GetTemplateRequest,
    ListTemplatesRequest,
    PreviewTemplateRequest,
    PreviewTemplateResponse,
    Template,
)

from kernel.errors import InvalidArgument
from kernel.web.paging import page_links
from services.gateway.clients import clients
from services.gateway.designs.forms import TemplateForm, starter
from services.gateway.designs.words import mistake
from services.gateway.session import opens_with

blueprint = Blueprint("templates", __name__)

_PAGE = 50
# A mail brings its own styles and shows nothing from the network; a script never runs.
_FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@opens_with("Templates.ListTemplates")
def index() -> ResponseReturnValue:
    """GET /templates"""
    token = request.args.get("page_token", "")
    answer = clients().templates.ListTemplates(ListTemplatesRequest(page_size=_PAGE, page_token=token))
    return render_template(
        "designs/index.html",
        templates=answer.templates,
        **page_links("templates.index", answer.next_page_token),
    )


@opens_with("Templates.CreateTemplate", "Templates.PreviewTemplate")
def create() -> ResponseReturnValue:
    """GET, POST /templates/new; `?from=<id>` begins with a copy."""
    form = TemplateForm()
    problems: list[str] = []
    if request.method == "GET":
        _begin(form)
    if form.validate_on_submit():
        try:
            created = clients().templates.CreateTemplate(
                CreateTemplateRequest(request_id=form.request_id.data, template=_entered(form))
            )
        except InvalidArgument as error:
            problems = form.take_errors(error.violations, mistake(error)) or [
                _("Please check what you entered.")
            ]
        else:
            flash(_("The template “%(name)s” is stored.", name=created.name), "success")
            return redirect(url_for("templates.detail", template_id=created.id), code=303)
    return render_template("designs/form.html", form=form, problems=problems)


@opens_with("Templates.GetTemplate", "Templates.PreviewTemplate")
def detail(template_id: uuid.UUID) -> ResponseReturnValue:
    """GET /templates/<id>"""
    found = _get(template_id)
    return render_template("designs/detail.html", found=found, shown=_render(found))


@opens_with("Templates.GetTemplate", "Templates.PreviewTemplate")
def stored_frame(template_id: uuid.UUID) -> Response:
    """GET /templates/<id>/preview: the mail itself, for a frame."""
    return _frame(_render(_get(template_id)).html)


@opens_with("Templates.PreviewTemplate")
def live_frame() -> Response:
    """POST /templates/preview: the mail as it is being written, for a frame."""
    form = TemplateForm()
    try:
        return _frame(_render(_entered(form)).html)
    except InvalidArgument as error:
        return _frame(render_template("designs/mistake.html", text=next(iter(mistake(error).values()), "")))


def _begin(form: TemplateForm) -> None:
    origin = request.args.get("from", "")
    form.language.data = str(get_locale())
    form.mjml.data = starter(form.language.data)
    if origin:
        found = _get(_id(origin))
        form.name.data = _("Copy of %(name)s", name=found.name)
        form.subject.data, form.language.data, form.mjml.data = found.subject, found.language, found.mjml


def _id(text: str) -> uuid.UUID:
    """The id that an address gives after its question mark, where no route checks it."""
    try:
        return uuid.UUID(text)
    except ValueError:
        abort(404)


def _entered(form: TemplateForm) -> Template:
    return Template(
        # A preview needs neither name nor subject, but the contract does.
        name=form.name.data or "–",
        subject=form.subject.data or "–",
        language=form.language.data or "de",
        mjml=form.mjml.data or " ",
    )


def _get(template_id: uuid.UUID) -> Template:
    return clients().templates.GetTemplate(GetTemplateRequest(template_id=str(template_id)))


def _render(template: Template) -> PreviewTemplateResponse:
    return clients().templates.PreviewTemplate(PreviewTemplateRequest(template=template))


def _frame(html: str) -> Response:
    answer = Response(html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _FRAME_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


blueprint.add_url_rule("/templates", "index", index)
blueprint.add_url_rule("/templates/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/templates/preview", "live_frame", live_frame, methods=["POST"])
blueprint.add_url_rule("/templates/<uuid:template_id>", "detail", detail)
blueprint.add_url_rule("/templates/<uuid:template_id>/preview", "stored_frame", stored_frame)
