"""One SMTP connection (RFC 5321) with PIPELINING (RFC 2920) that always knows how far a mail got."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from services.campaigns.sender.model import Mail, Outcome, Verdict

CONNECT_TIMEOUT_S = 5.0
# The relay may think about a whole mail for long; without its answer the mail is in doubt.
ANSWER_TIMEOUT_S = 60.0
_LONGEST_LINE = 64 * 1024
_LOST = (OSError, EOFError, asyncio.LimitOverrunError, ValueError)


class RelayRefuses(Exception):
    """The relay wants nothing from us: a matter of its configuration or ours, never of a recipient."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the relay answered {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply; `lines` without code."""

    code: int
    lines: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the command was done, or may go on."""
        return self.code < 400


class SmtpConnection:
    """A connection after its greeting. `send` one mail at a time; `alive` says whether it can go on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, sender: str) -> None:
        self._reader = reader
        self._writer = writer
        self._sender = sender
        self._extensions: frozenset[str] = frozenset()
        self.alive = True
        self.used_at = monotonic()

    @classmethod
    async def open(cls, host: str, port: int, *, sender: str, name: str) -> SmtpConnection:
        """Connects and says EHLO. Errors: OSError, TimeoutError, RelayRefuses."""
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port, limit=_LONGEST_LINE)
            connection = cls(reader, writer, sender=sender)
            try:
                await connection._greet(name)
            except _LOST as error:
                connection.close()
                raise ConnectionError("the relay hung up") from error
            except BaseException:
                connection.close()
                raise
        return connection

    def close(self) -> None:
        """Hangs up. What the relay has not seen the final dot of is void."""
        self.alive = False
        self._writer.close()

    async def quit(self) -> None:
        """Takes leave, so that the relay need not wonder."""
        # If it hangs up first, we have what we wanted.
        with suppress(*_LOST, TimeoutError):
            async with asyncio.timeout(1):
                await self._command("QUIT")
        self.close()

    async def send(self, mail: Mail, *, deadline: float) -> Outcome:
        """Hands one mail over, unless `deadline` (monotonic seconds) passes before its final dot is written.

        Errors: RelayRefuses.
        """
        if mail.utf8 and "SMTPUTF8" not in self._extensions:
            return Outcome(Verdict.REFUSED, 553)
        try:
            async with asyncio.timeout(max(0.0, deadline - monotonic())):
                refused = await self._announce(mail)
        except (*_LOST, TimeoutError):
            self.close()
            return Outcome(Verdict.UNTOUCHED)
        if refused is not None:
            return refused
        if monotonic() >= deadline:
            self.close()
            return Outcome(Verdict.UNTOUCHED)
        return await self._hand_over(mail)

    async def _hand_over(self, mail: Mail) -> Outcome:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                # From this line on the relay may have the mail, whatever happens to us.
                self._writer.write(_stuffed(mail.content))
                await self._writer.drain()
                reply = await self._reply()
        except (*_LOST, TimeoutError):
            self.close()
            return Outcome(Verdict.UNKNOWN)
        self.used_at = monotonic()
        if reply.code == 421:
            self.close()
        return _verdict(reply)

    async def _announce(self, mail: Mail) -> Outcome | None:
        """MAIL, RCPT and DATA; the outcome if the mail is refused here, None if its content may follow."""
        parameter = " SMTPUTF8" if mail.utf8 else ""
        answers = await self._commands(
            f"MAIL FROM:<{self._sender}>{parameter}", f"RCPT TO:<{mail.recipient}>", "DATA"
        )
        if all(answer.good for answer in answers):
            return None
        if answers[-1].good:
            # A relay may say "go on" to DATA although there is no recipient: an empty mail ends it (RFC 2920 §3.1).
            await self._command(".")
        await self._command("RSET")
        if answers[0].code >= 500:
            self.close()
            raise RelayRefuses(answers[0].code)
        return _verdict(next(one for one in answers if not one.good))

    async def _greet(self, name: str) -> None:
        greeting = await self._reply()
        hello = await self._command(f"EHLO {name}") if greeting.good else greeting
        if not hello.good:
            raise RelayRefuses(hello.code)
        self._extensions = frozenset(line.split(" ")[0].upper() for line in hello.lines[1:])

    async def _commands(self, *commands: str) -> list[Reply]:
        if "PIPELINING" in self._extensions:
            self._writer.write("".join(f"{one}\r\n" for one in commands).encode())
            return [await self._reply() for _ in commands]
        answers: list[Reply] = []
        for one in commands:
            answers.append(await self._command(one))
            if not answers[-1].good:
                break
        return answers

    async def _command(self, command: str) -> Reply:
        self._writer.write(f"{command}\r\n".encode())
        return await self._reply()

    async def _reply(self) -> Reply:
        lines: list[str] = []
        while True:
            line = (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), tuple(lines))


def _verdict(reply: Reply) -> Outcome:
    if reply.good:
        return Outcome(Verdict.ACCEPTED, reply.code)
    return Outcome(Verdict.DEFERRED if reply.code < 500 else Verdict.REFUSED, reply.code)


def _stuffed(content: bytes) -> bytes:
    """The content with its dots doubled at line starts, and the final dot (RFC 5321 §4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
    return content.replace(b"\r\n.", b"\r\n..") + end
