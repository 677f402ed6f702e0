"""German and English: who gets which, how dates look, and that nothing is left untranslated."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from kernel.clock import to_timestamp
from kernel.web import i18n
from kernel.web.application import Web
from kernel.web.compile_translations import ROOT, catalog_folders, compile_stale
from kernel.web.extract_translations import extract


def test_german_is_the_default(client: FlaskClient) -> None:
    assert '<html lang="de"' in client.get("/").text


def test_the_browser_is_heard_and_the_visitor_decides(client: FlaskClient) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.8"}
    assert '<html lang="en"' in client.get("/", headers=english).text
    assert '<html lang="de"' in client.get("/?lang=de", headers=english).text
    assert '<html lang="de"' in client.get("/", headers=english).text


def test_an_unknown_language_changes_nothing(client: FlaskClient) -> None:
    assert '<html lang="de"' in client.get("/?lang=xx").text


def test_the_switch_keeps_the_query(client: FlaskClient) -> None:
    assert 'href="/?page=2&amp;lang=en"' in client.get("/?page=2").text


def test_dates_are_local(web: Web) -> None:
    late = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)
    with web.app.test_request_context("/?lang=de"):
        assert i18n.day(late) == "4. Mai 2026"
        assert i18n.moment(to_timestamp(late)) == "04.05.2026, 00:30"
        assert i18n.day(date(2026, 5, 3)) == "3. Mai 2026"
        assert i18n.iso_day("2026-05-03") == "3. Mai 2026"
        assert i18n.day(None) == "–"
        assert i18n.number(1234567) == "1.234.567"
        assert i18n.ago(datetime.now(UTC) - timedelta(days=3)) == "vor 3 Tagen"
    with web.app.test_request_context("/?lang=en"):
        assert i18n.day(late) == "May 4, 2026"


def test_phone_numbers_are_grouped_and_everything_else_stays() -> None:
    assert i18n.phone("+492214710130") == "+49 221 4710130"
    assert [i18n.phone(odd) for odd in ("–", "", "Zentrale 7")] == ["–", "", "Zentrale 7"]


@pytest.mark.parametrize("folder", catalog_folders(), ids=lambda folder: folder.parent.name)
def test_every_text_has_its_german(folder: Path) -> None:
    catalog = _german(folder)
    wanted = {_key(message.id) for message in extract(folder.parent) if message.id}
    translated = {_key(message.id) for message in catalog if message.id and _complete(message.string)}
    assert wanted - translated == set()
    assert {_key(message.id) for message in catalog if message.id} - wanted == set(), "no longer used"
    assert not [message.id for message in catalog if message.id and message.fuzzy]


@pytest.mark.parametrize("folder", catalog_folders(), ids=lambda folder: folder.parent.name)
def test_translations_keep_their_placeholders(folder: Path) -> None:
    for message in _german(folder):
        if message.id and _complete(message.string):
            assert _placeholders(message.string) == _placeholders(message.id), message.id


def test_a_changed_catalog_is_compiled_when_the_application_starts(tmp_path: Path) -> None:
    source = tmp_path / "de/LC_MESSAGES/messages.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n', encoding="utf-8")
    assert compile_stale(tmp_path) == 1
    assert compile_stale(tmp_path) == 0
    assert source.with_suffix(".mo").exists()
    assert [file.name for file in source.parent.iterdir() if file.suffix == ".tmp"] == []


def _german(folder: Path) -> Catalog:
    file = folder / "de/LC_MESSAGES/messages.po"
    assert file.exists(), f"run python -m kernel.web.extract_translations {folder.parent.relative_to(ROOT)}"
    with file.open("rb") as stream:
        return read_po(stream, locale="de")


def _key(message: object) -> object:
    return tuple(message) if isinstance(message, list | tuple) else message


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def _placeholders(message: object) -> set[str]:
    texts = message if isinstance(message, list | tuple) else [message]
    return {name for text in texts for name in re.findall(r"%\(\w+\)[sd]", str(text))}


# The same English in two voices: customers are greeted more formally, and "done" ends a list of steps there.
_TWO_VOICES = {"Hello %(name)s", "Done", "our staff"}


def test_one_text_has_one_translation_on_all_pages() -> None:
    said: dict[tuple[str, str], set[str]] = {}
    for folder in catalog_folders(ROOT):
        with (folder / "de/LC_MESSAGES/messages.po").open("rb") as stream:
            for entry in read_po(stream, locale="de"):
                if entry.id:
                    said.setdefault((entry.context or "", str(entry.id)), set()).add(str(entry.string))
    differing = {text for (_context, text), words in said.items() if len(words) > 1}
    assert differing == _TWO_VOICES
