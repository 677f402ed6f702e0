"""Looks for personal values wherever a stack keeps bytes: every table, stream, log and file, in every spelling."""

from __future__ import annotations

import base64
import binascii
import json
import quopri
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.e2e.broker import read_everything
from tests.e2e.running import PROCESSES, Running

# Shorter values would be found by accident.
_KEY = 6
_TABLES = """
SELECT schemaname, tablename FROM pg_tables
 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
# A row as text shows all of its columns, binary ones in hexadecimal: no list of columns can be incomplete.
_ROWS = "COPY (SELECT t::text FROM {} AS t) TO STDOUT"


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
    the three places where it can begin. What is compressed or encrypted is not seen.
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


def scan(running: Running, canaries: Canaries) -> list[Residue]:
    """Everything that the stack keeps outside of its processes' memory."""
    places = [*_tables(running), *_streams(running), *_files(running)]
    found = [(place, canaries.owners_in(content)) for place, content in places]
    return [Residue(place, frozenset(owners)) for place, owners in found if owners]


def _tables(running: Running) -> Iterator[tuple[str, bytes]]:
    for name in PROCESSES:
        with running.connect(name) as connection:
            for schema, table in connection.execute(_TABLES).fetchall():
                yield f"{name}.{table}", _dump(connection, sql.Identifier(schema, table))


def _dump(connection: psycopg.Connection, table: sql.Identifier) -> bytes:
    with connection.cursor() as cursor, cursor.copy(sql.SQL(_ROWS).format(table)) as rows:
        return b"".join(bytes(part) for part in rows)


def _streams(running: Running) -> Iterator[tuple[str, bytes]]:
    by_stream: dict[str, list[bytes]] = defaultdict(list)
    for message in read_everything(running.env("privacy")["KONTOR_NATS_URL"]):
        by_stream[message.stream] += [message.subject.encode(), repr(message.headers).encode(), message.body]
    for stream, parts in by_stream.items():
        yield f"stream {stream}", b"\n".join(parts)


def _files(running: Running) -> Iterator[tuple[str, bytes]]:
    for log in running.logs:
        yield f"log {log.name}", log.read_bytes()
    for file in _all_files(running.folder / "stack" / "backups"):
        yield f"file {file.name}", file.read_bytes()


def _all_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def by_place(found: Iterable[Residue]) -> Counter[str]:
    """How many people each place still knows."""
    return Counter({each.place: len(each.owners) for each in found})
