"""What a consent went through, and its proof on paper: what is printed is what a stranger's command checks."""

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from kontor.privacy.v1 import consent_chains_pb2 as chains_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.db import AnySession
from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kernel.signing import Signer
from services.privacy import verify_consents
from services.privacy.consent.chains.checking import faults_of_statement, figures
from services.privacy.consent.erasing import ConsentErasing
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.ledger.model import sign_statement
from tests.privacy.conftest import Doors
from tests.privacy.court import ANNA, BORIS, Court, Signing
from tests.privacy.giving import give_request, withdraw_request
from tests.privacy.parts import Parts, pepper
from tests.privacy.pdftext import objects, stream, text_of

PDF, JSON = chains_pb2.PAPER_FORMAT_PDF, chains_pb2.PAPER_FORMAT_JSON
Owner = Callable[[str], Any]


async def consent_of(doors: Doors, contact: uuid.UUID) -> str:
    request = privacy_pb2.ListConsentsRequest(contact_id=str(contact))
    return (await doors.consents(doors.as_service()).ListConsents(request)).consents[0].id


async def chain_of(doors: Doors, contact: uuid.UUID) -> chains_pb2.ConsentChain:
    asked = chains_pb2.GetConsentChainRequest(consent_id=await consent_of(doors, contact))
    return await doors.chains(doors.realm.token("dpo")).GetConsentChain(asked)


async def paper_of(
    doors: Doors, contact: uuid.UUID, *, form: Any = JSON, language: str = "de", head_size: int = 0
) -> chains_pb2.ConsentPaper:
    asked = chains_pb2.GetConsentPaperRequest(
        contact_id=str(contact),
        consent_id=await consent_of(doors, contact),
        format=form,
        language=language,
        head_size=head_size,
    )
    return await doors.chains(doors.realm.token("dpo")).GetConsentPaper(asked)


def solid(text: str) -> str:
    """Without what only breaks lines; the font has one glyph for both kinds of hyphen."""
    return re.sub(r"[\s\u200b]", "", text).replace("\u00ad", "-")


def attached(pdf: bytes) -> bytes:
    (found,) = [body for body in objects(pdf).values() if re.search(rb"/Type\s*/EmbeddedFile", body)]
    return stream(found)


async def nobody(_session: AnySession) -> frozenset[uuid.UUID]:
    return frozenset()


async def test_the_chain_shows_every_record_with_its_text_and_its_place_checked_now(
    doors: Doors, jobs: ConsentJobs
) -> None:
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    chain = await chain_of(doors, ANNA)
    assert (chain.contact_id, chain.topic, chain.head.size) == (str(ANNA), "newsletter", 14)
    assert [(x.record.consent.state, x.leaf_index, x.state) for x in chain.links] == [
        (privacy_pb2.CONSENT_STATE_REQUESTED, 0, chains_pb2.LEAF_STATE_PROVEN),
        (privacy_pb2.CONSENT_STATE_GIVEN, 1, chains_pb2.LEAF_STATE_PROVEN),
        (privacy_pb2.CONSENT_STATE_WITHDRAWN, 14, chains_pb2.LEAF_STATE_WAITING),
    ]
    given = chain.links[1]
    assert given.record.text.version == 1
    assert given.record.evidence.request_ip == "192.0.2.7"
    assert given.HasField("addresses_until")
    assert not chain.links[2].HasField("addresses_until")


async def test_another_topic_of_the_same_person_is_another_chain(
    doors: Doors, parts: Parts, jobs: ConsentJobs
) -> None:
    await doors.consents(doors.as_service()).GiveConsent(
        await give_request(parts.database, ANNA, topic="events")
    )
    assert {link.record.consent.topic for link in (await chain_of(doors, ANNA)).links} != {
        "newsletter",
        "events",
    }


