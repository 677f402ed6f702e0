"""Proofs that hold without us: paths, the exported ledger and its check, and leaves that were erased."""

import importlib
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from kontor.privacy.v1 import consent_proofs_pb2 as proofs_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.db import AnySession
from kernel.errors import FailedPrecondition, NotFound
from kernel.signing import Signer
from services.privacy.consent.erasing import ConsentErasing
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.merkle import Root, is_consistent
from services.privacy.ledger.model import sign_statement
from tests.privacy.conftest import Doors
from tests.privacy.court import ANNA, BORIS, Court, Signing
from tests.privacy.giving import give_request, withdraw_request
from tests.privacy.parts import Parts, pepper

Owner = Callable[[str], Any]


async def exported(doors: Doors) -> bytes:
    proofs = doors.proofs(doors.realm.token("dpo"))
    return b"".join([part.lines async for part in proofs.CollectLedger(proofs_pb2.CollectLedgerRequest())])


async def proof_of(doors: Doors, contact: uuid.UUID, token: str) -> proofs_pb2.ConsentProof:
    return await doors.proofs(token).GetConsentProof(
        proofs_pb2.GetConsentProofRequest(contact_id=str(contact), consent_id=await newest(doors, contact))
    )


async def newest(doors: Doors, contact: uuid.UUID) -> str:
    request = privacy_pb2.ListConsentsRequest(contact_id=str(contact))
    return (await doors.consents(doors.as_service()).ListConsents(request)).consents[0].id


async def test_a_person_gets_the_proof_of_the_own_consent_and_it_holds_for_a_stranger(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = await proof_of(doors, ANNA, doors.as_customer(ANNA))
    assert (proof.leaf_index, proof.head.size, proof.record.consent.contact_id) == (1, 14, str(ANNA))
    assert court.faults(proof.file, capsys) == []
    with pytest.raises(NotFound):
        await proof_of(doors, BORIS, doors.as_customer(ANNA))
    mixed = proofs_pb2.GetConsentProofRequest(contact_id=str(ANNA), consent_id=await newest(doors, BORIS))
    with pytest.raises(NotFound):
        await doors.proofs(doors.as_customer(ANNA)).GetConsentProof(mixed)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda p: p["leaf"]["content"].update(state=4), "leaf 1: the record was edited"),
        (lambda p: p["leaf"].update(index=3), "path: it does not lead"),
        (lambda p: p["path"].pop(), "path: it does not lead"),
        (lambda p: p["text"].update(text="Alles"), "it was edited"),
        (lambda p: p["head"]["content"].update(size=15), "head: the signature does not hold"),
        (lambda p: p.update(text=None), "leaf 1: the text that was shown is missing"),
        (lambda p: p.update(head=None), "no proof"),
        (lambda p: p.update(path=7), "no proof"),
    ],
)
async def test_a_proof_that_was_changed_holds_no_more(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: Any, change: Any, fault: str
) -> None:
    proof = json.loads((await proof_of(doors, ANNA, doors.as_service())).file)
    change(proof)
    assert fault in court.faults(json.dumps(proof).encode(), capsys)[0]


async def test_a_consent_of_today_is_shown_without_a_head_until_one_is_signed(
    doors: Doors, parts: Parts, jobs: ConsentJobs
) -> None:
    late = uuid.uuid4()
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, late))
    assert not (await proof_of(doors, late, doors.as_service())).HasField("head")
    parts.clock.advance(days=1)
    await jobs.publish_tree_head()
    assert (await proof_of(doors, late, doors.as_service())).head.size == 16


async def test_the_later_head_is_proven_to_contain_the_earlier_one(doors: Doors, jobs: ConsentJobs) -> None:
    proofs = doors.proofs(doors.realm.token("dpo"))
    heads = (await proofs.ListTreeHeads(proofs_pb2.ListTreeHeadsRequest())).heads
    assert [head.size for head in heads] == [6, 14]
    grown = await proofs.GetConsistencyProof(proofs_pb2.GetConsistencyProofRequest(old_size=6, new_size=14))
    old, new = (Root(head.size, head.root) for head in heads)
    assert is_consistent(old, new, grown.path)
    with pytest.raises(NotFound):
        await proofs.GetConsistencyProof(proofs_pb2.GetConsistencyProofRequest(old_size=5, new_size=14))


