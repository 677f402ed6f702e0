"""Who reads facts from outside: an account of its own for each reader, with a handful of doors into Kontor's.

    python -m devstack.nats_readers erp [CONTACTS …]     prints both halves of the NATS configuration for a reader

A user inside Kontor's account would not do, however narrow its permissions: a request names the subject that its
answer goes to, the server checks no permission there, and so a reader could have the broker write into any stream.
Between accounts the server puts a subject of its own in that place.
"""

import re
import secrets
import sys
from collections.abc import Sequence

from kernel.bus import reader_consumer
from kernel.config import READER_NAME

STREAMS = ("CONTACTS", "CAMPAIGNS", "TICKETS", "PRIVACY")


def doors(reader: str, streams: Sequence[str]) -> dict[str, str]:
    """Subject → response type of everything that a reader may ask: its own consumers, and stored facts."""
    found: dict[str, str] = {}
    for stream in streams:
        consumer = f"{stream}.{reader_consumer(reader)}"
        found |= {
            f"$JS.API.CONSUMER.MSG.NEXT.{consumer}": "Stream",
            f"$JS.API.CONSUMER.RESET.{consumer}": "Singleton",
            f"$JS.ACK.{consumer}.>": "Singleton",
            f"$JS.API.DIRECT.GET.{stream}": "Stream",
        }
    return found


def account_name(reader: str) -> str:
    return f"READER_{reader.upper().replace('-', '_')}"


def exports(reader: str, streams: Sequence[str] = STREAMS) -> str:
    """The reader's part of `exports` in Kontor's account."""
    return "".join(
        f'    {{ service: "{subject}", response_type: {kind}, accounts: [{account_name(reader)}] }}\n'
        for subject, kind in doors(reader, streams).items()
    )


def account(reader: str, password: str, streams: Sequence[str] = STREAMS) -> str:
    """The reader's own account: it may ask through the doors and listen to the answers, nothing else."""
    subjects = ", ".join(f'"{subject}"' for subject in doors(reader, streams))
    imports = "".join(
        f'    {{ service: {{ account: KONTOR, subject: "{subject}" }} }}\n'
        for subject in doors(reader, streams)
    )
    return (
        f"  {account_name(reader)} {{\n"
        f'    users: [{{ user: "{reader}", password: "{password}", permissions: {{\n'
        f'      publish: {{ allow: [{subjects}] }}, subscribe: {{ allow: ["_INBOX.>"] }} }} }}]\n'
        f"    imports: [\n{imports}    ]\n"
        "  }\n"
    )


def main() -> int:
    """Prints the configuration; answers the exit code."""
    reader, *chosen = sys.argv[1:] or [""]
    if not re.match(READER_NAME, reader) or not set(chosen) <= set(STREAMS):
        print(__doc__, file=sys.stderr)
        return 2
    streams = chosen or STREAMS
    print(f"# into the exports of the account KONTOR\n{exports(reader, streams)}")
    print(f"# among the accounts\n{account(reader, secrets.token_urlsafe(24), streams)}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
