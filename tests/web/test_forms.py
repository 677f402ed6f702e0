"""What a form makes of what was typed or pasted, and of what a service refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wtforms import StringField

from kernel.errors import InvalidArgument
from kernel.web.application import Web
from kernel.web.forms import Form, strip, strip_lines


class Sample(Form):
    """One field that a service may find fault with."""

    email = StringField("Address")


@pytest.fixture
def form(web: Web) -> Iterator[Sample]:
    """As a German reader has it."""
    with web.app.test_request_context("/write", method="POST", headers={"Accept-Language": "de"}):
        yield Sample()


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("Montag\r\nDienstag\rMittwoch\n", "Montag\nDienstag\nMittwoch"),
        ("Wort\x0bumbruch, Seite\x0cdrei", "Wort\numbruch, Seite\ndrei"),
        ("a\x00b\x1bc\x7fd\x9fe\tf", "abcde\tf"),
    ],
)
def test_several_lines_have_one_kind_of_break_and_nothing_that_a_service_refuses(
    pasted: str, kept: str
) -> None:
    assert strip_lines(pasted) == kept
    assert strip_lines(kept) == kept


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("Änne\x0bSommer", "Änne Sommer"),
        ("Köln\r\n", "Köln"),
        ("a\tb\u2028c\x00d", "a b cd"),
        ("zwei  Leerzeichen", "zwei  Leerzeichen"),
    ],
)
def test_one_line_stays_one_line(pasted: str, kept: str) -> None:
    assert strip(pasted) == kept


def test_what_a_service_refuses_is_said_in_the_readers_language(form: Sample) -> None:
    refused = InvalidArgument("no", violations={"contact.email": "must be an e-mail address", "page": "x"})
    assert form.take_errors(refused.violations) == ["So kann das nicht gespeichert werden."]
    assert list(map(str, form.email.errors)) == ["So kann das nicht gespeichert werden."]


def test_a_page_that_knows_better_says_it_in_its_own_words(form: Sample) -> None:
    assert form.take_errors({"contact.email": "is in use"}, {"email": "Die gibt es schon."}) == []
    assert list(form.email.errors) == ["Die gibt es schon."]


def test_what_no_field_shows_is_said_once_above_the_form(form: Sample) -> None:
    assert len(form.take_errors({"request_id": "hidden", "contact.nowhere": "wrong"})) == 1
