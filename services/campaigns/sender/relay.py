"""A few lasting connections to the relay, and batches of mails over them."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Sequence
from time import monotonic

from kernel import telemetry
from services.campaigns.sender.model import Mail, Outcome, Verdict
from services.campaigns.sender.smtp import RelayRefuses, SmtpConnection

log = telemetry.get_logger(__name__)

# Relays hang up on idle clients after some minutes; before that, we take leave ourselves.
_IDLE_S = 30.0


class Relay:
    """The SMTP server that takes our mails.

    `sender` is the envelope's address; `name` is how this process greets.
    """

    def __init__(self, host: str, port: int, *, sender: str, name: str, connections: int = 4) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._name = name
        self._slots: list[SmtpConnection | None] = [None] * connections
        self._locks = [asyncio.Lock() for _ in range(connections)]

    async def ready(self) -> bool:
        """Whether the relay lets us in: asked before any permit is, for a message that could not go."""
        async with self._locks[0]:
            return await self._connection(0) is not None

    async def close(self) -> None:
        """Takes leave on every connection."""
        for connection in self._slots:
            if connection is not None and connection.alive:
                await connection.quit()

    async def hand_over(
        self, mails: Sequence[Mail], *, deadline: float, stop: asyncio.Event
    ) -> dict[uuid.UUID, Outcome]:
        """Tries each mail once; answers what became of every one.

        Begins none after `deadline` (monotonic seconds), nor once `stop` is set; what is under way is finished.
        """
        pile = _Pile(mails, deadline=deadline, stop=stop)
        slots = range(min(len(self._slots), len(mails)))
        await asyncio.gather(*(self._work_on(pile, slot) for slot in slots))
        return pile.outcomes

    async def _work_on(self, pile: _Pile, slot: int) -> None:
        while pile.has_more():
            # Held for one mail: between two of a campaign, the mail that somebody waits for gets its turn.
            async with self._locks[slot]:
                if not await self._hand_over_next(pile, slot):
                    return

    async def _hand_over_next(self, pile: _Pile, slot: int) -> bool:
        """Tries one mail; false if this connection is no use to the pile."""
        lasting = self._slots[slot]
        connection = await self._connection(slot)
        if connection is None or not pile.has_more():
            return False
        mail = pile.take()
        try:
            outcome = await connection.send(mail, deadline=pile.deadline)
        except RelayRefuses as refusal:
            pile.outcomes[mail.id] = Outcome(Verdict.UNTOUCHED)
            log.warning("the relay refuses this sender", code=refusal.code)
            return False
        pile.outcomes[mail.id] = outcome
        if outcome.verdict is Verdict.UNTOUCHED:
            if connection is not lasting:
                return False
            # The relay had hung up on an idle connection; a fresh one deserves a try.
            pile.put_back(mail)
        return True

    async def _connection(self, slot: int) -> SmtpConnection | None:
        connection = self._slots[slot]
        if connection is not None and connection.alive:
            if monotonic() - connection.used_at < _IDLE_S:
                return connection
            await connection.quit()
        self._slots[slot] = None
        try:
            connection = await SmtpConnection.open(
                self._host, self._port, sender=self._sender, name=self._name
            )
        except (OSError, TimeoutError, RelayRefuses) as error:
            log.warning("the relay does not answer", error=type(error).__name__, port=self._port)
            return None
        self._slots[slot] = connection
        return connection


class _Pile:
    """The mails of one hand-over that nobody has taken yet, and what became of the others."""

    def __init__(self, mails: Sequence[Mail], *, deadline: float, stop: asyncio.Event) -> None:
        self.deadline = deadline
        self.outcomes = {mail.id: Outcome(Verdict.UNTOUCHED) for mail in mails}
        self._mails = deque(mails)
        self._stop = stop

    def has_more(self) -> bool:
        """Whether another mail may be begun."""
        return bool(self._mails) and monotonic() < self.deadline and not self._stop.is_set()

    def take(self) -> Mail:
        """The next mail."""
        mail = self._mails.popleft()
        # Until the connection says otherwise, the relay may have it.
        self.outcomes[mail.id] = Outcome(Verdict.UNKNOWN)
        return mail

    def put_back(self, mail: Mail) -> None:
        """A mail that the relay cannot have."""
        self._mails.append(mail)
