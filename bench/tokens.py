"""What a call pays for knowing who calls: a token verified anew, and one that is remembered.

    python -m bench.tokens

A token of a service account from the embedded identity provider, verified as in every service. Rounds with and
without the memory take turns; medians of five, microseconds a call. The last line is one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, process_time, sleep
from typing import Any

from devstack.ports import LOOPBACK, free_port
from devstack.recipes import ROOT
from kernel.identity import TokenVerifier, issuer_endpoint

ROUNDS = 5
REMEMBERED_CALLS = 50_000
VERIFIED_CALLS = 2_000
AIM_RATIO = 10.0
_AUDIENCE = "kontor-contacts"
_CLIENT = "kontor-campaigns"
_PATIENCE_S = 30


@contextmanager
def provider(folder: Path, secret: str) -> Iterator[str]:
    """The embedded identity provider as a process of its own; answers its issuer."""
    listen = f"{LOOPBACK}:{free_port()}"
    realm = ROOT / "deploy/keycloak/realm-kontor.json"
    command = [sys.executable, "-m", "devstack.idp", "--listen", listen, "--realm", str(realm)]
    process = subprocess.Popen(
        [*command, "--state", str(folder)], cwd=ROOT, env={**os.environ, **_settings(realm, secret)}
    )
    try:
        issuer = f"http://{listen}/realms/kontor"
        _await(issuer)
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def token(issuer: str, secret: str) -> str:
    """A service's own access token."""
    form = {
        "grant_type": "client_credentials",
        "client_id": _CLIENT,
        "client_secret": secret,
        "scope": f"to-{_AUDIENCE}",
    }
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(issuer_endpoint(issuer, "token"), data=body, timeout=5) as answer:
        return str(json.load(answer)["access_token"])


async def measure(issuer: str, bearer: str) -> dict[str, Any]:
    """Both costs in turns, on one verifier that has its keys."""
    verifier = TokenVerifier(issuer=issuer, audience=_AUDIENCE)
    await verifier.verify(bearer)
    rounds = [
        (
            await _microseconds(verifier, bearer, forget=False),
            await _microseconds(verifier, bearer, forget=True),
        )
        for _ in range(ROUNDS)
    ]
    ratio = median(verified / remembered for remembered, verified in rounds)
    return {
        "ok": ratio >= AIM_RATIO,
        "cached_us": round(median(remembered for remembered, _ in rounds), 2),
        "verified_us": round(median(verified for _, verified in rounds), 1),
        "ratio": round(ratio, 1),
        "token_bytes": len(bearer),
        "aims": {"ratio": AIM_RATIO},
    }


async def _microseconds(verifier: TokenVerifier, bearer: str, *, forget: bool) -> float:
    calls = VERIFIED_CALLS if forget else REMEMBERED_CALLS
    # Nothing here waits, so processor time is the cost, whatever else the machine does.
    started = process_time()
    for _ in range(calls):
        if forget:
            verifier.forget()
        await verifier.verify(bearer)
    return (process_time() - started) / calls * 1e6


def _settings(realm: Path, secret: str) -> dict[str, str]:
    """A value for whatever the realm file asks for."""
    names = {part.partition("}")[0] for part in realm.read_text().split("${")[1:]}
    given = {name: secret for name in names if name.endswith("_SECRET")}
    urls = {name: f"http://{LOOPBACK}:1" for name in names if name.endswith("_URL")}
    return {**given, **urls, "KONTOR_EMBEDDED_STACK": "1"}


def _await(url: str) -> None:
    deadline = monotonic() + _PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            if monotonic() > deadline:
                raise
            sleep(0.05)


def main() -> int:
    """Runs the measurement; fails if the memory is not worth having."""
    secret = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as name, provider(Path(name), secret) as issuer:
        result = asyncio.run(measure(issuer, token(issuer, secret)))
    print(f"  remembered {result['cached_us']:8.2f} µs")
    print(f"    verified {result['verified_us']:8.2f} µs")
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
