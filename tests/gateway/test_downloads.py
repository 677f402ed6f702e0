"""Files that are streamed: whole, in the name of who asked, and honest when they break off."""

from __future__ import annotations

import uuid

import httpx
import pytest
from flask import Flask
from kontor.contacts.v1.contacts_pb2 import Contact, ListContactsRequest, ListContactsResponse
from kontor.privacy.v1.consent_chains_pb2 import ConsentPaper
from kontor.privacy.v1.consent_proofs_pb2 import CollectLedgerResponse

from kernel.errors import Unavailable
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours

# More than any page, and more than the 5,000 at which a file once ended without a word.
_MANY = 5_301


def _listed(request: ListContactsRequest) -> ListContactsResponse:
    first = int(request.page_token or 0)
    last = min(first + request.page_size, _MANY)
    return ListContactsResponse(
        contacts=[
            Contact(given_name=f"=Nr. {number}", email=f"p{number}@post.example")
            for number in range(first, last)
        ],
        next_page_token=str(last) if last < _MANY else "",
    )


def _cookies(app: Flask, log_in: LogIn, role: str) -> dict[str, str]:
    name = app.extensions["kontor.login"].cookie
    found = log_in(role).get_cookie(name)
    assert found is not None
    return {name: found.value}


@pytest.mark.parametrize("role", ["agent", "marketer", "sales", "manager", "dpo", "admin"])
def test_the_list_of_contacts_arrives_whole(
    app: Flask, address: str, log_in: LogIn, neighbours: Neighbours, role: str
) -> None:
    neighbours.answers["Contacts.ListContacts"] = _listed
    answer = httpx.get(f"{address}/contacts.csv?city=K%C3%B6ln", cookies=_cookies(app, log_in, role))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.status_code == 200
    assert len(lines) == 1 + _MANY
    assert lines[-1].startswith(f"'=Nr. {_MANY - 1};")
    assert {request.filter.city for request in neighbours.of("Contacts.ListContacts")} == {"Köln"}
    # Every page of it was asked for with the token of who is logged in.
    assert set(neighbours.tokens) == {"Bearer access-1"}


def test_a_download_that_fails_half_way_does_not_look_complete(
    app: Flask, address: str, log_in: LogIn, neighbours: Neighbours
) -> None:
    neighbours.answers["Contacts.ListContacts"] = lambda request: (
        Unavailable("down", reason="DOWN") if request.page_token else _listed(request)
    )
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{address}/contacts.csv", cookies=_cookies(app, log_in, "agent"))


def test_the_officer_takes_the_ledger_and_a_proof_along(
    app: Flask, address: str, log_in: LogIn, neighbours: Neighbours
) -> None:
    lines = b'{"kind": "leaf"}\n' * 500
    neighbours.answers["ConsentProofs.CollectLedger"] = lambda _asked: CollectLedgerResponse(lines=lines)
    neighbours.answers["ConsentChains.GetConsentPaper"] = lambda asked: ConsentPaper(
        file_name=f"consent-{asked.consent_id}-14.json", media_type="application/json", content=b"{}"
    )
    cookies = _cookies(app, log_in, "dpo")
    whole = httpx.get(f"{address}/contacts/consents.jsonl", cookies=cookies)
    assert whole.content == lines
    contact, consent = uuid.uuid4(), uuid.uuid4()
    proof = httpx.get(f"{address}/contacts/{contact}/proofs/{consent}.json?head=14", cookies=cookies)
    assert proof.json() == {}
    assert f"consent-{consent}-14.json" in proof.headers["content-disposition"]
    (asked,) = neighbours.of("ConsentChains.GetConsentPaper")
    assert (asked.contact_id, asked.consent_id, asked.head_size) == (str(contact), str(consent), 14)
