"""Two people edit one contact: the second is told, and stores nothing over the first without having seen it."""

from __future__ import annotations

import html
import re
from typing import Any

from flask.testing import FlaskClient
from kontor.contacts.v1 import contacts_pb2 as c

from kernel.errors import StaleEtag
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours
from tests.web.sample import form_token

_ID = "018f0000-0000-7000-8000-000000000001"
_FIELD = re.compile(r'name="(request_id|etag|read)"[^>]*value="([^"]*)"')


def _contact(**changes: Any) -> c.Contact:
    values: dict[str, Any] = {"id": _ID, "etag": "1", "given_name": "Änne", "city": "Ulm"}
    return c.Contact(**(values | changes))


def _store(client: FlaskClient, page: str, **typed: str) -> Any:
    hidden = {name: html.unescape(value) for name, value in _FIELD.findall(page)}
    blank = {"salutation": "0", "country": "", "language": "", "team": "", "organisation_id": ""}
    values = {"csrf_token": form_token(page), "given_name": "Änne", **blank}
    return client.post(f"/contacts/{_ID}/edit", data=values | hidden | typed)


def _colleague_stores(neighbours: Neighbours, **changes: Any) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: _contact(etag="2", **changes)


def _only_with(etag: str) -> Any:
    return lambda request: request.contact if request.etag == etag else StaleEtag()


def _opened(log_in: LogIn, neighbours: Neighbours) -> tuple[FlaskClient, str]:
    """An edit that was begun before a colleague stores the second version."""
    neighbours.answers["Contacts.GetContact"] = lambda _: _contact()
    neighbours.answers["Contacts.UpdateContact"] = _only_with("2")
    client = log_in("agent")
    return client, client.get(f"/contacts/{_ID}/edit").text


def test_a_colleagues_organisation_is_shown_and_survives_the_second_try(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    client, page = _opened(log_in, neighbours)
    joined = c.Relation(organisation_id="7", organisation_name="Hafenwerk", role="Leitung")
    _colleague_stores(neighbours, relations=[joined])
    told = _store(client, page, city="Köln")
    assert told.status_code == 409
    assert "g-conflict" in told.text
    assert "Hafenwerk" in told.text.split("g-conflict", 1)[1].split("</section>", 1)[0]
    second = _store(client, told.text, city="Köln", organisation_id="7", role="Leitung")
    assert second.status_code == 303
    assert list(neighbours.of("Contacts.UpdateContact")[-1].update_mask.paths) == ["city"]


def test_a_conflict_is_said_also_where_the_form_shows_no_difference(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    client, page = _opened(log_in, neighbours)
    _colleague_stores(neighbours, responsible_name="Pia Roth")
    told = _store(client, page, city="Köln")
    assert told.status_code == 409
    assert "g-conflict" in told.text
    assert "Noch einmal speichern" in told.text


def test_a_note_of_several_lines_is_not_changed_by_storing_it_again(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Contacts.GetContact"] = lambda _: _contact(note="Erst anrufen.\nDann schreiben.")
    client = log_in("agent")
    page = client.get(f"/contacts/{_ID}/edit").text
    # Browsers send line breaks as CRLF, however the page had them.
    assert _store(client, page, city="Ulm", note="Erst anrufen.\r\nDann schreiben.").status_code == 303
    assert neighbours.of("Contacts.UpdateContact") == []
