"""Who proves and who checks: a ledger that signs, and somebody with a file and the public key."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from kernel.signing import Signer
from services.privacy import verify_consents
from services.privacy.ledger.model import sign_statement
from tests.privacy.parts import pepper

ANNA = uuid.UUID("018f0000-0000-7000-8000-00000000a11a")
BORIS = uuid.UUID("018f0000-0000-7000-8000-00000000b0b0")


class Signing:
    """A ledger that signs with a real key and publishes into a list."""

    def __init__(self) -> None:
        self.signer = Signer(pepper("privacy"))
        self.published: list[str] = []

    def signed_statement(self, content: Any) -> str:
        return sign_statement(content, self.signer)

    async def publish(self, kind: str, statement_id: str, statement: str) -> None:
        self.published.append(statement)


class Court:
    """Somebody with a file, the public key, and nothing else."""

    def __init__(self, folder: Path, key: str) -> None:
        self.file, self.heads, self.keys = folder / "file", folder / "heads", folder / "keys.json"
        self.keys.write_text(json.dumps({"privacy": key}))

    def faults(self, content: bytes, capsys: pytest.CaptureFixture[str], *, heads: str = "") -> list[str]:
        self.file.write_bytes(content)
        self.heads.write_text(heads)
        code = verify_consents.main([str(self.file), "--keys", str(self.keys), "--heads", str(self.heads)])
        lines = capsys.readouterr().out.splitlines()
        assert code == (0 if "hold" in lines[0] and len(lines) == 1 and "not" not in lines[0] else 1)
        return lines if code else []
