"""The embedded stack's mail sink inside a test: SMTP in the test's loop, its evidence over real HTTP."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from werkzeug.serving import make_server

from devstack.mailsink.__main__ import QuietHandler
from devstack.mailsink.smtp import Connection
from devstack.mailsink.store import Store
from devstack.mailsink.web import create_app
from devstack.ports import LOOPBACK


@dataclass
class Sink:
    """A relay that accepts everything, and trouble on demand."""

    store: Store
    smtp_port: int = 0
    evidence_url: str = ""
    # How many of the next mails are accepted without a word: the connection breaks first.
    silent: int = 0
    # Answers instead of accepting, by recipient.
    answers: dict[str, list[str]] = field(default_factory=dict)
    first_mail: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def recipients(self) -> Counter[str]:
        return Counter(name for mail in self.store.find() for name in mail.recipients)

    @property
    def message_ids(self) -> Counter[str]:
        return Counter(mail.message_id for mail in self.store.find())

    def mail_to(self, recipient: str) -> EmailMessage:
        """The newest mail to an address, parsed."""
        return message_from_bytes(self.raw_to(recipient), policy=policy.default)

    def raw_to(self, recipient: str) -> bytes:
        return self.store.text(self.store.find(recipient=recipient)[0])


class TroubledConnection(Connection):
    """The sink's own connection, which answers or falls silent as the test says."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink.store)
        self._sink = sink

    def _keep(self, text: bytes) -> None:
        planned = self._sink.answers.get(self._recipients[0], [])
        if planned:
            self._reply(planned.pop(0))
            self._reset()
        elif self._sink.silent:
            self._sink.silent -= 1
            self._store.add(sender=self._sender or "", recipients=self._recipients, text=text)
            self._transport.abort()
        else:
            super()._keep(text)
            self._sink.first_mail.set()


@asynccontextmanager
async def sinking(folder: Path) -> AsyncIterator[Sink]:
    """A running sink."""
    sink = Sink(Store(folder))
    server = await asyncio.get_running_loop().create_server(lambda: TroubledConnection(sink), LOOPBACK, 0)
    page = make_server(LOOPBACK, 0, create_app(sink.store), threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=page.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    sink.smtp_port = server.sockets[0].getsockname()[1]
    sink.evidence_url = f"http://{LOOPBACK}:{page.server_port}/api/accepted"
    try:
        yield sink
    finally:
        server.close()
        page.shutdown()
        page.server_close()
        thread.join()
        sink.store.close()
