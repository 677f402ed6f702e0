"""`python -m devstack` (make demo): runs the stack in the foreground until Ctrl-C."""

import argparse
import asyncio
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import get_args

from devstack.code import demo_secrets
from devstack.folder import StackFolder
from devstack.recipes import ROOT, IdentityProvider
from devstack.stack import EXPLAINED, Stack
from devstack.unprivileged import account, shelter

PASSWORD = "kontor-demo"
LOGINS = {
    "portal": [("kunde@demo.example", "customer")],
    "gateway": [
        ("service@demo.example", "service"),
        ("marketing@demo.example", "marketing"),
        ("vertrieb@demo.example", "sales: the contacts of its own team, and those of no team"),
        ("leitung@demo.example", "management"),
        ("datenschutz@demo.example", "data protection officer"),
        ("admin@demo.example", "administrator"),
    ],
}


def say(text: str) -> None:
    """One visible line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


async def serve(folder: Path, idp: IdentityProvider) -> None:
    """Start, print where everything is, and stay until something fails or somebody stops it."""
    async with Stack(folder, demo_data=True, idp=idp, say=say) as stack:
        print(welcome(stack), flush=True)
        await stack.failed()


def welcome(stack: Stack) -> str:
    """Addresses and logins."""
    address = stack.addresses
    lines = [f"\nKontor is ready after {stack.start_seconds:.1f} s.\n"]
    titles = {"portal": "Portal (customers)", "gateway": "Gateway (staff)"}
    for page, title in titles.items():
        lines.append(f"  {title:<20} {address[page]}")
        lines += [f"      {login:<26} {role}" for login, role in LOGINS[page]]
    lines += [
        f"      password of all: {PASSWORD}",
        f"      second factor of {' and '.join(demo_secrets())}: `make demo-code` prints it",
        f"  {'Mails it sent':<20} {address['mail']}",
        f"  {'Logs and data':<20} {stack.folder.path}",
        "\nCtrl-C stops everything; the data stays.\n",
    ]
    return "\n".join(lines)


def reset(folder: Path) -> None:
    """Delete the stack's data, unless a stack is running on it."""
    owned = StackFolder(folder)
    owned.open()
    owned.end_leftovers()
    owned.close()
    # Started by root from a place PostgreSQL's user cannot enter, the database lies elsewhere.
    shutil.rmtree(shelter(owned.data("postgres"), account()), ignore_errors=True)
    shutil.rmtree(owned.path)
    say(f"Threw away {owned.path}")


async def until_signal(folder: Path, idp: IdentityProvider) -> None:
    """Serve; the first Ctrl-C or SIGTERM stops in order."""
    serving = asyncio.create_task(serve(folder, idp))

    def stop() -> None:
        if not serving.cancelling():
            say("Stopping")
            serving.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await serving
    except asyncio.CancelledError:
        say("Stopped")


def main() -> int:
    """Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".kontor", help="where the data is kept")
    parser.add_argument("--reset", action="store_true", help="throw the data away first")
    parser.add_argument(
        "--idp", choices=get_args(IdentityProvider), default="embedded", help="who logs people in"
    )
    arguments = parser.parse_args()
    try:
        if arguments.reset and arguments.folder.exists():
            reset(arguments.folder)
        asyncio.run(until_signal(arguments.folder, arguments.idp))
    except EXPLAINED as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
