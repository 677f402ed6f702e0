"""Consent texts: the topics, the versions of one side by side, drafts, and their approval by somebody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, to_user_timezone
from flask_babel import gettext as _
from kontor.privacy.v1 import consent_texts_pb2 as wire

from kernel.clock import to_timestamp
from kernel.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound
from kernel.web.forms import Form
from services.gateway import people
from services.gateway.catalogue import topics
from services.gateway.clients import clients, unless_down
from services.gateway.consent_texts.differences import differences
from services.gateway.consent_texts.forms import LANGUAGES, DraftForm, values_of
from services.gateway.consent_texts.words import PARTS, TOPIC_STATES, draft_state, topic_state, version_state
from services.gateway.session import me, opens_with

blueprint = Blueprint("consent_texts", __name__)

_MOST_COMPARED = 12


@opens_with("ConsentTexts.ListConsentTopics")
def index() -> ResponseReturnValue:
    """GET /consent-texts: what people are asked, and what waits for somebody."""
    listed = clients().consent_texts.ListConsentTopics(wire.ListConsentTopicsRequest()).topics
    uses = _uses("")
    return render_template(
        "consent_texts/index.html",
        listed=[(topic, TOPIC_STATES[topic_state(topic)]) for topic in listed],
        standing=_sums(uses, lambda use: use.topic) if uses is not None else None,
        drafts=[(draft, draft_state(draft)) for draft in _open_drafts()],
        titles=topics(),
        languages=LANGUAGES,
    )


@opens_with("ConsentTexts.ListConsentTextVersions")
def detail(topic: str) -> ResponseReturnValue:
    """GET /consent-texts/<topic>?language=: its versions side by side, and where they are shown."""
    asked = wire.ListConsentTextVersionsRequest(topic=topic)
    versions = clients().consent_texts.ListConsentTextVersions(asked).versions
    (found,) = [each for each in _topics() if each.topic == topic] or [wire.ConsentTopic(topic=topic)]
    spoken = sorted({each.text.language for each in versions})
    language = request.args.get("language", str(get_locale()))
    language = language if language in spoken else spoken[0]
    uses = _uses(topic)
    shown = [each for each in versions if each.text.language == language]
    return render_template(
        "consent_texts/detail.html",
        topic=found,
        state=TOPIC_STATES[topic_state(found)],
        title=topics().get(topic, shown[-1].text.title),
        versions=_compared(shown, found)[-_MOST_COMPARED:][::-1],
        omitted=max(0, len(shown) - _MOST_COMPARED),
        spoken=[
            (
                LANGUAGES.get(name, name),
                url_for("consent_texts.detail", topic=topic, language=name),
                name == language,
                None,
            )
            for name in spoken
        ],
        parts=PARTS,
        standing=_sums(uses, lambda use: use.text_id) if uses is not None else None,
        uses=uses,
        by_id={each.text.id: each.text for each in versions},
        drafts=[(draft, draft_state(draft)) for draft in _open_drafts() if draft.topic == topic],
        changers=people.colleagues(_logins(versions)),
    )


@opens_with("ConsentTexts.GetConsentDraft")
def draft(draft_id: uuid.UUID) -> ResponseReturnValue:
    """GET /consent-texts/drafts/<id>: as people will see it, and what it changes."""
    return _show(_draft(draft_id))


@opens_with("ConsentTexts.CreateConsentDraft")
def create() -> ResponseReturnValue:
    """GET, POST /consent-texts/new?topic=: a first text, or the next version, beginning with the one of now."""
    topic = request.args.get("topic", "")
    current = {language: _as_translation(text) for language, text in _current(topic).items()}
    form = DraftForm(data={"topic": topic, **values_of(list(current.values()))})
    return _edit(form, None)


@opens_with("ConsentTexts.UpdateConsentDraft")
def edit(draft_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /consent-texts/drafts/<id>/edit"""
    found = _draft(draft_id)
    if found.approved_by:
        flash(_("This text was approved and never changes. Write the next version instead."), "warning")
        return redirect(url_for("consent_texts.draft", draft_id=draft_id))
    since = found.effective_time.ToDatetime() if found.HasField("effective_time") else None
    data = {
        "topic": found.topic,
        "etag": found.etag,
        "material": found.material,
        "effective_on": f"{to_user_timezone(since):%Y-%m-%d}" if since else "",
        **values_of(list(found.translations)),
    }
    return _edit(DraftForm(data=data), found)


