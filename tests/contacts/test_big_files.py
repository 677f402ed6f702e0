"""A big file beside everybody else: work without waiting is done where it holds up no other call."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.contacts.imports import service, store
from services.contacts.people.model import Person
from tests.contacts.conftest import House

HEADER = "Vorname;Nachname;E-Mail;Stadt;Notiz"


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (service, "decide"),
        (service, "candidate_of"),
        (service, "settled"),
        (store, "addresses_in"),
        (store, "name_key"),
        (Person, "derived"),
    ],
)
async def test_rows_are_worked_on_beside_the_loop_that_answers(
    house: House, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    where: list[threading.Thread] = []

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            where.append(threading.current_thread())
            return function(*args, **kwargs)

        return call

    await house.create(family_name="Größl", email="aenne@example.org")
    monkeypatch.setattr(owner, name, noted(getattr(owner, name)))
    made = await house.upload(
        f"{HEADER}\nÄnne;Größl;aenne@example.org;Köln;\nUwe;Neu;;Bonn;an u@example.org\n"
    )
    await house.commit(made.id)
    assert where
    assert threading.main_thread() not in where
