"""One consent on its page: what was recorded, whether it still leads to what was signed, and its papers."""

from __future__ import annotations

import uuid

import pytest
from kontor.contacts.v1.contacts_pb2 import BatchGetContactsResponse, Contact
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import consent_chains_pb2 as wire
from kontor.privacy.v1 import consent_proofs_pb2, privacy_pb2

from kernel.errors import FailedPrecondition, NotFound
from tests.gateway.conftest import LogIn
from tests.gateway.desk import CONTACT
from tests.web.neighbours import Neighbours

CONSENT = str(uuid.UUID(int=7))
PROVEN, WAITING, DAMAGED = wire.LEAF_STATE_PROVEN, wire.LEAF_STATE_WAITING, wire.LEAF_STATE_DAMAGED


def link(state: int, leaf: int, consent_state: int, *, ip: str = "") -> wire.ConsentLink:
    record = privacy_pb2.ConsentRecord(
        consent=privacy_pb2.Consent(id=CONSENT, contact_id=CONTACT, topic="newsletter", state=consent_state),  # type: ignore[arg-type]
        text=privacy_pb2.ConsentText(
            id="t", title="Rundbrief", text="<b>Ich will</b>", version=3, language="de"
        ),
        evidence=privacy_pb2.Evidence(
            form_url="https://portal.example/newsletter", request_ip=ip, confirm_ip=ip
        ),
    )
    made = wire.ConsentLink(record=record, state=state, leaf_index=leaf)  # type: ignore[arg-type]
    if ip:
        made.addresses_until.GetCurrentTime()
    return made


def answer(neighbours: Neighbours, *links: wire.ConsentLink, omitted: int = 0) -> None:
    chain = wire.ConsentChain(
        contact_id=CONTACT,
        topic="newsletter",
        channel=privacy_pb2.CHANNEL_EMAIL,
        links=links,
        omitted=omitted,
        head=consent_proofs_pb2.TreeHead(size=1_014),
    )
    neighbours.answers["ConsentChains.GetConsentChain"] = lambda _: chain


def test_the_page_shows_every_record_with_its_proof_and_links_to_both_papers_of_one_head(
    log_in: LogIn, neighbours: Neighbours
) -> None:
    answer(neighbours, link(PROVEN, 4, privacy_pb2.CONSENT_STATE_REQUESTED, ip="192.0.2.7"),
           link(PROVEN, 5, privacy_pb2.CONSENT_STATE_GIVEN),
           link(WAITING, 1_014, privacy_pb2.CONSENT_STATE_WITHDRAWN))  # fmt: skip
    page = log_in("dpo").get(f"/consents/{CONSENT}").text
    assert "1.014 Blättern" in page
    assert page.count("nachgewiesen") >= 2
    assert "noch nicht signiert" in page
    # One address, though it stands at the request and at the confirmation; nothing is said to be kept elsewhere.
    assert page.count("192.0.2.7") == 1
    assert page.count("keine aufbewahrt") == 2
    assert "&lt;b&gt;Ich will&lt;/b&gt;" in page
    for form in ("pdf", "json"):
        assert f'href="/contacts/{CONTACT}/proofs/{CONSENT}.{form}?head=1014"' in page


def test_what_somebody_edited_is_said_before_anything_else(log_in: LogIn, neighbours: Neighbours) -> None:
    answer(neighbours, link(DAMAGED, 4, privacy_pb2.CONSENT_STATE_GIVEN), omitted=3)
    page = log_in("admin").get(f"/consents/{CONSENT}").text
    assert "führt nicht mehr zu dem, was signiert wurde" in page
    assert "Jeder signierte Eintrag führt" not in page
    assert "die neuesten 1 " in page


def test_a_state_that_came_later_is_shown_by_its_number(log_in: LogIn, neighbours: Neighbours) -> None:
    answer(neighbours, link(PROVEN, 4, 99))
    assert log_in("dpo").get(f"/consents/{CONSENT}").status_code == 200


def test_a_restricted_person_is_not_named(log_in: LogIn, neighbours: Neighbours) -> None:
    answer(neighbours, link(PROVEN, 4, privacy_pb2.CONSENT_STATE_GIVEN))
    hidden = Contact(id=CONTACT)
    hidden.restriction.grounds.append(options_pb2.RESTRICTION_GROUND_ACCURACY)
    neighbours.answers["Contacts.BatchGetContacts"] = lambda _: BatchGetContactsResponse(contacts=[hidden])
    page = log_in("dpo").get(f"/consents/{CONSENT}").text
    assert "Eingeschränkter Kontakt" in page


