"""Reading files: encodings, separators, layouts, and everything that is no such file."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contacts.imports.candidates import addresses_in, candidate_of_row
from services.contacts.imports.layouts import layout_of
from services.contacts.imports.model import Candidate
from services.contacts.imports.sheet import MAX_ROWS, FileRefused, read_sheet

GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Nickname,File As,Organization Name,"
    "Organization Title,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,"
    "E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,"
    "Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country\r\n"
    'Jörg,,Müller,,,,,"Müller, Söhne & Co",Chef,,"Kennt\nTante Erna",,* myContacts,* Work,JOERG@Example.ORG,,'
    'joerg2@example.org,Mobile,0171 1234567,Home,"x","Hauptstr. 1\nHinterhaus",Köln,,NRW,50667,Deutschland\r\n'
)
GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
    "Phone 1 - Type,Phone 1 - Value,Address 1 - Street,Address 1 - City,Address 1 - Postal Code,"
    "Address 1 - Country,Organization 1 - Name,Organization 1 - Title\n"
    "Jörg Müller,Jörg,,Müller,,* friends,* Home,joerg@example.org ::: j2@example.org,Work,+49 171 1234567,"
    'Hauptstr. 1 Hinterhaus,Köln,50667,DE,"Müller, Söhne & Co",Chef\n'
)
OUTLOOK_DE = (
    '"Anrede";"Vorname";"Weitere Vornamen";"Nachname";"Firma";"Position";"Straße geschäftlich";"Ort geschäftlich";'
    '"Postleitzahl geschäftlich";"Land/Region geschäftlich";"Telefon (geschäftlich)";"Mobiltelefon";'
    '"E-Mail-Adresse";"E-Mail-Typ";"E-Mail: Angezeigter Name";"Notizen"\r\n'
    '"Herr";"Jörg";"";"Müller";"Müller, Söhne & Co";"Chef";"Hauptstr. 1 Hinterhaus";"Köln";"50667";"Deutschland";'
    '"";"(0171) 1234567";"joerg@example.org";"SMTP";"Jörg Müller (joerg@example.org)";"Kennt\r\nTante Erna"\r\n'
)
OUTLOOK_EN = (
    "Title,First Name,Middle Name,Last Name,Company,Job Title,Business Street,Business City,Business Postal Code,"
    "Business Country/Region,Business Phone,Mobile Phone,E-mail Address,E-mail Type,E-mail Display Name,Notes\n"
    'Mr.,Jörg,,Müller,"Müller, Söhne & Co",Chef,Hauptstr. 1 Hinterhaus,Köln,50667,Germany,,+491711234567,'
    "joerg@example.org,SMTP,x,\n"
)
GENERIC = (
    "Name;E-Mail;Telefon;Straße;PLZ;Ort;Land;Firma;Funktion\n"
    "Müller, Jörg;joerg@example.org;0171/1234567;Hauptstr. 1 Hinterhaus;50667;Köln;D;Müller, Söhne & Co;Chef\n"
)


def read(content: bytes) -> list[Candidate]:
    sheet = read_sheet(content)
    layout = layout_of(sheet.header)
    return [candidate_of_row(sheet.header, row, layout, country="DE") for row in sheet.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    ("text", "name", "delimiter"),
    [
        (GOOGLE, "google", ","),
        (GOOGLE_OLD, "google", ","),
        (OUTLOOK_DE, "outlook", ";"),
        (OUTLOOK_EN, "outlook", ","),
        (GENERIC, "generic", ";"),
        (GENERIC.replace(";", "\t"), "generic", "\t"),
        ("sep=;\n" + GENERIC, "generic", ";"),
        ("\n\nsep=;\n" + GENERIC, "generic", ";"),
    ],
)
def test_one_person_in_every_layout_and_encoding(text: str, name: str, delimiter: str, encoding: str) -> None:
    content = text.encode(encoding)
    sheet = read_sheet(content)
    assert (layout_of(sheet.header).name, sheet.delimiter) == (name, delimiter)
    (candidate,) = read(content)
    person = candidate.person
    assert not candidate.problem
    assert (person.given_name, person.family_name) == ("Jörg", "Müller")
    assert person.email.lower() == "joerg@example.org"
    assert person.phone == "+491711234567"
    assert (person.street, person.postal_code, person.city, person.country) == (
        "Hauptstr. 1 Hinterhaus",
        "50667",
        "Köln",
        "DE",
    )
    assert (candidate.organisation, candidate.role) == ("Müller, Söhne & Co", "Chef")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "FILE_EMPTY"),
        (b"\n\n ;;\n", "FILE_EMPTY"),
        (b"%PDF-1.7\n...", "NOT_CSV"),
        (b"PK\x03\x04 workbook", "NOT_CSV"),
        (b"\x89PNG\r\n\x1a\n", "NOT_CSV"),
        (b"\xff\xd8\xff\xe0 jpeg", "NOT_CSV"),
        (b"<html><body>Name;E-Mail", "NOT_CSV"),
        (b"BEGIN:VCARD\nFN:Max", "NOT_CSV"),
        (b"Name;E-Mail\nMax\0;x@example.org", "NOT_CSV"),
        (b"Name;E-Mail\nM\x81\xfc;x", "ENCODING_UNKNOWN"),
        (b"\xff\xfeN\x00a", "ENCODING_UNKNOWN"),
        (b"Max;max@example.org\nEva;eva@example.org", "NO_HEADER"),
        (b"Farbe;Form\nrot;rund", "NO_HEADER"),
        (b"Name;E-Mail" + b";x" * 500, "TOO_MANY_COLUMNS"),
        (b"Name" + b";" * 6_000_000, "TOO_MANY_COLUMNS"),
        (b"Name;E-Mail\n" + b";" * 6_000_000, "TOO_MANY_COLUMNS"),
        (b"Name;E-Mail\n" + b"Max;\n" * (MAX_ROWS + 1), "TOO_MANY_ROWS"),
        (b"Name;E-Mail\n" + b"\n" * 5_000_000, "TOO_MANY_ROWS"),
        (b"Name;E-Mail\r" + b"\r" * 5_000_000, "TOO_MANY_ROWS"),
        (b'Name;E-Mail\n"Max;max@example.org\n' + b"Eva;eva@example.org\n" * 20_000, "QUOTE_NOT_CLOSED"),
        (b"Name;E-Mail\n" + b"x" * 200_000 + b";max@example.org\n", "CELL_TOO_LONG"),
        (b"x" * 6_000_000, "TOO_MANY_COLUMNS"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else value,
)
def test_what_is_no_such_file_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused) as error:
        read(content)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # To the end of the file, from the middle, from its last line, with and without a line break there.
        ('Name;E-Mail\nMax;max@example.org\n"Eva;eva@example.org\nUdo;udo@example.org\n', 3),
        ('Name;E-Mail\r\nMax;max@example.org\r\n"Eva;eva@example.org', 3),
        ('sep=;\nName;E-Mail\nMax;"max@example.org\n', 3),
        ('Name;Notiz\nMax;"zwei\nZeilen"\nEva;"offen\n\nUdo;x\n', 4),
        # Up to the next quote, which then closes the wrong cell.
        ('Name;Notiz\n"Max;x\nEva;"eine Notiz"\nUdo;y\n', 2),
        # The header itself.
        ('Name;"E-Mail\nMax;max@example.org\n', 1),
    ],
)
def test_a_quote_that_stays_open_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(FileRefused) as error:
        read(text.encode())
    assert (error.value.reason, error.value.metadata) == ("QUOTE_NOT_CLOSED", {"line": str(line)})


def test_careless_quotes_within_a_line_swallow_nothing_and_are_read() -> None:
    text = 'Name;Notiz\nMax;"Müller "Söhne" GmbH"\nEva;5" Rohr\nUdo;"zwei\n""Zeilen"""\nIda;"x"y'
    sheet = read_sheet(text.encode())
    assert [row.line for row in sheet.rows] == [2, 3, 4, 6]
    assert [row.cells[0] for row in sheet.rows] == ["Max", "Eva", "Udo", "Ida"]
    assert sheet.rows[2].cells[1] == 'zwei\n"Zeilen"'