@opens_with("ConsentTexts.HandInConsentDraft")
def hand_in(draft_id: uuid.UUID) -> ResponseReturnValue:
    """POST /consent-texts/drafts/<id>/hand-in"""
    form = Form()
    return _decide(
        draft_id,
        lambda: clients().consent_texts.HandInConsentDraft(
            wire.HandInConsentDraftRequest(
                request_id=form.request_id.data, id=str(draft_id), etag=request.form.get("etag", "")
            )
        ),
        form=form,
        done=_("Handed in. Data protection approves it, or somebody writes it anew."),
    )


@opens_with("ConsentTexts.ApproveConsentDraft")
def approve(draft_id: uuid.UUID) -> ResponseReturnValue:
    """POST /consent-texts/drafts/<id>/approve: exactly what was read becomes the next version."""
    form = Form()
    return _decide(
        draft_id,
        lambda: clients().consent_texts.ApproveConsentDraft(
            wire.ApproveConsentDraftRequest(
                request_id=form.request_id.data, id=str(draft_id), etag=request.form.get("etag", "")
            )
        ),
        form=form,
        done=_("Approved. It never changes any more."),
    )


@opens_with("ConsentTexts.RetireConsentTopic")
def retire(topic: str) -> ResponseReturnValue:
    """GET, POST /consent-texts/<topic>/retire: nobody is asked any more."""
    form = Form()
    if form.validate_on_submit():
        asked = wire.RetireConsentTopicRequest(request_id=form.request_id.data, topic=topic)
        clients().consent_texts.RetireConsentTopic(asked)
        flash(_("Retired. Nobody is asked about it any more, and no message rests on it."), "success")
        return redirect(url_for("consent_texts.detail", topic=topic), code=303)
    if topic not in {each.topic for each in _topics()}:
        abort(404)
    uses = _uses(topic) or []
    return render_template(
        "consent_texts/retire.html",
        topic=topic,
        title=topics().get(topic, topic),
        standing=sum(use.count for use in uses),
    )


def _show(found: wire.ConsentDraft, *, problems: Sequence[str] = ()) -> ResponseReturnValue:
    before = _current(found.topic)
    if found.approved_by:
        before = {}
    compared = [
        (
            each,
            LANGUAGES.get(each.language, each.language),
            _only_changed(_changed(before.get(each.language), each)),
        )
        for each in found.translations
    ]
    page = render_template(
        "consent_texts/draft.html",
        draft=found,
        state=draft_state(found),
        compared=compared,
        missing=[
            name for key, name in LANGUAGES.items() if key not in {t.language for t in found.translations}
        ],
        current=before,
        own=me().subject in found.authors,
        parts=PARTS,
        title=topics().get(found.topic, found.topic),
        changers=people.colleagues([*found.authors, found.handed_in_by, found.approved_by]),
        problems=problems,
    )
    return page, 409 if problems else 200


def _decide(
    draft_id: uuid.UUID, call: Callable[[], wire.ConsentDraft], *, form: Form, done: str
) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return redirect(url_for("consent_texts.draft", draft_id=draft_id), code=303)
    try:
        call()
    except (Aborted, InvalidArgument):
        problem = _("Somebody has changed this draft meanwhile. Read it as it is now, then decide.")
    except FailedPrecondition as error:
        problem = _refused(error.reason)
    else:
        flash(done, "success")
        return redirect(url_for("consent_texts.draft", draft_id=draft_id), code=303)
    return _show(_draft(draft_id), problems=[problem])


def _refused(reason: str) -> str:
    words = {
        "FOUR_EYES": _("You have written this text. Somebody else has to approve it."),
        "TRANSLATION_MISSING": _("German and English are both needed."),
        "APPROVED": _("This text was approved already."),
    }
    return str(words.get(reason, _("This is not possible now.")))


def _edit(form: DraftForm, found: wire.ConsentDraft | None) -> ResponseReturnValue:
    problems: list[str] = []
    if form.validate_on_submit() and form.check():
        try:
            saved = _save(form, found)
        except Aborted:
            problems = [_("Somebody has changed this draft meanwhile. Open it again to see what.")]
        except FailedPrecondition:
            problems = [_("This text was approved already.")]
        except InvalidArgument as error:
            problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
        else:
            flash(_("The draft is stored."), "success")
            return redirect(url_for("consent_texts.draft", draft_id=saved.id), code=303)
    elif form.is_submitted():
        problems = [_("Please check what you entered.")]
    page = render_template(
        "consent_texts/form.html",
        form=form,
        problems=problems,
        draft=found,
        languages=LANGUAGES,
        back=url_for("consent_texts.draft", draft_id=found.id) if found else url_for("consent_texts.index"),
    )
    return page, 400 if problems else 200


