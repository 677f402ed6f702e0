"""A request that stands still says so, says why and since when, and hands out what there is."""

import json
import uuid
from typing import Any

import pytest

from kernel.errors import FailedPrecondition, NotFound
from services.privacy.requests import pdf
from services.privacy.requests.model import DocumentFailed, Kind, State
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer
from tests.privacy.test_erasure import rows


def break_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    def render(*_args: Any, **_kwargs: Any) -> bytes:
        raise DocumentFailed

    monkeypatch.setattr(pdf, "render", render)


async def test_the_file_is_handed_out_though_the_readable_copy_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    with monkeypatch.context() as broken:
        break_documents(broken)
        await machine.jobs().work()
        begun = machine.parts.clock.now()
        view = await machine.see(request_id, anna)
        assert (view.request.state, view.request.problem) == (State.EXECUTING, "document-failed")
        assert view.request.waiting_for == ()
        assert list(view.formats) == [1]
        first = await machine.document(request_id, anna, 1)
        assert "anna@example.org" in first.decode()
        with pytest.raises(FailedPrecondition):
            await machine.document(request_id, anna, 2)
        # Not every five seconds, and since when is not forgotten by trying.
        await machine.jobs().work()
        machine.parts.clock.advance(minutes=2)
        await machine.jobs().work()
        view = await machine.see(request_id, anna)
        assert view.request.stalled_at == begun
        assert view.request.retry_at is not None
        assert view.request.retry_at > machine.parts.clock.now()
    await machine.handling.retry_request(request_id, caller=customer(anna))
    assert machine.woken[-1]
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert (view.request.state, view.request.problem) == (State.COMPLETED, "")
    assert view.request.stalled_at is None
    # The copy was not collected again: it would hold itself.
    assert await machine.document(request_id, anna, 1) == first
    assert (await machine.document(request_id, anna, 2)).startswith(b"%PDF")


async def test_the_signed_certificate_is_handed_out_though_its_readable_form_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    with monkeypatch.context() as broken:
        break_documents(broken)
        await machine.jobs().work()
        view = await machine.see(request_id, anna)
        assert (view.request.state, view.request.problem) == (State.EXECUTING, "document-failed")
        assert json.loads(await machine.document(request_id, anna, 1))["signature"]
    machine.parts.clock.advance(hours=2)
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.COMPLETED
    assert list(view.formats) == [1, 2]
    assert machine.told["tickets"].executions == 1


async def test_a_holder_that_is_down_is_named_with_the_time(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["campaigns"].down = True
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    begun = machine.parts.clock.now()
    machine.parts.clock.advance(hours=5)
    await machine.jobs().work()
    request = (await machine.see(request_id, anna)).request
    assert (request.problem, request.stalled_at) == ("holders-down", begun)
    machine.told["campaigns"].down = False
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.stalled_at is None


async def test_what_nobody_expected_is_said_without_its_text(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    jobs = machine.jobs()

    async def advance(_request: object) -> None:
        raise RuntimeError("geheim")

    monkeypatch.setattr(jobs._procedures[Kind.ACCESS], "advance", advance)
    await jobs.work()
    request = (await machine.see(request_id, anna)).request
    assert (request.problem, request.waiting_for) == ("unexpected", ())
    (row,) = await rows(machine, "SELECT subject_request::text AS text FROM subject_request")
    assert "geheim" not in row.text


async def test_trying_again_what_moves_is_refused(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    with pytest.raises(FailedPrecondition) as refused:
        await machine.handling.retry_request(request_id, caller=customer(anna))
    assert refused.value.reason == "NOTHING_STALLS"
    with pytest.raises(NotFound):
        await machine.handling.retry_request(uuid.uuid4(), caller=customer(anna))