async def test_only_the_officer_reads_a_chain_and_nobody_a_record_that_is_none(
    doors: Doors, jobs: ConsentJobs
) -> None:
    asked = chains_pb2.GetConsentChainRequest(consent_id=await consent_of(doors, ANNA))
    for role in ("agent", "marketer", "manager", "customer"):
        with pytest.raises(PermissionDenied):
            await doors.chains(doors.realm.token(role)).GetConsentChain(asked)
    with pytest.raises(NotFound):
        await doors.chains(doors.realm.token("dpo")).GetConsentChain(
            chains_pb2.GetConsentChainRequest(consent_id=str(uuid.uuid4()))
        )


@pytest.mark.parametrize("edit", ["state = 4", "form_url = 'https://elsewhere.example'"])
async def test_a_record_that_somebody_edited_is_shown_as_damaged_and_gets_no_paper(
    doors: Doors, jobs: ConsentJobs, postgres_admin: Owner, edit: str
) -> None:
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(f"UPDATE consent_record SET {edit} WHERE leaf_index = 1")
    states = [link.state for link in (await chain_of(doors, ANNA)).links]
    assert states == [chains_pb2.LEAF_STATE_PROVEN, chains_pb2.LEAF_STATE_DAMAGED]
    with pytest.raises(FailedPrecondition) as refused:
        await paper_of(doors, ANNA)
    assert refused.value.reason == "TREE_DAMAGED"


async def test_a_text_that_somebody_edited_damages_what_rests_on_it(
    doors: Doors, jobs: ConsentJobs, postgres_admin: Owner
) -> None:
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE consent_text SET text = 'Alles' WHERE topic = 'newsletter' AND language = 'de'")
    assert {x.state for x in (await chain_of(doors, ANNA)).links} == {chains_pb2.LEAF_STATE_DAMAGED}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_what_the_pdf_prints_is_what_the_command_checks_and_prints(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    pdf = (await paper_of(doors, ANNA, form=PDF, language=language)).content
    beside = (await paper_of(doors, ANNA, language=language)).content
    assert attached(pdf) == beside
    assert court.faults(beside, capsys) == []
    assert verify_consents.main([str(court.file), "--keys", str(court.keys), "--print"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "The consent holds."
    printed = solid(text_of(pdf))
    for line in lines:
        name, _, value = line.partition(": ")
        assert solid(name) in printed
        assert solid(value) in printed
    assert len(lines) > 15
    assert hashlib.sha256(beside).hexdigest() in printed
    shown = json.loads(beside)["content"]["texts"][0]
    for part in (shown["title"], shown["text"], shown["withdrawal_notice"]):
        assert solid(part) in printed


async def test_after_any_one_changed_byte_the_proof_holds_no_more(
    doors: Doors, jobs: ConsentJobs, ledger: Signing
) -> None:
    keys = [ledger.signer.public_key]
    raw = (await paper_of(doors, ANNA)).content
    assert faults_of_statement(raw, keys) == []
    for place in range(len(raw)):
        for changed in (raw[place] ^ 1, 0x20, 0x0A):
            if changed != raw[place]:
                forged = raw[:place] + bytes([changed]) + raw[place + 1 :]
                assert faults_of_statement(forged, keys) != [], (
                    place,
                    forged[max(0, place - 20) : place + 20],
                )


@pytest.mark.parametrize("cut", [0, 1, 500, -1])
async def test_a_proof_that_was_cut_or_lengthened_holds_no_more(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: pytest.CaptureFixture[str], cut: int
) -> None:
    raw = (await paper_of(doors, ANNA)).content
    assert court.faults(raw[:cut], capsys) != []
    assert court.faults(raw + b"\n", capsys) != []
    assert court.faults(raw + raw, capsys) != []


def _other_leaf(content: dict[str, Any]) -> None:
    content["records"][1]["leaf"]["content"]["contact"] = str(BORIS)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda c: c["records"].clear(), "records: there is none"),
        (lambda c: c["records"].reverse(), "leaf 0: out of order"),
        (lambda c: c["records"].append(c["records"][1]), "leaf 1: out of order, or there twice"),
        (_other_leaf, "leaf 1: the record was edited"),
        (lambda c: c["records"][0]["path"].pop(), "leaf 0: its path does not lead"),
        (lambda c: c["texts"].clear(), "the text that was shown is missing"),
        (lambda c: c["head"]["content"].update(size=15), "head: the signature does not hold"),
        (lambda c: c.pop("records"), "the file is no proof"),
    ],
)
async def test_what_was_left_out_or_changed_is_found_even_if_we_signed_it_ourselves(
    doors: Doors, jobs: ConsentJobs, court: Court, ledger: Signing, capsys: Any, change: Any, fault: str
) -> None:
    content = json.loads((await paper_of(doors, ANNA)).content)["content"]
    change(content)
    forged = sign_statement(content, ledger.signer).encode()
    assert any(fault in line for line in court.faults(forged, capsys))


