"""`python -m devstack.mailsink`: SMTP on one port, the page on another, both on loopback."""

import argparse
import asyncio
import signal
import threading
from pathlib import Path

import uvloop
from werkzeug.serving import WSGIRequestHandler, make_server

from devstack.mailsink import smtp
from devstack.mailsink.store import Store
from devstack.mailsink.web import create_app
from devstack.ports import LOOPBACK


class QuietHandler(WSGIRequestHandler):
    """Logs nothing for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silence: senders ask for evidence thousands of times."""


async def run(store: Store, *, smtp_port: int) -> None:
    """Receive mail until SIGTERM or SIGINT."""
    receiving = asyncio.create_task(smtp.serve(store, host=LOOPBACK, port=smtp_port))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, receiving.cancel)
    await receiving


def main() -> None:
    """Parse arguments and serve."""
    parser = argparse.ArgumentParser(description="Kontor's mail sink: accepts everything, delivers nothing.")
    parser.add_argument("--folder", type=Path, default=Path(".kontor/mail"), help="where the mails are kept")
    parser.add_argument("--smtp-port", type=int, default=8025)
    parser.add_argument("--http-port", type=int, default=8003)
    arguments = parser.parse_args()
    store = Store(arguments.folder)
    page = make_server(
        LOOPBACK, arguments.http_port, create_app(store), threaded=True, request_handler=QuietHandler
    )
    threading.Thread(target=page.serve_forever, daemon=True).start()
    print(f"{len(store)} mails; SMTP on {arguments.smtp_port}, page on {arguments.http_port}", flush=True)
    uvloop.run(run(store, smtp_port=arguments.smtp_port))
    page.shutdown()
    store.close()


if __name__ == "__main__":
    main()
