"""Who looked at my data: departments by day, in words, and what is missing is said."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import audit_pb2

from kernel.identity import STAFF_ROLES
from services.portal.looks.words import CATEGORIES, ROLES
from tests.portal.conftest import LogIn
from tests.web.neighbours import Neighbours

_OWN = "018f0000-0000-7000-8000-000000000002"


@pytest.fixture
def client(log_in: LogIn, neighbours: Neighbours) -> FlaskClient:
    neighbours.answers["Contacts.GetOwnContact"] = lambda _: Contact(id=_OWN)
    return log_in("customer")


def _found(neighbours: Neighbours, *accesses: audit_pb2.OwnAccess, **more: Any) -> None:
    answer = audit_pb2.ListOwnAccessesResponse(accesses=accesses, **more)
    neighbours.answers["Audit.ListOwnAccesses"] = lambda _: answer


def _access(**values: Any) -> audit_pb2.OwnAccess:
    usual: dict[str, Any] = {
        "day": "2026-11-25",
        "role": "agent",
        "purpose": options_pb2.PURPOSE_SERVICE,
        "reads": 1,
    }
    return audit_pb2.OwnAccess(**(usual | values))


def test_a_look_says_which_department_why_how_often_and_what_it_could_see(
    client: FlaskClient, neighbours: Neighbours
) -> None:
    _found(
        neighbours,
        _access(team="Service", reads=3, in_lists=1, changes=1, categories=[options_pb2.CATEGORY_IDENTITY]),
        _access(day="2026-11-24", role="service", team=""),
    )
    page = client.get("/looks").text
    for words in ("25. November 2026", "Service", "2-mal angesehen", "einmal in einer Liste", "Ihr Name"):
        assert words in page, words
    assert "Unsere Systeme, von selbst" in page
    assert [asked.contact_id for asked in neighbours.of("Audit.ListOwnAccesses")] == [_OWN]


def test_nobody_having_looked_is_said_and_so_is_a_silent_service(
    client: FlaskClient, neighbours: Neighbours
) -> None:
    _found(neighbours, missing=["tickets"], more=True)
    page = client.get("/looks").text
    assert "Niemand hat Ihre Daten angesehen" in page
    assert "Hier fehlt etwas" in page
    assert "die Kopie Ihrer Daten enthält alles" in page


def test_every_role_and_every_kind_of_data_has_a_word() -> None:
    assert ROLES.keys() >= STAFF_ROLES | {"service"}
    assert CATEGORIES.keys() == set(options_pb2.Category.values()) - {0}
