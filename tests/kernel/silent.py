"""A way to a server that falls silent without a word of farewell."""

import asyncio
from contextlib import suppress

from sqlalchemy.engine import make_url

from devstack.ports import LOOPBACK


class SilentWay:
    """A way to the server whose other end says nothing more once it is told to, as when its host loses power."""

    def __init__(self, url: str) -> None:
        self._there = make_url(url)
        self.url = ""
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._piping: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._join, LOOPBACK, 0)
        port = int(self._server.sockets[0].getsockname()[1])
        self.url = self._there.set(host=LOOPBACK, port=port).render_as_string(hide_password=False)

    def fall_silent(self) -> None:
        self._open.clear()

    def speak(self) -> None:
        self._open.set()

    def begin_anew(self) -> None:
        """The server is back, and knows nothing of the connections that were; they stay silent for ever."""
        self._open = asyncio.Event()
        self._open.set()

    def stop(self) -> None:
        for task in self._piping:
            task.cancel()
        if self._server is not None:
            self._server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(self._there.host, self._there.port)
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            self._piping.add(asyncio.create_task(self._pipe(source, sink)))

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        open_for_this = self._open
        with suppress(OSError):
            while content := await source.read(65_536):
                await open_for_this.wait()
                sink.write(content)
        sink.close()
