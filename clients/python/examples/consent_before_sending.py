"""Asks whether another system may write to somebody: `python consent_before_sending.py anna@example.eu newsletter`.

Prints what the person has consented to, and Kontor's decision at this moment, whose id belongs to the message that you
send on it. Ends with 0 if you may, 1 if you may not.
"""

import json
import sys

from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    AuthorizeRequest,
    Candidate,
    ConsentState,
    Decision,
    ListConsentsRequest,
)
from kontor.privacy.v1.privacy_pb2_grpc import ConsentsStub, PermitsStub

from kontor_client import Connection, new_request_id
from kontor_client.people import find_contact


def consents(kontor: Connection, contact: Contact) -> dict[str, str]:
    """Topic → state of the newest record, for showing; the decision is another question."""
    stub = ConsentsStub(kontor.channel("privacy"))
    records = stub.ListConsents(ListConsentsRequest(contact_id=contact.id)).consents
    return {
        record.topic: ConsentState.Name(record.state).removeprefix("CONSENT_STATE_").lower()
        for record in records
    }


def decide(kontor: Connection, contact: Contact, topic: str) -> Decision:
    """Restriction, objection, suppression and consent together. Ask right before sending, every time."""
    permits = PermitsStub(kontor.channel("privacy"))
    answer = permits.Authorize(
        AuthorizeRequest(
            request_id=new_request_id(),
            channel=CHANNEL_EMAIL,
            topic=topic,
            candidates=[Candidate(contact_id=contact.id, address=contact.email)],
        )
    )
    return answer.decisions[0]


def main() -> int:
    email, topic = sys.argv[1:]
    with Connection.from_environment() as kontor:
        contact = find_contact(ContactsStub(kontor.channel("contacts")), email)
        if contact is None:
            print(json.dumps({"permitted": False, "reason": "unknown"}))
            return 1
        decision = decide(kontor, contact, topic)
        said = {
            "permitted": decision.permitted,
            "reason": decision.reason,
            "decision": decision.id,
            "consents": consents(kontor, contact),
        }
    print(json.dumps(said))
    return 0 if decision.permitted else 1


if __name__ == "__main__":
    sys.exit(main())