@pytest.mark.parametrize("role", ["agent", "marketer", "sales", "manager"])
def test_only_who_may_prove_reads_the_evidence(log_in: LogIn, neighbours: Neighbours, role: str) -> None:
    assert log_in(role).get(f"/consents/{CONSENT}").status_code == 403
    assert log_in(role).get(f"/contacts/{CONTACT}/proofs/{CONSENT}.pdf").status_code == 403
    assert neighbours.of("ConsentChains.GetConsentChain") == []


def test_an_erased_or_unknown_record_is_not_found(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["ConsentChains.GetConsentChain"] = lambda _: NotFound("none")
    assert log_in("dpo").get(f"/consents/{CONSENT}").status_code == 404
    assert log_in("dpo").get("/consents/nonsense").status_code == 404
    assert log_in("dpo").get(f"/contacts/{CONTACT}/proofs/{CONSENT}.exe").status_code == 404


@pytest.mark.parametrize(
    ("reason", "said"), [("NOT_YET_SIGNED", "innerhalb eines Tages"), ("TREE_DAMAGED", "Kein Nachweis")]
)
def test_what_cannot_be_proven_says_why(
    log_in: LogIn, neighbours: Neighbours, reason: str, said: str
) -> None:
    answer(neighbours, link(WAITING, 4, privacy_pb2.CONSENT_STATE_GIVEN))
    neighbours.answers["ConsentChains.GetConsentPaper"] = lambda _: FailedPrecondition("no", reason=reason)
    browser = log_in("dpo")
    found = browser.get(f"/contacts/{CONTACT}/proofs/{CONSENT}.pdf", follow_redirects=True)
    assert said in found.text


def test_a_place_leads_to_its_record_or_to_what_is_left_of_it(log_in: LogIn, neighbours: Neighbours) -> None:
    browser = log_in("dpo")
    neighbours.answers["ConsentChains.GetConsentLeaf"] = lambda asked: wire.ConsentLeaf(
        leaf_index=asked.leaf_index, state=PROVEN, consent_id=CONSENT
    )
    assert browser.get("/consents/leaves/17").location == f"/consents/{CONSENT}"
    assert browser.get("/consents/leaves?place=17").location == "/consents/leaves/17"
    neighbours.answers["ConsentChains.GetConsentLeaf"] = lambda asked: wire.ConsentLeaf(
        leaf_index=asked.leaf_index,
        state=wire.LEAF_STATE_ERASED,
        hash=b"\xab" * 32,
        head=consent_proofs_pb2.TreeHead(size=20),
    )
    page = browser.get("/consents/leaves/17").text
    assert "ab" * 32 in page
    assert 'href="/consents/leaves/17.pdf?head=20"' in page
    for nonsense in ("", "-1", "abc", "²", "9" * 400):
        found = browser.get("/consents/leaves", query_string={"place": nonsense}, follow_redirects=True)
        assert "ist eine Zahl" in found.text
    neighbours.answers["ConsentChains.GetConsentLeaf"] = lambda _: NotFound("none")
    assert "keine Stelle 17" in browser.get("/consents/leaves/17", follow_redirects=True).text


def test_a_number_that_no_message_can_hold_is_no_error(log_in: LogIn, neighbours: Neighbours) -> None:
    browser = log_in("dpo")
    heads: list[int] = []

    def made(asked: wire.GetErasedLeafPaperRequest | wire.GetConsentPaperRequest) -> wire.ConsentPaper:
        heads.append(asked.head_size)
        return wire.ConsentPaper(content=b"%PDF", media_type="application/pdf", file_name="a.pdf")

    neighbours.answers |= {"ConsentChains.GetErasedLeafPaper": made, "ConsentChains.GetConsentPaper": made}
    huge = "9" * 23
    assert browser.get(f"/consents/leaves/{huge}").status_code == 404
    assert browser.get(f"/consents/leaves/{huge}.pdf").status_code == 404
    assert browser.get(f"/consents/leaves/1.pdf?head={huge}").status_code == 200
    assert browser.get(f"/contacts/{CONTACT}/proofs/{CONSENT}.pdf?head={huge}").status_code == 200
    assert heads == [0, 0]
