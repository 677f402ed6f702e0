"""The page of the code: no login, one answer for everything that is wrong, and every code a command of its own."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from kontor.privacy.v1 import identity_pb2

from services.portal.identity import views

PAGE = "/identity/018f0000-0000-7000-8000-000000000001"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def fill(page: str, code: str) -> dict[str, str]:
    return {name: hidden(page, name) for name in ("csrf_token", "request_id")} | {"code": code}


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[identity_pb2.EnterIdentityCodeRequest]:
    """What the portal handed on; "RIGHT" is the code."""
    found: list[identity_pb2.EnterIdentityCodeRequest] = []

    def enter(wanted: identity_pb2.EnterIdentityCodeRequest) -> identity_pb2.EnterIdentityCodeResponse:
        found.append(wanted)
        return identity_pb2.EnterIdentityCodeResponse(accepted=wanted.code == "RIGHT")

    stubs = SimpleNamespace(identity_checks=SimpleNamespace(EnterIdentityCode=enter))
    monkeypatch.setattr(views, "clients", lambda: stubs)
    return found


def test_looking_at_the_page_uses_nothing_up(
    client: FlaskClient, entered: list[identity_pb2.EnterIdentityCodeRequest]
) -> None:
    assert client.get(PAGE).status_code == 200
    assert entered == []
    assert client.post(PAGE, data={"code": "RIGHT"}).status_code == 419
    assert entered == []


def test_the_right_code_is_thanked_for(
    client: FlaskClient, entered: list[identity_pb2.EnterIdentityCodeRequest]
) -> None:
    answer = client.post(PAGE, data=fill(client.get(PAGE).text, " RIGHT "))
    assert answer.status_code == 200
    assert "wir wissen jetzt" in answer.text
    assert [(one.check_id, one.code) for one in entered] == [(PAGE.rpartition("/")[2], "RIGHT")]


def test_a_wrong_code_can_be_mended_and_is_not_shown_again(
    client: FlaskClient, entered: list[identity_pb2.EnterIdentityCodeRequest]
) -> None:
    answer = client.post(PAGE, data=fill(client.get(PAGE).text, "WRONG-ONE"))
    assert answer.status_code == 400
    assert "WRONG-ONE" not in answer.text
    assert client.post(PAGE, data=fill(answer.text, "RIGHT")).status_code == 200
    # Another code under the same id would be refused as another command.
    assert len({one.request_id for one in entered}) == 2


@pytest.mark.parametrize("code", ["", "   ", "A" * 41])
def test_what_can_be_no_code_asks_nobody(
    client: FlaskClient, entered: list[identity_pb2.EnterIdentityCodeRequest], code: str
) -> None:
    assert client.post(PAGE, data=fill(client.get(PAGE).text, code)).status_code == 400
    assert entered == []
