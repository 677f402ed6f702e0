"""Stage errors: a typed error crosses the wire and is rebuilt; the unexpected tells nothing from inside."""

import logging

import grpc
import pytest
from kontor.tickets.v1 import tickets_pb2_grpc

from kernel import errors
from tests.kernel.conftest import Sample
from tests.kernel.sample import creation

KINDS = [
    errors.NotFound,
    errors.AlreadyExists,
    errors.InvalidArgument,
    errors.FailedPrecondition,
    errors.Aborted,
    errors.PermissionDenied,
    errors.Unauthenticated,
    errors.ResourceExhausted,
    errors.DeadlineExceeded,
]


def raising(sample: Sample, error: Exception) -> None:
    async def deed(_: object) -> None:
        raise error

    sample.rpc.deeds.append(deed)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_typed_error_arrives_as_itself(sample: Sample, kind: type[errors.DomainError]) -> None:
    raising(
        sample,
        kind(
            "Zu spät.", reason="TOO_LATE", metadata={"after": "17"}, violations={"contact.name": "is empty"}
        ),
    )
    with pytest.raises(kind) as arrived:
        await sample.client("agent").CreateTicket(creation())
    error = arrived.value
    assert type(error) is kind
    assert (error.message, error.reason) == ("Zu spät.", "TOO_LATE")
    assert (error.metadata, error.violations) == ({"after": "17"}, {"contact.name": "is empty"})


async def test_a_named_error_keeps_its_name_as_reason(sample: Sample) -> None:
    raising(sample, errors.StaleEtag())
    with pytest.raises(errors.Aborted) as arrived:
        await sample.client("agent").CreateTicket(creation())
    assert arrived.value.reason == "STALE_ETAG"


async def test_the_unexpected_answers_a_reference_and_nothing_from_inside(
    sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    raising(sample, RuntimeError("duplicate key (email)=(anna@example.org)"))
    with caplog.at_level(logging.ERROR), pytest.raises(errors.Internal) as arrived:
        await sample.client("agent").CreateTicket(creation())
    reference = arrived.value.metadata["reference"]
    assert "anna" not in str(arrived.value)
    assert "RuntimeError" not in str(arrived.value)
    (record,) = (r for r in caplog.records if r.name == "kernel.rpc.failure")
    fields = record.__dict__["fields"]
    assert fields["reference"] == reference
    assert fields["error"] == "RuntimeError"
    assert "anna" not in repr(record.__dict__)


async def test_foreign_clients_get_a_status_that_they_can_read(sample: Sample) -> None:
    raising(sample, errors.FailedPrecondition("Not now.", reason="NOT_NOW"))
    stub = tickets_pb2_grpc.TicketsStub(sample.served.bare_channel())
    token = sample.realm.token("agent")
    with pytest.raises(grpc.aio.AioRpcError) as arrived:
        await stub.CreateTicket(creation(), metadata=(("authorization", f"Bearer {token}"),))
    assert arrived.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert arrived.value.details() == "Not now."


async def test_an_unreachable_service_is_unavailable(sample: Sample) -> None:
    request, agent = creation(request_id=""), sample.client("agent")
    await sample.stop()
    with pytest.raises(errors.Unavailable):
        await agent.CreateTicket(request)
