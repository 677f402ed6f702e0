"""The services' gRPC doors, called with the token of one person or service."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

import grpc
from kontor.campaigns.v1.campaigns_pb2_grpc import AudiencesStub, CampaignsStub, TemplatesStub
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub
from kontor.contacts.v1.imports_pb2_grpc import ImportsStub
from kontor.privacy.v1.holder_pb2_grpc import DataHolderStub
from kontor.privacy.v1.privacy_pb2_grpc import ConsentsStub, PermitsStub, RequestsStub, SuppressionsStub
from kontor.tickets.v1.tickets_pb2_grpc import TicketsStub

from kernel.channel import SyncChannel
from kernel.errors import DeadlineExceeded, Unavailable
from tests.e2e.check import Broken
from tests.e2e.realm import Token

Given = TypeVar("Given")
Answer = TypeVar("Answer")
_AT_ONCE = 12


class Caller:
    """Stubs of every service for one token; failures are the kernel's typed errors."""

    def __init__(self, env: Mapping[str, str], token: Token) -> None:
        self._env = env
        self._token = token
        self._channels: dict[str, SyncChannel] = {}

    @cached_property
    def contacts(self) -> ContactsStub:
        return ContactsStub(self._channel("contacts"))

    @cached_property
    def imports(self) -> ImportsStub:
        return ImportsStub(self._channel("contacts"))

    @cached_property
    def campaigns(self) -> CampaignsStub:
        return CampaignsStub(self._channel("campaigns"))

    @cached_property
    def templates(self) -> TemplatesStub:
        return TemplatesStub(self._channel("campaigns"))

    @cached_property
    def audiences(self) -> AudiencesStub:
        return AudiencesStub(self._channel("campaigns"))

    @cached_property
    def tickets(self) -> TicketsStub:
        return TicketsStub(self._channel("tickets"))

    @cached_property
    def consents(self) -> ConsentsStub:
        return ConsentsStub(self._channel("privacy"))

    @cached_property
    def permits(self) -> PermitsStub:
        return PermitsStub(self._channel("privacy"))

    @cached_property
    def requests(self) -> RequestsStub:
        return RequestsStub(self._channel("privacy"))

    @cached_property
    def suppressions(self) -> SuppressionsStub:
        return SuppressionsStub(self._channel("privacy"))

    def holder(self, name: str) -> DataHolderStub:
        """A service as one that holds personal data."""
        return DataHolderStub(self._channel(name))

    def close(self) -> None:
        """Hang up."""
        for channel in self._channels.values():
            channel.get().close()

    def _channel(self, name: str) -> grpc.Channel:
        if name not in self._channels:
            target = self._env[f"KONTOR_{name.upper()}_TARGET"]
            self._channels[name] = SyncChannel(target, own_token=self._token)
        return self._channels[name].get()


def new_id() -> str:
    """A request id: it names one command, however often that is sent."""
    return str(uuid.uuid4())


def patiently(call: Callable[[], Answer], *, seconds: float = 40) -> Answer:
    """Repeat a call while its service is away: the request id makes that safe."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except (Unavailable, DeadlineExceeded) as error:
            if time.monotonic() > deadline:
                raise Broken(f"a service stayed away for {seconds:.0f} s: {error}") from error
            time.sleep(0.2)


def side_by_side(call: Callable[[Given], Answer], given: Iterable[Given]) -> list[Answer]:
    """Many calls, some at a time; the answers in order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda one: patiently(lambda: call(one)), given))


def all_pages(page: Callable[[str], Any], items: Callable[[Any], Iterable[Given]]) -> Iterator[Given]:
    """Every item of a list that comes in pages; `page` takes the page token."""
    token = ""
    while True:
        answer = page(token)
        yield from items(answer)
        token = answer.next_page_token
        if not token:
            return
