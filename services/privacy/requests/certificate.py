"""The certificate of an erasure: what was promised, done and found, signed, and naming nobody."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kontor.privacy.v1 import holder_pb2

from kernel.signing import Signer, is_signed, signed_content
from services.privacy.ledger.model import LedgerEntry, sign_statement, verified_content
from services.privacy.requests import pdf
from services.privacy.requests.model import Controller, Request, Round, State, Transition
from services.privacy.requests.receipts import Planned
from services.privacy.requests.wording import label

KIND = "kontor-erasure-certificate"


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that a certificate is made from."""

    request: Request
    steps: Sequence[Transition]
    rounds: Sequence[Round]
    plans: Sequence[Planned]
    ledger: Sequence[LedgerEntry]
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """The statement as JSON, and what its readable form shows."""

    statement: bytes
    page: dict[str, Any]
    language: str
    signed_at: datetime

    async def as_pdf(self) -> bytes:
        """The readable form. Errors: DocumentFailed."""
        return await asyncio.to_thread(
            pdf.render, "certificate", self.page, language=self.language, now=self.signed_at
        )


class Certifier:
    """Makes the signed JSON and its readable form."""

    def __init__(self, signer: Signer, controller: Controller) -> None:
        self._signer = signer
        self._controller = controller

    def certify(self, proof: Proof) -> SignedCertificate:
        """The signed statement, which makes its readable form when it is asked for it."""
        content = certificate_content(proof, self._controller)
        statement = sign_statement(content, self._signer)
        language = proof.request.language
        page = {
            **_page(content, language),
            "public_key": self._signer.public_key,
            "signature": _signature_of(statement),
        }
        return SignedCertificate(statement.encode(), page, language, proof.completed_at)


def certificate_content(proof: Proof, controller: Controller) -> dict[str, Any]:
    """What is signed. No identifier of the subject, hashed or not, stands in it."""
    request = proof.request
    confirmed = [s.at for s in proof.steps if s.state is State.EXECUTING and s.reason.startswith("confirmed")]
    last = proof.rounds[-1]
    return {
        "kind": KIND,
        "version": 1,
        "request": {
            "id": str(request.id),
            "received": request.received_at.isoformat(),
            "due": request.due_date.isoformat(),
            "confirmed": confirmed[0].isoformat() if confirmed else None,
            "completed": proof.completed_at.isoformat(),
        },
        "controller": {"name": controller.name, "address": controller.address, "email": controller.email},
        "ledger": [
            {"id": str(e.id), "round": e.round, "plan": e.plan_hash.hex(), "time": e.recorded_at.isoformat()}
            for e in proof.ledger
        ],
        "holders": [_holder(p) for p in proof.plans if p.receipt is not None],
        "probe": {"time": last.probed_at.isoformat() if last.probed_at else None, "answers": last.probe},
    }


def _holder(planned: Planned) -> dict[str, Any]:
    receipt = planned.receipt
    assert receipt is not None
    return {
        "holder": planned.holder,
        "round": planned.number,
        "plan": planned.plan.plan_hash.hex(),
        "planned": [_item(item) for item in planned.plan.items],
        "done": [_item(item) for item in receipt.done],
        "time": receipt.execute_time.ToJsonString(),
        # The receipt as it was signed, so that it can be checked without us.
        "receipt": base64.b64encode(receipt.SerializeToString()).decode(),
    }


def _item(item: holder_pb2.PlanItem) -> dict[str, Any]:
    return {
        "dataset": item.dataset,
        "action": holder_pb2.Action.Name(item.action).removeprefix("ACTION_").lower(),
        "rows": item.rows,
        "law": item.law,
        "keep_until": item.keep_until.ToJsonString()[:10] if item.HasField("keep_until") else "",
    }


def faults(statement: bytes, *, certificate_key: str, holder_keys: Mapping[str, str]) -> list[str]:
    """What is wrong with a certificate; empty if its signature and every receipt in it hold."""
    content = verified_content(statement, certificate_key)
    if content is None:
        return ["certificate: the signature does not hold"]
    found = [] if content.get("kind") == KIND else ["certificate: it is another kind of statement"]
    for entry in content["holders"]:
        name = entry["holder"]
        receipt = holder_pb2.Receipt.FromString(base64.b64decode(entry["receipt"]))
        key = holder_keys.get(name)
        if key is None or not is_signed(signed_content(receipt), receipt.signature, key):
            found.append(f"{name}: the receipt's signature does not hold")
        elif receipt.plan_hash.hex() != entry["plan"] or [_item(i) for i in receipt.done] != entry["done"]:
            found.append(f"{name}: the receipt says something else than the certificate")
    for holder, answer in content["probe"]["answers"].items():
        found += [f"{holder}: {f['dataset']} still holds data" for f in answer["findings"] if not f["law"]]
    return found


def _page(content: dict[str, Any], language: str) -> dict[str, Any]:
    items = [
        {
            "holder": label(language, "holders", entry["holder"]),
            "dataset": label(language, "datasets", item["dataset"]),
            "action": label(language, "actions", item["action"]),
            "rows": item["rows"],
            "law": label(language, "laws", item["law"]) if item["law"] else "",
            "keep_until": item["keep_until"],
        }
        for entry in content["holders"]
        for item in entry["done"]
    ]
    receipts = [
        {**entry, "name": label(language, "holders", entry["holder"])} for entry in content["holders"]
    ]
    probes = [
        {
            "name": label(language, "holders", holder),
            "columns": answer["columns_scanned"],
            "kept": sum(finding["rows"] for finding in answer["findings"]),
        }
        for holder, answer in content["probe"]["answers"].items()
    ]
    return {**content, "items": items, "receipts": receipts, "probes": probes}


def _signature_of(statement: str) -> str:
    signature: str = json.loads(statement)["signature"]
    return signature
