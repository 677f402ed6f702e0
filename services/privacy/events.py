"""Every fact that the privacy service publishes; ids only."""

from __future__ import annotations

import uuid

from kontor.privacy.v1 import events_pb2

from kernel.outbox import Fact


def consent_given(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """A consent became effective."""
    return Fact(
        "privacy.consent.given",
        events_pb2.ConsentGiven(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic),
    )


def consent_withdrawn(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """A consent was withdrawn, or said not to exist."""
    return Fact(
        "privacy.consent.withdrawn",
        events_pb2.ConsentWithdrawn(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic),
    )


def request_received(*, request_id: uuid.UUID, contact_id: uuid.UUID, kind: int) -> Fact:
    """A subject exercised a right; its clock runs."""
    return Fact(
        "privacy.request.received",
        events_pb2.RequestReceived(request_id=str(request_id), contact_id=str(contact_id), kind=kind),
    )


def request_completed(*, request_id: uuid.UUID, contact_id: uuid.UUID, kind: int) -> Fact:
    """A request was answered in full."""
    return Fact(
        "privacy.request.completed",
        events_pb2.RequestCompleted(request_id=str(request_id), contact_id=str(contact_id), kind=kind),
    )