@pytest.mark.parametrize(
    ("row", "problem", "warning"),
    [
        ("Eva;eva@example.org;030 123456;", "", ""),
        ("Eva;;;", "", ""),
        (";eva@example.org;;", "", ""),
        ("Eva;eva@@example.org;;", "email-invalid", ""),
        ("Eva;eva.example.org;;", "email-invalid", ""),
        ("Eva;eva@-x-.example;;", "email-invalid", ""),
        (";;030 123456;", "no-name-no-email", ""),
        ("Ev\x07a;;;", "control-characters", ""),
        ("Eva;;;\x85", "control-characters", ""),
        (f"Eva;;;{'x' * 20_001}", "too-long", ""),
        (f"{'x' * 101};;;", "too-long", ""),
        ("Eva;;;;zu;viel", "too-many-cells", ""),
        ("Eva;;;;;", "", ""),
        ("Eva;eva@example.org;12;", "", "phone-invalid"),
        ("Eva;eva@example.org;nachts;", "", "phone-invalid"),
        ('Eva;;;"zwei\nZeilen"', "", ""),
    ],
)
def test_rows_have_stable_reasons(row: str, problem: str, warning: str) -> None:
    (candidate,) = read(f"Nachname;E-Mail;Telefon;Notiz\n{row}\n".encode())
    assert (candidate.problem, candidate.warning) == (problem, warning)


