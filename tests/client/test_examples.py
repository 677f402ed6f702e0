"""The package as an integrator installs it, and its three examples, against the whole of Kontor."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kontor.contacts.v1.contacts_pb2 import ListContactsRequest
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_EMAIL,
    Evidence,
    GetConsentTextRequest,
    GiveConsentRequest,
    WithdrawConsentRequest,
)

from devstack.client_package import SOURCE, build
from tests.e2e.calls import Caller
from tests.e2e.realm import Realm
from tests.e2e.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("client-stack")]

CUSTOMERS = """\
email,given_name,family_name,phone,city,country,language
anna.sommer@kunde.example,Anna,Sommer,0221 5550123,Köln,DE,de
jörg@müller.example,Jörg,Müller,,Düsseldorf,DE,de
,Ohne,Adresse,,Bonn,DE,de
kein@telefon.example,Kein,Telefon,keine Nummer,Bonn,DE,de
ewa@kunde.example,Ewa,Łącka,,Aachen,DE,de
"""


@dataclass
class Program:
    """A Python of its own with nothing of Kontor but the wheel."""

    python: Path
    env: Mapping[str, str]
    folder: Path

    def run(self, example: str, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, SOURCE / "examples" / f"{example}.py", *map(str, arguments)],
            env={**self.env, **more}, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def said(self, example: str, *arguments: object) -> Any:
        """The last line that it printed, read as JSON."""
        done = self.run(example, *arguments)
        assert done.stdout, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with Running() as made:
        yield made


@pytest.fixture(scope="module")
def program(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("integrator")
    wheel = build(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*install, "--no-deps", "--no-index", str(wheel)], check=True)
    # What the package depends on comes from the locked set; a .pth file in there is not followed, so nothing else does.
    libraries = sysconfig.get_path("purelib")
    return Program(python, {**running.env(), "PYTHONPATH": libraries}, folder)


@pytest.fixture(scope="module")
def portal(running: Running) -> Caller:
    """The portal's own account: gives consents as a sign-up would."""
    return Caller(running.env(), Realm(running).service("portal"))


@pytest.fixture(scope="module")
def erp(running: Running) -> Caller:
    return Caller(running.env(), Realm(running).service("integrator"))


def test_the_package_is_typed_and_stands_alone(program: Program) -> None:
    def runs(code: str) -> bool:
        command = [str(program.python), "-c", code]
        return not subprocess.run(command, env=dict(program.env), cwd=program.folder, check=False).returncode

    assert not runs("import kernel")
    assert runs(
        "import kontor_client, kontor.contacts.v1.contacts_pb2 as stubs, pathlib;"
        "home = pathlib.Path(kontor_client.__file__).parents[1];"
        "assert pathlib.Path(stubs.__file__).is_relative_to(home);"
        "assert (home / 'kontor_client' / 'py.typed').exists() and (home / 'kontor' / 'py.typed').exists();"
        "assert (home / 'kontor/contacts/v1/contacts_pb2.pyi').exists()"
    )


def test_customers_of_an_erp_are_brought_in_once(program: Program, erp: Caller) -> None:
    file = program.folder / "customers.csv"
    # As Excel writes it, with a byte order mark.
    file.write_text(CUSTOMERS, encoding="utf-8-sig")
    first = program.said("upsert_contacts", file)
    assert first == {"created": 3, "updated": 0, "unchanged": 0, "refused": 2}
    before = {contact.id: contact.etag for contact in contacts(erp)}
    assert program.said("upsert_contacts", file) == {"created": 0, "updated": 0, "unchanged": 3, "refused": 2}
    assert {contact.id: contact.etag for contact in contacts(erp)} == before

    file.write_text(CUSTOMERS.replace("Aachen", "Lüttich"), encoding="utf-8")
    third = program.said("upsert_contacts", file)
    assert third == {"created": 0, "updated": 1, "unchanged": 2, "refused": 2}
    (ewa,) = [contact for contact in contacts(erp) if contact.given_name == "Ewa"]
    assert (ewa.city, ewa.source) == ("Lüttich", "integration")


