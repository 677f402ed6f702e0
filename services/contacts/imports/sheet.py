"""From the bytes of a file to rows of cells: encoding, separator, limits. Refuses early what is no such file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kernel.errors import InvalidArgument

MAX_ROWS = 50_000
MAX_COLUMNS = 400
# The longest field that we keep is a note of 20,000 characters; a cell far beyond it is an open quote.
MAX_CELL = 100_000
_MAX_HEADER = 64_000
# Notes have several lines; a file with far more lines than rows is made to keep us busy.
_MAX_LINES = 10 * MAX_ROWS
_DELIMITERS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?', re.IGNORECASE)

_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"{\\rtf", "a text document"),
    (b"BEGIN:VCARD", "a vCard"),
)


class FileRefused(InvalidArgument):
    """The file as a whole cannot be read; the reason says which way to go."""

    def __init__(self, reason: str, message: str, *, line: int = 0) -> None:
        where = {"line": str(line)} if line else None
        super().__init__(message, reason=reason, violations={"content": message}, metadata=where)


@dataclass(frozen=True, slots=True)
class Row:
    """One row and the line of the file on which it starts."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that has been read."""

    encoding: str
    delimiter: str
    header: list[str]
    rows: list[Row]


def read_sheet(content: bytes) -> Sheet:
    """Reads a whole file. Errors: FileRefused."""
    _refuse_other_formats(content)
    text, encoding = _decoded(content)
    if max(text.count("\n"), text.count("\r")) > _MAX_LINES:
        raise FileRefused("TOO_MANY_ROWS", f"The file has more than {MAX_ROWS} rows; split it.")
    delimiter, skipped = _delimiter_of(text)
    rows = _rows(text, delimiter, skipped=skipped)
    try:
        header = [cell.strip() for cell in next(rows).cells]
    except StopIteration:
        raise FileRefused("FILE_EMPTY", "The file is empty.") from None
    if len(header) > MAX_COLUMNS:
        raise FileRefused("TOO_MANY_COLUMNS", f"The file has more than {MAX_COLUMNS} columns.")
    found: list[Row] = []
    for row in rows:
        if len(found) == MAX_ROWS:
            raise FileRefused("TOO_MANY_ROWS", f"The file has more than {MAX_ROWS} rows; split it.")
        found.append(row)
    return Sheet(encoding, delimiter, _named(header), found)


def _refuse_other_formats(content: bytes) -> None:
    start = content[:64].lstrip()
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise FileRefused("NOT_CSV", f"The file is {what}; export your contacts as CSV.")
    if start[:1] == b"<":
        raise FileRefused("NOT_CSV", "The file is a web page or XML; export your contacts as CSV.")


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        # What Excel calls "Unicode text".
        return _strict(content, "utf-16")
    if b"\0" in content:
        raise FileRefused("NOT_CSV", "The file holds binary data; export your contacts as CSV.")
    if content.startswith(b"\xef\xbb\xbf"):
        return _strict(content, "utf-8-sig")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strict(content, "windows-1252")


def _strict(content: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise FileRefused(
            "ENCODING_UNKNOWN", "The file is neither UTF-8 nor Windows-1252; export it as UTF-8."
        ) from None
    if "\0" in text:
        raise FileRefused("NOT_CSV", "The file holds binary data; export your contacts as CSV.")
    return text, encoding


def _delimiter_of(text: str) -> tuple[str, int]:
    """The separator, and how many characters of an Excel "sep=" line come before the header."""
    # Only the beginning is looked at: a file of one endless line must not cost more than a look.
    start = text[:_MAX_HEADER]
    first, newline, _ = start.lstrip("\r\n").partition("\n")
    if not newline and len(text) > _MAX_HEADER:
        raise FileRefused("TOO_MANY_COLUMNS", "The first line is too long to be a header.")
    told = _SEPARATOR_LINE.fullmatch(first.strip())
    if told:
        return told.group(1), start.index(first) + len(first) + len(newline)
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=unquoted.count), 0


def _rows(text: str, delimiter: str, *, skipped: int) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL)
    source = io.StringIO(text, newline="")
    source.seek(skipped)
    before = text[:skipped].count("\n")
    taken: list[str] = []
    reader = csv.reader(_bounded(source, delimiter, taken), delimiter=delimiter)
    line = 1 + before
    last: list[str] = []
    try:
        for cells in reader:
            last = taken.copy()
            if len(last) > 1:
                _refuse_open_quote(last, delimiter, first=line)
            if any(cell and not cell.isspace() for cell in cells):
                yield Row(line, cells)
            line = reader.line_num + 1 + before
            taken.clear()
    except csv.Error:
        _refuse_open_quote(taken, delimiter, first=line)
        raise FileRefused("CELL_TOO_LONG", f"A cell of line {line} is far too long.", line=line) from None
    # Only the end of the file shows that a quote on its last line stays open.
    _refuse_open_quote(last, delimiter, first=line - len(last))


def _refuse_open_quote(lines: list[str], delimiter: str, *, first: int) -> None:
    """The reader takes everything up to the next quote for one cell: such a row has swallowed its neighbours.

    `first` is the number of the first line. Errors: FileRefused.
    """
    try:
        for _row in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        opened = _line_of_open_quote(lines, delimiter)
        if opened is not None:
            line = first + opened
            raise FileRefused(
                "QUOTE_NOT_CLOSED",
                f"The quotation mark that opens on line {line} is never closed.",
                line=line,
            ) from None


def _line_of_open_quote(lines: list[str], delimiter: str) -> int | None:
    """Where a quoted cell begins that runs beyond its line and ends at nothing that ends a cell (RFC 4180)."""
    cell = re.compile(rf'"((?:[^"]|"")*)("?)([^{re.escape(delimiter)}\r\n]*)|[^{re.escape(delimiter)}\r\n]+')
    text = "".join(lines)
    for found in cell.finditer(text):
        quoted, closed, rest = found.group(1), found.group(2), found.group(3)
        if quoted is not None and (not closed or (rest and _breaks(quoted))):
            return _breaks(text[: found.start()])
    return None


def _breaks(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def _bounded(source: io.StringIO, delimiter: str, taken: list[str]) -> Iterator[str]:
    """The lines, each also put into `taken`: what belongs to the row that is being read."""
    for number, line in enumerate(source, start=1):
        # Counted before it is taken apart: a line of ten million cells must not become a list of them.
        if len(line) > MAX_COLUMNS and line.count(delimiter) > MAX_CELL:
            raise FileRefused("TOO_MANY_COLUMNS", f"Line {number} has too many columns.")
        taken.append(line)
        yield line


def _named(header: list[str]) -> list[str]:
    """Every column gets a name of its own: a second "E-Mail" becomes "E-Mail (2)"."""
    names: list[str] = []
    seen: set[str] = set()
    for index, name in enumerate(header, start=1):
        unique = base = name or f"Column {index}"
        number = 2
        while unique in seen:
            unique, number = f"{base} ({number})", number + 1
        seen.add(unique)
        names.append(unique)
    return names
