"""What Art. 15 GDPR wants to be said: the content of a copy of somebody's data, for machines and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from services.privacy.requests.collecting import Held
from services.privacy.requests.model import Controller, Request
from services.privacy.requests.readable import Reader
from services.privacy.requests.recipients import Recipient
from services.privacy.requests.wording import (
    FROM_SUBJECT,
    cited,
    column_label,
    label,
    source_key,
    source_words,
    words,
)
from services.privacy.suppression.model import KEPT, Entry

# Of the file's layout; 2 names recipients, transfers, sources and automated decisions one by one, 3 what is blackened.
VERSION = 3
# The same words once more in the form that searching needs; complete in the JSON, noise on paper.
DERIVED = frozenset({"email_key", "name_key", "search_text"})
# Every holder's log of who has read or changed the data.
_READS = "audit_entry"


@dataclass(frozen=True, slots=True)
class Company:
    """Who answers, and to whom the company passes data on."""

    controller: Controller
    recipients: Sequence[Recipient] = ()


def access_content(
    request: Request, held: Sequence[Held], company: Company, *, now: datetime
) -> dict[str, Any]:
    """Art. 15(1)(a)–(h) and (2), and the copy itself (3). Keys are stable; sentences are in the request's language."""
    language, controller = request.language, company.controller
    text = words(language)
    records = [_record(record) for one in held for record in one.records]
    holding = {record["holder"] for record in records}
    recipients = [_recipient(each) for each in company.recipients if each.gets(holding)]
    return {
        "kind": "kontor-access",
        "version": VERSION,
        "language": request.language,
        "request": {
            "id": str(request.id),
            "received": request.received_at.isoformat(),
            "due": request.due_date.isoformat(),
            "answered": now.isoformat(),
        },
        "subject": str(request.contact_id),
        "controller": asdict(controller),
        "processed": bool(records),
        "processing": [row for one in held for row in _processing(one)],
        "recipients": recipients,
        "recipients_text": text["answers"]["some_recipients" if recipients else "no_recipients"],
        "sources": _sources(language, records),
        "rights": text["rights"],
        "authority": {
            "name": controller.authority_name,
            "address": controller.authority_address,
            "url": controller.authority_url,
        },
        "automated_decisions": automated_decisions(language, held),
        "transfers": _transfers(language, recipients),
        "records": records,
    }


def access_page(content: dict[str, Any], language: str, zone: tzinfo) -> dict[str, Any]:
    """The same for people: labelled, grouped by service and dataset, without doubles."""
    reader = Reader(language, zone, own=_own_logins(content["records"]))
    rows = [
        {
            "dataset": label(language, "datasets", row["dataset"]),
            "categories": _labels(language, "categories", row["categories"]),
            "purposes": _labels(language, "purposes", row["purposes"]),
            "bases": _labels(language, "bases", row["bases"]),
            "retention": label(language, "retention", row["retention"]),
            "laws": _labels(language, "laws", row["laws"]),
        }
        for row in content["processing"]
    ]
    # Every service keeps a log of its own; to say the same four times helps nobody.
    processing = list({tuple(row.values()): row for row in rows}.values())
    groups = [
        {"title": _title(language, *key), "records": _for_people(reader, key[1], list(records))}
        for key, records in groupby(content["records"], key=lambda r: (r["holder"], r["dataset"]))
    ]
    return {
        **content,
        "request": {
            **content["request"],
            **{key: reader.instant(content["request"][key]) for key in ("received", "answered")},
        },
        "transfers": _transfer_words(language, content["transfers"]),
        "processing": processing,
        "groups": groups,
        "recipients": [_recipient_words(language, each) for each in content["recipients"]],
        # Several imports are one line: which of them it was is in the JSON.
        "sources": list(dict.fromkeys(source["text"] for source in content["sources"])),
        "records": [],
    }


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


def automated_decisions(language: str, held: Sequence[Held]) -> dict[str, Any]:
    """What machines decide alone, as the tables declare it (Art. 15(1)(h) GDPR): also where nothing is held yet."""
    known = words(language)["automated"]
    declared = [
        (one.holder, dataset.name, dataset.automated)
        for one in held
        for dataset in one.described.datasets
        if dataset.HasField("automated")
    ]
    significant = any(how.significant for _, _, how in declared)
    profiling = any(how.profiling for _, _, how in declared)
    return {
        "exist": significant,
        "profiling": profiling,
        "text": " ".join(
            [
                known["some" if significant else "none"],
                known["profiling" if profiling else "no_profiling"],
            ]
        ),
        "checks": [
            {
                "holder": holder,
                "dataset": dataset,
                "significant": how.significant,
                "profiling": how.profiling,
                "logic": label(language, "logic", how.logic),
            }
            for holder, dataset, how in declared
        ],
    }


