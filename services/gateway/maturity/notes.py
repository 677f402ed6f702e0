"""The company's own SWOT notes, written by management: a new one, and the next version of one."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1 import registers_pb2 as wire

from kernel.errors import Aborted, InvalidArgument
from services.gateway.clients import clients
from services.gateway.registers.forms import SwotForm
from services.gateway.session import opens_with


@opens_with("Registers.SaveSwotNote")
def create() -> ResponseReturnValue:
    """GET, POST /maturity/notes/new"""
    return _page(SwotForm(), "")


@opens_with("Registers.SaveSwotNote", "Registers.GetRegisterEntry")
def edit(entry_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /maturity/notes/<id>: the next version of a note."""
    asked = wire.GetRegisterEntryRequest(id=str(entry_id))
    entry = clients().registers.GetRegisterEntry(asked).entry
    if entry.WhichOneof("content") != "swot_note":
        abort(404)
    note = entry.swot_note
    known = {"swot_list": str(note.swot_list), "text": note.text, "version": str(entry.version)}
    return _page(SwotForm(data=known), entry.id)


def _page(form: SwotForm, entry_id: str) -> ResponseReturnValue:
    problems: list[str] = []
    status = 200
    if form.validate_on_submit():
        try:
            saved = clients().registers.SaveSwotNote(_asked(form, entry_id))
        except Aborted:
            problems = [_("Somebody else has changed this entry meanwhile. Open it again to see what.")]
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        else:
            flash(_("Version %(number)s is stored.", number=saved.version), "success")
            return redirect(url_for("maturity.index", _anchor="swot-title"), code=303)
        status = 400
    title = _("SWOT note") if entry_id else _("New note")
    back = url_for("maturity.index")
    page = render_template(
        "registers/form.html", form=form, problems=problems, back=back, title=title, name="swot"
    )
    return page, status


def _asked(form: SwotForm, entry_id: str) -> wire.SaveSwotNoteRequest:
    note = wire.SwotNote(swot_list=int(form.swot_list.data), text=form.text.data)  # type: ignore[arg-type]
    return wire.SaveSwotNoteRequest(
        request_id=form.request_id.data, id=entry_id, version=int(form.version.data or 0), note=note
    )
