"""Every door through which an address comes in, or a mail goes out, asks the suppression list: by name, with a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor
from kontor.options.v1 import options_pb2

from tests.architecture.tree import ROOT, services

PEOPLE = "tests/contacts/test_people.py::test_a_suppressed_address_is_refused_wherever_it_comes_in"
PERMIT = "tests/privacy/test_permits.py::test_a_batch_answers_in_the_order_asked_with_reasons"
# Doors that take an address in a field of its own: the test that refuses a suppressed one.
REFUSING = {
    "Contacts.CreateContact": PEOPLE,
    "Contacts.UpdateContact": PEOPLE,
    "Contacts.EnsureContact": PEOPLE,
    "Forms.SubmitSignUp": "tests/campaigns/test_forms.py::test_a_suppressed_address_gets_the_same_answer_and_no_mail",
    "Permits.Authorize": PERMIT,
    "Permits.Preview": "tests/privacy/test_lifting.py::test_what_is_not_the_persons_to_lift_stays_and_says_why",
}
# Doors through which an address comes by another way: in a file, behind a link, by a contact's id.
BESIDE = {
    "Imports.CreateImport": "tests/contacts/test_imports.py::test_nothing_of_a_suppressed_row_is_kept",
    "Imports.CommitImport": "tests/contacts/test_imports.py::test_who_is_suppressed_after_the_dry_run_is_not_imported",
    "Forms.ConfirmSignUp": "tests/campaigns/test_forms.py::test_an_address_suppressed_before_the_mail_went_gets_none",
    "Logins.InviteLogin": "tests/contacts/test_logins.py::test_who_cannot_be_written_to_is_not_invited",
    "Campaigns.StartCampaign": (
        "tests/campaigns/test_sending.py::test_exactly_the_permitted_get_one_mail_and_everybody_else_has_a_reason"
    ),
}
# Doors that take an address and store and mail nothing for it, or must work for whoever is on the list.
NOT_ASKING = {
    "Suppressions.CheckSuppressions": "is the list itself",
    "Suppressions.LookUpSuppression": "is the list itself",
    "Suppressions.AddSuppression": "is the list itself",
    "Suppressions.ImportSuppressions": "is the list itself",
    "DataHolder.Collect": "looks for what is held (Art. 15 GDPR)",
    "DataHolder.Plan": "looks for what is held (Art. 17 GDPR)",
    "DataHolder.Probe": "looks for what is left (Art. 17 GDPR)",
    "Finding.GetContactByEmail": "looks for a contact and stores nothing",
    "Askings.Ask": "a right may be used by everybody (Art. 12 GDPR); the answer names the list",
    "ExistingCustomers.RecordSale": "keeps a keyed hash; each message asks for its permit",
    "ExistingCustomers.GetCustomerStanding": "answers and stores nothing",
}
# Names that promise another door: who adds one says here how it asks. Neither merging nor mail-in is built yet.
PROMISING = (
    "Merge",
    "Inbound",
    "Incoming",
    "Receive",
    "MailIn",
    "Invite",
    "StartCampaign",
    "SignUp",
    "Import",
)
PLAIN = {
    "Imports.GetImport": "shows what was decided",
    "Imports.ListImports": "shows what was decided",
    "Imports.ListImportRows": "shows what was decided",
    "Imports.DiscardImport": "throws away",
}


def takes_address(message: Descriptor, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a request holds an e-mail address or a number of somebody."""
    if message.full_name in seen:
        return False
    for field in message.fields:
        options = field.GetOptions()
        declared = (
            options.Extensions[options_pb2.personal] if options.HasExtension(options_pb2.personal) else None
        )
        if declared is not None and declared.category == options_pb2.CATEGORY_CONTACT_POINT:
            return True
        if field.message_type and takes_address(field.message_type, seen | {message.full_name}):
            return True
    return False


def doors() -> Iterator[str]:
    """What takes an address, and what is called as if it did."""
    for service in services():
        for method in service.methods:
            if takes_address(method.input_type) or any(word in method.name for word in PROMISING):
                yield f"{service.name}.{method.name}"


def test_every_door_is_named_with_how_it_asks() -> None:
    named = REFUSING | BESIDE | NOT_ASKING | PLAIN
    assert set(doors()) - set(named) == set(), "a new door: which test refuses a suppressed address there?"
    rpcs = {f"{service.name}.{method.name}" for service in services() for method in service.methods}
    assert set(named) - rpcs == set(), "is on the list and is no door any more"
    assert (REFUSING.keys() | NOT_ASKING.keys()) - set(doors()) == set()


@pytest.mark.parametrize("where", sorted({*REFUSING.values(), *BESIDE.values()}))
def test_the_test_of_a_door_is_there_and_is_about_the_list(where: str) -> None:
    path, _, name = where.partition("::")
    source = (ROOT / path).read_text()
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    assert len(found) == 1, "was renamed or is gone"
    assert "suppress" in (ast.get_source_segment(source, found[0]) or "")
