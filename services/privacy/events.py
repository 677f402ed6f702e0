"""Every fact that the privacy service publishes; ids only."""

from __future__ import annotations

import uuid

from kontor.privacy.v1 import events_pb2

from kernel.outbox import Fact


def consent_given(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """A consent became effective."""
    message = events_pb2.ConsentGiven(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic)
    return Fact("privacy.consent.given", message)


def consent_withdrawn(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """A consent was withdrawn, or said not to exist."""
    message = events_pb2.ConsentWithdrawn(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic)
    return Fact("privacy.consent.withdrawn", message)


def request_received(*, request_id: uuid.UUID, contact_id: uuid.UUID, kind: int) -> Fact:
    """A subject exercised a right; its clock runs."""
    message = events_pb2.RequestReceived(request_id=str(request_id), contact_id=str(contact_id), kind=kind)
    return Fact("privacy.request.received", message)


def request_completed(*, request_id: uuid.UUID, contact_id: uuid.UUID, kind: int) -> Fact:
    """A request was answered in full."""
    message = events_pb2.RequestCompleted(request_id=str(request_id), contact_id=str(contact_id), kind=kind)
    return Fact("privacy.request.completed", message)