def test_two_runs_at_once_make_nobody_twice(program: Program, erp: Caller) -> None:
    file = program.folder / "twice.csv"
    rows = "".join(f"zwilling{n}@kunde.example,Zwilling,Nr{n}\n" for n in range(15))
    file.write_text(f"email,given_name,family_name\n{rows}")
    command = [program.python, SOURCE / "examples/upsert_contacts.py", file]
    runs = [
        subprocess.Popen(command, env=dict(program.env), stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    counts = [json.loads(run.communicate(timeout=120)[0]) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(count["created"] for count in counts) == 15
    assert sum(count["unchanged"] for count in counts) == 15
    twins = [contact for contact in contacts(erp) if contact.given_name == "Zwilling"]
    assert len(twins) == 15


def test_facts_are_followed_from_where_the_last_run_ended(program: Program, erp: Caller) -> None:
    positions = program.folder / "positions.json"
    ids = {contact.id for contact in contacts(erp)}
    first = facts(program, positions)
    created = [fact["fact"]["contactId"] for fact in first if fact["subject"] == "contacts.contact.created"]
    assert set(created) == ids
    assert len(created) == len(ids)
    assert facts(program, positions) == []

    file = program.folder / "one.csv"
    file.write_text("email,given_name\nspaet@kunde.example,Später\n")
    program.said("upsert_contacts", file)
    (only,) = facts(program, positions)
    assert only["subject"] == "contacts.contact.created"
    # From the beginning again, into another file: nothing is used up by reading.
    again = facts(program, program.folder / "other.json")
    assert [fact["id"] for fact in again if fact["subject"].startswith("contacts.")] == [
        fact["id"] for fact in [*first, only] if fact["subject"].startswith("contacts.")
    ]


def test_another_system_asks_before_it_sends(program: Program, portal: Caller, erp: Caller) -> None:
    ask = ("consent_before_sending", "anna.sommer@kunde.example", "newsletter")
    before = program.said(*ask)
    assert (before["permitted"], before["reason"], before["consents"]) == (False, "no-consent", {})

    (anna,) = [contact for contact in contacts(erp) if contact.given_name == "Anna"]
    text = portal.consents.GetConsentText(GetConsentTextRequest(topic="newsletter", language="de"))
    portal.consents.GiveConsent(
        GiveConsentRequest(
            request_id=str(uuid.uuid4()), contact_id=anna.id, topic="newsletter", channel=CHANNEL_EMAIL,
            text_id=text.id, evidence=Evidence(method="staff"),
        )
    )  # fmt: skip
    may = program.run(*ask)
    assert may.returncode == 0, may.stderr
    said = json.loads(may.stdout)
    assert (said["permitted"], said["reason"]) == (True, "consent")
    assert said["consents"] == {"newsletter": "given"}
    assert uuid.UUID(said["decision"])

    portal.consents.WithdrawConsent(
        WithdrawConsentRequest(
            request_id=str(uuid.uuid4()), contact_id=anna.id, topic="newsletter", channel=CHANNEL_EMAIL,
            method="one-click",
        )
    )  # fmt: skip
    after = program.run(*ask)
    assert after.returncode == 1
    assert json.loads(after.stdout)["reason"] == "withdrawn"
    assert (
        program.said("consent_before_sending", "niemand@kunde.example", "newsletter")["reason"] == "unknown"
    )


def test_wrong_credentials_are_said_in_one_line(program: Program) -> None:
    done = program.run("consent_before_sending", "a@b.example", "newsletter", KONTOR_CLIENT_SECRET="wrong")
    assert done.returncode == 1
    assert "NoToken" in done.stderr.splitlines()[-1]


def contacts(erp: Caller) -> list[Any]:
    """Everybody in the book."""
    return list(erp.contacts.ListContacts(ListContactsRequest(page_size=200)).contacts)


def facts(program: Program, positions: Path) -> list[dict[str, Any]]:
    """What the example prints until nothing more comes."""
    done = program.run("follow_facts", positions, "--until-idle")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