async def test_what_somebody_else_signed_does_not_hold(
    doors: Doors, jobs: ConsentJobs, court: Court, capsys: Any
) -> None:
    content = json.loads((await paper_of(doors, ANNA)).content)["content"]
    forged = sign_statement(content, Signer(pepper("somebody"))).encode()
    assert court.faults(forged, capsys) == ["the file: the signature does not hold"]


async def test_records_of_two_people_are_no_chain(
    doors: Doors, jobs: ConsentJobs, court: Court, ledger: Signing, capsys: Any
) -> None:
    anna, boris = [json.loads((await paper_of(doors, who)).content)["content"] for who in (ANNA, BORIS)]
    anna["records"] += boris["records"]
    forged = sign_statement(anna, ledger.signer).encode()
    assert "leaf 2: it is about somebody or something else" in court.faults(forged, capsys)


async def test_the_same_head_gives_the_same_file_whatever_came_later(
    doors: Doors, parts: Parts, jobs: ConsentJobs
) -> None:
    before = await paper_of(doors, ANNA)
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=1)
    await jobs.publish_tree_head()
    assert (await paper_of(doors, ANNA, head_size=14)).content == before.content
    later = json.loads((await paper_of(doors, ANNA)).content)["content"]
    assert (later["head"]["content"]["size"], len(later["records"])) == (15, 3)
    with pytest.raises(NotFound):
        await paper_of(doors, ANNA, head_size=13)


async def test_what_is_not_signed_yet_is_said_and_not_printed_as_proven(
    doors: Doors, parts: Parts, jobs: ConsentJobs
) -> None:
    late = uuid.uuid4()
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, late))
    with pytest.raises(FailedPrecondition) as refused:
        await paper_of(doors, late, form=PDF)
    assert refused.value.reason == "NOT_YET_SIGNED"
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    paper = await paper_of(doors, ANNA, form=PDF)
    printed = solid(text_of(paper.content))
    for said in ("Nachgewiesene Einträge2 von 3", "noch nicht signiert", "widerrufen"):
        assert solid(said) in printed


async def test_a_customer_gets_the_own_paper_and_nobody_elses(doors: Doors, jobs: ConsentJobs) -> None:
    chains = doors.chains(doors.as_customer(ANNA))
    asked = chains_pb2.GetConsentPaperRequest(
        contact_id=str(ANNA), consent_id=await consent_of(doors, ANNA), format=PDF, language="de"
    )
    paper = await chains.GetConsentPaper(asked)
    assert paper.content.startswith(b"%PDF")
    assert paper.file_name.endswith("-14.pdf")
    for contact, consent in ((BORIS, BORIS), (ANNA, BORIS), (BORIS, ANNA)):
        asked.contact_id, asked.consent_id = str(contact), await consent_of(doors, consent)
        with pytest.raises(NotFound):
            await chains.GetConsentPaper(asked)
    asked.format = chains_pb2.PAPER_FORMAT_UNSPECIFIED
    with pytest.raises(InvalidArgument):
        await doors.chains(doors.realm.token("dpo")).GetConsentPaper(asked)


