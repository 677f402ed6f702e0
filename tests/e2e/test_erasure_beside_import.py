"""Somebody is erased while a file with their row is taken over, on a running stack: they do not come back."""

from __future__ import annotations

import csv
import io
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from kontor.contacts.v1.contacts_pb2 import Contact, CreateContactRequest, ListContactsRequest
from kontor.contacts.v1.imports_pb2 import (
    IMPORT_STATE_COMMITTED,
    ROW_OUTCOME_SUPPRESSED,
    CommitImportRequest,
    CreateImportRequest,
    GetImportRequest,
    Import,
    ImportRow,
)
from kontor.privacy.v1.holder_pb2 import REQUEST_KIND_ERASURE
from kontor.privacy.v1.privacy_pb2 import (
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_PLANNED,
    ConfirmRequestRequest,
    CreateRequestRequest,
    GetRequestRequest,
    Request,
    RetryRequestRequest,
)

from kernel.errors import Aborted, DeadlineExceeded, FailedPrecondition, Unavailable
from tests.e2e.calls import new_id, patiently
from tests.e2e.check import wait_for
from tests.e2e.mailbox import body
from tests.e2e.residue import Canaries, scan
from tests.e2e.steps.s01_import import rows_of
from tests.e2e.world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]

_ROWS = 300
_PATIENCE_S = 90


