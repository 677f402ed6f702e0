"""The tools of the smoke run find what they are for: a search that finds nothing would prove everything."""

from __future__ import annotations

import base64
import json
import quopri
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.browser import Browser, Page
from tests.e2e.check import Broken, same_sets
from tests.e2e.files import google_file, outlook_file
from tests.e2e.leaks import Needles, identifiers_of, values_of
from tests.e2e.people import invent
from tests.e2e.residue import Canaries

_PAGE = """
<title>Nicht gelesen</title><form action="/suche"><input name="q"></form>
<form method="post" action="/weg"><input type="hidden" name="csrf_token" value="c">
<input type="checkbox" name="topics" value="a" checked><input type="checkbox" name="topics" value="b">
<select name="state"><option value="0">egal</option><option value="1">offen</option></select>
<textarea name="body">
Zeile &amp; mehr</textarea><button name="go" value="1">Los</button></form>
"""


@pytest.mark.parametrize(
    "content",
    [
        "\x0a\x20{email}\x12",
        '{{"name": "{name}"}}',
        "tel={phone}",
        "tel={phone_e164}",
        "Key (email)=({shouted}) already exists",
    ],
)
def test_a_planted_value_is_found(content: str) -> None:
    people = invent()
    person = people.google[0]
    planted = content.format(
        email=person.email,
        name=person.name,
        phone=person.phone,
        phone_e164=person.phone_e164,
        shouted=person.email.upper(),
    )
    needles = Needles(values_of(people, ["Die Klingel am Tor ist kaputt"]))
    assert needles.found_in(b"before " + planted.encode() + b" after")
    assert needles.found_in(b"before and after") == []


def test_umlauts_are_found_in_every_encoding() -> None:
    person = next(person for person in invent().google if "ö" in person.family)
    needles = Needles(identifiers_of(person))
    escaped = person.family.encode("ascii", "backslashreplace").replace(b"\\xf6", b"\\u00f6")
    for content in (
        person.family.encode(),
        person.family.encode("cp1252"),
        escaped.replace(b"\\xe4", b"\\u00e4"),
    ):
        assert needles.found_in(content)


def test_the_people_are_the_same_in_every_run_and_nobody_has_a_namesake() -> None:
    people = invent()
    assert people == invent()
    everybody = list(people)
    assert len({person.family for person in everybody}) == len(everybody)
    assert len({person.phone for person in everybody}) == len(everybody)
    assert (len(google_file(people).rows), len(outlook_file(people).rows)) == (1000, 1000)


def test_the_files_carry_what_makes_them_hard() -> None:
    people = invent()
    google, outlook = google_file(people).content, outlook_file(people).content
    assert "Łucja" in google.decode("utf-8")
    with pytest.raises(UnicodeDecodeError):
        outlook.decode("utf-8")
    header, _, rest = outlook.decode("cp1252").partition("\r\n")
    assert header.startswith('"Anrede";"Vorname"')
    assert rest.count("\n") > 1000


def test_a_form_is_sent_as_a_browser_sends_it() -> None:
    with Browser() as browser:
        page = Page(browser, "http://a.example/x", 200, httpx.Headers(), _PAGE.encode())
        form = page.form(field="body")
        assert form.action == "http://a.example/weg"
        assert form.value("body") == "Zeile & mehr"
        assert form.choices("topics") == ["a", "b"]
        assert form.filled({"body": "neu"}) == {
            "csrf_token": ["c"],
            "topics": ["a"],
            "state": ["0"],
            "body": ["neu"],
        }
        with pytest.raises(Broken, match="no field 'nowhere'"):
            form.filled({"nowhere": "x"})
        assert "Nicht gelesen" not in page.text


def test_a_difference_is_told_in_numbers() -> None:
    with pytest.raises(Broken, match=r"1 missing \['b'\], 1 too many \['c'\], 1 doubled"):
        same_sets(["a", "a", "c"], ["a", "b"], "letters")


@pytest.mark.parametrize(
    "written",
    [
        "Jörg Löwenmühle".encode(),
        "Löwenmühle".upper().encode("utf-16-le"),
        b"x" + "Löwenmühle".encode("utf-16-be"),
        json.dumps({"name": "Löwenmühle"}).encode(),
        b"name=" + quote("Löwenmühle").encode(),
        quopri.encodestring("Grüße, Löwenmühle".encode()),
        "Löwenmühle".encode().hex().encode(),
        *(base64.b64encode(b"-" * n + "Löwenmühle und mehr".encode()) for n in range(5)),
    ],
)
def test_residue_is_found_in_every_spelling(written: bytes) -> None:
    canaries = Canaries([("one", "Löwenmühle"), ("other", "Habichtsburg")])
    assert canaries.owners_in(b"before " + written + b" after") == {"one"}
    assert canaries.owners_in(b"before Loewenmuehle after") == set()