async def test_the_paper_names_no_address_and_says_that_one_is_kept(doors: Doors, jobs: ConsentJobs) -> None:
    pdf = text_of((await paper_of(doors, ANNA, form=PDF, language="en")).content)
    assert "192.0.2" not in pdf
    assert solid("is kept beside the record until") in solid(pdf)


async def test_an_erased_record_is_said_to_be_erased_and_its_place_is_proven(
    doors: Doors, parts: Parts, jobs: ConsentJobs, court: Court, capsys: Any
) -> None:
    old, consent = (await paper_of(doors, ANNA)).content, await consent_of(doors, ANNA)
    await doors.consents(doors.as_service()).WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=5 * 366)
    assert await ConsentErasing(parts.database, parts.clock, exempt=nobody).delete_overdue() == 3
    await jobs.publish_tree_head()
    officer = doors.chains(doors.realm.token("dpo"))
    with pytest.raises(NotFound):
        await officer.GetConsentChain(chains_pb2.GetConsentChainRequest(consent_id=consent))
    leaf = await officer.GetConsentLeaf(chains_pb2.GetConsentLeafRequest(leaf_index=1))
    assert (leaf.state, leaf.consent_id, leaf.HasField("erase_time")) == (
        chains_pb2.LEAF_STATE_ERASED,
        "",
        True,
    )
    asked = chains_pb2.GetErasedLeafPaperRequest(leaf_index=1, format=JSON, language="de")
    beside = (await officer.GetErasedLeafPaper(asked)).content
    asked.format = PDF
    pdf = (await officer.GetErasedLeafPaper(asked)).content
    assert attached(pdf) == beside
    assert str(ANNA).encode() not in beside
    printed = solid(text_of(pdf))
    assert solid("Nachweis eines gelöschten Einwilligungseintrags") in printed
    for name, value in figures(json.loads(beside)["content"]):
        assert solid(name) in printed
        assert solid(value) in printed
    # What was handed out before still holds, and names the same hash at the same place.
    assert court.faults(beside, capsys) == court.faults(old, capsys) == []
    assert leaf.hash.hex() in old.decode()
    forged = beside.replace(leaf.hash.hex().encode(), b"ab" * 32)
    assert court.faults(forged, capsys) != []


async def test_a_place_names_the_record_that_stands_there(doors: Doors, jobs: ConsentJobs) -> None:
    officer = doors.chains(doors.realm.token("dpo"))
    leaf = await officer.GetConsentLeaf(chains_pb2.GetConsentLeafRequest(leaf_index=1))
    assert (leaf.state, leaf.consent_id) == (chains_pb2.LEAF_STATE_PROVEN, await consent_of(doors, ANNA))
    for call in (
        officer.GetConsentLeaf(chains_pb2.GetConsentLeafRequest(leaf_index=99)),
        officer.GetErasedLeafPaper(
            chains_pb2.GetErasedLeafPaperRequest(leaf_index=1, format=JSON, language="de")
        ),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_consent_that_was_switched_a_thousand_times_shows_its_newest_records_and_says_so(
    doors: Doors, parts: Parts, jobs: ConsentJobs, court: Court, capsys: Any
) -> None:
    consents = doors.consents(doors.as_service())
    for _ in range(210):
        await consents.WithdrawConsent(withdraw_request(ANNA))
    parts.clock.advance(days=1)
    await jobs.publish_tree_head()
    chain = await chain_of(doors, ANNA)
    assert (len(chain.links), chain.omitted) == (200, 12)
    raw = (await paper_of(doors, ANNA)).content
    assert json.loads(raw)["content"]["omitted"] == 12
    assert court.faults(raw, capsys) == []
