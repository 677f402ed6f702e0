"""The register of breaches, and drafts of both notices: Art. 33(3)(a)–(d) and Art. 34(2) GDPR."""

from __future__ import annotations

from collections.abc import Sequence

from services.privacy.breaches.model import Breach, aware_at, last, moment
from services.privacy.registers.model import Content
from services.privacy.registers.papers import about
from services.privacy.registers.printing import Pair, Paper, Section, word, words
from services.privacy.requests.model import Controller

_REGISTER = (
    "aware_time", "facts", "subject_categories", "subject_count", "record_categories", "record_count", "consequences",
    "measures", "risk", "reason", "exception", "authority_time", "delay_reason", "subjects_time",
)  # fmt: skip
_TIMES = frozenset({"aware_time", "authority_time", "subjects_time"})


def breaches_paper(found: Sequence[Breach], controller: Controller, language: str) -> Paper:
    """Every breach with its facts, effects and remedies, notified or not (Art. 33(5) GDPR)."""
    own = words(language)["breach"]
    sections = [
        Section(str(b.version.content["title"]), pairs=_pairs(b.version.content, _REGISTER, language))
        for b in found
    ]
    intro = own["intro"] if found else words(language)["nothing"]
    return Paper(
        words(language)["files"]["breaches"], own["title"], intro, about(controller, language), sections
    )


def authority_paper(found: Breach, controller: Controller, language: str) -> Paper:
    """What the authority must be told."""
    own, content = words(language)["breach"], found.version.content
    told = moment(content, "authority_time")
    late = told is not None and told > last(aware_at(content))
    sections = [
        Section(own["a"], pairs=_pairs(content, ("aware_time", *_REGISTER[1:6]), language)),
        Section(own["b"], pairs=_officer(controller, language)),
        Section(own["c"], text=[content.get("consequences") or own["unknown"]]),
        Section(own["d"], text=[content.get("measures") or own["unknown"]]),
    ]
    if late or content.get("delay_reason"):
        sections.append(Section(own["late"], text=[content.get("delay_reason") or own["unknown"]]))
    name = words(language)["files"]["breach"]
    facts = [(own["to"], controller.authority_name), *about(controller, language)]
    return Paper(f"{name}-33", own["authority_title"], own["authority_intro"], facts, sections)


def subjects_paper(found: Breach, controller: Controller, language: str) -> Paper:
    """What the persons must be told, in plain words."""
    own, content = words(language)["breach"], found.version.content
    sections = [
        Section(own["what"], text=[content["facts"]]),
        Section(own["which"], text=[content.get("record_categories") or own["unknown"]]),
        Section(own["effects"], text=[content.get("consequences") or own["unknown"]]),
        Section(own["done"], text=[content.get("measures") or own["unknown"]]),
        Section(own["ask"], pairs=_officer(controller, language)),
    ]
    name = words(language)["files"]["breach"]
    return Paper(
        f"{name}-34", own["subjects_title"], own["subjects_intro"], about(controller, language), sections
    )


def _officer(controller: Controller, language: str) -> list[Pair]:
    text = words(language)
    named = ", ".join(part for part in (controller.dpo_name, controller.dpo_email) if part)
    found = [(text["dpo"], named), (text["email"], controller.email), (text["phone"], controller.phone)]
    return [pair for pair in found if pair[1]]


def _pairs(content: Content, names: Sequence[str], language: str) -> list[Pair]:
    return [
        (word(language, "breach_fields", name), _cell(content, name, language))
        for name in names
        if content.get(name)
    ]


def _cell(content: Content, name: str, language: str) -> str:
    if name in _TIMES:
        told = moment(content, name)
        return f"{told:%Y-%m-%d %H:%M} UTC" if told else ""
    return word(language, "values", str(content[name]))
