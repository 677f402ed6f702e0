"""CSV for the staff's downloads; the rules are everybody's (`kernel.spreadsheet`)."""

from __future__ import annotations

from kernel.spreadsheet import BOM, line

__all__ = ["BOM", "line"]
