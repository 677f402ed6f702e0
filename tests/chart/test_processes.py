"""Starts every process as its Deployment says and asks it the probes that the kubelet would ask."""

import base64
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from devstack.environment import INNER_ROLES
from devstack.postgres import Postgres
from tests.chart.rendering import (
    BACKENDS,
    PROCESSES,
    ROOT,
    Manifest,
    example_values,
    merged,
    process,
    render,
)
from tests.fixtures.authority import Authority
from tests.fixtures.postgres import PASSWORD

pytestmark = pytest.mark.slow

START_SECONDS = 60
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize("name", PROCESSES)
def test_process_starts_as_rendered_and_answers_its_own_probes(
    name: str, postgres_server: Postgres, nats_url: str, tmp_path: Path
) -> None:
    # One broker stands for the cluster, so a stream has one copy here.
    found = process(render(merged(example_values(), {"nats": {"streamReplicas": 1}})), name)
    host = _own_loopback()
    secrets = _secrets(name, postgres_server, nats_url)
    authority = Authority()
    authority.issue(tmp_path, host)
    authority.write(tmp_path)

    with _running(found.migrate, host, secrets, tmp_path) as migration:
        assert migration.wait(START_SECONDS) == 0, _log(tmp_path)
    with _running(found.main, host, secrets, tmp_path) as running:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            _wait_until(partial(_answers, found.main[probe], host), running, tmp_path)
        if name in BACKENDS:
            port = found.main["ports"][0]["containerPort"]
            assert _serving(f"{host}:{port}", "", 5, grpc.ssl_channel_credentials(authority.pem))
            assert not _serving(f"{host}:{port}", "", 5)
        running.send_signal(signal.SIGTERM)
        grace = found.pod["terminationGracePeriodSeconds"]
        assert _ended(running, grace) == 0, _log(tmp_path)


def _secrets(name: str, postgres: Postgres, nats_url: str) -> dict[str, str]:
    """What the operator puts in the process's Secret, key by key."""
    role = f"chart_{name}_{os.getpid()}"
    postgres.create({role: PASSWORD}, inner={role: INNER_ROLES[name]} if name in INNER_ROLES else None)
    driver = "asyncpg" if name in BACKENDS else "psycopg"
    return {
        "database-url": postgres.url(role=role, password=PASSWORD, database=role, driver=driver),
        "nats-url": nats_url,
        "client-secret": "a-client-secret",
        "secret-key": "a-secret-key-of-more-than-32-characters",
        "signing-key": KEY,
        "suppression-peppers": json.dumps({"2026-1": KEY}),
    }


def _environment(container: Manifest, host: str, secrets: dict[str, str], folder: Path) -> dict[str, str]:
    """The rendered environment; only addresses, secrets and mounted files are the test's own."""
    found = {}
    for variable in container["env"]:
        if "valueFrom" in variable:
            named = variable["valueFrom"]["secretKeyRef"]
            # As a kubelet does: what is optional and lacks is no variable at all.
            if named["key"] in secrets or not named.get("optional"):
                found[variable["name"]] = secrets[named["key"]]
        else:
            found[variable["name"]] = _at_home(variable["name"], variable["value"], host, folder)
    return found


def _at_home(name: str, value: str, host: str, folder: Path) -> str:
    """The value with its host, or the folder of its file, replaced; ports and names stay as rendered."""
    if name.endswith("_FILE"):
        return str(folder / Path(value).name)
    if name.endswith(("_LISTEN", "_TARGET")):
        return f"{host}:{value.rpartition(':')[2]}"
    if name == "KONTOR_OIDC_ISSUER":
        # Nobody answers there: a process starts before its identity provider and waits with the first login.
        return f"http://{host}:9/realms/kontor"
    return host if name == "KONTOR_SMTP_HOST" else value


def _run(container: Manifest, host: str, secrets: dict[str, str], folder: Path) -> "subprocess.Popen[bytes]":
    """Start the container's command in a tree that holds what the image holds and nothing else."""
    tree = folder / "app"
    if not tree.exists():
        tree.mkdir()
        for part in ("kernel", "services", "gen"):
            (tree / part).symlink_to(ROOT / part)
    python, *arguments = container["command"]
    assert python == "python"
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tree,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PYTHONPATH": f"{tree}:{tree / 'gen'}",
                "PYTHONDONTWRITEBYTECODE": "1",
                **_environment(container, host, secrets, folder),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def _running(
    container: Manifest, host: str, secrets: dict[str, str], folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    running = _run(container, host, secrets, folder)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


def _wait_until(condition: Callable[[], bool], running: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert running.poll() is None, f"The process ended with {running.returncode}:\n{_log(folder)}"
        assert time.monotonic() < deadline, f"No probe succeeded in {START_SECONDS} s:\n{_log(folder)}"
        time.sleep(0.1)


def _ended(running: "subprocess.Popen[bytes]", grace: float) -> int | None:
    """The exit code, or nothing if the kubelet would have to kill it."""
    try:
        return running.wait(grace)
    except subprocess.TimeoutExpired:
        return None


def _answers(probe: Manifest, host: str) -> bool:
    """One probe as the kubelet does it: SERVING over plain gRPC, or a status from 200 to 399 over HTTP."""
    if "grpc" in probe:
        return _serving(
            f"{host}:{probe['grpc']['port']}", probe["grpc"].get("service", ""), probe["timeoutSeconds"]
        )
    connection = http.client.HTTPConnection(host, probe["httpGet"]["port"], timeout=probe["timeoutSeconds"])
    try:
        connection.request("GET", probe["httpGet"]["path"])
        return 200 <= connection.getresponse().status < 400
    except OSError:
        return False
    finally:
        connection.close()


def _serving(
    target: str, service: str, timeout: float, credentials: grpc.ChannelCredentials | None = None
) -> bool:
    opened = grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target)
    with opened as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(request, timeout=timeout)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _own_loopback() -> str:
    """An address nobody else uses, so that the rendered port can stay as it is."""
    if sys.platform != "linux":
        return "127.0.0.1"
    return ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])


def _log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-4000:]
