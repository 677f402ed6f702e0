"""The supervisor with its engines: they come back after SIGKILL, keep their data, and leave nothing behind."""

import asyncio
import json
import shutil
import smtplib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import nats
import psutil
import psycopg
import pytest

from devstack import disk
from devstack.child import Recipe, StackFailed
from devstack.recipes import ROOT, Recipes
from devstack.stack import Stack
from devstack.unprivileged import account, shelter


@pytest.fixture(autouse=True)
def _engines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services have their own tests; here it is about what they stand on."""

    def nothing(_recipes: Recipes) -> list[Recipe]:
        return []

    async def no_migration(_stack: Stack) -> None:
        """The engines have no schema."""

    monkeypatch.setattr(Recipes, "services", nothing)
    monkeypatch.setattr(Recipes, "pages", nothing)
    monkeypatch.setattr(Stack, "_migrate", no_migration)


@pytest.fixture(autouse=True)
def _no_shelter_left(tmp_path: Path) -> Iterator[None]:
    """Root's temporary folders are closed to PostgreSQL's user, so its data lies elsewhere."""
    yield
    shutil.rmtree(shelter(tmp_path / "postgres", account()), ignore_errors=True)


def connect(stack: Stack) -> psycopg.Connection:
    return Recipes(stack.folder, ports=stack.ports, keys=stack.keys).postgres.connect()


def send(stack: Stack, recipient: str) -> None:
    with smtplib.SMTP("127.0.0.1", stack.ports["smtp"], timeout=5) as client:
        client.sendmail("a@demo.example", recipient, "Subject: Hallo\r\n\r\nHallo")


def count_mails(stack: Stack) -> int:
    with urlopen(stack.addresses["mail"] + "/api/messages", timeout=5) as answer:
        return int(json.load(answer)["total"])


async def test_engines_survive_sigkill_and_a_second_start_with_their_data(tmp_path: Path) -> None:
    said: list[str] = []
    async with Stack(tmp_path, ports="free", say=said.append) as stack:
        with connect(stack) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        send(stack, "kept@demo.example")
        for name in ("postgres", "nats", "mail", "idp"):
            stack.kill(name)
        await asyncio.sleep(0.1)
        await asyncio.gather(*(stack.wait_ready(name) for name in ("postgres", "nats", "mail", "idp")))
        assert [stack.restarts(name) for name in ("nats", "mail", "idp")] == [1, 1, 1]
        assert sum("was killed by SIGKILL" in line for line in said) == 4
        client = await nats.connect(stack.env("contacts")["KONTOR_NATS_URL"])
        await client.close()
        assert stack.rss_mb().keys() == {"postgres", "nats", "mail", "idp"}
        pids = [pid for pid, _born in stack.folder.recall("pids")]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    async with Stack(tmp_path, ports="free") as stack:
        with connect(stack) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
        assert count_mails(stack) == 1


async def test_after_a_full_disk_the_streams_take_facts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    async with Stack(tmp_path, ports="free", say=said.append) as stack:
        monkeypatch.setattr(disk, "LEAST_FREE_BYTES", 2**62)
        await eventually(lambda: any("is full" in line for line in said))
        monkeypatch.setattr(disk, "LEAST_FREE_BYTES", 0)
        await eventually(lambda: stack.restarts("nats") == 1)
        await stack.wait_ready("nats")
    assert any("has room again" in line for line in said)


async def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not come about")


async def test_a_second_stack_on_the_folder_is_refused_and_the_first_runs_on(tmp_path: Path) -> None:
    async with Stack(tmp_path, ports="free") as stack:
        with pytest.raises(StackFailed, match="is running in"):
            await Stack(tmp_path, ports="free").start()
        assert count_mails(stack) == 0


def test_make_demo_on_a_taken_port_says_who_has_it_and_stops(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
         "print(s.getsockname()[1], flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    port = holder.stdout.readline().strip()
    done = subprocess.run(
        [sys.executable, "-m", "devstack", "--folder", str(tmp_path / "k")], cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "KONTOR_PORT_PORTAL": port}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    holder.kill()
    holder.communicate()
    assert done.returncode == 1
    assert f"Port {port} for portal is taken by python" in done.stderr
    assert f"(process {holder.pid})" in done.stderr
    assert "Traceback" not in done.stderr
