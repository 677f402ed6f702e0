"""Rows that were not taken over, as a CSV file with the reason in words."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext as _
from kontor.contacts.v1.imports_pb2 import Import, ListImportRowsRequest

from kernel.spreadsheet import BOM, line
from kernel.web.paging import every_page
from services.gateway.clients import clients
from services.gateway.imports.outcomes import REJECTED
from services.gateway.labels import OUTCOMES, label, why

_PAGE = 1000


def as_csv(found: Import) -> Response:
    """The file is small enough to be made whole: an import holds at most 6 MB."""
    asked = ListImportRowsRequest(import_id=found.id, outcomes=REJECTED, page_size=_PAGE)
    rows = [row for answer in every_page(clients().imports.ListImportRows, asked) for row in answer.rows]
    columns = list(dict.fromkeys(name for row in rows for name in sorted(row.cells)))
    lines = [line([_("Line"), _("Outcome"), _("Reason"), *columns])]
    for row in rows:
        words = [str(label(OUTCOMES, row.outcome).text), why(row.reason)]
        lines.append(line([str(row.line), *words, *(row.cells.get(name, "") for name in columns)]))
    answer = Response(BOM + "".join(lines), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("rejected") + f"-{_stem(found)}.csv")
    return answer


def _stem(found: Import) -> str:
    name = found.file_name.rpartition(".")[0] or found.file_name
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name) or "import"
