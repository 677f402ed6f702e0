"""Brings the customers of an ERP into Kontor: `python upsert_contacts.py customers.csv`.

The file has a header with any of: email, given_name, family_name, phone, street, postal_code, city, country, language.
The address decides who is who; a row without one is refused. Run it as often as you like: what is the same
already is left alone.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Mapping

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1.contacts_pb2 import (
    Contact,
    CreateContactRequest,
    UpdateContactRequest,
)
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub

from kontor_client import Connection, Failure, new_request_id
from kontor_client.people import find_contact

FIELDS = (
    "email", "given_name", "family_name", "phone", "street", "postal_code", "city", "country", "language",
)  # fmt: skip


def upsert(contacts: ContactsStub, row: Mapping[str, str]) -> str:
    """Creates or changes one contact; says what became of the row."""
    wanted = Contact()
    for name in FIELDS:
        setattr(wanted, name, (row.get(name) or "").strip())
    if not wanted.email:
        return "refused"
    known = find_contact(contacts, wanted.email)
    if known is None:
        try:
            contacts.CreateContact(CreateContactRequest(request_id=new_request_id(), contact=wanted))
            return "created"
        except Failure as failure:
            known = find_contact(contacts, wanted.email)
            # Somebody was faster, between our look and our command.
            if failure.code is not grpc.StatusCode.ALREADY_EXISTS or known is None:
                raise
    # What the ERP does not know is not its to empty.
    mask = FieldMask(paths=[field.name for field, _ in wanted.ListFields() if field.name != "email"])
    if not mask.paths:
        return "unchanged"
    changed = contacts.UpdateContact(
        UpdateContactRequest(
            request_id=new_request_id(),
            contact_id=known.id,
            contact=wanted,
            update_mask=mask,
            etag=known.etag,
        )
    )
    return "unchanged" if changed.etag == known.etag else "updated"


def main() -> int:
    with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    outcomes: Counter[str] = Counter(created=0, updated=0, unchanged=0, refused=0)
    with Connection.from_environment() as kontor:
        contacts = ContactsStub(kontor.channel("contacts"))
        for number, row in enumerate(rows, start=2):
            try:
                outcomes[upsert(contacts, row)] += 1
            except Failure as failure:
                if failure.code in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE):
                    # The next row would fare no better; the next run begins where this one ended.
                    raise
                # A suppressed address, a phone number that is none: the row, not the run.
                outcomes["refused"] += 1
                print(f"line {number}: {failure.reason} {dict(failure.violations)}", file=sys.stderr)
    print(json.dumps(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
