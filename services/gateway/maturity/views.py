"""The picture, the rules behind it, and the company's own notes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1 import registers_pb2 as wire

from kernel.spreadsheet import BOM, line
from services.gateway import people
from services.gateway.clients import clients, unless_down
from services.gateway.maturity import notes
from services.gateway.maturity.facts import rules
from services.gateway.maturity.rules import CUSTOMER, HIGHEST, PROTECTION, Rule, stage_of
from services.gateway.registers.words import SWOT
from services.gateway.session import opens_with

blueprint = Blueprint("maturity", __name__)

# The stages of each axis, the lowest first.
AXES = {
    PROTECTION: (_l("Data protection"), (_l("violating"), _l("compliant"), _l("managed"))),
    CUSTOMER: (
        _l("Customer orientation"),
        (_l("administration"), _l("company-centred"), _l("customer-centred")),
    ),
}
_OPENS = (
    "Requests.ListRequests", "Breaches.ListBreaches", "Registers.ListRegisterEntries",
    "ProcessingRecords.GetProcessingRecord", "Assessments.ListAssessments", "Retention.PreviewRun",
    "Tickets.ListTickets",
)  # fmt: skip


@opens_with(*_OPENS)
def index() -> ResponseReturnValue:
    """GET /maturity: where the dot is, why, and what the company thinks of itself."""
    found = rules()
    written = _notes()
    return render_template(
        "maturity/index.html",
        axes=[(key, title, stages, _stage(found, key), _of(found, key)) for key, (title, stages) in AXES.items()],
        swot=SWOT,
        notes=written,
        changers=people.colleagues(note.changed_by for each in (written or {}).values() for note in each),
        shown=_shown,
        limit=_limit,
        highest=HIGHEST,
    )  # fmt: skip


@opens_with(*_OPENS)
def file() -> ResponseReturnValue:
    """GET /maturity/file.csv: the rules with their figures, as the page shows them."""
    found = rules()
    lines = [[_("Axis"), _("Stage that it decides"), _("Rule"), _("Figure"), _("Threshold"), _("Result")]]
    for key, (title, stages) in AXES.items():
        stage = _stage(found, key)
        name = _("cannot be said yet") if stage is None else str(stages[stage])
        lines.append([str(title), name])
        lines += [
            [str(title), str(stages[rule.stage]), rule.label, _shown(rule), _limit(rule), _result(rule)]
            for rule in _of(found, key)
        ]
    content = (BOM + "".join(line(cells) for cells in lines)).encode()
    answer = Response(content, content_type="text/csv; charset=utf-8")
    name = _("maturity") + f"-{datetime.now(UTC):%Y-%m-%d}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _of(found: list[Rule], axis: str) -> list[Rule]:
    return sorted((rule for rule in found if rule.axis == axis), key=lambda rule: rule.stage)


def _stage(found: list[Rule], axis: str) -> int | None:
    return stage_of(_of(found, axis))


def _shown(rule: Rule) -> str:
    if rule.figure is None:
        return str(_("does not answer right now"))
    if rule.figure.value is None:
        return str(_("nothing to count yet"))
    return f"{rule.figure.value} %" if rule.share else str(rule.figure.value)


def _limit(rule: Rule) -> str:
    number = f"{rule.threshold} %" if rule.share else str(rule.threshold)
    return str(
        _("at least %(number)s", number=number) if rule.at_least else _("at most %(number)s", number=number)
    )


def _result(rule: Rule) -> str:
    return str({True: _("holds"), False: _("does not hold"), None: _("open")}[rule.holds])


def _notes() -> dict[Any, list[wire.RegisterEntry]] | None:
    asked = wire.ListRegisterEntriesRequest(register=wire.REGISTER_SWOT)
    found = unless_down(lambda: clients().registers.ListRegisterEntries(asked))
    if found is None:
        return None
    return {key: [e for e in found.entries if e.swot_note.swot_list == key] for key in SWOT}


blueprint.add_url_rule("/maturity", "index", index)
blueprint.add_url_rule("/maturity/file.csv", "file", file)
blueprint.add_url_rule("/maturity/notes/new", "note", notes.create, methods=["GET", "POST"])
blueprint.add_url_rule("/maturity/notes/<uuid:entry_id>", "note_edit", notes.edit, methods=["GET", "POST"])
