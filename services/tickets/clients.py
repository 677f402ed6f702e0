"""What this service asks of others."""

from __future__ import annotations

import uuid

import grpc
from kontor.contacts.v1 import contacts_pb2, contacts_pb2_grpc


class ContactBook:
    """The contacts service, as the place that knows who exists."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._contacts = contacts_pb2_grpc.ContactsStub(channel)

    async def has(self, contact_id: uuid.UUID) -> bool:
        """Whether there is such a contact. Errors: Unavailable."""
        answer = await self._contacts.BatchGetContacts(
            contacts_pb2.BatchGetContactsRequest(contact_ids=[str(contact_id)])
        )
        return not answer.missing_ids
