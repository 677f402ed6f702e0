"""Looks for personal values wherever a stack keeps bytes: every table, stream, log and file, in every spelling."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import quopri
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.e2e.broker import read_everything
from tests.e2e.running import PROCESSES, Running
from tests.privacy.pdftext import text_of

# Shorter values would be found by accident.
_KEY = 6
_TABLES = """
SELECT schemaname, tablename FROM pg_tables
 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
# A row shows all of its columns, binary ones in hexadecimal: no list of columns can be incomplete.
_ROWS = "COPY (SELECT * FROM {} AS t) TO STDOUT"
_ESCAPED = re.compile(rb"\\(.)", re.S)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
# Read through their own doors, or the world outside: the engine's files hold rows that are gone until it tidies up.
_NOT_OURS = ("postgres", "mail")
# By `service.table.column`: values that may stay. Whatever else stands in these columns is looked through.
Kept = Mapping[str, frozenset[bytes]]


class Canaries:
    """Values that must be nowhere, each with its owner, in every spelling in which it could be. One pass each."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._by_start: dict[bytes, dict[bytes, str]] = defaultdict(dict)
        for owner, value in values:
            for spelling in spellings(value):
                if len(spelling) >= _KEY:
                    self._by_start[spelling[:_KEY]][spelling] = owner

    def owners_in(self, content: bytes) -> set[str]:
        """Whose values occur. Letters A to Z are compared without case."""
        hay, starts, found = content.lower(), self._by_start, set()
        for position in range(len(hay) - _KEY + 1):
            known = starts.get(hay[position : position + _KEY])
            if known is not None:
                found |= {owner for spelling, owner in known.items() if hay.startswith(spelling, position)}
        return found


def spellings(value: str) -> set[bytes]:
    """A value as it could stand in bytes, lower case.

    Plain, escaped by JSON, in UTF-16, percent-encoded, quoted-printable, hexadecimal, and in Base64 at each of
    the three places where it can begin. What is encrypted is not seen; `opened` takes care of what is compressed.
    """
    found: set[bytes] = set()
    for text in {value, value.lower(), value.upper()}:
        plain = text.encode()
        wide = (text.encode("utf-16-le"), text.encode("utf-16-be"))
        found |= {plain, *wide, text.encode("cp1252", "ignore"), json.dumps(text)[1:-1].encode()}
        found |= {quote(text).encode(), quote(text, safe="@").encode(), quopri.encodestring(plain)}
        for coded in (plain, *wide):
            found.add(binascii.hexlify(coded))
            found |= set(_in_base64(coded))
    return {each.lower() for each in found}


def _in_base64(content: bytes) -> Iterator[bytes]:
    for before in range(3):
        coded = base64.b64encode(bytes(before) + content)
        # The letters at both ends also depend on what stands around the value.
        yield coded[(0, 2, 3)[before] : len(coded) - (0, 3, 2)[(before + len(content)) % 3]]


@dataclass(frozen=True)
class Residue:
    """Where somebody can still be found. Never the value."""

    place: str
    owners: frozenset[str]

    def __str__(self) -> str:
        return f"{self.place}: {len(self.owners)} people"


def opened(content: bytes) -> bytes:
    """The bytes, and behind them what they hold in compressed form: a PDF's text, an archive's files, a stream."""
    return content + b"".join(opened(part) for part in _inside(content))


def _inside(content: bytes) -> list[bytes]:
    if content.startswith(b"%PDF"):
        return [text_of(content).encode()]
    try:
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return [archive.read(name) for name in archive.namelist()]
        if content.startswith(b"\x1f\x8b\x08"):
            return [gzip.decompress(content)]
        if content[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
            return [zlib.decompress(content)]
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        # A hash or a key that happens to begin like one of them.
        return []
    return []


def scan(running: Running, canaries: Canaries, *, kept: Kept | None = None) -> list[Residue]:
    """Everything that the stack keeps outside of its processes' memory."""
    places = [*_tables(running, kept or {}), *_streams(running), *_files(running)]
    found = [(place, canaries.owners_in(content)) for place, content in places]
    return [Residue(place, frozenset(owners)) for place, owners in found if owners]


def values_in(running: Running, places: Iterable[str]) -> Kept:
    """What stands in these columns now."""
    wanted = set(places)
    found: dict[str, frozenset[bytes]] = {}
    for name in PROCESSES:
        with running.connect(name) as connection:
            for table in tables_of(connection):
                for column, values in _columns(connection, table).items():
                    place = f"{name}.{name_of(table)}.{column}"
                    if place in wanted:
                        found[place] = frozenset(values)
    return found


def tables_of(connection: psycopg.Connection) -> list[sql.Identifier]:
    """Every table of a database."""
    return [sql.Identifier(*found) for found in connection.execute(_TABLES).fetchall()]


def rows_of(connection: psycopg.Connection, table: sql.Identifier) -> list[bytes]:
    """Every row as PostgreSQL copies it, the columns with tabs between them."""
    with connection.cursor() as cursor, cursor.copy(sql.SQL(_ROWS).format(table)) as rows:
        return b"".join(bytes(part) for part in rows).split(b"\n")[:-1]


def name_of(table: sql.Identifier) -> str:
    """The table's name without its schema."""
    return table.as_string().rpartition(".")[2].strip('"')


def _columns(connection: psycopg.Connection, table: sql.Identifier) -> dict[str, list[bytes]]:
    described = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(table)).description or []
    rows = [row.split(b"\t") for row in rows_of(connection, table)]
    return {column.name: [_value(row[at]) for row in rows] for at, column in enumerate(described)}


def _value(copied: bytes) -> bytes:
    plain = _ESCAPED.sub(lambda found: _CONTROLS.get(found[1], found[1]), copied)
    if plain.startswith(b"\\x"):
        return opened(bytes.fromhex(plain[2:].decode()))
    return plain


def _tables(running: Running, kept: Kept) -> Iterator[tuple[str, bytes]]:
    for name in PROCESSES:
        with running.connect(name) as connection:
            for table in tables_of(connection):
                for column, values in _columns(connection, table).items():
                    place = f"{name}.{name_of(table)}.{column}"
                    may_stay = kept.get(place, frozenset())
                    yield place, b"\n".join(value for value in values if value not in may_stay)


def _streams(running: Running) -> Iterator[tuple[str, bytes]]:
    by_stream: dict[str, list[bytes]] = defaultdict(list)
    for message in read_everything(running.env("privacy")["KONTOR_NATS_URL"]):
        by_stream[message.stream] += [message.subject.encode(), repr(message.headers).encode(), message.body]
    for stream, parts in by_stream.items():
        yield f"stream {stream}", b"\n".join(parts)


def _files(running: Running) -> Iterator[tuple[str, bytes]]:
    stack = running.folder / "stack"
    for file in _all_files(stack):
        inside = file.relative_to(stack)
        if inside.parts[0] not in _NOT_OURS:
            # The broker tidies up beside us: what is gone meanwhile holds nothing.
            with suppress(FileNotFoundError):
                yield f"file {inside}", opened(file.read_bytes())


def _all_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def by_place(found: Iterable[Residue]) -> Counter[str]:
    """How many people each place still knows."""
    return Counter({each.place: len(each.owners) for each in found})
