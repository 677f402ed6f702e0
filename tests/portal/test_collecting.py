"""Everything held, asked of real holders side by side: what is missing costs its part and not the page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import grpc
import pytest
from flask import Flask
from flask_babel import Babel
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import holder_pb2

from devstack.ports import LOOPBACK
from kernel.channel import CallContext, call_context
from services.portal.clients import HOLDERS, Clients
from services.portal.config import PortalSettings
from services.portal.rights.held import SHOWN_RECORDS, datasets
from tests.web import sample
from tests.web.token_door import TokenDoor, token_door

# Far longer than an answer on loopback takes.
ENOUGH_S = 8.0
OF_NOBODY = Contact(id="018f0000-0000-7000-8000-000000000001", email="anna@example.org")


class Holder:
    """All four holders on one port; `answer` says what each call does."""

    def __init__(self) -> None:
        self.answer: Callable[[grpc.ServicerContext], int] = lambda _context: 1
        self.left_s: list[float] = []

    def collect(self, _request: Any, context: grpc.ServicerContext) -> Iterator[holder_pb2.Record]:
        self.left_s.append(context.time_remaining())
        for _ in range(self.answer(context)):
            yield holder_pb2.Record(dataset="contact")


@pytest.fixture
def holder() -> Holder:
    return Holder()


@pytest.fixture
def door() -> Iterator[TokenDoor]:
    with token_door() as opened:
        yield opened


@pytest.fixture
def clients(holder: Holder, door: TokenDoor) -> Iterator[Clients]:
    collect = grpc.unary_stream_rpc_method_handler(
        holder.collect,
        request_deserializer=holder_pb2.CollectRequest.FromString,
        response_serializer=holder_pb2.Record.SerializeToString,
    )
    service = holder_pb2.DESCRIPTOR.services_by_name["DataHolder"].full_name
    handlers = [grpc.method_handlers_generic_handler(service, {"Collect": collect})]
    server = grpc.server(ThreadPoolExecutor(len(HOLDERS)), handlers=handlers)
    target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    targets = {f"{name}_target": target for name in HOLDERS}
    given = sample.settings(oidc_issuer=door.issuer, database_url="postgresql://nobody.example/x", **targets)
    yield Clients(PortalSettings(**given.model_dump()))
    server.stop(None).wait()


def counted(clients: Clients) -> list[int | None]:
    found = clients.collect(OF_NOBODY, lambda records: sum(1 for _ in records))
    assert [one.holder for one in found] == list(HOLDERS)
    return [one.found for one in found]


def test_all_holders_are_asked_side_by_side(clients: Clients, holder: Holder) -> None:
    all_here = threading.Barrier(len(HOLDERS))

    def answer(_context: grpc.ServicerContext) -> int:
        all_here.wait(ENOUGH_S)
        return 2

    holder.answer = answer
    assert counted(clients) == [2, 2, 2, 2]


def test_collecting_takes_no_more_than_the_page_has_left(clients: Clients, holder: Holder) -> None:
    with call_context(CallContext(token="", deadline=monotonic() + 3)):
        assert counted(clients) == [1, 1, 1, 1]
    assert max(holder.left_s) <= 3
    with call_context(CallContext(token="", deadline=monotonic())):
        assert counted(clients) == [None] * 4


def test_a_holder_that_fails_half_way_is_missing_and_no_other_is(clients: Clients, holder: Holder) -> None:
    calls = iter(range(len(HOLDERS)))

    def answer(context: grpc.ServicerContext) -> int:
        if next(calls) == 0:
            context.abort(grpc.StatusCode.UNAVAILABLE, "down")
        return 1

    holder.answer = answer
    assert sorted(counted(clients), key=str) == [1, 1, 1, None]


def test_without_a_token_of_its_own_the_page_shows_that_nothing_answers(
    clients: Clients, door: TokenDoor
) -> None:
    door.refuse(503, "down")
    assert counted(clients) == [None] * 4


def test_of_thousands_of_records_only_those_are_kept_that_are_shown() -> None:
    many = (holder_pb2.Record(dataset="message") for _ in range(5000))
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        (found,) = datasets(many, own_subject="")
    assert (len(found.entries), found.total, found.left) == (SHOWN_RECORDS, 5000, 5000 - SHOWN_RECORDS)