class Case:
    """One person, a file with their row in the middle, and an erasure whose plan was shown."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.word = f"q{uuid.uuid4().hex[:12]}"
        self.email = f"{self.word}@rueckkehr.example"
        self.contact = world.agent.contacts.CreateContact(
            CreateContactRequest(
                request_id=new_id(),
                contact=Contact(given_name="Erna", family_name=f"Groß{self.word}", email=self.email),
            )
        )
        self.file = self._file()
        self.tried = self.upload()
        self.request = self._asked()

    def upload(self) -> Import:
        """A dry run."""
        return self.world.agent.imports.CreateImport(
            CreateImportRequest(request_id=new_id(), file_name="gruppe.csv", content=self.file, country="DE"),
            timeout=_PATIENCE_S,
        )

    def commit(self, tried: Import) -> Import:
        """Takes the file over, however often the service dies meanwhile; the same command is one."""
        command = CommitImportRequest(request_id=new_id(), import_id=tried.id)

        def once() -> Import | None:
            try:
                return self.world.agent.imports.CommitImport(command, timeout=_PATIENCE_S)
            except (Unavailable, DeadlineExceeded, Aborted):
                return None

        return wait_for(once, "the file is taken over", seconds=_PATIENCE_S)

    def confirm(self) -> Request:
        """The word to erase."""
        command = ConfirmRequestRequest(request_id=new_id(), id=self.request.id)
        return patiently(lambda: self.world.dpo.requests.ConfirmRequest(command), seconds=_PATIENCE_S)

    def ended(self) -> Request:
        """The erasure when it is complete."""
        wait_for(lambda: self._in(REQUEST_STATE_COMPLETED), "the erasure completes", seconds=180)
        # The last mail goes out after it, and then nobody knows the address any more.
        wait_for(self._is_forgotten, "nobody knows the address any more", seconds=60)
        return wait_for(lambda: self._in(REQUEST_STATE_COMPLETED), "it stays complete")

    def row(self, done: Import) -> ImportRow | None:
        """Their row, behind the header; None if it has gone with them."""
        return next((row for row in rows_of(self.world, done.id) if row.line == _ROWS // 2 + 2), None)

    def _file(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";")
        writer.writerow(["Vorname", "Nachname", "E-Mail", "Telefon", "Notiz"])
        for number in range(_ROWS):
            mail = f"p{number}-{self.word[::-1]}@gruppe.example"
            row = [f"Uwe{number}", f"Bleibt{self.word[::-1]}", mail, "", ""]
            if number == _ROWS // 2:
                row = ["Erna", f"Groß{self.word}", self.email, "", f"neu: {self.email}"]
            writer.writerow(row)
        return text.getvalue().encode()

    def _asked(self) -> Request:
        asked = CreateRequestRequest(
            request_id=new_id(),
            contact_id=self.contact.id,
            kind=REQUEST_KIND_ERASURE,
            language="de",
            channel="letter",
            vouched_by="known-address",
        )
        self.request = self.world.dpo.requests.CreateRequest(asked)
        return wait_for(lambda: self._in(REQUEST_STATE_PLANNED), "the plan is shown", seconds=60)

    def _in(self, state: int) -> Request | None:
        wanted = GetRequestRequest(id=self.request.id)
        found = patiently(lambda: self.world.dpo.requests.GetRequest(wanted), seconds=30)
        if found.problem:
            again = RetryRequestRequest(request_id=new_id(), id=found.id)
            # It may go on by itself meanwhile.
            with suppress(FailedPrecondition):
                patiently(lambda: self.world.dpo.requests.RetryRequest(again), seconds=30)
        return found if found.state == state else None

    def _is_forgotten(self) -> bool:
        with self.world.running.connect("privacy") as connection:
            query = "SELECT count(*) FROM request_farewell WHERE request_id = %s"
            return connection.execute(query, (self.request.id,)).fetchone() == (0,)


def refused(row: ImportRow) -> bool:
    """With its reason, and without a word of what stood there."""
    said = row.outcome, row.reason, dict(row.cells), row.contact_id
    return said == (ROW_OUTCOME_SUPPRESSED, "suppressed", {}, "")


def _both(first: Callable[[], object], second: Callable[[], object], *, kills: Callable[[], None]) -> None:
    """At once, one a moment before the other, while processes die."""
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(first)
        time.sleep(0.05)
        other = pool.submit(second)
        kills()
        begun.result()
        other.result()


@pytest.mark.parametrize("killed", [(), ("contacts",), ("privacy", "contacts")], ids=["calm", "one", "two"])
@pytest.mark.parametrize("file_first", [True, False], ids=["file-first", "erasure-first"])
def test_who_is_erased_while_their_row_is_taken_over_does_not_come_back(
    world: World, file_first: bool, killed: tuple[str, ...]
) -> None:
    case = Case(world)
    commit, confirm = (lambda: case.commit(case.tried)), case.confirm

    def kills() -> None:
        if killed:
            world.kills.each("erasure beside import", killed, pause=0.05)

    _both(commit, confirm, kills=kills) if file_first else _both(confirm, commit, kills=kills)
    world.running.wait_until_all_are_ready()
    case.ended()
    found = world.agent.contacts.ListContacts(ListContactsRequest(query=case.email, page_size=10))
    assert list(found.contacts) == []
    done = world.agent.imports.GetImport(GetImportRequest(import_id=case.tried.id))
    assert done.state == IMPORT_STATE_COMMITTED
    # Taken over before the erasure, which then took the row as well; or refused after it, with the reason.
    row = case.row(done)
    assert row is None or refused(row)
    assert done.counts.new == _ROWS - 1
    assert [str(each) for each in scan(world.running, Canaries([("erna", case.word)]))] == []


def test_a_file_that_comes_after_the_erasure_is_refused_row_by_row_with_the_reason(world: World) -> None:
    case = Case(world)
    case.confirm()
    case.ended()
    # What was only checked before has lost the row: the erasure took it.
    done = case.commit(case.tried)
    assert (case.row(done), done.counts.new) == (None, _ROWS - 1)
    again = case.commit(case.upload())
    row = case.row(again)
    assert row is not None
    assert refused(row)
    assert (again.counts.suppressed, again.counts.duplicate) == (1, _ROWS - 1)
    assert [str(each) for each in scan(world.running, Canaries([("erna", case.word)]))] == []


def test_who_is_erased_hears_of_it_once_with_the_certificate(world: World) -> None:
    case = Case(world)
    case.confirm()
    done = case.ended()
    assert done.transitions[-1].reason == "farewell-sent"
    mails = [world.mailbox.parsed(mail) for mail in world.mailbox.mails(case.email)]
    (last,) = [mail for mail in mails if "gelöscht" in body(mail, "plain")]
    files = [part.get_filename() or "" for part in last.iter_attachments()]
    assert [name.rpartition(".")[2] for name in files] == ["json", "pdf"]