def test_lines_are_those_of_the_file() -> None:
    sheet = read_sheet(b'Name;Notiz\n\nEva;"a\nb\nc"\n;\nMax;x\n')
    assert [(row.line, row.cells[0]) for row in sheet.rows] == [(3, "Eva"), (7, "Max")]


def test_columns_of_one_name_stay_apart() -> None:
    assert read_sheet(b"Name;E-Mail;E-Mail;\nx;y;z;").header == ["Name", "E-Mail", "E-Mail (2)", "Column 4"]


def test_every_address_of_a_row_is_found() -> None:
    cells = {"E-Mail": "A@Example.org", "Notiz": "auch b@bücher.example, (c@example.org)."}
    assert addresses_in(cells) == [
        "a@example.org",
        "b@bücher.example",
        "b@xn--bcher-kva.example",
        "c@example.org",
    ]


def test_a_cell_made_to_be_slow_is_read_like_any_other() -> None:
    # Each of these kept an expression that looks from every letter at every other busy for minutes.
    long = 100_000
    assert addresses_in({"Notiz": "@ " + "a" * long}) == []
    assert addresses_in({"Notiz": "x" * long + "@example.org"}) == ["x" * 64 + "@example.org"]
    sheet = read_sheet(f"Vorname;Nachname\na{' ' * (long // 2)}b;Süß\n".encode())
    candidate = candidate_of_row(sheet.header, sheet.rows[0], layout_of(sheet.header), country="DE")
    assert candidate.person is None or candidate.person.family_name == "Süß"


_CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=40
)


@given(
    rows=st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, str, str]], delimiter: str, line_end: str, encoding: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(["Name", "E-Mail", "Notiz"])
    writer.writerows(rows)
    sheet = read_sheet(written.getvalue().encode(encoding))
    assert sheet.delimiter == delimiter
    filled = [row for row in rows if any(cell and not cell.isspace() for cell in row)]
    assert [tuple(row.cells) for row in sheet.rows] == filled


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(FileRefused):
        assert all(candidate.line > 1 for candidate in read(content))
