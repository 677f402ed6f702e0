"""`make privacy-check`: 200 people exercise every right while processes die, and what is left of them is looked for.

Everybody has a row in every table that can hold one, made from the declarations. The search knows nothing of these: it
reads all bytes that the stack keeps. The last line is one JSON object; a broken promise is named in it, and the check
exits non-zero. `--seed` repeats a run: the same people, the same requests, the same order of deaths.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    GetConsentTextRequest,
    GiveConsentRequest,
)

from devstack.recipes import ROOT
from tests.e2e.belongings import Belongings
from tests.e2e.calls import new_id, side_by_side
from tests.e2e.check import Broken, same, wait_for
from tests.e2e.filling import Filled, fill, invent, tables_with_people
from tests.e2e.residue import Canaries, Kept, scan, values_in
from tests.e2e.rights import RIGHTS, TRACES, Asked, Asking, Right, Wishes, check_kinds, judge
from tests.e2e.running import BACK_ENDS, Running
from tests.e2e.smoke import say
from tests.e2e.storm import Storm
from tests.e2e.world import TOPIC, World
from tests.privacy.giving import evidence

LOGS = ROOT / ".kontor" / "privacy-logs"
SUBJECTS = 200
AT_ONCE = 12
ACCESS, ERASURE, NOTHING = "access", "erasure", "nothing"
# The ledger of consents hangs together by its tree, and is filled through its own door.
# That of erasures is filled by what happens: a promise that nobody has signed is reported at every start.
_BY_DOOR = frozenset({"consent_record", "consent_ip", "erasure_ledger"})
# Personal tables without a way to a subject: sessions of web pages, which end within hours by themselves.
_SESSIONS = frozenset({"portal.logins", "gateway.logins"})
# Worked out anew from other tables by a timed job: what is filled in there goes with the job's next turn.
_WORKED_OUT = frozenset({"privacy.without_basis"})
# What stays although its subject is erased, and why. Said here once more: a declaration that keeps more is found.
KEPT = {
    **{f"{name}.audit_entry.actor": "Art. 5(2) GDPR: who looked, for three years" for name in BACK_ENDS},
    "privacy.access_alert.actor": "Art. 5(2) GDPR: who looked too much, for three years",
    "privacy.certificate.content": "Art. 5(2) GDPR: the proof, for three years",
    "privacy.customer_sale.category": "Art. 5(2) GDPR: on what advertising rested, for three years",
    "privacy.customer_sale.recorded_by": "Art. 5(2) GDPR: on what advertising rested, for three years",
    "privacy.customer_sale.reference": "Art. 5(2) GDPR: on what advertising rested, for three years",
    "privacy.legal_hold.reason": "Art. 5(2) GDPR: why data had to stay, for three years",
    "privacy.passage_decision.decided_by": "Art. 5(2) GDPR: who decided what the person was not shown, for three years",
    "privacy.passage_decision.reason": "Art. 5(2) GDPR: why a text was blackened or not, for three years",
    "privacy.permit_decision.reason": "Art. 5(2) GDPR: why a message was sent or not, for three years",
    "privacy.permit_decision.topic": "Art. 5(2) GDPR: why a message was sent or not, for three years",
    "privacy.request_farewell.sealed": "Art. 12(3) GDPR: sealed, until the last mail has gone out",
    "privacy.request_identifiers.sealed": "Art. 17(1), 19 GDPR: sealed, until it is complete and recipients know",
    "privacy.suppression_lifting.proven_by": "Art. 5(2) GDPR: that the person wished to be taken off, for three years",
    "privacy.subject_request.requested_by": "Art. 5(2) GDPR: who asked, for three years",
}


def main() -> int:
    """Runs the check; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.privacy_check", description=__doc__)
    parser.add_argument("--subjects", type=int, default=SUBJECTS, help="how many people there are")
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**6), help="repeats a run"
    )
    parser.add_argument("--calm", action="store_true", help="nobody is killed")
    arguments = parser.parse_args()
    result: dict[str, Any] = {"ok": False, "subjects": arguments.subjects, "leftovers": None, "harmed": None}
    result["seed"] = arguments.seed
    say(f"seed {arguments.seed}")
    began = time.monotonic()
    try:
        with Running(say=say) as running:
            try:
                _check(World(running, say), arguments, result)
            except Exception:
                running.keep_logs(LOGS)
                say(f"the logs of all processes: {LOGS}")
                raise
    except Exception as error:
        result["failed"] = str(error) if isinstance(error, Broken) else type(error).__name__
        traceback.print_exc(file=sys.stdout)
    else:
        result["ok"] = True
    result["total_s"] = round(time.monotonic() - began, 1)
    print(json.dumps(result), flush=True)
    return 0 if result["ok"] else 1


