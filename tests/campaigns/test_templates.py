"""Templates: what can be saved can be sent, whoever the reader is."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.campaigns.templates import service
from services.campaigns.templates.model import Address, Draft, Reader, TemplateInvalid, salutation
from services.campaigns.templates.plaintext import to_text
from services.campaigns.templates.rendering import Compiled, Links, compile_template
from tests.campaigns.conftest import MJML, House

LINKS = Links("https://portal.example/preferences/T", "https://portal.example/u/T")


def compiled(mjml: str = MJML, subject: str = "Neues", language: str = "de") -> Compiled:
    return compile_template(Draft("Vorlage", subject, mjml, language))


def body(inner: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("{{ email }}", "email"),
        ("{{ given_name.__class__ }}", "given_name"),
        ("{{ given_name | date: '%Y' }}", "date"),
        ("{{ given_name | safe }}", "safe"),
        ("{% include '/etc/passwd' %}", "include"),
        ("{% for i in (1..1000000000) %}x{% endfor %}", "for"),
        ("{% assign x = 1 %}", "assign"),
        ("{{ given_name", "expected"),
        ("{% if given_name %}", "if"),
    ],
)
def test_what_a_placeholder_may_not_do_is_refused_by_name(source: str, named: str) -> None:
    for field, draft in {
        "subject": Draft("V", source, MJML, "de"),
        "mjml": Draft("V", "Neues", body(f"<mj-text>{source}</mj-text>"), "de"),
    }.items():
        with pytest.raises(TemplateInvalid) as refused:
            compile_template(draft)
        assert named in refused.value.violations[f"template.{field}"]


@pytest.mark.parametrize(
    "mjml",
    [
        "no markup at all",
        "<mjml><mj-body></mjml>",
        '<mjml><mj-body><mj-include path="/etc/passwd" /></mj-body></mjml>',
        "<mjml><mj-body><mj-raw>" + "<div>" * 15_000 + "</div>" * 15_000 + "</mj-raw></mj-body></mjml>",
        body("<mj-wrapper>" * 5_000),
        body("<mj-text>" + "{% if given_name %}" * 3_000 + "{% endif %}" * 3_000 + "</mj-text>"),
    ],
    ids=["text", "broken", "include", "deep", "deep-mjml", "deep-liquid"],
)
def test_markup_that_cannot_be_read_or_would_exhaust_us_is_refused(mjml: str) -> None:
    with pytest.raises(TemplateInvalid):
        compiled(mjml)


@given(st.text(max_size=50), st.text(max_size=50), st.sampled_from(Address))
def test_any_name_is_text_and_never_markup_or_a_placeholder(
    given: str, family: str, address: Address
) -> None:
    rendered = SHARED.render(Reader(given, family, address), LINKS)
    assert rendered.html.count("<") == TAGS
    assert rendered.subject == f"Für {given}"
    assert LINKS.unsubscribe_url in rendered.html
    assert LINKS.unsubscribe_url in rendered.text


SHARED = compiled(subject="Für {{ given_name }}")
TAGS = SHARED.render(Reader(), LINKS).html.count("<")


def test_a_template_without_links_gets_them() -> None:
    rendered = compiled(body("<mj-text>Hallo</mj-text>"), language="en").render(Reader(), LINKS)
    for part in (rendered.html, rendered.text):
        assert LINKS.unsubscribe_url in part
        assert LINKS.preferences_url in part
    assert "Unsubscribe" in rendered.text


def test_the_mail_names_its_language_and_asks_no_font_service() -> None:
    html = compiled().render(Reader(), LINKS).html
    assert '<html lang="de"' in html
    assert "fonts.googleapis.com" not in html


@pytest.mark.parametrize(
    ("language", "reader", "expected"),
    [
        ("de", Reader("Eva", "Groß", Address.MS), "Sehr geehrte Frau Groß"),
        ("de", Reader("Jörg", "Müller", Address.MR), "Sehr geehrter Herr Müller"),
        ("de", Reader("Kim", "Schmidt", Address.NEUTRAL), "Guten Tag Kim Schmidt"),
        ("de", Reader("Eva", "", Address.MS), "Guten Tag Eva"),
        ("de", Reader(), "Guten Tag"),
        ("en", Reader("Eva", "Groß", Address.MS), "Dear Ms Groß"),
        ("en", Reader("Kim", "Schmidt"), "Hello Kim Schmidt"),
    ],
)
def test_salutations_are_formal_only_when_we_know_enough(
    language: str, reader: Reader, expected: str
) -> None:
    assert salutation(reader, language) == expected


def test_the_text_part_keeps_words_lists_and_links() -> None:
    html = (
        "<html><head><title>no</title><style>p{}</style></head><body><!--[if mso]>no<![endif]-->"
        '<div style="display:none">no</div><h1>Neu &amp; schön</h1><p>Eins<br>zwei</p>'
        '<ul><li>a</li><li>b</li></ul><a href="{{ unsubscribe_url }}">Abbestellen</a>'
        '<a href="https://x.example">https://x.example</a><img src="x.png" alt="Bild"></body></html>'
    )
    text = to_text(html)
    assert "no" not in text.split()
    assert text.startswith("Neu & schön\n\nEins\nzwei\n\n- a\n- b\n\nAbbestellen ({{ unsubscribe_url }})")
    assert text.count("https://x.example") == 1
    assert "Bild" in text


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Where templates were compiled."""
    where: list[threading.Thread] = []

    def noted(draft: Draft) -> Any:
        where.append(threading.current_thread())
        return compile_template(draft)

    monkeypatch.setattr(service, "compile_template", noted)
    return where


async def test_templates_are_compiled_beside_the_loop_that_answers(
    house: House, compiling: list[threading.Thread]
) -> None:
    house.world.add(1)
    await house.started()
    await house.sending.sender.run()
    await house.use_cases.templates.preview_template(Draft("Vorlage", "Neues", MJML, "de"))
    assert len(compiling) == 3
    assert threading.main_thread() not in compiling


async def test_a_campaign_that_waits_for_its_last_tries_compiles_nothing(
    house: House, compiling: list[threading.Thread]
) -> None:
    house.world.add(1)
    await house.started()
    house.sink.answers["person1@demo.example"] = ["451 4.3.0 later"]
    await house.sending.sender.run()
    compiling.clear()
    await house.sending.sender.run()
    assert await house.states() == {"planned": 1}
    assert compiling == []
