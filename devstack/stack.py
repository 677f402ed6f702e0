"""The whole of Kontor on one machine: started in order, watched, stopped in reverse."""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psutil

from deploy.keycloak.wanted import FILE as REALM_FILE
from devstack import environment, keys, ports
from devstack.child import Child, Recipe, Say, StackFailed
from devstack.disk import watch_disk
from devstack.folder import StackFolder, fingerprint
from devstack.keycloak.errors import KeycloakFailed
from devstack.nats import NatsFailed
from devstack.ports import Ports, PortTaken
from devstack.postgres import PostgresFailed
from devstack.recipes import ROOT, IdentityProvider, Recipes

# What a person can act on; anything else is a defect and shows its traceback.
EXPLAINED = (StackFailed, PortTaken, PostgresFailed, NatsFailed, KeycloakFailed)


class Stack:
    """`async with Stack(folder, ports="free") as stack:` — all processes are ready inside the block."""

    def __init__(
        self,
        folder: Path,
        *,
        ports: Literal["free"] | Ports | None = None,
        demo_data: bool = False,
        idp: IdentityProvider = "embedded",
        say: Say = lambda text: None,
    ) -> None:
        self.folder = StackFolder(folder)
        self.start_seconds = 0.0
        self._wanted_ports = ports
        self._demo_data = demo_data
        self._idp = idp
        self._say = say
        self._children: dict[str, Child] = {}
        self._stages: list[list[Child]] = []
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bring everything up; on any failure, and on cancellation, take down what came up."""
        started = time.monotonic()
        self.folder.open()
        try:
            self.folder.require_room()
            await self._start()
        except BaseException:
            await self.stop()
            raise
        self.start_seconds = time.monotonic() - started
        self._watch = asyncio.create_task(
            watch_disk(self.folder.path, say=self._say, on_room=self._reopen_streams), name="watch disk"
        )

    async def stop(self) -> None:
        """End all processes, last started first, and let the folder go."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        while self._stages:
            stage = self._stages.pop()
            await asyncio.gather(*(child.stop() for child in stage))
        self.folder.close()

    async def failed(self) -> None:
        """Never returns while all goes well; raises `StackFailed` when a process has died too often."""
        watched = [child.failed for child in self._children.values()]
        done, _pending = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for future in done:
            future.result()

    @property
    def addresses(self) -> dict[str, str]:
        """Pages as URLs, everything else as host:port, by name."""
        shown = {name: self.ports.address(name) for name in self.ports.numbers}
        return shown | {
            name: environment.url(self.ports, name) for name in ("portal", "gateway", "idp", "mail")
        }

    def kill(self, name: str) -> None:
        """SIGKILL a process; the supervisor restarts it."""
        self._children[name].kill()

    def freeze(self, name: str) -> None:
        """SIGSTOP a process and its children: it takes connections and never answers."""
        for process in self._family(name):
            process.suspend()

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        for process in self._family(name):
            process.resume()

    async def take_down(self, name: str) -> None:
        """Stop a process; nobody restarts it until `bring_up`."""
        await self._children[name].stop()

    async def bring_up(self, name: str) -> None:
        """Start a process that was taken down, and wait until it answers."""
        await self._children[name].start()
        await self._children[name].wait_ready()

    async def launch(self, name: str) -> None:
        """Start a process that was taken down; it need not become ready."""
        await self._children[name].start()

    async def wait_ready(self, name: str) -> None:
        """Wait until a killed process answers again."""
        await self._children[name].wait_ready()

    def restarts(self, name: str) -> int:
        """How often a process has been restarted."""
        return self._children[name].restarts

    def env(self, name: str) -> dict[str, str]:
        """The environment of a process, or of `client`: a program outside, with the integrator's secret."""
        if name == "client":
            return environment.for_client(ports=self.ports, keys=self.keys)
        return environment.for_process(
            name, ports=self.ports, keys=self.keys, backups=self.folder.data("backups")
        )

    def rss_mb(self) -> dict[str, float]:
        """Memory by process in MB, with its workers; shared pages are counted once (PSS)."""
        pids = {name: child.pid for name, child in self._children.items()}
        return {name: _memory_mb(pid) for name, pid in pids.items() if pid is not None}

    def _family(self, name: str) -> list[psutil.Process]:
        pid = self._children[name].pid
        if pid is None:
            return []
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]

    async def _start(self) -> None:
        if count := self.folder.end_leftovers():
            self._say(f"Ended {count} processes that an earlier, killed start had left behind")
        self.ports = self._choose_ports()
        ports.check(self.ports)
        self.keys = keys.load(self.folder.secrets)
        self.folder.note("ports", dict(self.ports.numbers))
        recipes = Recipes(self.folder, ports=self.ports, keys=self.keys)
        await self._prepare(recipes)
        self._say("Starting PostgreSQL, NATS, mail sink and identity provider")
        await self._wait_for(await self._launch(recipes.engines()))
        await self._create_databases(recipes)
        # Keycloak takes longest to start; the databases are migrated beside it.
        identity = await self._launch([recipes.identity(self._idp)])
        await self._migrate()
        self._say("Starting contacts, campaigns, tickets, privacy, portal and gateway")
        rest = await self._launch([*recipes.services(), *recipes.pages()])
        await self._wait_for([*identity, *rest])
        if self._idp == "keycloak":
            await self._sync_realm()
        if self._demo_data:
            await self._load_demo()

    def _choose_ports(self) -> Ports:
        if self._wanted_ports == "free":
            return ports.free()
        return self._wanted_ports or ports.from_environment()

    async def _prepare(self, recipes: Recipes) -> None:
        """Everything that has to lie on the disk before the first process starts."""
        work = [recipes.postgres.prepare, recipes.nats.prepare]
        if self._idp == "keycloak":
            self._say("Preparing Keycloak (fetched and built once, a minute or two)")
            work.append(recipes.keycloak.prepare)
        await asyncio.gather(*(asyncio.to_thread(prepare) for prepare in work))

    async def _launch(self, recipes: Sequence[Recipe]) -> list[Child]:
        """Start a stage; it need not be ready yet."""
        stage: list[Child] = []
        # Appended before the first start: a stop in the middle must find what is already running.
        self._stages.append(stage)
        for recipe in recipes:
            child = Child(recipe, say=self._say, started=self._note_pids)
            stage.append(child)
            self._children[recipe.name] = child
            await child.start()
        return stage

    async def _wait_for(self, stage: Sequence[Child]) -> None:
        """Return when all of it is ready."""
        try:
            async with asyncio.TaskGroup() as waiting:
                for child in stage:
                    waiting.create_task(child.wait_ready())
        except* StackFailed as failures:
            # One sentence is enough: the others usually failed because of the first.
            raise failures.exceptions[0] from None

    def _reopen_streams(self) -> None:
        """NATS refuses every message to a stream that met a full disk, until it starts anew."""
        self._children["nats"].renew()

    def _note_pids(self) -> None:
        self.folder.note_pids(child.pid for child in self._children.values() if child.pid is not None)

    async def _create_databases(self, recipes: Recipes) -> None:
        passwords = {environment.database(name): secret for name, secret in self.keys.databases.items()}
        inner = {environment.database(name): part for name, part in environment.INNER_ROLES.items()}
        await asyncio.to_thread(recipes.postgres.create, passwords, inner=inner)

    async def _migrate(self) -> None:
        """Bring the databases up to date, unless nothing has changed since the last time."""
        stamps = {name: _schema_stamp(name) for name in keys.PROCESSES}
        known = self.folder.recall("migrated") or {}
        stale = [name for name in keys.PROCESSES if known.get(name) != stamps[name]]
        if stale:
            self._say(f"Migrating the databases of {', '.join(stale)}")
        for name in stale:
            await self._tool(f"migrate-{name}", ["kernel.migrate", f"services.{name}"], self.env(name))
            known[name] = stamps[name]
            self.folder.note("migrated", known)

    async def _sync_realm(self) -> None:
        """Keycloak imports a realm once; ports, secrets and the file may have changed since."""
        values = environment.for_realm_sync(ports=self.ports, keys=self.keys)
        stamp = fingerprint([REALM_FILE]) + hashlib.sha256(json.dumps(values).encode()).hexdigest()
        if self.folder.recall("realm") == stamp:
            return
        await self._tool("realm", ["deploy.keycloak", "sync", "--apply"], values)
        self.folder.note("realm", stamp)

    async def _load_demo(self) -> None:
        if self.folder.recall("demo") or find_spec("devstack.demo") is None:
            return
        self._say("Loading demo data (once)")
        await self._tool("demo", ["devstack.demo"], self.env("client"))
        self.folder.note("demo", {"loaded_at": time.time()})

    async def _tool(self, name: str, module: Sequence[str], values: Mapping[str, str]) -> None:
        """Run a command of ours to its end; raise `StackFailed` with its last lines if it fails."""
        log = self.folder.log(name)
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *module, stdout=output, stderr=output, cwd=ROOT, env=dict(values)
            )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise
        if code != 0:
            tail = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
            raise StackFailed(f"{name} failed with exit code {code}. Its last lines in {log}:\n{tail}")


def _schema_stamp(name: str) -> str:
    service = ROOT / "services" / name
    return fingerprint([*service.glob("migrations/**/*.py"), *(ROOT / "kernel").glob("alembic/*.py")])


def _memory_mb(pid: int) -> float:
    total = 0
    parent = psutil.Process(pid)
    for process in [parent, *parent.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            total += process.memory_info().rss if process.is_running() else 0
    return total / 1024**2
