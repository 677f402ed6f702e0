"""Collects the strings of pages and code into the `.po` catalogs, ready to translate.

Run after writing text: ``python -m kernel.web.extract_translations [services/portal …]``. English is the source
text itself, so only German has a catalog. No line numbers: they would make every edit a diff.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from kernel.web.compile_translations import ROOT, catalog_folders

_METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"**.html": {"silent": "false"}}
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def extract(package: Path) -> Catalog:
    """All marked strings below one package."""
    catalog = Catalog(charset="utf-8", project="Kontor")
    found = extract_from_dir(
        str(package), _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("Translators:",)
    )
    for _file, _line, message, comments, context in found:
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def update(folder: Path, *, language: str = "de") -> list[str]:
    """Merge into one catalog; answers the messages that still lack a translation."""
    file = folder / language / "LC_MESSAGES" / "messages.po"
    fresh = extract(folder.parent)
    if file.exists():
        with file.open("rb") as stream:
            catalog = read_po(stream, locale=language)
        catalog.update(fresh, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
    else:
        catalog = fresh
        catalog.locale = language
    # A fixed header: names and dates in it would tell nothing and change every file each time.
    catalog.header_comment = "# Texts of Kontor; written by kernel.web.extract_translations."
    catalog.project, catalog.version, catalog.fuzzy = "Kontor", "1", False
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalog.last_translator = catalog.language_team = "Kontor"
    catalog.msgid_bugs_address = ""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        write_po(stream, catalog, no_location=True, sort_output=True, omit_header=False, width=100)
    return [str(entry.id) for entry in catalog if entry.id and not _translated(entry.string)]


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def main() -> int:
    """Update every catalog, or those of the packages named, and list what is still to translate."""
    named = [ROOT / package / "translations" for package in sys.argv[1:]]
    missing = [(folder, text) for folder in named or catalog_folders(ROOT) for text in update(folder)]
    for folder, text in missing:
        print(f"{folder.relative_to(ROOT)}: {text}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