async def test_the_export_holds_and_only_the_officer_gets_it(
    doors: Doors, jobs: ConsentJobs, court: Court, ledger: Signing, capsys: Any
) -> None:
    kept = "\n".join(json.dumps(json.loads(each)) for each in ledger.published)
    assert court.faults(await exported(doors), capsys, heads=kept) == []
    for role in ("agent", "marketer", "sales"):
        call = doors.proofs(doors.realm.token(role)).CollectLedger(proofs_pb2.CollectLedgerRequest())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            [part async for part in call]
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def edited(lines: list[str], kind: str, number: int, **changes: Any) -> list[str]:
    place = [n for n, line in enumerate(lines) if json.loads(line)["kind"] == kind][number]
    read = json.loads(lines[place])
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = read
        for each in parents:
            inner = inner[each]
        inner[last] = value
    return [*lines[:place], json.dumps(read), *lines[place + 1 :]]


def swapped(lines: list[str]) -> list[str]:
    return [*lines[:-3], lines[-2], lines[-3], lines[-1]]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda x: edited(x, "leaf", 3, content__state=4), "leaf 3: the record was edited"),
        (lambda x: edited(x, "leaf", 3, hash="ab" * 32), "head of 6 leaves: the leaves lead to another root"),
        (lambda x: [*x[:-4], *x[-3:]], "leaf 11: missing, leaf 12 stands in its place"),
        (lambda x: [*x[:-2], x[-1]], "head of 14 leaves: only 13 are there"),
        (swapped, "leaf 12: missing, leaf 13 stands in its place"),
        (lambda x: [*x[:-1], x[-2], x[-1]], "leaf 13: out of order, or there twice"),
        (
            lambda x: edited(x, "head", 1, statement__content__root="ab" * 32),
            "head of 14 leaves: the signature",
        ),
        (lambda x: edited(x, "text", 3, text="Alles"), "it was edited, its hash is another"),
        (
            lambda x: [line for line in x if '"kind": "text"' not in line],
            "the text that was shown is missing",
        ),
        (lambda x: x[:-1], "the end is missing: the file was cut off"),
        (lambda x: [*x, x[-2]], "something stands after the end"),
        (
            lambda x: [line for line in x if '"kind": "head"' not in line],
            "end: it counts other leaves or heads",
        ),
        (lambda x: [], "the end is missing"),
        (lambda x: ["\x00\xff{]", "[" * 200_000], "line 1: it cannot be read"),
        (
            lambda x: ["[]", "7", "null", '{"kind": []}', '{"kind": "leaf", "index": "x"}'],
            "line 1: it cannot",
        ),
    ],
)
async def test_whatever_was_done_to_an_export_is_said(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: Any, change: Any, fault: str
) -> None:
    lines = (await exported(doors)).decode().splitlines()
    changed = "\n".join(change(lines)).encode("latin-1", "replace")
    assert any(fault in line for line in court.faults(changed, capsys))


async def test_a_head_signed_with_another_key_does_not_hold(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: Any
) -> None:
    lines = (await exported(doors)).decode().splitlines()
    head = next(json.loads(line)["statement"] for line in lines if '"kind": "head"' in line)
    forged = json.loads(sign_statement(head["content"], Signer(pepper("somebody"))))
    changed = edited(lines, "head", 0, statement=forged)
    assert court.faults("\n".join(changed).encode(), capsys) == [
        "head of 6 leaves: the signature does not hold",
        "end: it counts other leaves or heads than there are",
    ]


async def test_a_ledger_rewritten_with_its_heads_contradicts_the_heads_kept_elsewhere(
    doors: Doors,
    parts: Parts,
    jobs: ConsentJobs,
    court: Court,
    ledger: Signing,
    postgres_admin: Owner,
    capsys: Any,
) -> None:
    kept = "\n".join(json.dumps(json.loads(each)) for each in ledger.published)
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        for table in ("consent_record", "consent_salt", "consent_node", "tree_head"):
            owner.execute(f"DELETE FROM {table}")
        owner.execute("UPDATE consent_tree SET size = 0, frontier = '{}'")
    for _ in range(7):
        await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, uuid.uuid4()))
    published = len(ledger.published)
    await jobs.publish_tree_head()
    assert len(ledger.published) == published, "who has seen the tree before signs no other one"
    # A process that starts afterwards has seen nothing else.
    await ConsentJobs(parts.database, ledger, parts.clock).publish_tree_head()  # type: ignore[arg-type]
    rewritten = await exported(doors)
    assert court.faults(rewritten, capsys) == []
    assert court.faults(rewritten, capsys, heads=kept)[0].startswith("head of 14 leaves: two were signed")


