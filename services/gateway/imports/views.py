"""Imports: upload, dry run by outcome, confirmation in numbers, result, rejected rows as CSV."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from kontor.contacts.v1.imports_pb2 import (
    IMPORT_STATE_COMMITTED,
    CommitImportRequest,
    CreateImportRequest,
    DiscardImportRequest,
    GetImportRequest,
    Import,
    ImportRow,
    ListImportRowsRequest,
    ListImportsRequest,
)
from werkzeug.exceptions import HTTPException

from kernel.errors import DomainError, FailedPrecondition, InvalidArgument, NotFound
from kernel.web.forms import Form
from kernel.web.paging import page_links
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.imports import rejected
from services.gateway.imports.forms import MAX_BYTES, UploadForm
from services.gateway.imports.outcomes import KEYS, outcome_of, tabs
from services.gateway.session import may, opens_with

blueprint = Blueprint("imports", __name__)

_PAGE = 50


@opens_with("Imports.ListImports")
def index() -> ResponseReturnValue:
    """GET /imports"""
    token = request.args.get("page_token", "")
    answer = clients().imports.ListImports(ListImportsRequest(page_size=_PAGE, page_token=token))
    return render_template(
        "imports/index.html",
        imports=answer.imports,
        **page_links("imports.index", answer.next_page_token),
    )


@opens_with("Imports.CreateImport")
def upload() -> ResponseReturnValue:
    """GET, POST /imports/new: the file is read and every row decided; nothing is taken over yet."""
    form = UploadForm()
    problems: list[str] = []
    if form.validate_on_submit():
        content = form.file.data.read(MAX_BYTES + 1)
        if not content or len(content) > MAX_BYTES:
            problems = [_("The file is empty.") if not content else _too_large()]
        else:
            try:
                checked = _create(form, content)
            except InvalidArgument as error:
                problems = [_unreadable(error)]
            else:
                return redirect(url_for("imports.detail", import_id=checked.id), code=303)
    return _upload_page(form, problems)


def too_large(_error: HTTPException) -> ResponseReturnValue:
    """413 before any view has run: the form again with the limit, if the form is open to whoever sent the file."""
    if not may("Imports.CreateImport"):
        return redirect(url_for("imports.upload"), code=303)
    return _upload_page(UploadForm(formdata=None), [_too_large()]), 413


@opens_with("Imports.GetImport", "Imports.ListImportRows")
def detail(import_id: uuid.UUID) -> ResponseReturnValue:
    """GET /imports/<id>?outcome=: what the dry run says, or what was done."""
    wanted = str(import_id)
    found = clients().imports.GetImport(GetImportRequest(import_id=wanted))
    outcome = outcome_of(request.args.get("outcome", ""))
    token = request.args.get("page_token", "")
    rows = clients().imports.ListImportRows(
        ListImportRowsRequest(
            import_id=wanted,
            outcomes=[outcome] if outcome else [],
            page_size=_PAGE,
            page_token=token,
        )
    )
    return render_template(
        "imports/detail.html",
        found=found,
        committed=found.state == IMPORT_STATE_COMMITTED,
        rows=rows.rows,
        columns=_columns(rows.rows),
        contacts=people.by_id(row.contact_id for row in rows.rows),
        tabs=tabs(found, outcome),
        **page_links("imports.detail", rows.next_page_token, import_id=wanted, outcome=KEYS.get(outcome)),
    )


@opens_with("Imports.CommitImport")
def commit(import_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /imports/<id>/commit: first the numbers, then the deed."""
    wanted = str(import_id)
    form = Form()
    if form.validate_on_submit():
        try:
            done = clients().imports.CommitImport(
                CommitImportRequest(request_id=form.request_id.data, import_id=wanted)
            )
        except FailedPrecondition:
            flash(_("This import has been taken over already."), "message")
        else:
            flash(_taken_over(done), "success")
        return redirect(url_for("imports.detail", import_id=wanted), code=303)
    found = clients().imports.GetImport(GetImportRequest(import_id=wanted))
    return render_template("imports/commit.html", found=found)


