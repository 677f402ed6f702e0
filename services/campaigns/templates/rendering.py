"""From MJML to a compiled mail: the constant part once, the placeholders once per reader."""

from __future__ import annotations

import re
from dataclasses import dataclass

import mrml
from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError

from services.campaigns.templates.model import (
    INVENTED,
    PLACEHOLDERS,
    Draft,
    Problem,
    Reader,
    Rendered,
    TemplateInvalid,
    salutation,
)
from services.campaigns.templates.plaintext import to_text

# Everything else is refused: loops and assignments could make a template arbitrarily expensive, and
# includes would read files.
_TAGS = ("if", "unless", "case", "comment", "content", "output", "illegal", "#")
_FILTERS = frozenset(("capitalize", "default", "downcase", "escape", "strip", "truncate", "upcase"))
# The MJML parser recurses; some three thousand open tags overflow its stack and take the process along.
_DEEPEST = 500
_LARGEST_HTML = 1_000_000
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_QUOTED = re.compile(r"'([^']+)'")
_POSITION = re.compile(r"at position (\d+):")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)

_FOOTERS = {
    "de": ("Einstellungen", "Abbestellen"),
    "en": ("Preferences", "Unsubscribe"),
}


@dataclass(frozen=True, slots=True)
class Links:
    """The two links that every mail has."""

    preferences_url: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template ready to be filled in."""

    language: str
    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate

    def render(self, reader: Reader, links: Links) -> Rendered:
        """The mail for one reader. What the reader's data holds is text, never markup."""
        values = {
            "salutation": salutation(reader, self.language),
            "given_name": reader.given_name,
            "family_name": reader.family_name,
            "preferences_url": links.preferences_url,
            "unsubscribe_url": links.unsubscribe_url,
        }
        return Rendered(
            subject=self.subject.render(values), html=self.html.render(values), text=self.text.render(values)
        )


def compile_template(draft: Draft) -> Compiled:
    """Errors: TemplateInvalid, naming the field and what is wrong with it."""
    html = _with_both_links(_to_html(draft), draft.language)
    compiled = Compiled(
        language=draft.language,
        subject=_parse(_PLAIN, draft.subject, field="subject"),
        html=_parse(_ESCAPING, html, field="mjml"),
        text=_parse(_PLAIN, to_text(html), field="mjml"),
    )
    try:
        # What fails for an invented person must fail now and not for the first of ten thousand.
        compiled.render(INVENTED, Links("", ""))
    except (LiquidError, RecursionError) as error:
        raise TemplateInvalid("mjml", Problem.PLACEHOLDERS_UNFILLABLE) from error
    return compiled


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(autoescape=autoescape, undefined=StrictUndefined, strict_filters=True)
    environment.tags = {name: environment.tags[name] for name in _TAGS}
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


_ESCAPING = _environment(autoescape=True)
_PLAIN = _environment(autoescape=False)


def _parse(environment: Environment, source: str, *, field: str) -> BoundTemplate:
    try:
        parsed = environment.from_string(source)
        used = parsed.analyze()
    except LiquidError as error:
        raise _unreadable(field, str(error.message)) from error
    except RecursionError as error:
        raise TemplateInvalid(field, Problem.PLACEHOLDERS_TOO_DEEP) from error
    for name, places in used.variables.items():
        if name not in PLACEHOLDERS or any(len(place.segments) > 1 for place in places):
            raise TemplateInvalid(field, Problem.PLACEHOLDER_UNKNOWN, name=str(places[0]))
    for name in used.filters:
        if name not in _FILTERS:
            raise TemplateInvalid(field, Problem.FILTER_UNKNOWN, name=name)
    return parsed


def _unreadable(field: str, message: str) -> TemplateInvalid:
    quoted = _QUOTED.search(message)
    forbidden = message.startswith("unexpected tag")
    problem = Problem.TAG_FORBIDDEN if forbidden else Problem.PLACEHOLDER_UNREADABLE
    return TemplateInvalid(field, problem, name=quoted.group(1) if quoted else "", detail=message)


def _line(source: str, message: str) -> int:
    """The line that the parser's message points at by byte offsets, "at position 6:13"; 0 if it names none."""
    found = _POSITION.search(message)
    return source.encode()[: int(found.group(1))].count(b"\n") + 1 if found else 0


def _to_html(draft: Draft) -> str:
    _refuse_deep_nesting(draft.mjml)
    try:
        html = mrml.to_html(
            draft.mjml,
            # No fonts from a font service: opening a mail must not tell a third party.
            render_options=mrml.RenderOptions(disable_comments=True, fonts={}),
            parser_options=mrml.ParserOptions(include_loader=mrml.noop_loader()),
        ).content
    except (OSError, ValueError) as error:
        raise TemplateInvalid(
            "mjml", Problem.MJML_UNREADABLE, line=_line(draft.mjml, str(error)), detail=str(error)
        ) from error
    if len(html) > _LARGEST_HTML:
        raise TemplateInvalid("mjml", Problem.MAIL_TOO_LARGE)
    # Screen readers choose the voice by it.
    return str(html).replace('lang="und"', f'lang="{draft.language}"', 1)


def _refuse_deep_nesting(source: str) -> None:
    # Tags that close themselves count as open: telling them apart needs the parser that is to be protected.
    unclosed = 0
    for closing, name in _TAG.findall(source):
        if closing:
            unclosed -= 1
        elif name.lower() not in _VOID:
            unclosed += 1
        if unclosed > _DEEPEST:
            raise TemplateInvalid("mjml", Problem.MJML_TOO_DEEP)


def _with_both_links(html: str, language: str) -> str:
    """Adds the links that the template forgot: no mail goes out without a way to stop the next one."""
    names = ("preferences_url", "unsubscribe_url")
    missing = [
        f'<a href="{{{{ {name} }}}}">{label}</a>'
        for name, label in zip(names, _FOOTERS[language], strict=True)
        if not re.search(r"\{\{-?\s*" + name, html)
    ]
    if not missing:
        return html
    footer = f'<p style="text-align:center;font-family:sans-serif;font-size:12px">{" · ".join(missing)}</p>'
    head, end, tail = html.rpartition("</body>")
    return f"{head}{footer}{end}{tail}" if end else html + footer
