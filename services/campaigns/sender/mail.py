"""Bytes of a mail: headers that nothing can be injected into, and two bodies (RFC 5322, 2046, 8058)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from kernel.addresses import ascii_domain
from services.campaigns.sender.model import File

# C0, C1 and every other line break that some program might take for the end of a header.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS = re.compile(
    r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f-\x9f]{1,64}@[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f-\x9f]{1,255}"
)
_LINE = 76
# An encoded word may have 75 characters and its line 76 (RFC 2047 §2): 39 bytes fit after any of our names.
_WORD_BYTES = 39

Headers = Sequence[tuple[str, str]]


class AddressUnusable(ValueError):
    """An address that no envelope can carry; which one is not said, for errors end up in logs."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as SMTP takes it: the domain in ASCII, the local part as it is."""

    address: str
    name: str = ""

    @classmethod
    def of(cls, address: str, name: str = "") -> Mailbox:
        """Errors: AddressUnusable."""
        if not _ADDRESS.fullmatch(address):
            raise AddressUnusable
        local, _, domain = address.rpartition("@")
        ascii_form = ascii_domain(domain)
        if ascii_form is None:
            raise AddressUnusable
        return cls(f"{local}@{ascii_form}", name)

    @classmethod
    def parse(cls, text: str) -> Mailbox:
        """From the form `Name <address>`. Errors: AddressUnusable."""
        name, address = parseaddr(text)
        return cls.of(address, name)

    @property
    def domain(self) -> str:
        """The ASCII domain."""
        return self.address.rpartition("@")[2]

    @property
    def utf8(self) -> bool:
        """Whether only SMTPUTF8 can carry it."""
        return not self.address.isascii()

    def header(self) -> str:
        """The value of a From or To field: name and address."""
        return _mailbox(self.name, self.address)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it is bytes."""

    id: uuid.UUID
    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    html: str
    date: datetime
    # Written as they are, after cleaning: for ids, URLs and fixed words.
    headers: Headers = ()
    files: Sequence[File] = ()

    def to_bytes(self) -> bytes:
        """Deterministic: the same letter gives the same bytes, so its hash can be kept as evidence."""
        inner = f"=_{self.id.hex}"
        kind, body = f'multipart/alternative; boundary="{inner}"', self._body(inner)
        if self.files:
            outer = f"=_{self.id.hex}_files"
            text = f"Content-Type: {kind}\r\n\r\n".encode() + body
            kind, body = f'multipart/mixed; boundary="{outer}"', self._with_files(outer, text)
        head = [
            ("From", self.sender.header()),
            ("To", self.recipient.header()),
            ("Subject", _text(clean(self.subject))),
            ("Date", _date(self.date.replace(microsecond=0))),
            ("Message-ID", f"<{message_id(self.id, self.sender)}>"),
            *((name, clean(value)) for name, value in self.headers),
            ("MIME-Version", "1.0"),
            ("Content-Type", kind),
        ]
        lines = "".join(f"{name}: {value}\r\n" for name, value in head)
        return lines.encode() + b"\r\n" + body

    def _body(self, boundary: str) -> bytes:
        return _parts(boundary, [_part("plain", self.text), _part("html", self.html)])

    def _with_files(self, boundary: str, text: bytes) -> bytes:
        return _parts(boundary, [text, *map(_file, self.files)])


def message_id(mail_id: uuid.UUID, sender: Mailbox) -> str:
    """The Message-ID of a row, without angle brackets: always the same, so that the relay can be asked."""
    return f"{mail_id}@{sender.domain}"


def clean(value: str) -> str:
    """A header value on one line: whatever stood in the data cannot begin a new header."""
    return _BREAKS.sub(" ", value).strip()


@lru_cache(maxsize=64)
def _mailbox(name: str, address: str) -> str:
    name = clean(name)
    if not name:
        return address
    if not name.isascii() or len(name) > _LINE:
        name = _text(name)
    elif not _PHRASE.fullmatch(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name}\r\n <{address}>" if len(name) + len(address) > _LINE else f"{name} <{address}>"


@lru_cache(maxsize=8)
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _text(value: str) -> str:
    """Unstructured text, as encoded words where it is not plain and short (RFC 2047).

    The standard library does the same with more care for what we never send, at fifteen times the cost.
    """
    if value.isascii() and "=?" not in value and len(value) < _LINE - 10:
        return value
    words: list[str] = []
    word = b""
    for character in value:
        # A word never ends within a character.
        encoded = character.encode("utf-8", "replace")
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(_word(word))
            word = b""
        word += encoded
    return "\r\n ".join((*words, _word(word)))


def _word(content: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(content).decode()}?="


def _parts(boundary: str, parts: Sequence[bytes]) -> bytes:
    line = f"--{boundary}".encode()
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _file(file: File) -> bytes:
    head = (
        f"Content-Type: {file.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{file.name}"\r\n\r\n'
    )
    # In lines of 76 characters (RFC 2045 §6.8).
    return head.encode() + base64.encodebytes(file.content).replace(b"\n", b"\r\n")


def _part(kind: str, content: str) -> bytes:
    # The last line break also tells the encoder which kind to use for those that it adds.
    unified = (
        content.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").replace("\n", "\r\n") + "\r\n"
    )
    body = binascii.b2a_qp(unified.encode("utf-8", "replace"), istext=True)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + body
