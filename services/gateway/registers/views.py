"""The registers: a list each, an entry with its versions, and a form to add one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from google.protobuf.message import Message
from kontor.privacy.v1 import registers_pb2 as wire

from kernel.errors import Aborted, InvalidArgument
from kernel.web.forms import Form
from kernel.web.i18n import iso_day
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.registers.forms import EntryForm, MeasureForm, ProcessorForm, TransferForm
from services.gateway.registers.words import ALERTS, ENUMS, FIELDS, country
from services.gateway.session import opens_with

blueprint = Blueprint("registers", __name__)

FORMATS = {"pdf": wire.FILE_FORMAT_PDF, "csv": wire.FILE_FORMAT_CSV}
_IDS = ("parent_id", "processor_id")


@dataclass(frozen=True)
class Kind:
    """One of the registers."""

    number: wire.Register.ValueType
    field: str
    message: type[Message]
    form: type[EntryForm]
    title: str
    empty: str
    add: str


KINDS = {
    "processors": Kind(
        wire.REGISTER_PROCESSORS, "processor", wire.Processor, ProcessorForm, _l("Processors and recipients"),
        _l("Enter first who runs your servers: every copy of data names its recipients from here."),
        _l("New recipient"),
    ),
    "transfers": Kind(
        wire.REGISTER_TRANSFERS, "transfer", wire.Transfer, TransferForm, _l("Transfers"),
        _l("Enter a transfer if anybody outside the European Economic Area gets data. Within it none is needed."),
        _l("New transfer"),
    ),
    "measures": Kind(
        wire.REGISTER_MEASURES, "measure", wire.Measure, MeasureForm, _l("Measures"),
        _l("Enter first how access is kept to those who need it, and how backups are tested."),
        _l("New measure"),
    ),
}  # fmt: skip


@opens_with("Registers.ListRegisterEntries")
def index() -> ResponseReturnValue:
    """GET /registers?register=&alert=: one register, or what of it asks for somebody in one way."""
    name, alert = _asked(), request.args.get("alert", "")
    counts: dict[str, int] = {}
    shown: list[tuple[wire.RegisterEntry, int]] = []
    for each, kind in KINDS.items():
        found = clients().registers.ListRegisterEntries(wire.ListRegisterEntriesRequest(register=kind.number))
        counts[each] = len(found.entries)
        shown = _in_order(found.entries) if each == name else shown
    tabs = [(k.title, url_for("registers.index", register=n), n == name, counts[n]) for n, k in KINDS.items()]
    if alert:
        shown = [(entry, 0) for entry, _depth in shown if alert in entry.alerts]
    urgent = sum(bool(entry.alerts) for entry, _depth in shown)
    return render_template(
        "registers/index.html",
        name=name,
        kind=KINDS[name],
        alert=alert,
        tabs=tabs,
        rows=shown,
        urgent=urgent,
        **_words(),
    )


@opens_with("Registers.GetRegisterEntry")
def detail(entry_id: uuid.UUID) -> ResponseReturnValue:
    """GET /registers/<id>: an entry, and what each version changed."""
    found = clients().registers.GetRegisterEntry(wire.GetRegisterEntryRequest(id=str(entry_id)))
    name = _register_of(found.entry)
    return render_template(
        "registers/detail.html",
        name=name,
        kind=KINDS[name],
        entry=found.entry,
        title=_title(found.entry),
        facts=_facts(found.entry),
        versions=found.versions,
        changers=people.colleagues(version.changed_by for version in found.versions),
        form=Form(),
        **_words(),
    )


@opens_with("Registers.SaveRegisterEntry")
def create() -> ResponseReturnValue:
    """GET, POST /registers/new?register="""
    name = _asked()
    return _edit(name, KINDS[name].form(), None)


@opens_with("Registers.SaveRegisterEntry")
def edit(entry_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /registers/<id>/edit: the next version of an entry."""
    entry = _get(entry_id)
    name = _register_of(entry)
    content = getattr(entry, KINDS[name].field)
    values = {field.name: getattr(content, field.name) for field in content.DESCRIPTOR.fields}
    texts = {key: str(value) for key, value in values.items()}
    return _edit(name, KINDS[name].form(data={**texts, "version": str(entry.version)}), entry)


@opens_with("Registers.RetireRegisterEntry")
def retire(entry_id: uuid.UUID) -> ResponseReturnValue:
    """POST /registers/<id>/retire: ends an entry."""
    entry = _get(entry_id)
    form = Form()
    if form.validate_on_submit():
        asked = wire.RetireRegisterEntryRequest(
            request_id=form.request_id.data, id=entry.id, version=entry.version
        )
        try:
            clients().registers.RetireRegisterEntry(asked)
            flash(_("The entry has ended. Its versions are kept."), "success")
        except Aborted:
            flash(_("Somebody else has changed this entry meanwhile. Nothing was ended."), "message")
    return redirect(url_for("registers.detail", entry_id=entry.id), code=303)