async def test_an_edited_record_gets_no_proof(doors: Doors, jobs: ConsentJobs, postgres_admin: Owner) -> None:
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE consent_record SET form_url = 'https://elsewhere.example' WHERE leaf_index = 1")
    with pytest.raises(FailedPrecondition) as refused:
        await proof_of(doors, ANNA, doors.as_service())
    assert refused.value.reason == "TREE_DAMAGED"
    assert (await proof_of(doors, BORIS, doors.as_service())).head.size == 14


async def nobody(_session: AnySession) -> frozenset[uuid.UUID]:
    return frozenset()


async def test_a_record_of_somebody_who_is_spared_stays(doors: Doors, parts: Parts) -> None:
    async def anna(_session: AnySession) -> frozenset[uuid.UUID]:
        return frozenset({ANNA})

    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=6 * 365)
    assert await ConsentErasing(parts.database, parts.clock, exempt=anna).delete_overdue() == 0
    assert await ConsentErasing(parts.database, parts.clock, exempt=nobody).delete_overdue() > 0


async def test_erased_records_leave_a_hash_and_every_other_proof_holds(
    doors: Doors, parts: Parts, jobs: ConsentJobs, court: Court, capsys: Any
) -> None:
    erasing = ConsentErasing(parts.database, parts.clock, exempt=nobody)
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=5 * 365)
    assert await erasing.delete_overdue() == await erasing.count_overdue() == 0
    parts.clock.advance(days=3)
    assert await erasing.count_overdue() == 3
    assert [await erasing.delete_overdue(), await erasing.delete_overdue()] == [3, 0]
    await jobs.publish_tree_head()
    assert await jobs.damages() == []
    left = await exported(doors)
    assert str(ANNA).encode() not in left
    assert [json.loads(x)["index"] for x in left.splitlines() if b'"erased"' in x] == [0, 1, 14]
    assert court.faults(left, capsys) == []
    proof = await proof_of(doors, BORIS, doors.as_customer(BORIS))
    assert proof.head.size == 15
    assert court.faults(proof.file, capsys) == []


async def test_what_was_given_again_is_not_overdue(doors: Doors, parts: Parts, jobs: ConsentJobs) -> None:
    consents = doors.consents(doors.as_service())
    await consents.WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=1)
    again = await give_request(parts.database, ANNA, token_sha256=b"n" * 32)
    again.evidence.request_time.FromDatetime(parts.clock.now())
    again.evidence.confirm_time.FromDatetime(parts.clock.now())
    await consents.GiveConsent(again)
    parts.clock.advance(days=3_000)
    assert await ConsentErasing(parts.database, parts.clock, exempt=nobody).delete_overdue() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM consent_record WHERE leaf_index = 1",
        "INSERT INTO consent_erasure VALUES (1, 'forged', now())",
        "INSERT INTO consent_erasure VALUES (99, 'forged', now())",
        # With its salt in place the record could be told from the hash.
        "WITH mark AS (INSERT INTO consent_erasure SELECT leaf_index, leaf_hash, now() FROM consent_record "
        "WHERE leaf_index = 1) DELETE FROM consent_record WHERE leaf_index = 1",
        "UPDATE consent_node SET hash = 'forged'",
        "DELETE FROM consent_node",
        "DELETE FROM consent_erasure",
    ],
)
async def test_there_is_one_way_out_of_the_ledger(parts: Parts, jobs: ConsentJobs, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|only ever grows|no record has this leaf"):
        async with parts.database.transaction() as session:
            await session.execute(text(statement))


async def test_leaves_from_before_the_proofs_get_their_subtrees(
    doors: Doors, parts: Parts, jobs: ConsentJobs, postgres_admin: Owner
) -> None:
    async def nodes() -> list[Any]:
        async with parts.database.reading() as session:
            found = await session.execute(text("SELECT * FROM consent_node ORDER BY level, position"))
            return list(found.all())

    before = await nodes()
    assert len(before) == 11
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM consent_node")
    migration = importlib.import_module("services.privacy.migrations.0012_consent_proofs")

    def fill(connection: Any) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            migration._fill_nodes()

    async with parts.database.engine.begin() as connection:
        await connection.run_sync(fill)
    assert await nodes() == before


def test_the_command_needs_no_database_and_no_service() -> None:
    look = (
        "import sys, services.privacy.verify_consents;"
        "print([m for m in ('sqlalchemy', 'grpc', 'nats', 'asyncpg', 'flask') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
