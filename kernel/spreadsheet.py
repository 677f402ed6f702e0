"""CSV as spreadsheets in Europe open it: semicolons, UTF-8 with a byte order mark, no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

# Excel takes a file without it for Windows-1252.
BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def line(cells: Sequence[str]) -> str:
    """One line; a cell that a spreadsheet would run as a formula becomes text (OWASP, CSV injection)."""
    buffer = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(_FORMULA) and not _is_phone(cell) else cell for cell in cells]
    csv.writer(buffer, delimiter=";").writerow(safe)
    return buffer.getvalue()


def _is_phone(cell: str) -> bool:
    """+49 30 123456 computes nothing and must survive the round trip."""
    return cell.startswith("+") and cell[1:].replace(" ", "").isdigit()