def _save(form: DraftForm, found: wire.ConsentDraft | None) -> wire.ConsentDraft:
    values: dict[str, Any] = {
        "request_id": form.request_id.data,
        "material": form.material.data,
        "effective_time": to_timestamp(form.effective_time()),
        "translations": form.translations(),
    }
    if found is None:
        asked = wire.CreateConsentDraftRequest(topic=form.topic.data, **values)
        return clients().consent_texts.CreateConsentDraft(asked)
    return clients().consent_texts.UpdateConsentDraft(
        wire.UpdateConsentDraftRequest(id=found.id, etag=form.etag.data, **values)
    )


def _draft(draft_id: uuid.UUID) -> wire.ConsentDraft:
    return clients().consent_texts.GetConsentDraft(wire.GetConsentDraftRequest(id=str(draft_id)))


def _topics() -> Sequence[wire.ConsentTopic]:
    return clients().consent_texts.ListConsentTopics(wire.ListConsentTopicsRequest()).topics


def _open_drafts() -> list[wire.ConsentDraft]:
    found = clients().consent_texts.ListConsentDrafts(wire.ListConsentDraftsRequest()).drafts
    # What waits for somebody stands first.
    return sorted((each for each in found if not each.approved_by), key=lambda each: not each.handed_in_by)


def _uses(topic: str) -> list[wire.ConsentTextUse] | None:
    asked = wire.ListConsentTextUsesRequest(topic=topic)
    # Counting reads all records of a topic; what people are asked must not wait for it.
    answer = unless_down(lambda: clients().consent_texts.ListConsentTextUses(asked))
    return list(answer.uses) if answer is not None else None


def _sums(uses: Sequence[wire.ConsentTextUse], key: Callable[[wire.ConsentTextUse], str]) -> dict[str, int]:
    ordered = sorted(uses, key=key)
    return {name: sum(use.count for use in found) for name, found in groupby(ordered, key=key)}


def _current(topic: str) -> dict[str, Any]:
    """The newest version of a topic by language; nothing for a topic that has none yet."""
    if not topic:
        return {}
    asked = wire.ListConsentTextVersionsRequest(topic=topic)
    try:
        versions = clients().consent_texts.ListConsentTextVersions(asked).versions
    except (NotFound, InvalidArgument):
        return {}
    return {each.text.language: each.text for each in versions}


def _as_translation(text: Any) -> wire.ConsentTranslation:
    return wire.ConsentTranslation(
        language=text.language, title=text.title, text=text.text, withdrawal_notice=text.withdrawal_notice
    )


def _compared(versions: Sequence[wire.ConsentTextVersion], topic: wire.ConsentTopic) -> list[Any]:
    """Each version with its state and with what it changed in the one before."""
    before = None
    found = []
    for each in versions:
        found.append((each, version_state(each, topic), _changed(before, each.text)))
        before = each.text
    return found


def _changed(before: Any, after: Any) -> dict[str, Any]:
    """What became of each part of a text, word by word; the text itself where there was none before."""
    return {name: differences(getattr(before or after, name), getattr(after, name)) for name in PARTS}


def _only_changed(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: found for name, found in parts.items() if any(piece.kind != "same" for piece in found)}


def _logins(versions: Sequence[wire.ConsentTextVersion]) -> list[str]:
    return [login for each in versions for login in (*each.authors, each.approved_by)]


_DRAFT = "/consent-texts/drafts/<uuid:draft_id>"
blueprint.add_url_rule("/consent-texts", "index", index)
blueprint.add_url_rule("/consent-texts/new", "create", create, methods=["GET", "POST"])
blueprint.add_url_rule(_DRAFT, "draft", draft)
blueprint.add_url_rule(f"{_DRAFT}/edit", "edit", edit, methods=["GET", "POST"])
blueprint.add_url_rule(f"{_DRAFT}/hand-in", "hand_in", hand_in, methods=["POST"])
blueprint.add_url_rule(f"{_DRAFT}/approve", "approve", approve, methods=["POST"])
blueprint.add_url_rule("/consent-texts/topics/<topic>", "detail", detail)
blueprint.add_url_rule("/consent-texts/topics/<topic>/retire", "retire", retire, methods=["GET", "POST"])
