"""The stack's folder and ports: one stack a folder, and sentences a person can act on."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack import folder as folder_module
from devstack import keys, ports
from devstack.__main__ import reset
from devstack.child import StackFailed
from devstack.environment import for_process
from devstack.folder import StackFolder
from devstack.ports import LOOPBACK, Ports, PortTaken
from devstack.stack import Stack
from kernel.signing import Signer, is_signed


def test_two_stacks_cannot_share_a_folder(tmp_path: Path) -> None:
    first = StackFolder(tmp_path)
    first.open()
    with pytest.raises(
        StackFailed, match=rf"Another stack \(process {os.getpid()}\) is running in {tmp_path}"
    ):
        StackFolder(tmp_path).open()
    first.close()
    again = StackFolder(tmp_path)
    again.open()
    again.close()


async def test_a_nearly_full_disk_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "LEAST_FREE_BYTES", 2**62)
    refused = Stack(tmp_path)
    with pytest.raises(StackFailed, match="nearly full"):
        await refused.start()
    # The folder is free again.
    place = StackFolder(tmp_path)
    place.open()
    place.close()


def test_a_full_disk_does_not_keep_the_data_from_being_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "LEAST_FREE_BYTES", 2**62)
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "large").write_bytes(b"x" * 1000)
    reset(folder)
    assert not folder.exists()


def test_children_of_a_killed_supervisor_are_ended_and_strangers_with_their_number_are_not(
    tmp_path: Path,
) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    place = StackFolder(tmp_path)
    place.open()
    born = psutil.Process(left.pid).create_time()
    place.note("pids", [[left.pid, born], [stranger.pid, born - 3600]])
    assert place.end_leftovers() == 1
    assert left.poll() is not None
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    place.close()


def test_a_taken_port_names_itself_its_holder_and_the_variable_to_change() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortTaken) as refusal:
            ports.check(Ports({"gateway": number}))
    text = str(refusal.value)
    assert f"Port {number} for gateway is taken" in text
    assert f"process {os.getpid()}" in text
    assert "KONTOR_PORT_GATEWAY=<port>" in text


def test_a_port_is_moved_by_its_variable_and_nonsense_is_refused() -> None:
    assert ports.from_environment({"KONTOR_PORT_PORTAL": "9000"})["portal"] == 9000
    with pytest.raises(PortTaken, match="KONTOR_PORT_PORTAL must be a port"):
        ports.from_environment({"KONTOR_PORT_PORTAL": "eighty"})


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = keys.load(file)
    assert keys.load(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_secrets_of_an_earlier_release_are_kept_and_completed(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = keys.load(file)
    older = json.loads(file.read_text())
    del older["keycloak"], older["databases"]["keycloak"]
    file.write_text(json.dumps(older))
    second = keys.load(file)
    assert second.databases["contacts"] == first.databases["contacts"]
    assert (second.clients, second.postgres) == (first.clients, first.postgres)
    assert second.keycloak
    assert keys.load(file) == second


def test_the_privacy_service_gets_the_public_half_of_every_signing_key(tmp_path: Path) -> None:
    made = keys.load(tmp_path / "secrets.json")
    signer = Signer(made.signing["contacts"])
    assert is_signed(b"receipt", signer.sign(b"receipt"), made.holder_keys()["contacts"])
    environment = for_process("privacy", ports=ports.from_environment({}), keys=made)
    assert made.holder_keys()["contacts"] in environment["KONTOR_HOLDER_KEYS"]
    assert made.signing["contacts"] not in "".join(environment.values())
