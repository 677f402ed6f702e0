"""Characters that nobody sees: gone where they deceive, kept where a language or an emoji needs them."""

import time

import pytest
from kontor.tickets.v1.tickets_pb2 import AddMessageRequest

from kernel.addresses import normal_email
from kernel.text import visible
from kernel.validation import violations_of
from kernel.web.forms import strip
from services.contacts.text import clean, clean_lines


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",
        "\u200b\u200d\u2060\ufeff",
        "\u00ad\u00ad",
        "\u202e \u202c",
        "\u3164",
        "\u2800 \ufe0f",
        "\U000e0041",
    ],
)
def test_what_nobody_sees_is_nothing(text: str) -> None:
    assert visible(text) == ""
    assert strip(text) == clean(text) == clean_lines(text) == ""
    request = AddMessageRequest(
        request_id="018f0000-0000-4000-8000-000000000001",
        ticket_id="018f0000-0000-7000-8000-000000000001",
        body=text,
    )
    assert violations_of(request) == {"body": "must not be empty"}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Ann\u200bika", "Annika"),
        ("\u202eEtalP\u202c Müller", "EtalP Müller"),
        ("\u2067abc\u2069é", "abcé"),
        ("\ufeffÄnne", "Änne"),
        ("Müller\u200d", "Müller"),
        ("\u200c Ü \u00ad", " Ü "),
        ("Donau\u00ad\u00addampfer", "Donaudampfer"),
    ],
)
def test_what_only_steers_the_letters_is_taken_out(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d👩\u200d👧 Familie",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England",
        "Donau\u00addampf",
        "❤\ufe0f",
        "plain ASCII\nin two lines",
        "Grüße\r\naus Köln",
        "Nr. \u0601١",
    ],
)
def test_what_a_language_or_an_emoji_needs_stays(text: str) -> None:
    assert visible(text) == text


def test_an_address_has_one_spelling() -> None:
    assert normal_email("än\u200bne@post.example") == "änne@post.example"


def test_a_long_row_of_joiners_costs_no_more_than_a_look() -> None:
    begin = time.perf_counter()
    assert visible("ä" + "\u200d" * 200_000 + "ö") == "äö"
    assert time.perf_counter() - begin < 2