@opens_with("Imports.DiscardImport", "Imports.GetImport")
def discard(import_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /imports/<id>/discard: first what goes, then the deed."""
    wanted = str(import_id)
    form = Form()
    if form.validate_on_submit():
        try:
            clients().imports.DiscardImport(
                DiscardImportRequest(request_id=form.request_id.data, import_id=wanted)
            )
        except FailedPrecondition:
            flash(_("This import has been taken over already."), "message")
            return redirect(url_for("imports.detail", import_id=wanted), code=303)
        except NotFound:
            flash(_("This import is gone already."), "message")
        else:
            flash(_("The import is discarded; its rows are deleted."), "success")
        return redirect(url_for("imports.index"), code=303)
    found = clients().imports.GetImport(GetImportRequest(import_id=wanted))
    return render_template("imports/discard.html", found=found)


@opens_with("Imports.ListImportRows")
def download(import_id: uuid.UUID) -> Response:
    """GET /imports/<id>/rejected.csv: every row that was not taken over, with its reason."""
    found = clients().imports.GetImport(GetImportRequest(import_id=str(import_id)))
    return rejected.as_csv(found)


def _upload_page(form: UploadForm, problems: list[str]) -> str:
    return render_template("imports/upload.html", form=form, problems=problems, max_bytes=MAX_BYTES)


def _too_large() -> str:
    return str(_("The file is larger than %(size)s MB. Please split it.", size=MAX_BYTES // 1024**2))


def _create(form: UploadForm, content: bytes) -> Import:
    # Some browsers send a whole path; only the last part is a name.
    name = (form.file.data.filename or "").replace("\\", "/").rpartition("/")[2][:200]
    return clients().imports.CreateImport(
        CreateImportRequest(
            request_id=form.request_id.data,
            file_name=name or _("contacts") + ".csv",
            content=content,
            country=form.country.data,
        )
    )


def _unreadable(error: DomainError) -> str:
    texts = {
        "NOT_CSV": _("This file is not a CSV table. Please export it as CSV and try again."),
        "TOO_MANY_COLUMNS": _("The file has too many columns to be a list of contacts."),
        "TOO_MANY_ROWS": _("The file has too many rows. Please split it."),
        "CELL_TOO_LONG": _("A cell of the file is far too long. Perhaps a quotation mark is missing."),
        "QUOTE_NOT_CLOSED": _(
            "In line %(line)s a quotation mark opens that is never closed. Please close it; nothing was read.",
            line=error.metadata.get("line", "?"),
        ),
        "ENCODING_UNKNOWN": _("The letters of this file cannot be read. Please store it as UTF-8."),
        "FILE_EMPTY": _("The file has no rows."),
        "NO_HEADER": _("No column is recognised. The first line must name the columns, e.g. “E-Mail”."),
    }
    return str(texts.get(error.reason) or _("This file cannot be read as a list of contacts."))


def _taken_over(done: Import) -> str:
    new, update = done.counts.new, done.counts.update
    created = ngettext("%(num)s contact is new", "%(num)s contacts are new", new)
    completed = ngettext("%(num)s was completed", "%(num)s were completed", update)
    return f"{created}, {completed}."


def _columns(rows: Iterable[ImportRow]) -> list[str]:
    """Up to five columns that hold something on this page."""
    seen: dict[str, None] = {}
    for row in rows:
        for name, value in row.cells.items():
            if value:
                seen.setdefault(name)
    return sorted(seen, key=_importance)[:5]


def _importance(name: str) -> tuple[int, str]:
    """Names and addresses first: a map on the wire has lost the order of the file."""
    wanted = (
        "name",
        "vorname",
        "first",
        "nachname",
        "last",
        "mail",
        "phone",
        "telefon",
        "city",
        "ort",
        "stadt",
    )
    lowered = name.casefold()
    rank = next((i for i, part in enumerate(wanted) if part in lowered), len(wanted))
    return rank, lowered


blueprint.add_url_rule("/imports", "index", index)
blueprint.add_url_rule("/imports/new", "upload", upload, methods=["GET", "POST"])
blueprint.add_url_rule("/imports/<uuid:import_id>", "detail", detail)
blueprint.add_url_rule("/imports/<uuid:import_id>/commit", "commit", commit, methods=["GET", "POST"])
blueprint.add_url_rule("/imports/<uuid:import_id>/discard", "discard", discard, methods=["GET", "POST"])
blueprint.register_error_handler(413, too_large)
blueprint.add_url_rule("/imports/<uuid:import_id>/rejected.csv", "rejected", download)
