"""v1 never breaks: whatever would hurt a client that was built from the last release is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.reference import ROOT

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
