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
        self._stopping = False

    async def ready(self) -> bool:
        """Whether the relay lets us in: asked before any permit is, for a message that could not go."""
        async with self._locks[0]:
            return await self._connection(0) is not None

    def stop(self) -> None:
        """Hands nothing new over from now on; what is under way is finished."""
        self._stopping = True

    async def close(self) -> None:
        """Takes leave on every connection."""
        self.stop()
        for connection in self._slots:
            if connection is not None and connection.alive:
                await connection.quit()

    async def hand_over(self, mails: Sequence[Mail], *, deadline: float) -> dict[uuid.UUID, Outcome]:
        """Tries each mail once, until `deadline` (monotonic seconds); answers what became of every one."""
        outcomes = {mail.id: Outcome(Verdict.UNTOUCHED) for mail in mails}
        queue = deque(mails)
        await asyncio.gather(
            *(
                self._drain(slot, queue, outcomes, deadline)
                for slot in range(min(len(self._slots), len(mails)))
            )
        )
        return outcomes

    async def _drain(
        self, slot: int, queue: deque[Mail], outcomes: dict[uuid.UUID, Outcome], deadline: float
    ) -> None:
        async with self._locks[slot]:
            while queue and monotonic() < deadline and not self._stopping:
                lasting = self._slots[slot]
                connection = await self._connection(slot)
                if connection is None or not queue:
                    return
                mail = queue.popleft()
                # Until the connection says otherwise, the relay may have it.
                outcomes[mail.id] = Outcome(Verdict.UNKNOWN)
                try:
                    outcomes[mail.id] = await connection.send(mail, deadline=deadline)
                except RelayRefuses as refusal:
                    outcomes[mail.id] = Outcome(Verdict.UNTOUCHED)
                    log.warning("the relay refuses this sender", code=refusal.code)
                    return
                if outcomes[mail.id].verdict is Verdict.UNTOUCHED:
                    if connection is not lasting:
                        return
                    # The relay had hung up on an idle connection; a fresh one deserves a try.
                    queue.append(mail)

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