def _recipient(recipient: Recipient) -> dict[str, Any]:
    return {**asdict(recipient), "services": list(recipient.services), "third_country": recipient.outside}


def _recipient_words(language: str, recipient: dict[str, Any]) -> dict[str, str]:
    country = recipient["country"]
    where = label(language, "countries", country if country else "EEA")
    services = _labels(language, "holders", recipient["services"])
    return {
        "name": ", ".join(part for part in (recipient["name"], recipient["address"]) if part),
        "role": label(language, "roles", recipient["role"]),
        "country": where,
        "services": services or words(language)["access"]["all_services"],
    }


def _transfers(language: str, recipients: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What leaves the Economic Area, and what protects it there (Art. 15(2), 46 GDPR)."""
    outside = [each for each in recipients if each["third_country"]]
    return {
        "exist": bool(outside),
        "text": words(language)["answers"]["some_transfers" if outside else "no_transfers"],
        "to": [
            {
                "name": each["name"],
                "country": each["country"],
                "country_name": label(language, "countries", each["country"]),
                "safeguard": each["safeguard"],
            }
            for each in outside
        ],
    }


def _processing(held: Held) -> Iterable[dict[str, Any]]:
    """What is processed about this subject: the declarations of the datasets that have records.

    What a record says itself counts, too: nothing is handed out whose purpose is not named.
    """
    described = {dataset.name: dataset for dataset in held.described.datasets}
    present: dict[str, list[holder_pb2.Record]] = {}
    for record in held.records:
        present.setdefault(record.dataset, []).append(record)
    for name, records in present.items():
        dataset = described.get(name)
        columns = [c for c in dataset.columns if c.personal] if dataset is not None else []
        declared: list[holder_pb2.Column | holder_pb2.Value] = list(columns)
        declared += [value for record in records for value in record.values]
        yield {
            "holder": held.holder,
            "dataset": name,
            "categories": sorted({category_key(c.category) for c in declared}),
            "purposes": sorted({purpose_key(c.purpose) for c in declared}),
            "bases": sorted({basis_key(c.basis) for c in declared}),
            "retention": dataset.retention if dataset is not None else records[0].retention,
            # What keeps it locked for a while even if the subject has it erased.
            "laws": sorted({c.law for c in columns if c.law}),
        }


def _sources(language: str, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where records came from, as far as they say it (Art. 15(1)(g) GDPR), and which of them."""
    found: dict[str, set[str]] = {}
    for record in records:
        if record["source"]:
            found.setdefault(record["source"], set()).add(record["dataset"])
    return [
        {
            "source": source,
            "text": source_words(language, source),
            "from_subject": source_key(source) in FROM_SUBJECT,
            "datasets": sorted(datasets),
        }
        for source, datasets in sorted(found.items())
    ]


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


def _own_logins(records: Iterable[dict[str, Any]]) -> frozenset[str]:
    """By what the logs call the person: the subjects of their logins."""
    return frozenset(
        value["value"]
        for record in records
        if record["dataset"] == "login"
        for value in record["values"]
        if value["column"] == "subject"
    )


def _for_people(reader: Reader, dataset: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each record; reads of the data as one line per day and reader, because hundreds of them hide each other."""
    if dataset != _READS:
        return [_shown(reader, dataset, record) for record in records]
    counted = Counter(
        (reader.day(record["since"] or ""), *(reader.who(value["value"]) for value in record["values"][:1]))
        for record in records
    )
    label_of_actor = label(reader.language, "columns", "actor")
    return [
        {"since": day, "values": [[label_of_actor, f"{' '.join(who)} ({times} ×)"]]}
        for (day, *who), times in sorted(counted.items(), reverse=True)
    ]


def _shown(reader: Reader, dataset: str, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "since": reader.day(record["since"] or ""),
        "values": [
            [
                column_label(reader.language, dataset, value["column"]),
                reader.value(dataset, value["column"], value["value"]),
            ]
            for value in record["values"]
            if value["column"] not in DERIVED
        ],
    }


def _transfer_words(language: str, transfers: dict[str, Any]) -> dict[str, Any]:
    return {
        **transfers,
        "to": [{**each, "safeguard": cited(each["safeguard"], language)} for each in transfers["to"]],
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