def _check(world: World, arguments: argparse.Namespace, result: dict[str, Any]) -> None:
    running, chance = world.running, random.Random(arguments.seed)
    check_kinds()
    world.hire()
    people = invent(arguments.subjects, seed=str(arguments.seed))
    _fill(world, people)
    wishes = _wishes(people)
    gone = [subject for subject, right in wishes.items() if right == ERASURE]
    canaries = Canaries((s.canary, value) for s in gone for value in (s.canary, s.phone[1:], _ip(s)))
    known = frozenset().union(*(each.owners for each in scan(running, canaries)))
    same(len(known), len(gone), "people whom the search finds before they are erased")
    kept, before = values_in(running, KEPT), _at_rest(running, people)

    began = time.monotonic()
    asked = _ask(world, wishes, chance, arguments, result)
    result["requests"], result["requests_s"] = len(asked), round(time.monotonic() - began, 1)
    say(f"{len(asked)} requests have ended after {result['requests_s']} s")
    for one in asked:
        judge(world, one)
    _look_for(running, canaries, kept, result)
    _compare(running, people, wishes, before, result)
    same(result["leftovers"], 0, "erased people who can still be found")
    same(result["harmed"], 0, "people whose data was touched without their word")


def _fill(world: World, people: Sequence[Filled]) -> None:
    """A row of everybody everywhere; nothing that is personal may have been left out."""
    filled = set()
    for service in BACK_ENDS:
        with world.running.connect(service) as connection:
            rows = fill(connection, service, people, without=_BY_DOOR)
        filled |= {f"{service}.{table}" for table in rows}
    _consent(world, people)
    filled |= {f"privacy.{table}" for table in _BY_DOOR}
    same(tables_with_people() - filled, _SESSIONS, "tables for personal data in which nobody is")
    say(f"{len(people)} people stand in {len(filled)} tables")


def _consent(world: World, people: Sequence[Filled]) -> None:
    wanted = GetConsentTextRequest(topic=TOPIC, language="de")
    text = world.service.consents.GetConsentText(wanted)

    def give(subject: Filled) -> None:
        world.service.consents.GiveConsent(
            GiveConsentRequest(
                request_id=new_id(),
                contact_id=str(subject.id),
                topic=TOPIC,
                channel=CHANNEL_EMAIL,
                text_id=text.id,
                evidence=evidence(request_ip=_ip(subject), confirm_ip=_ip(subject)),
            )
        )

    side_by_side(give, people)


def _ip(subject: Filled) -> str:
    word = subject.canary[1:]
    return f"2001:db8:{word[:4]}:{word[4:8]}:{word[8:]}::1"


def _wishes(people: Sequence[Filled]) -> dict[Filled, str]:
    """More than half are erased; a tenth asks for nothing; the other rights share the rest."""
    others = [name for name in RIGHTS if name != ERASURE]
    half, tenth = len(people) * 6 // 10, max(len(people) // 10, 1)
    wishes = dict.fromkeys(people[:half], ERASURE) | dict.fromkeys(people[half : half + tenth], NOTHING)
    return wishes | {s: others[at % len(others)] for at, s in enumerate(people[half + tenth :])}


def _at_rest(running: Running, people: Sequence[Filled]) -> Belongings:
    """Everybody's rows, once no timed work touches them any more."""
    seen = [Belongings(running, people)]

    def calm() -> bool:
        seen.append(Belongings(running, people))
        return seen[-1] == seen[-2]

    wait_for(calm, "nothing moves before anybody asks for anything", seconds=120, every=1)
    return seen[-1]


def _ask(
    world: World,
    wishes: Wishes,
    chance: random.Random,
    arguments: argparse.Namespace,
    result: dict[str, Any],
) -> list[Asked]:
    """Everything at once in random order; some have a copy before they are erased."""
    wanted = [(subject, right) for subject, right in wishes.items() if right != NOTHING]
    first = [(subject, ACCESS) for subject, right in wanted if right == ERASURE][::10]
    chance.shuffle(wanted)
    asking = Asking(world.dpo)
    if arguments.calm:
        asking.all(first, at_once=AT_ONCE)
        return asking.all(wanted, at_once=AT_ONCE)
    with Storm(world.running, seed=arguments.seed, say=say) as storm:
        asking.all(first, at_once=AT_ONCE)
        asked = asking.all(wanted, at_once=AT_ONCE)
    result["kills"] = dict(Counter(storm.kills))
    return asked


def _look_for(running: Running, canaries: Canaries, kept: Kept, result: dict[str, Any]) -> None:
    found = scan(running, canaries, kept=kept)
    for each in found:
        say(f"LEFT  {each}")
    result["leftovers"] = len(frozenset().union(*(each.owners for each in found)))


def _compare(
    running: Running,
    people: Sequence[Filled],
    wishes: Wishes,
    before: Belongings,
    result: dict[str, Any],
) -> None:
    """Who was not erased has every row as it was, but for what their own request changes and leaves."""
    after, harmed = Belongings(running, people), set()
    told: dict[str, int] = defaultdict(int)
    for subject, right in wishes.items():
        if right == ERASURE:
            continue
        own = RIGHTS.get(right, Right(0))
        leaves = own.changes | own.leaves | (TRACES if right != NOTHING else frozenset())
        for found in after.compared_with(before, subject):
            if found.table in _WORKED_OUT:
                continue
            if (found.lost and found.table not in own.changes) or (found.new and found.table not in leaves):
                harmed.add(subject)
                told[f"{found.table} of who asked for {right}: {found.lost} lost, {found.new} new"] += 1
    for what, count in sorted(told.items()):
        say(f"HARMED  {what} ({count} people)")
    result["harmed"] = len(harmed)


if __name__ == "__main__":
    sys.exit(main())
