"""Mails on disk: one file of raw mails, one index line each; the index in memory answers searches."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

# Only these three are read on the way in; everything else waits until somebody looks at the mail.
_HEADERS = re.compile(rb"^(message-id|subject|from):[ \t]*([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail: its envelope, three of its headers, and where its text lies."""

    id: str
    received_at: str
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    subject: str
    author: str
    offset: int
    size: int


class Store:
    """Append-only. Written by the SMTP loop, read by the page's threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._texts = _open(folder / "mails.data")
        self._index = _open(folder / "index.jsonl")
        self._lock = Lock()
        self._forget()
        for mail in _read_index(folder / "index.jsonl"):
            self._remember(mail)
        # What follows the last indexed mail was never acknowledged: its sender will come again.
        os.ftruncate(self._texts, self._end)

    def add(self, *, sender: str, recipients: Iterable[str], text: bytes) -> Mail:
        """Keep a mail. When this returns, the mail survives the death of this process."""
        head = {key.lower(): _unfold(value) for key, value in _HEADERS.findall(_header_block(text))}
        with self._lock:
            mail = Mail(
                id=str(len(self._mails) + 1),
                received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                sender=sender,
                recipients=tuple(recipients),
                message_id=head.get(b"message-id", "").strip("<> "),
                subject=head.get(b"subject", ""),
                author=head.get(b"from", ""),
                offset=self._end,
                size=len(text),
            )
            # The text comes first: an index line promises that all of it is there.
            _write(self._texts, text)
            _write(self._index, _line(mail) + b"\n")
            self._remember(mail)
        return mail

    def get(self, mail_id: str) -> Mail | None:
        position = int(mail_id) - 1 if mail_id.isdecimal() else -1
        return self._mails[position] if 0 <= position < len(self._mails) else None

    def text(self, mail: Mail) -> bytes:
        """The mail as it came over the wire, dots unstuffed."""
        return os.pread(self._texts, mail.size, mail.offset)

    def accepted(self, message_ids: Iterable[str]) -> list[str]:
        """Those of the given Message-IDs whose mail was accepted; with or without angle brackets."""
        return [asked for asked in message_ids if asked.strip("<> ") in self._by_message_id]

    def find(self, *, recipient: str = "", message_id: str = "") -> list[Mail]:
        """Newest first. The recipient may be a part of the address."""
        with self._lock:
            if message_id:
                found = list(self._by_message_id.get(message_id.strip("<> "), []))
            elif recipient and recipient.lower() in self._by_recipient:
                return self._by_recipient[recipient.lower()][::-1]
            else:
                found = self._mails
            part = recipient.lower()
            return [mail for mail in reversed(found) if any(part in name.lower() for name in mail.recipients)]

    def clear(self) -> int:
        """Forget everything; answers how many mails there were."""
        with self._lock:
            count = len(self._mails)
            os.ftruncate(self._index, 0)
            os.ftruncate(self._texts, 0)
            self._forget()
        return count

    def __len__(self) -> int:
        return len(self._mails)

    def close(self) -> None:
        os.close(self._texts)
        os.close(self._index)

    def _remember(self, mail: Mail) -> None:
        self._mails.append(mail)
        self._end = mail.offset + mail.size
        if mail.message_id:
            self._by_message_id[mail.message_id].append(mail)
        for recipient in mail.recipients:
            self._by_recipient[recipient.lower()].append(mail)

    def _forget(self) -> None:
        self._mails: list[Mail] = []
        self._by_message_id: dict[str, list[Mail]] = defaultdict(list)
        self._by_recipient: dict[str, list[Mail]] = defaultdict(list)
        self._end = 0


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)


def _write(handle: int, data: bytes) -> None:
    """All of it, or an error: a full disk may take the first half only."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _line(mail: Mail) -> bytes:
    # Not `asdict`: it copies deeply, which costs as much as all the rest.
    return json.dumps({name: getattr(mail, name) for name in Mail.__slots__}).encode()


def _read_index(path: Path) -> Iterator[Mail]:
    good = 0
    with path.open("rb") as lines:
        for line in lines:
            # A last line without its end was cut off by a crash, before its mail was acknowledged.
            if not line.endswith(b"\n"):
                break
            good += len(line)
            values = json.loads(line)
            yield Mail(**{**values, "recipients": tuple(values["recipients"])})
    os.truncate(path, good)


def _header_block(text: bytes) -> bytes:
    end = text.find(b"\r\n\r\n")
    return text[:end] if end >= 0 else text


def _unfold(value: bytes) -> str:
    return " ".join(value.decode("utf-8", "replace").split())
