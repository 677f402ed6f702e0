"""Copies of the ledger outside of the database: exports, their chain, and what is never trusted."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest
from sqlalchemy import insert

from kernel.bus import Bus
from kernel.errors import Unavailable
from services.privacy.ledger.model import LedgerEntry, canonical, sign_statement, verified_content
from services.privacy.ledger.service import LedgerService, Outside
from services.privacy.ledger.tables import ErasureLedger
from tests.privacy.machine import Machine, signer


def service(
    machine: Machine, folder: Path, *, key: str = "privacy", former: tuple[str, ...] = ()
) -> LedgerService:
    return LedgerService(
        machine.parts.database,
        machine.bus,
        signer(key),
        machine.parts.clock,
        outside=Outside(folder, former),
    )


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def entry(machine: Machine) -> LedgerEntry:
    return LedgerEntry(
        id=uuid.uuid4(),
        request_id=uuid.uuid4(),
        contact_id=uuid.uuid4(),
        round=1,
        plan_hash=b"p" * 32,
        key_id="k2",
        identifier_hashes=(b"h" * 32,),
        recorded_at=machine.parts.clock.now(),
    )


async def insert_row(machine: Machine, made: LedgerEntry, signature: bytes | None) -> None:
    async with machine.parts.database.transaction() as session:
        values = {name: getattr(made, name) for name in LedgerEntry.__slots__}
        values["identifier_hashes"] = list(made.identifier_hashes)
        await session.execute(insert(ErasureLedger).values({**values, "signature": signature}))


async def a_day_later(machine: Machine, ledger: LedgerService) -> LedgerEntry:
    """One promise, and the export of its day."""
    made = await ledger.record(entry(machine))
    machine.parts.clock.advance(days=1)
    await ledger.export()
    return made


async def test_every_day_is_exported_once_and_names_the_one_before(machine: Machine, tmp_path: Path) -> None:
    ledger = service(machine, tmp_path)
    made = [await a_day_later(machine, ledger) for _ in range(3)]
    await ledger.export()
    files = files_in(tmp_path)
    assert [f.name[:13] for f in files] == ["ledger-000001", "ledger-000002", "ledger-000003"]
    for file, promised in zip(files, made, strict=True):
        content = verified_content(file.read_bytes(), signer("privacy").public_key)
        assert content is not None
        assert [json.loads(each)["content"]["id"] for each in content["statements"]] == [str(promised.id)]
    copies = await ledger.copies()
    assert copies.problems == []
    assert copies.gaps() == {"table": 0, "stream": 0, "exports": 0}


async def test_a_day_without_erasures_is_exported_too(machine: Machine, tmp_path: Path) -> None:
    ledger = service(machine, tmp_path)
    await ledger.export()
    machine.parts.clock.advance(days=1)
    await ledger.export()
    assert len(files_in(tmp_path)) == 2


async def test_a_lost_day_is_in_the_next_export(machine: Machine, tmp_path: Path) -> None:
    ledger = service(machine, tmp_path)
    await a_day_later(machine, ledger)
    lost = [await ledger.record(entry(machine))]
    machine.parts.clock.advance(days=5)
    lost.append(await ledger.record(entry(machine)))
    machine.parts.clock.advance(days=5)
    await ledger.export()
    newest = json.loads(files_in(tmp_path)[-1].read_bytes())["content"]
    assert {json.loads(each)["content"]["id"] for each in newest["statements"]} == {str(e.id) for e in lost}


async def test_a_damaged_export_proves_nothing_and_is_told(machine: Machine, tmp_path: Path) -> None:
    ledger = service(machine, tmp_path)
    for _ in range(3):
        await a_day_later(machine, ledger)
    first, second, _ = files_in(tmp_path)
    second.write_bytes(second.read_bytes().replace(b'"number": 2', b'"number": 9'))
    found = await ledger.copies()
    assert any(second.name in each and each.endswith("signature") for each in found.problems)
    assert "exports: export 2: missing" in found.problems
    first.unlink()
    assert "exports: export 1: missing" in (await ledger.copies()).problems


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\xff\xfe", b"[]", b"{}", b"null", b'{"content": 1, "signature": ""}', b"[" * 100_000],
)
async def test_rubbish_in_any_copy_is_told_and_never_used(
    machine: Machine, tmp_path: Path, rubbish: bytes
) -> None:
    ledger = service(machine, tmp_path)
    kept = await a_day_later(machine, ledger)
    (tmp_path / "ledger-000002-2026-01-01-0123456789abcdef.json").write_bytes(rubbish)
    await machine.bus.publish("ledger.erasure", rubbish, {"Nats-Msg-Id": "rubbish"})
    copies = await ledger.copies()
    assert [e.id for e, _ in copies.erasures()] == [kept.id]
    assert len(copies.problems) == 2


async def test_a_promise_that_somebody_else_signed_erases_nobody(machine: Machine, tmp_path: Path) -> None:
    ledger = service(machine, tmp_path)
    kept = await a_day_later(machine, ledger)
    forged = entry(machine)
    statement = sign_statement(forged.content(), signer("a stranger"))
    await machine.bus.publish("ledger.erasure", statement.encode(), {"Nats-Msg-Id": "forged"})
    await insert_row(machine, forged, signer("a stranger").sign(canonical(forged.content())))
    copies = await ledger.copies()
    assert [e.id for e, _ in copies.erasures()] == [kept.id]
    assert copies.problems == ["stream: 2: signature", f"table: {forged.id}: signature"]


async def test_statements_of_a_former_key_still_count(machine: Machine, tmp_path: Path) -> None:
    former = await a_day_later(machine, service(machine, tmp_path, key="former"))
    forgetful = await service(machine, tmp_path).copies()
    assert forgetful.erasures() == []
    ledger = service(machine, tmp_path, former=(signer("former").public_key,))
    copies = await ledger.copies()
    assert [e.id for e, _ in copies.erasures()] == [former.id]
    assert copies.problems == []


async def test_a_lost_stream_gets_back_what_the_other_copies_have(machine: Machine, tmp_path: Path) -> None:
    ledger = service(machine, tmp_path)
    made = await a_day_later(machine, ledger)
    await machine.bus.jetstream.delete_msg("LEDGER", 1)
    copies = await ledger.copies()
    assert [e.id for e, _ in copies.erasures()] == [made.id]
    assert copies.gaps() == {"table": 0, "stream": 1, "exports": 0}
    assert copies.problems == ["stream: 1: missing"]
    machine.parts.clock.advance(days=1)
    # The broker would take it for the first one, and drop it, within the window of two minutes.
    await machine.bus.jetstream.delete_stream("LEDGER")
    fresh = service(machine, tmp_path)
    await fresh.export()
    assert (await fresh.copies()).gaps()["stream"] == 0


async def test_two_exports_at_once_never_take_each_others_place(machine: Machine, tmp_path: Path) -> None:
    first, second = service(machine, tmp_path), service(machine, tmp_path)
    await asyncio.gather(first.export(), second.export(), return_exceptions=True)
    files = files_in(tmp_path)
    assert files
    assert all(verified_content(f.read_bytes(), signer("privacy").public_key) for f in files)


async def test_a_target_that_is_away_is_said_and_nothing_is_lost(machine: Machine, tmp_path: Path) -> None:
    away = tmp_path / "mounted"
    away.write_text("no folder")
    ledger = service(machine, away)
    made = await ledger.record(entry(machine))
    with pytest.raises(Unavailable):
        await ledger.export()
    away.unlink()
    await ledger.export()
    assert [e.id for e, _ in (await ledger.copies()).erasures()] == [made.id]


async def test_rows_from_before_signatures_count_by_their_statement_outside(
    machine: Machine, tmp_path: Path
) -> None:
    ledger, made = service(machine, tmp_path), entry(machine)
    await insert_row(machine, made, None)
    await ledger.publish("erasure", str(made.id), ledger.signed_statement(made.content()))
    copies = await ledger.copies()
    assert copies.problems == []
    assert copies.gaps()["table"] == 0
    await machine.bus.jetstream.purge_stream("LEDGER")
    alone = await ledger.copies()
    assert alone.erasures() == []
    assert f"table: {made.id}: signature" in alone.problems


async def test_without_the_broker_the_copies_are_not_taken_for_complete(
    machine: Machine, tmp_path: Path
) -> None:
    away = Bus("nats://127.0.0.1:1", name="away")
    ledger = LedgerService(
        machine.parts.database, away, signer("privacy"), machine.parts.clock, outside=Outside(tmp_path)
    )
    with pytest.raises(Unavailable):
        await ledger.copies()
