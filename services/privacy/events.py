"""Every fact that the privacy service publishes; ids only."""

from __future__ import annotations

import uuid

from kontor.privacy.v1 import events_pb2

from kernel.outbox import Fact
from services.privacy.consent.life.model import Due


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


def consent_refused(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """Somebody who was asked has said no."""
    return Fact(
        "privacy.consent.refused",
        events_pb2.ConsentRefused(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic),
    )


def consent_expired(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """A consent was written down as expired."""
    return Fact(
        "privacy.consent.expired",
        events_pb2.ConsentExpired(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic),
    )


def consent_renewed(*, consent_id: uuid.UUID, contact_id: uuid.UUID, topic: str) -> Fact:
    """A consent was given again before it ended."""
    return Fact(
        "privacy.consent.renewed",
        events_pb2.ConsentRenewed(consent_id=str(consent_id), contact_id=str(contact_id), topic=topic),
    )


def consent_renewal_due(due: Due) -> Fact:
    """A consent will end; whoever sends may ask whether it is to go on."""
    return Fact(
        "privacy.consent.ending",
        events_pb2.ConsentRenewalDue(
            renewal_id=str(due.id),
            consent_id=str(due.record.id),
            contact_id=str(due.record.contact_id),
            topic=due.record.topic,
            last_day=str(due.last_day),
        ),
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


def restriction_imposed(*, restriction_id: uuid.UUID, contact_id: uuid.UUID, ground: int) -> Fact:
    """The processing of a subject's data is restricted at every holder."""
    return Fact(
        "privacy.restriction.imposed",
        events_pb2.RestrictionImposed(
            restriction_id=str(restriction_id), contact_id=str(contact_id), ground=ground
        ),
    )


def restriction_lifting_announced(*, restriction_id: uuid.UUID, contact_id: uuid.UUID) -> Fact:
    """The subject was told that a restriction ends."""
    return Fact(
        "privacy.restriction.announced",
        events_pb2.RestrictionLiftingAnnounced(
            restriction_id=str(restriction_id), contact_id=str(contact_id)
        ),
    )


def restriction_lifted(*, restriction_id: uuid.UUID, contact_id: uuid.UUID) -> Fact:
    """A restriction has ended at every holder."""
    return Fact(
        "privacy.restriction.lifted",
        events_pb2.RestrictionLifted(restriction_id=str(restriction_id), contact_id=str(contact_id)),
    )
