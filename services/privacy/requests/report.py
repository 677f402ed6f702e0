"""What Art. 15 GDPR wants to be said: the content of a copy of somebody's data, for machines and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from services.privacy.requests.model import Controller, Request
from services.privacy.requests.wording import column_label, label, source_words, value_words, words
from services.privacy.suppression.model import KEPT, Entry

# The same words once more in the form that searching needs; complete in the JSON, noise on paper.
DERIVED = frozenset({"email_key", "name_key", "search_text"})
# Every holder's log of who has read or changed the data.
_READS = "audit_entry"


@dataclass(frozen=True, slots=True)
class Held:
    """One holder's declarations, and what it has about the subject."""

    holder: str
    described: holder_pb2.DescribeResponse
    records: list[holder_pb2.Record]


def access_content(
    request: Request, held: Sequence[Held], controller: Controller, *, now: datetime
) -> dict[str, Any]:
    """Art. 15(1)(a)–(h) and (2), and the copy itself (3). Keys are stable; sentences are in the request's language."""
    text = words(request.language)
    return {
        "kind": "kontor-access",
        "language": request.language,
        "request": {
            "id": str(request.id),
            "received": request.received_at.isoformat(),
            "due": request.due_date.isoformat(),
            "answered": now.isoformat(),
        },
        "subject": str(request.contact_id),
        "controller": asdict(controller),
        "processing": [row for one in held for row in _processing(one)],
        "recipients": list(controller.processors) or [text["answers"]["no_recipients"]],
        "sources": _sources(held),
        "rights": text["rights"],
        "authority": {
            "name": controller.authority_name,
            "address": controller.authority_address,
            "url": controller.authority_url,
        },
        "automated_decisions": text["answers"]["automated_decisions"],
        "transfers": text["answers"]["transfers"],
        "records": [_record(record) for one in held for record in one.records],
    }


def access_page(content: dict[str, Any], language: str) -> dict[str, Any]:
    """The same for people: labelled, grouped by service and dataset, without doubles."""
    processing = [
        {
            "dataset": label(language, "datasets", row["dataset"]),
            "holder": label(language, "holders", row["holder"]),
            "categories": _labels(language, "categories", row["categories"]),
            "purposes": _labels(language, "purposes", row["purposes"]),
            "bases": _labels(language, "bases", row["bases"]),
            "retention": label(language, "retention", row["retention"]),
        }
        for row in content["processing"]
    ]
    groups = [
        {"title": _title(language, *key), "records": _for_people(language, key[1], list(records))}
        for key, records in groupby(content["records"], key=lambda r: (r["holder"], r["dataset"]))
    ]
    # Several imports are one line: which of them it was is in the JSON.
    sources = list(dict.fromkeys(source_words(language, s) for s in content["sources"]))
    return {**content, "processing": processing, "groups": groups, "sources": sources, "records": []}


def suppression_record(entry: Entry) -> holder_pb2.Record:
    """An entry of the suppression list. It has no way to its subject; only the address itself finds it."""
    record = holder_pb2.Record(
        holder="privacy",
        dataset="suppression_entry",
        record_id=str(entry.id),
        retention=KEPT,
    )
    record.since.FromDatetime(entry.created_at)
    record.values.add(
        column="reason",
        value=entry.reason,
        category=options_pb2.CATEGORY_PREFERENCE,
        purpose=options_pb2.PURPOSE_LEGAL_DUTY,
        basis=holder_pb2.BASIS_LEGAL_OBLIGATION,
    )
    return record


def _processing(held: Held) -> Iterable[dict[str, Any]]:
    """What is processed about this subject: declarations of the datasets that have records."""
    present = {record.dataset for record in held.records}
    for dataset in held.described.datasets:
        columns = [c for c in dataset.columns if c.personal]
        if dataset.name in present and columns:
            yield {
                "holder": held.holder,
                "dataset": dataset.name,
                "categories": sorted({category_key(c.category) for c in columns}),
                "purposes": sorted({purpose_key(c.purpose) for c in columns}),
                "bases": sorted({basis_key(c.basis) for c in columns}),
                "retention": dataset.retention,
            }


def _sources(held: Sequence[Held]) -> list[str]:
    return sorted({record.source for one in held for record in one.records if record.source})


def _record(record: holder_pb2.Record) -> dict[str, Any]:
    return {
        "holder": record.holder,
        "dataset": record.dataset,
        "id": record.record_id,
        "source": record.source,
        "since": record.since.ToJsonString() if record.HasField("since") else None,
        "retention": record.retention,
        "values": [
            {
                "column": value.column,
                "value": value.value,
                "category": category_key(value.category),
                "purpose": purpose_key(value.purpose),
                "basis": basis_key(value.basis),
            }
            for value in record.values
        ],
    }


def _for_people(language: str, dataset: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each record; reads of the data as one line per day and reader, because hundreds of them hide each other."""
    if dataset != _READS:
        return [_shown(language, dataset, record) for record in records]
    counted = Counter(
        ((record["since"] or "")[:10], *(value["value"] for value in record["values"][:1]))
        for record in records
    )
    return [
        {"since": day, "values": [[label(language, "columns", "actor"), f"{' '.join(reader)} ({times} ×)"]]}
        for (day, *reader), times in sorted(counted.items(), reverse=True)
    ]


def _shown(language: str, dataset: str, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "since": (record["since"] or "")[:10],
        "values": [
            [
                column_label(language, dataset, value["column"]),
                value_words(language, dataset, value["column"], value["value"]),
            ]
            for value in record["values"]
            if value["column"] not in DERIVED
        ],
    }


def _title(language: str, holder: str, dataset: str) -> str:
    return f"{label(language, 'holders', holder)}: {label(language, 'datasets', dataset)}"


def _labels(language: str, group: str, keys: Iterable[str]) -> str:
    return ", ".join(label(language, group, key) for key in keys)


def category_key(number: options_pb2.Category.ValueType) -> str:
    """`contact_point` for CATEGORY_CONTACT_POINT."""
    return options_pb2.Category.Name(number).removeprefix("CATEGORY_").lower()


def purpose_key(number: options_pb2.Purpose.ValueType) -> str:
    """`legal_duty` for PURPOSE_LEGAL_DUTY."""
    return options_pb2.Purpose.Name(number).removeprefix("PURPOSE_").lower()


def basis_key(number: holder_pb2.Basis.ValueType) -> str:
    """`contract` for BASIS_CONTRACT."""
    return holder_pb2.Basis.Name(number).removeprefix("BASIS_").lower()
