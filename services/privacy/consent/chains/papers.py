"""The proof of a consent as a document: for people to read, with the file attached that a computer checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.privacy.consent.chains.checking import figures
from services.privacy.consent.chains.model import Chain, LeafState, Link, Paper, Place
from services.privacy.consent.model import Text
from services.privacy.requests import pdf
from services.privacy.requests.model import Controller
from services.privacy.requests.wording import value_words

Pair = tuple[str, str]
_TEMPLATE = "consent"


@dataclass(frozen=True, slots=True)
class Printed:
    """What every form of a proof is made of: what it says, the same signed, and how it is to be set."""

    content: Mapping[str, Any]
    statement: bytes
    name: str
    language: str
    controller: Controller
    now: datetime

    @property
    def file_name(self) -> str:
        """Without its ending; the size of the head tells files of one consent apart."""
        return f"{self.name}-{self.content['head']['content']['size']}"


def json_paper(printed: Printed) -> Paper:
    """The signed statement itself."""
    return Paper(f"{printed.file_name}.json", "application/json", printed.statement)


def chain_paper(chain: Chain, printed: Printed) -> Paper:
    """The PDF of a chain. Takes CPU time: use a thread. Errors: DocumentFailed."""
    own, about = words(printed.language), chain.about
    facts = [
        *_common(printed),
        (own["contact"], str(about.contact_id)),
        (own["topic"], _titled(chain)),
        (own["channel"], _value(printed, "channel", about.channel)),
        (own["state"], _value(printed, "state", int(chain.counting.state))),
        (own["covers"], own["of"].format(covered=len(chain.proven), all=len(chain.links) + chain.omitted)),
    ]
    notes = [own["limits"]]
    if chain.omitted:
        notes.append(own["omitted"].format(number=chain.omitted))
    if len(chain.proven) < len(chain.links):
        notes.append(own["waiting_note"])
    first = {link.text.id: link for link in reversed(chain.links) if link.text}
    records = [
        _record(number, link, printed, again=link.text is not None and first[link.text.id] is not link)
        for number, link in enumerate(chain.links, 1)
    ]
    return _set(printed, title=own["title"], intro=own["intro"], facts=facts, notes=notes, records=records)


def erased_paper(place: Place, printed: Printed) -> Paper:
    """The PDF of an erased leaf. Takes CPU time: use a thread. Errors: DocumentFailed."""
    own = words(printed.language)
    facts = [
        *_common(printed),
        (own["leaf"], str(place.leaf.index)),
        (own["erased"], _moment(place.erased_at, printed.language)),
    ]
    return _set(printed, title=own["erased_title"], intro=own["erased_intro"], facts=facts)


@cache
def words(language: str) -> dict[str, str]:
    """The words of the proofs."""
    path = Path(__file__).parent / f"words.{language}.json"
    content: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _set(printed: Printed, **parts: Any) -> Paper:
    own, file = words(printed.language), f"{printed.file_name}.json"
    content = {
        "notes": [],
        "records": [],
        **parts,
        "own": own,
        "controller": asdict(printed.controller),
        "file": [(own["file"], file), (own["file_hash"], hashlib.sha256(printed.statement).hexdigest())],
        "command": f"python -m services.privacy.verify_consents {file} --keys keys.json --print",
        "figures": list(figures(printed.content)),
    }
    made = pdf.render(
        _TEMPLATE,
        content,
        language=printed.language,
        now=printed.now,
        attachment=(file, printed.statement.decode()),
    )
    return Paper(f"{printed.file_name}.pdf", "application/pdf", made)


def _common(printed: Printed) -> list[Pair]:
    own, head = words(printed.language), printed.content["head"]["content"]
    signed_at = datetime.fromisoformat(head["time"])
    controller = f"{printed.controller.name}, {printed.controller.address}"
    return [
        (own["controller"], controller),
        (own["printed"], _moment(printed.now, printed.language)),
        (own["head"], own["head_of"].format(size=head["size"], time=_moment(signed_at, printed.language))),
    ]


def _record(number: int, link: Link, printed: Printed, *, again: bool) -> dict[str, Any]:
    """One record; a text whose words stand above is only named."""
    own, record, evidence = words(printed.language), link.record, link.record.evidence
    state = _value(printed, "state", int(record.state))
    recorded = _moment(record.recorded_at, printed.language)
    pairs = [
        (own["recorded"], recorded),
        (own["id"], str(record.id)),
        (own["method"], _value(printed, "method", evidence.method) if evidence.method else ""),
        (own["form"], evidence.form_url),
        (own["language"], evidence.language),
        (own["requested"], _moment(evidence.request_time, printed.language)),
        (own["confirmed"], _moment(evidence.confirm_time, printed.language)),
        (own["mail"], evidence.mail_sha256.hex()),
        (own["token"], evidence.token_sha256.hex()),
        (own["addresses"], _addresses(link, printed.language)),
        (own["leaf"], str(link.leaf.index)),
        (own["proof"], own["waiting"] if link.state is LeafState.WAITING else own["proven"]),
    ]
    return {
        "heading": f"{number}. {state} · {recorded}",
        "pairs": [pair for pair in pairs if pair[1]],
        "text": _text(link.text, printed.language, again=again) if link.text else None,
    }


def _text(text: Text, language: str, *, again: bool) -> dict[str, Any]:
    own = words(language)
    named = own["text_again" if again else "text_of"].format(version=text.version, language=text.language)
    facts = [(own["text"], named), (own["text_hash"], text.sha256.hex())]
    shown = ("", "", "") if again else (text.title, text.text, text.withdrawal_notice)
    return {"facts": facts, "shown": shown}


def _addresses(link: Link, language: str) -> str:
    """That one is kept and until when; its value is no part of the leaf, and paper would keep it for ever."""
    own = words(language)
    if link.addresses_until is None:
        return own["no_addresses"]
    return own["addresses_kept"].format(time=_moment(link.addresses_until, language))


def _titled(chain: Chain) -> str:
    titles = [link.text.title for link in chain.links if link.text]
    return f"{titles[-1]} ({chain.about.topic})" if titles else chain.about.topic


def _value(printed: Printed, column: str, value: object) -> str:
    return value_words(printed.language, "consent_record", column, str(value))


def _moment(moment: datetime | None, language: str) -> str:
    form = "%d.%m.%Y, %H:%M:%S UTC" if language == "de" else "%Y-%m-%d, %H:%M:%S UTC"
    return f"{moment.astimezone(UTC):{form}}" if moment else ""
