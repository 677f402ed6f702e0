"""What stands in a printed record of processing (Art. 30(1)(a)–(g) GDPR)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.privacy.processing.model import Confirmed
from services.privacy.registers.printing import Pair, Paper, Section, word, words
from services.privacy.requests import wording

_CONTEXT = ("description", "subjects", "joint_controllers", "department", "measures")


def record_paper(found: Confirmed, language: str, *, controller: Sequence[Pair]) -> Paper:
    """A version of the record."""
    text = words(language)
    own = text["record"]
    facts = [
        *controller,
        (text["version"], str(found.version)),
        (text["confirmed"], found.at.date().isoformat()),
        (text["confirmed_by"], found.by),
    ]
    activities = [_activity(each, language) for each in found.content["activities"]]
    return Paper(
        name=text["files"]["record"],
        title=own["title"],
        intro=own["intro"],
        facts=facts,
        sections=[*activities, *_rest(found.content, language)],
    )


def _activity(activity: Mapping[str, Any], language: str) -> Section:
    own, context = words(language)["record"], activity["context"]
    purpose = wording.label(language, "purposes", activity["key"])
    said = {
        "subjects": own["default_subjects"],
        "description": purpose,
        **{k: v for k, v in context.items() if v},
    }
    return Section(
        heading=context.get("name") or purpose,
        pairs=[(own[name], said[name]) for name in _CONTEXT if said.get(name)],
        header=[own[name] for name in ("dataset", "categories", "bases", "retention")],
        rows=[_line(each, language) for each in activity["lines"]],
    )


def _line(line: Mapping[str, Any], language: str) -> list[str]:
    holder = wording.label(language, "holders", line["holder"])
    return [
        f"{holder}: {wording.label(language, 'datasets', line['dataset'])}",
        _labels(language, "categories", line["categories"], "CATEGORY_"),
        _labels(language, "bases", line["bases"], "BASIS_"),
        wording.label(language, "retention", line["retention"]),
    ]


def _labels(language: str, group: str, names: Sequence[str], prefix: str) -> str:
    return ", ".join(wording.label(language, group, name.removeprefix(prefix).lower()) for name in names)


def _rest(content: Mapping[str, Any], language: str) -> list[Section]:
    own = words(language)["record"]
    recipients = [[r["name"], r["address"], r["services"]] for r in content.get("recipients", ())]
    transfers = [
        [t["recipient"], t["country"], word(language, "values", t.get("mechanism", "")), t.get("details", "")]
        for t in content.get("transfers", ())
    ]
    measures = [
        [m["name"], word(language, "values", m.get("goal", "")), m["description"]]
        for m in content.get("measures", ())
    ]
    return [
        _table(own["recipients"], ("name", "address", "service"), recipients, own["no_recipients"], language),
        _table(
            own["transfers"],
            ("recipient", "country", "mechanism", "details"),
            transfers,
            own["no_transfers"],
            language,
        ),
        _table(own["all_measures"], ("name", "goal", "description"), measures, own["none"], language),
    ]


def _table(
    heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]], nothing: str, language: str
) -> Section:
    head = [word(language, "fields", name) for name in columns]
    return Section(heading, header=head, rows=rows) if rows else Section(heading, text=[nothing])
