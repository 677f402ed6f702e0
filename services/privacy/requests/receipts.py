"""What holders answered, and what of it proves anything: plans, receipts, identifiers."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from kernel.holder.executing import hash_of
from kernel.signing import is_signed, signed_content
from services.privacy.requests.model import Identifiers

# A holder has some dozens of datasets; what says more is not read by anybody.
_MOST_ITEMS = 10_000
# One address and nothing else: where a column holds several, some may be other people's.
_ADDRESS = re.compile(r"[^\s@\"\[\]{},;]+@[^\s@\"\[\]{},;]+")
# What asking, telling and answering leave behind: the log of who read, answers, the addresses to look for, the mail
# that says how the request stands with the permit that it rests on.
_TRACES = frozenset({"audit_entry", "idempotency", "request_identifiers", "notice_mail", "permit_decision"})


@dataclass(frozen=True, slots=True)
class Planned:
    """What one holder planned in one round, and its receipt once it has executed that."""

    number: int
    holder: str
    plan: holder_pb2.PlanResponse
    receipt: holder_pb2.Receipt | None


def on_wire(identifiers: Identifiers) -> holder_pb2.Identifiers:
    """For holders."""
    return holder_pb2.Identifiers(
        emails=identifiers.emails, phones=identifiers.phones, names=identifiers.names
    )


def identifiers_of(records: Iterable[holder_pb2.Record], subject_id: uuid.UUID) -> Identifiers:
    """The addresses, numbers and names in the subject's own record, among what a holder of contacts answered.

    Other records that lead to the subject may name others: a login of a colleague, a row of a file.
    """
    emails: set[str] = set()
    phones: set[str] = set()
    names: set[str] = set()
    main = ""
    for record in records:
        if record.record_id != str(subject_id):
            continue
        identity = {v.column: v.value for v in record.values if v.category == options_pb2.CATEGORY_IDENTITY}
        # Half a name is anybody's.
        if identity.get("given_name") and identity.get("family_name"):
            names.add(f"{identity['given_name']} {identity['family_name']}")
        for value in record.values:
            if value.category != options_pb2.CATEGORY_CONTACT_POINT:
                continue
            text = value.value.strip()
            if _ADDRESS.fullmatch(text):
                emails.add(text.lower())
                main = text.lower() if value.column == "email" else main
            elif any(part in value.column for part in ("phone", "mobile", "fax")):
                phones.add(text)
    return Identifiers(tuple(sorted(emails)), tuple(sorted(phones)), tuple(sorted(names)), main)


def combined_hash(plans: Iterable[Planned]) -> bytes:
    """One hash over all holders' plans: what the subject confirmed and the ledger promises."""
    ordered = sorted(plans, key=lambda p: p.holder)
    return hashlib.sha256(b"".join(p.holder.encode() + b"\0" + p.plan.plan_hash for p in ordered)).digest()


def growth(shown: Iterable[Planned], made: Iterable[Planned]) -> tuple[int, int]:
    """How many more rows the plans that were made erase than those that were shown, and how many more they keep.

    What one dataset loses does not make up for what another one gains. Traces of the asking itself are not
    counted, else every look at a plan would change it.
    """
    before, after = _counted(shown), _counted(made)
    more = Counter({item: after[item] - before[item] for item in after})
    kept = sum((+more)[item] for item in more if item[2] == holder_pb2.ACTION_KEEP_RESTRICTED)
    return (+more).total() - kept, kept


def _counted(plans: Iterable[Planned]) -> Counter[tuple[str, str, int, str]]:
    rows: Counter[tuple[str, str, int, str]] = Counter()
    for planned in plans:
        for item in planned.plan.items:
            if item.dataset in _TRACES:
                continue
            rows[planned.holder, item.dataset, item.action, item.law] += item.rows
    return rows


def kept_until(plans: Iterable[Planned], now: datetime) -> date | None:
    """The last day of what the receipts say is kept beyond `now`; None if it is nothing but evidence."""
    days = [
        item.keep_until.ToDatetime(UTC)
        for planned in plans
        if planned.receipt is not None
        for item in planned.receipt.done
        if item.action == holder_pb2.ACTION_KEEP_RESTRICTED and not item.evidence
    ]
    return max((day.date() for day in days if day > now), default=None)


def plan_problem(plan: holder_pb2.PlanResponse) -> str:
    """Why an answer is no plan that could be shown, promised and executed; empty if it is one."""
    try:
        uuid.UUID(plan.plan_id)
    except ValueError:
        return "plan-id"
    if len(plan.items) > _MOST_ITEMS or not all(_is_item(item) for item in plan.items):
        return "plan-items"
    # What is shown is what is hashed, and what is hashed is what the ledger promises.
    return "" if plan.plan_hash == hash_of(list(plan.items)) else "plan-hash"


def _is_item(item: holder_pb2.PlanItem) -> bool:
    known = item.action != holder_pb2.ACTION_UNSPECIFIED and item.action in holder_pb2.Action.values()
    lawful = bool(item.law) or item.action != holder_pb2.ACTION_KEEP_RESTRICTED
    return known and lawful and bool(item.dataset) and item.rows >= 0


def probe_problem(answer: holder_pb2.ProbeResponse) -> str:
    """Why an answer says nothing about what is left; empty if it does."""
    if answer.columns_scanned <= 0:
        return "nothing-scanned"
    sound = all(f.dataset and f.column and f.rows > 0 for f in answer.findings)
    return "" if sound and len(answer.findings) <= _MOST_ITEMS else "findings"


def receipt_problem(planned: Planned, receipt: holder_pb2.Receipt, keys: Mapping[str, str]) -> str:
    """Why a receipt proves nothing; empty if it proves what was planned."""
    key = keys.get(planned.holder)
    if key is None:
        return f"receipt-key-missing:{planned.holder}"
    if not is_signed(signed_content(receipt), receipt.signature, key):
        return f"receipt-signature:{planned.holder}"
    if len(receipt.done) > _MOST_ITEMS or not all(_is_item(item) for item in receipt.done):
        return f"receipt-items:{planned.holder}"
    plan = planned.plan
    said = (receipt.holder, receipt.plan_id, receipt.plan_hash)
    if said != (planned.holder, plan.plan_id, plan.plan_hash):
        return f"receipt-of-another-plan:{planned.holder}"
    return ""
