"""What is remembered of a login may grant for seconds; a refusal is asked anew."""

import uuid
from types import SimpleNamespace

import grpc
import pytest
from kontor.contacts.v1 import logins_pb2

from kernel.contract import Scope
from kernel.errors import NotFound
from kernel.identity import Principal
from kernel.own_contact import RemoteOwnContact
from kernel.rpc.authorize import _require_reach

LOGIN = Principal(subject="login", client="", roles=frozenset({"customer"}), token="t", expires_at=0)


class Logins:
    """The contacts service, as far as it is asked here."""

    def __init__(self, contact_id: uuid.UUID) -> None:
        self.contact_id, self.asked = contact_id, 0

    async def GetOwnView(self, _request: object, *, metadata: object) -> logins_pb2.OwnView:
        self.asked += 1
        return logins_pb2.OwnView(contact_id=str(self.contact_id))


async def test_who_begins_again_is_not_refused_for_the_erased_record(monkeypatch: pytest.MonkeyPatch) -> None:
    erased, anew = uuid.uuid4(), uuid.uuid4()
    logins = Logins(erased)
    async with grpc.aio.insecure_channel("127.0.0.1:9") as channel:
        finder = RemoteOwnContact(channel)
    monkeypatch.setattr(finder, "_logins", logins)
    await _reach(finder, erased)
    await _reach(finder, erased)
    assert logins.asked == 1
    logins.contact_id = anew
    await _reach(finder, anew)
    # A stranger stays a stranger, however often it is asked.
    with pytest.raises(NotFound):
        await _reach(finder, uuid.uuid4())


async def _reach(finder: RemoteOwnContact, contact_id: uuid.UUID) -> None:
    call = SimpleNamespace(principal=LOGIN, narrowed=False, scope=Scope.OWN, subjects=set())
    await _require_reach(call, str(contact_id), finder)  # type: ignore[arg-type]