@opens_with("Registers.GetRegisterFile")
def file(form: str) -> ResponseReturnValue:
    """GET /registers/file.<pdf|csv>?register="""
    asked = wire.GetRegisterFileRequest(
        register=KINDS[_asked()].number, format=FORMATS.get(form) or abort(404), language=str(get_locale())
    )
    return sent(clients().registers.GetRegisterFile(asked))


def sent(made: wire.RegisterFile) -> Response:
    """A document as a download."""
    answer = Response(made.content, content_type=made.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=made.file_name)
    return answer


def _edit(name: str, form: EntryForm, entry: wire.RegisterEntry | None) -> ResponseReturnValue:
    kind = KINDS[name]
    form.offer([pair for pair in _processors() if entry is None or pair[0] != entry.id])
    problems: list[str] = []
    status = 200
    if form.validate_on_submit():
        try:
            saved = clients().registers.SaveRegisterEntry(_asked_to_save(form, kind, entry))
        except Aborted:
            problems = [_("Somebody else has changed this entry meanwhile. Open it again to see what.")]
        except InvalidArgument as error:
            rest = form.take_errors(error.violations)
            problems = rest or ([] if form.errors else [_("Please check what you entered.")])
        else:
            flash(_("Version %(number)s is stored.", number=saved.version), "success")
            return redirect(url_for("registers.detail", entry_id=saved.id), code=303)
        status = 400
    back = (
        url_for("registers.detail", entry_id=entry.id) if entry else url_for("registers.index", register=name)
    )
    title = _title(entry) if entry else kind.add
    page = render_template(
        "registers/form.html", form=form, problems=problems, back=back, title=title, name=name
    )
    return page, status


def _asked_to_save(
    form: EntryForm, kind: Kind, entry: wire.RegisterEntry | None
) -> wire.SaveRegisterEntryRequest:
    values: dict[str, Any] = {k: v for k, v in form.values().items() if k != "version"}
    values |= {key: int(values[key]) for key in ENUMS if key in values}
    asked = wire.SaveRegisterEntryRequest(
        request_id=form.request_id.data, id=entry.id if entry else "", version=int(form.version.data or 0)
    )
    getattr(asked, kind.field).CopyFrom(kind.message(**values))
    return asked


def _processors() -> list[tuple[str, str]]:
    asked = wire.ListRegisterEntriesRequest(register=wire.REGISTER_PROCESSORS)
    return [(e.id, e.processor.name) for e in clients().registers.ListRegisterEntries(asked).entries]


def _in_order(entries: Any) -> list[tuple[wire.RegisterEntry, int]]:
    """Entries with their depth: whom a processor engages stands below it, however deep; a circle is cut."""
    known = {entry.id for entry in entries}
    children: dict[str, list[wire.RegisterEntry]] = {}
    for entry in entries:
        parent = entry.processor.parent_id
        children.setdefault(parent if parent in known else "", []).append(entry)
    found: list[tuple[wire.RegisterEntry, int]] = []
    waiting = [(entry, 0) for entry in reversed(children.get("", []))]
    while waiting:
        entry, depth = waiting.pop()
        found.append((entry, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(entry.id, []))]
    seen = {entry.id for entry, _depth in found}
    return found + [(entry, 0) for entry in entries if entry.id not in seen]


def _facts(entry: wire.RegisterEntry) -> list[tuple[Any, Any]]:
    content = getattr(entry, KINDS[_register_of(entry)].field)
    names = dict(_processors())
    facts = []
    for field in content.DESCRIPTOR.fields:
        value = getattr(content, field.name)
        if value:
            facts.append((FIELDS[field.name], _shown(field.name, value, names)))
    return facts


def _shown(name: str, value: Any, names: dict[str, str]) -> Any:
    if name in ENUMS:
        return ENUMS[name][value].text if value in ENUMS[name] else "–"
    if name in _IDS:
        return names.get(value, _("an entry that has ended"))
    if name == "country":
        return country(value)
    return iso_day(value) if name.endswith("_on") else value


def _get(entry_id: uuid.UUID) -> wire.RegisterEntry:
    return clients().registers.GetRegisterEntry(wire.GetRegisterEntryRequest(id=str(entry_id))).entry


def _register_of(entry: wire.RegisterEntry) -> str:
    field = entry.WhichOneof("content")
    return next((name for name, kind in KINDS.items() if kind.field == field), "processors")


def _title(entry: wire.RegisterEntry) -> str:
    return entry.transfer.recipient or entry.processor.name or entry.measure.name


def _asked() -> str:
    name = request.args.get("register", "processors")
    return name if name in KINDS else str(abort(404))


def _words() -> dict[str, Any]:
    return {"enums": ENUMS, "alert_labels": ALERTS, "country": country, "fields": FIELDS}


blueprint.add_url_rule("/registers", "index", index)
blueprint.add_url_rule("/registers/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule("/registers/file.<form>", "file", file)
blueprint.add_url_rule("/registers/<uuid:entry_id>", "detail", detail)
blueprint.add_url_rule("/registers/<uuid:entry_id>/edit", "edit", edit, methods=["GET", "POST"])
blueprint.add_url_rule("/registers/<uuid:entry_id>/retire", "retire", retire, methods=["POST"])
