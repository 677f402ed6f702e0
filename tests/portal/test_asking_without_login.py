"""The public page of rights: no login, one answer for every address, and every try a command of its own."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from kontor.privacy.v1 import askings_pb2, holder_pb2, privacy_pb2

from kernel.errors import InvalidArgument, ResourceExhausted
from services.portal.asking import views
from tests.portal.conftest import LogIn

PAGE = "/your-rights"
LINK = "/your-rights/018f0000-0000-7000-8000-000000000001"


class Askings:
    """The service as far as the pages go; "RIGHT" is the code."""

    def __init__(self) -> None:
        self.asked: list[askings_pb2.AskRequest] = []
        self.entered: list[askings_pb2.ConfirmAskingRequest] = []
        self.refusal: Exception | None = None

    def Ask(self, wanted: askings_pb2.AskRequest) -> askings_pb2.AskResponse:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(wanted)
        return askings_pb2.AskResponse()

    def ConfirmAsking(self, wanted: askings_pb2.ConfirmAskingRequest) -> askings_pb2.ConfirmAskingResponse:
        self.entered.append(wanted)
        return askings_pb2.ConfirmAskingResponse(accepted=wanted.code == "RIGHT")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def askings(monkeypatch: pytest.MonkeyPatch) -> Askings:
    found = Askings()
    monkeypatch.setattr(views, "clients", lambda: SimpleNamespace(askings=found))
    return found


def fill(client: FlaskClient, path: str, **data: str) -> dict[str, str]:
    page = client.get(path).text
    hidden = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page) for name in ("csrf_token", "request_id")
    }
    return {name: match[1] for name, match in hidden.items() if match} | data


def submit(client: FlaskClient, path: str = PAGE, **data: str) -> Any:
    return client.post(path, data=fill(client, path, **data))


def test_looking_at_the_pages_asks_for_nothing(client: FlaskClient, askings: Askings) -> None:
    for path in (PAGE, LINK, f"{PAGE}/sent"):
        assert client.get(path).status_code == 200
    assert client.post(PAGE, data={"wish": "access", "email": "a@example.org"}).status_code == 419
    assert client.post(LINK, data={"code": "RIGHT"}).status_code == 419
    assert (askings.asked, askings.entered) == ([], [])


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("access", {"kind": holder_pb2.REQUEST_KIND_ACCESS}),
        ("erasure", {"kind": holder_pb2.REQUEST_KIND_ERASURE}),
        ("portability", {"kind": holder_pb2.REQUEST_KIND_PORTABILITY}),
        ("withdrawal", {"kind": holder_pb2.REQUEST_KIND_WITHDRAWAL}),
        (
            "advertising",
            {
                "kind": holder_pb2.REQUEST_KIND_OBJECTION,
                "objection": privacy_pb2.OBJECTION_SCOPE_MARKETING,
            },
        ),
        (
            "processing",
            {
                "kind": holder_pb2.REQUEST_KIND_OBJECTION,
                "objection": privacy_pb2.OBJECTION_SCOPE_PROCESSING,
            },
        ),
    ],
)
def test_each_wish_is_asked_for_and_answered_alike(
    client: FlaskClient, askings: Askings, wish: str, said: dict[str, int]
) -> None:
    # A ground that was chosen and is not wanted any more is no ground.
    answer = submit(client, wish=wish, email=" anna@example.org ", ground="2", message="Bitte\nschnell.")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/sent")
    (wanted,) = askings.asked
    assert {field: getattr(wanted, field) for field in said} == said
    assert (wanted.email, wanted.ground, wanted.language) == ("anna@example.org", 0, "de")
    assert (wanted.message, wanted.client) == ("Bitte\nschnell.", "127.0.0.1")


def test_a_lock_needs_its_ground_and_a_correction_its_words(client: FlaskClient, askings: Askings) -> None:
    assert submit(client, wish="restriction", email="a@example.org").status_code == 400
    assert submit(client, wish="rectification", email="a@example.org").status_code == 400
    assert askings.asked == []
    assert submit(client, wish="restriction", email="a@example.org", ground="3").status_code == 303
    assert submit(client, wish="rectification", email="a@example.org", message="Müller").status_code == 303
    assert [(one.kind, one.ground) for one in askings.asked] == [
        (holder_pb2.REQUEST_KIND_RESTRICTION, 3),
        (holder_pb2.REQUEST_KIND_RECTIFICATION, 0),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"wish": "everything"}, {"email": "anna"}, {"email": ""}, {"ground": "9"}, {"message": "x" * 2001}],
)
def test_what_cannot_be_meant_stays_on_the_page(
    client: FlaskClient, askings: Askings, wrong: dict[str, str]
) -> None:
    answer = submit(client, **({"wish": "access", "email": "a@example.org"} | wrong))
    assert answer.status_code == 400
    assert askings.asked == []


def test_a_machine_gets_the_same_answer_and_nothing_happens(client: FlaskClient, askings: Askings) -> None:
    answer = submit(client, wish="access", email="a@example.org", website="https://spam.example")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/sent")
    assert askings.asked == []


def test_pressed_twice_is_one_command_and_mended_is_another(client: FlaskClient, askings: Askings) -> None:
    data = fill(client, PAGE, wish="access", email="a@example.org")
    client.post(PAGE, data=data)
    client.post(PAGE, data=data)
    assert len({one.request_id for one in askings.asked}) == 1
    askings.refusal = InvalidArgument("no", violations={"email": "must be an e-mail address"})
    page = client.post(PAGE, data=data).text
    assert data["request_id"] not in page


def test_too_much_of_one_network_is_said_with_another_way(client: FlaskClient, askings: Askings) -> None:
    askings.refusal = ResourceExhausted("no", reason="TOO_MANY_ASKINGS")
    answer = submit(client, wish="access", email="a@example.org")
    assert answer.status_code == 429
    assert "zählt genauso" in answer.text


def test_the_code_is_taken_and_a_wrong_one_says_the_same_everywhere(
    client: FlaskClient, askings: Askings
) -> None:
    assert "angekommen" in submit(client, LINK, code=" RIGHT ").text
    pages = [submit(client, link, code="WRONG") for link in (LINK, f"{PAGE}/{uuid.uuid4()}")]
    assert [page.status_code for page in pages] == [400, 400]
    without_ids = [re.sub(r'[0-9a-f-]{36}|(value|nonce)="[^"]+"', "", page.text) for page in pages]
    assert without_ids[0] == without_ids[1]
    assert len({one.request_id for one in askings.entered}) == 3


def test_the_pages_speak_english(client: FlaskClient, askings: Askings) -> None:
    assert "Ihr Recht ohne Konto" in client.get(PAGE).text
    client.get("/?lang=en")
    assert "Your rights without a login" in client.get(PAGE).text
    submit(client, wish="access", email="a@example.org")
    assert [one.language for one in askings.asked] == ["en"]


def test_a_visitor_is_led_to_the_page_and_a_customer_to_the_own_rights(
    client: FlaskClient, log_in: LogIn
) -> None:
    assert f'href="{PAGE}"' in client.get("/").text
    assert f'href="{PAGE}"' not in log_in("customer").get("/sessions").text
