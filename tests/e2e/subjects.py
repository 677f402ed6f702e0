"""Many people who are erased: what they leave in every service, their requests, and how far these are."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kontor.privacy.v1.holder_pb2 import REQUEST_KIND_ERASURE
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    Address,
    CheckSuppressionsRequest,
    ConfirmRequestRequest,
    CreateRequestRequest,
)
from kontor.tickets.v1.tickets_pb2 import CHANNEL_PHONE, TICKET_PRIORITY_NORMAL, CreateTicketRequest
from psycopg import sql

from tests.e2e.calls import new_id, side_by_side
from tests.e2e.check import wait_for
from tests.e2e.people import Person
from tests.e2e.running import BACK_ENDS, Running
from tests.e2e.world import World

_TOO_LONG_S = 900
_PLANNED, _COMPLETED = 4, 6
_AT_ONCE = 500
_SUBJECTS_OF = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND data_type = 'uuid'
   AND (column_name = 'contact_id' OR (table_name = 'contact' AND column_name = 'id'))
   -- Worked out anew from other tables by a timed job, whoever is restored.
   AND table_name <> 'without_basis' ORDER BY 1, 2
"""


def fill(world: World, people: Sequence[Person]) -> None:
    """A ticket of each, which names them."""

    def ask(person: Person) -> None:
        world.agent.tickets.CreateTicket(
            CreateTicketRequest(
                request_id=new_id(),
                contact_id=world.contact_id(person),
                subject=f"Anruf von {person.given} {person.family}",
                body=f"{person.family} bittet um Antwort an {person.email} oder {person.phone}.",
                priority=TICKET_PRIORITY_NORMAL,
                channel=CHANNEL_PHONE,
            )
        )

    side_by_side(ask, people)


def erase(world: World, contact_ids: Sequence[str]) -> None:
    """Staff asks for each, sees the plan, and gives the word."""
    made = side_by_side(
        lambda contact_id: world.dpo.requests.CreateRequest(
            CreateRequestRequest(request_id=new_id(), contact_id=contact_id, kind=REQUEST_KIND_ERASURE)
        ),
        contact_ids,
    )
    wait_for(lambda: _count(world.running, _PLANNED) == len(made), "all are planned", seconds=_TOO_LONG_S)
    side_by_side(
        lambda request: world.dpo.requests.ConfirmRequest(
            ConfirmRequestRequest(request_id=new_id(), id=request.id)
        ),
        made,
    )
    wait_for(lambda: completed(world.running) == len(made), "all are erased", seconds=_TOO_LONG_S)


def completed(running: Running) -> int:
    """How many erasures are complete."""
    return _count(running, _COMPLETED)


def open_replays(running: Running) -> int:
    """How many erasures a restore has undone and nobody has done again yet."""
    return _number(
        running,
        "SELECT count(DISTINCT r.id) FROM subject_request r JOIN request_transition t ON t.request_id = r.id"
        " WHERE r.state < 6 AND t.reason = 'replayed'",
    )


def promised(running: Running) -> dict[str, float]:
    """The first promise of every request in the ledger's table, and when it was made."""
    statement = "SELECT request_id::text, extract(epoch FROM min(recorded_at)) FROM erasure_ledger GROUP BY 1"
    with running.connect("privacy") as connection:
        return {id: float(at) for id, at in connection.execute(statement).fetchall()}


def suppressed(world: World, emails: Sequence[str]) -> int:
    """How many of the addresses are on the suppression list."""
    found = 0
    for start in range(0, len(emails), _AT_ONCE):
        addresses = [
            Address(channel=CHANNEL_EMAIL, value=email) for email in emails[start : start + _AT_ONCE]
        ]
        answer = world.service.suppressions.CheckSuppressions(CheckSuppressionsRequest(addresses=addresses))
        found += sum(answer.suppressed)
    return found


def untouched_rows(running: Running, erased: Sequence[str]) -> dict[str, str]:
    """A hash over the rows of everybody else, by table."""
    hashes: dict[str, str] = {}
    for name in BACK_ENDS:
        with running.connect(name) as connection:
            for table, column in connection.execute(_SUBJECTS_OF).fetchall():
                hashed = sql.SQL(
                    "SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM {} AS t"
                    " WHERE NOT {} = ANY (%s::uuid[])"
                ).format(sql.Identifier(table), sql.Identifier(column))
                row = connection.execute(hashed, (list(erased),)).fetchone()
                hashes[f"{name}.{table}"] = json.dumps(row)
    return hashes


def _count(running: Running, state: int) -> int:
    return _number(running, f"SELECT count(*) FROM subject_request WHERE state = {state}")


def _number(running: Running, statement: str) -> int:
    with running.connect("privacy") as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])
