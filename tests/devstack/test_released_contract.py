"""v1 never breaks: whatever would hurt a client that was built from the last release is refused."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from kontor.options.v1 import options_pb2

from devstack.released import ROOT, narrowed, present

RELEASED = ROOT / "proto/released/v1.binpb"
CONTACTS = "proto/kontor/contacts/v1/contacts.proto"


def breaking(folder: Path) -> str:
    """What buf says about the contract in `folder`, empty if it may be released."""
    buf = Path(sys.executable).with_name("buf")
    done = subprocess.run(
        [buf, "breaking", "--against", RELEASED], cwd=folder, capture_output=True, text=True, check=False
    )
    assert bool(done.stdout) == (done.returncode != 0), done.stderr
    return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("released"))
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def change(folder: Path, old: str, new: str, path: str = CONTACTS) -> None:
    file = folder / path
    content = file.read_text()
    assert old in content
    file.write_text(content.replace(old, new, 1))


def test_the_present_contract_serves_the_clients_of_the_last_release() -> None:
    assert breaking(ROOT) == ""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  int64 contact_count = 6;\n", "", 'field "6" with name "contact_count"'),
        ("  int64 contact_count = 6;", "  string contact_count = 6;", "changed type"),
        ("  int64 contact_count = 6;", "  int64 contact_count = 7;", 'field "6"'),
        ("  bool with_email = 6;", "  bool having_email = 6;", "changed name"),
        ("  SALUTATION_NEUTRAL = 3;\n", "", 'enum value "3" on enum "Salutation"'),
        ("rpc ListOrganisations(", "rpc ListAllOrganisations(", 'RPC "ListOrganisations"'),
    ],
)
def test_what_breaks_a_client_is_refused(copy: Path, old: str, new: str, complaint: str) -> None:
    change(copy, old, new)
    assert complaint in breaking(copy)


def test_a_removed_fact_is_refused(copy: Path) -> None:
    change(copy, "message LoginLinked {", "message LoginJoined {", "proto/kontor/contacts/v1/events.proto")
    assert '"LoginLinked"' in breaking(copy)


def test_what_only_adds_is_welcome(copy: Path) -> None:
    change(copy, "  int64 contact_count = 6;\n", "  int64 contact_count = 6;\n  int64 ticket_count = 7;\n")
    assert breaking(copy) == ""


# --- what buf does not see -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def contract() -> FileDescriptorSet:
    return present()


def access_of(contract: FileDescriptorSet, rpc: str) -> Any:
    (found,) = (m for f in contract.file for s in f.service for m in s.method if m.name == rpc)
    return found.options.Extensions[options_pb2.access]


def rules_of(contract: FileDescriptorSet, message: str, field: str) -> Any:
    (found,) = (
        f
        for file in contract.file
        for m in file.message_type
        if m.name == message
        for f in m.field
        if f.name == field
    )
    return found.options.Extensions[options_pb2.rules]


NARROWER: dict[str, Callable[[FileDescriptorSet], None]] = {
    "GetContact may no longer be": lambda c: access_of(c, "GetContact").roles.remove("integrator"),
    "GetContact has another purpose": lambda c: setattr(access_of(c, "GetContact"), "purpose", 3),
    "Contact.phone must be required": lambda c: setattr(rules_of(c, "Contact", "phone"), "required", True),
    "Contact.city has a smaller max_len": lambda c: setattr(rules_of(c, "Contact", "city"), "max_len", 99),
    "Contact.etag has a smaller max_len": lambda c: setattr(rules_of(c, "Contact", "etag"), "max_len", 9),
    "Contact.note may no longer": lambda c: setattr(rules_of(c, "Contact", "note"), "multiline", False),
    "Contact.relations has a larger min_items": lambda c: setattr(
        rules_of(c, "Contact", "relations"), "min_items", 1
    ),
    "ListContactsRequest.page_size has a smaller maximum": lambda c: setattr(
        rules_of(c, "ListContactsRequest", "page_size"), "maximum", 199
    ),
    "ListContactsRequest.page_size has a larger minimum": lambda c: setattr(
        rules_of(c, "ListContactsRequest", "page_size"), "minimum", 1
    ),
}


@pytest.mark.parametrize("complaint", NARROWER)
def test_a_narrower_promise_is_refused(contract: FileDescriptorSet, complaint: str) -> None:
    changed = FileDescriptorSet()
    changed.CopyFrom(contract)
    NARROWER[complaint](changed)
    (fault,) = narrowed(contract, changed)
    assert complaint in fault
    # The other way round it is wider, and welcome; a purpose is neither.
    assert len(list(narrowed(changed, contract))) == ("purpose" in complaint)


def test_what_was_open_to_everybody_stays_open(contract: FileDescriptorSet) -> None:
    opened = FileDescriptorSet()
    opened.CopyFrom(contract)
    access_of(opened, "Unsubscribe").public = True
    (fault,) = narrowed(opened, contract)
    assert fault.endswith("Unsubscribe needs a token now")
    assert list(narrowed(contract, opened)) == []


def test_the_released_promise_is_kept(contract: FileDescriptorSet) -> None:
    assert list(narrowed(FileDescriptorSet.FromString(RELEASED.read_bytes()), contract)) == []
