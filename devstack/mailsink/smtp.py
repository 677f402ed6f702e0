"""The receiving end of SMTP (RFC 5321) with PIPELINING: plain, so that it never is what a test measures."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from devstack.mailsink.store import Store

REJECTED_DOMAIN = "bounce.example"
MOST_BYTES = 32 * 1024 * 1024
MOST_RECIPIENTS = 1000
_LONGEST_LINE = 4096
_PATH = re.compile(r"<([^<>\s]*)>")
_EXTENSIONS = ("kontor mail sink", "PIPELINING", "8BITMIME", "SMTPUTF8", f"SIZE {MOST_BYTES}")


class Connection(asyncio.Protocol):
    """One client: commands in, replies out, mails into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._buffer = bytearray()
        self._replies = bytearray()
        self._in_data = False
        self._closing = False
        self._scanned = 0
        self._sender: str | None = None
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an isinstance check: uvloop's transports do not inherit asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._reply("220 kontor mail sink")
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._closing and (self._take_mail() if self._in_data else self._take_line()):
            pass
        self._flush()

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _LONGEST_LINE:
                self._reply("500 line too long")
                self._closing = True
            return False
        line = self._buffer[:end].decode("utf-8", "replace")
        del self._buffer[: end + 2]
        verb, _, argument = line.partition(" ")
        _COMMANDS.get(verb.upper(), Connection._unknown)(self, argument)
        return True

    def _take_mail(self) -> bool:
        # The end is searched from where the last search gave up, minus what may be half a mark.
        end = self._buffer.find(b"\r\n.\r\n", max(0, self._scanned - 4))
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > MOST_BYTES:
                self._reply("552 too large")
                self._closing = True
            return False
        # The buffer begins with the line break that ended DATA, so that an empty mail ends like any other.
        text = bytes(self._buffer[2 : end + 2])
        del self._buffer[: end + 5]
        self._in_data = False
        self._keep(
            text.replace(b"\r\n..", b"\r\n.").removeprefix(b".") if b"\r\n.." in b"\r\n" + text else text
        )
        return True

    def _keep(self, text: bytes) -> None:
        try:
            mail = self._store.add(sender=self._sender or "", recipients=self._recipients, text=text)
        except OSError as error:
            # 452 tells the sender to keep the mail and try again later.
            self._reply(f"452 cannot store the mail: {error.strerror}")
        else:
            self._reply(f"250 accepted as {mail.id}")
        self._reset()

    def _hello(self, _argument: str) -> None:
        self._reset()
        *first, last = _EXTENSIONS
        self._reply("\r\n".join([*(f"250-{line}" for line in first), f"250 {last}"]))

    def _mail(self, argument: str) -> None:
        path = _PATH.search(argument)
        if path is None or not argument.upper().startswith("FROM:"):
            return self._reply("501 say MAIL FROM:<address>")
        self._reset()
        self._sender = path[1]
        return self._reply("250 sender ok")

    def _recipient(self, argument: str) -> None:
        path = _PATH.search(argument)
        if self._sender is None:
            return self._reply("503 say MAIL first")
        if path is None or "@" not in path[1] or not argument.upper().startswith("TO:"):
            return self._reply("501 say RCPT TO:<address>")
        if path[1].rpartition("@")[2].lower() == REJECTED_DOMAIN:
            return self._reply(f"550 5.1.1 <{path[1]}> does not exist")
        if len(self._recipients) >= MOST_RECIPIENTS:
            return self._reply("452 too many recipients")
        self._recipients.append(path[1])
        return self._reply("250 recipient ok")

    def _data(self, _argument: str) -> None:
        if not self._recipients:
            return self._reply("503 no valid recipient")
        self._in_data = True
        self._scanned = 0
        self._buffer[:0] = b"\r\n"
        return self._reply("354 end with a dot on a line of its own")

    def _quit(self, _argument: str) -> None:
        self._reply("221 bye")
        self._closing = True

    def _noop(self, _argument: str) -> None:
        self._reply("250 ok")

    def _rset(self, _argument: str) -> None:
        self._reset()
        self._reply("250 ok")

    def _unknown(self, _argument: str) -> None:
        self._reply("502 not here")

    def _reset(self) -> None:
        self._sender = None
        self._recipients = []

    def _reply(self, text: str) -> None:
        self._replies += text.encode() + b"\r\n"

    def _flush(self) -> None:
        # One segment for all replies to one segment of commands: PIPELINING in both directions.
        self._transport.write(bytes(self._replies))
        self._replies.clear()
        if self._closing:
            self._transport.close()


_COMMANDS: dict[str, Callable[[Connection, str], None]] = {
    "EHLO": Connection._hello,
    "HELO": Connection._hello,
    "MAIL": Connection._mail,
    "RCPT": Connection._recipient,
    "DATA": Connection._data,
    "RSET": Connection._rset,
    "NOOP": Connection._noop,
    "QUIT": Connection._quit,
}


async def serve(store: Store, *, host: str, port: int) -> None:
    """Receive until cancelled."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(store), host, port)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()
